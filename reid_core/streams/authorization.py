"""Logging in over RTSP and HTTP: Basic (RFC 7617) and Digest (RFC 7616, and RFC 2617 without ``qop``)."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_PARAMETER = re.compile(r'([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES: dict[str, Callable[[bytes], str]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}


def digest_answer(
    algorithm: str, login: tuple[str, str, str], nonce: str, own: tuple[str, str], request: tuple[str, str]
) -> str:
    """The ``response`` of a Digest login.

    Args:
        algorithm: ``MD5`` or ``SHA-256``.
        login: User, realm, password.
        nonce: The server's.
        own: Our count and nonce; empty where the server offers no ``qop``.
        request: Method and URI.
    """

    def hashed(*parts: str) -> str:
        return _HASHES[algorithm](":".join(parts).encode())

    count, cnonce = own
    middle = (nonce, count, cnonce, "auth") if count else (nonce,)
    return hashed(hashed(*login), *middle, hashed(*request))


@dataclass(slots=True)
class Authorizer:
    """Answers a server's challenge, and then signs every request.

    Attributes:
        user: Who logs in.
        password: With what.
    """

    user: str
    password: str = field(repr=False)
    _challenge: dict[str, str] | None = field(default=None, repr=False)
    _is_digest: bool = False
    _n_used: int = 0

    def learn(self, challenges: Sequence[str]) -> bool:
        """Take the ``WWW-Authenticate`` values of a 401; False when none can be answered."""
        offers: list[tuple[int, dict[str, str]]] = []
        for challenge in challenges:
            kind, _, rest = challenge.strip().partition(" ")
            found = {name.lower(): a or b for name, a, b in _PARAMETER.findall(rest)}
            if kind.lower() == "basic":
                offers.append((2, found))
            elif kind.lower() == "digest":
                algorithm = found.get("algorithm", "MD5").upper()
                qops = [qop.strip() for qop in found.get("qop", "auth").split(",")]
                if algorithm in _HASHES and "auth" in qops and "nonce" in found:
                    offers.append((0 if algorithm == "SHA-256" else 1, found))
        if not offers:
            return False
        rank, self._challenge = min(offers, key=lambda offer: offer[0])
        self._is_digest, self._n_used = rank < 2, 0
        return True

    def header(self, method: str, uri: str) -> str | None:
        """Value of ``Authorization`` for a request, or None before any challenge."""
        if self._challenge is None:
            return None
        if self._is_digest:
            return self._digest(self._challenge, method, uri)
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def _digest(self, challenge: dict[str, str], method: str, uri: str) -> str:
        algorithm = challenge.get("algorithm", "MD5").upper()
        realm, nonce = challenge.get("realm", ""), challenge["nonce"]

        own = "", ""
        name = self.user.replace("\\", "\\\\").replace('"', '\\"')
        fields = [f'username="{name}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
        if "qop" in challenge:
            self._n_used += 1
            own = f"{self._n_used:08x}", os.urandom(8).hex()
            fields += ["qop=auth", f"nc={own[0]}", f'cnonce="{own[1]}"']
        answer = digest_answer(algorithm, (self.user, realm, self.password), nonce, own, (method, uri))
        fields.append(f'response="{answer}"')
        if "algorithm" in challenge:
            fields.append(f"algorithm={challenge['algorithm']}")
        if "opaque" in challenge:
            fields.append(f'opaque="{challenge["opaque"]}"')
        return "Digest " + ", ".join(fields)
