"""The one filter that every text passes before a person or a program sees it: passwords become ``***``.

What a text may hold is unknown beforehand (a server may repeat a password in its answer), so the filter knows
two things: how addresses with a password look, and the passwords of this process. Passwords are only ever
added, which is why one filter for the whole process is safe; it is the only such state of the core.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
import threading
import traceback
import types
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
"""A password that only names the environment variable which holds it; it is no secret."""
SECRET_NAMES = ("password", "passwd", "passphrase", "pass", "pwd", "pw", "token", "secret", "apikey", "auth")
"""Parameters of an address that cameras take passwords in."""
_SHORTEST = 4
"""Shorter passwords are hidden in addresses only: everywhere else they would hide half of all words."""

_LOGIN = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*://)(?!\s)(\S*)@")
_PARAMETER = re.compile(rf"([?&;](?:{'|'.join(SECRET_NAMES)})=)([^&\s#'\"]+)", re.IGNORECASE)
_HEADER = re.compile(r"(authorization\s*[:=]\s*)(basic|digest)\s+[^\r\n]+", re.IGNORECASE)


class Redactor:
    """Hides passwords in text; made once a process, as `redact`."""

    def __init__(self) -> None:
        self._known: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def learn(self, secret: str | None, user: str = "") -> None:
        """Hide this password from now on, in every spelling that addresses, headers and JSON know."""
        if not secret or len(secret) < _SHORTEST or REFERENCE.fullmatch(secret):
            return
        login = base64.b64encode(f"{user}:{secret}".encode()).decode()
        escaped = secret.encode("unicode_escape").decode()
        spellings = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), login, escaped}
        spellings |= {
            repr(secret)[1:-1],
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
        }
        with self._lock:
            everything = {*self._known, *spellings}
            self._known = tuple(sorted(everything, key=len, reverse=True))  # the longest first: none survives

    def __call__(self, text: str) -> str:
        """The text without passwords."""
        for secret in self._known:
            if secret in text:
                text = text.replace(secret, MASK)
        if "://" in text:
            text = _LOGIN.sub(_without_password, text)
        if "=" in text:
            text = _PARAMETER.sub(lambda found: found[1] + _mask(found[2]), text)
        return _HEADER.sub(rf"\1\2 {MASK}", text)

    def value(self, value: Any) -> Any:
        """A JSON value with every text in it redacted; names of fields are kept."""
        match value:
            case str():
                return self(value)
            case dict():
                return {key: self.value(part) for key, part in value.items()}
            case list() | tuple():
                return [self.value(part) for part in value]
            case _:
                return value


def _without_password(found: re.Match[str]) -> str:
    scheme, login = found.groups()
    user, colon, password = login.partition(":")
    return f"{scheme}{user}{colon}{_mask(password) if password else ''}@"


def _mask(secret: str) -> str:
    return secret if REFERENCE.fullmatch(secret) else MASK


redact = Redactor()
"""The filter of this process."""


class RedactingFormatter(logging.Formatter):
    """Formats log records, tracebacks included, without passwords."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        return redact(super().format(record))


def guard_process() -> None:
    """Let what this process logs, and the errors that nobody caught, pass the filter; for programs."""
    handlers = [*logging.getLogger().handlers, logging.lastResort]
    for handler in handlers:
        if handler is not None:
            handler.setFormatter(RedactingFormatter())
    sys.excepthook = _report
    threading.excepthook = lambda args: _report(args.exc_type, args.exc_value, args.exc_traceback)


def _report(
    kind: type[BaseException], error: BaseException | None, trace: types.TracebackType | None
) -> None:
    if sys.stderr is not None:
        sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))
