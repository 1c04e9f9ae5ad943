"""Passwords as people really choose them: every one is awkward in its own way."""

from __future__ import annotations

import random

_AWKWARD = "@:/#% \"'\\?&=+;,!$()[]{}<>|^~`*äöüßéñ中文пароль🙂\u00a0"
_PLAIN = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def awkward_passwords(n: int = 200, *, seed: int = 6) -> list[str]:
    """``n`` different passwords of 8 to 24 characters; the first ones hold each awkward character once."""
    chance = random.Random(seed)
    made: list[str] = []
    while len(made) < n:
        awkward = [_AWKWARD[len(made) % len(_AWKWARD)], *chance.choices(_AWKWARD, k=chance.randint(1, 6))]
        letters = awkward + chance.choices(_PLAIN, k=chance.randint(7, 17))
        chance.shuffle(letters)
        password = "".join(letters)
        if password not in made and password == password.strip():
            made.append(password)
    return made
