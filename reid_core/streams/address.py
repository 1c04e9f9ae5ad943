"""Addresses of cameras: what they may be, and how they are written without their password."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote, unquote

from reid_core.errors import UsageError
from reid_core.redaction import MASK, REFERENCE, SECRET_NAMES, redact

RTSP_UDP = "rtsp+udp"
"""RTSP whose pictures come in datagrams of their own."""
PORTS = {"rtsp": 554, "rtsps": 322, RTSP_UDP: 554, "http": 80, "https": 443}
"""The protocols of cameras, and where they listen unless told otherwise."""
DEVICE = "device"
_SCHEME = re.compile(r"([a-z]+(?:\+udp)?):", re.IGNORECASE)
_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]|[^\s\[\]:@/?#%\x00-\x1f]+")
_ADVICE = "write it as rtsp://user@host/path"


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a camera is. It never holds a password, so it may be kept, shown and logged.

    Attributes:
        scheme: ``rtsp``, ``rtsps``, ``rtsp+udp``, ``http``, ``https`` or ``device``.
        host: Name or number of the host, IPv6 without brackets; the number of a device.
        port: Its port; 0 for a device.
        path: From the first slash on, with the query; secret parameters stand as ``***`` or ``env:NAME``.
        user: Who logs in, or empty.
        variable: Environment variable that holds the password, or empty.
    """

    scheme: str
    host: str
    port: int = 0
    path: str = "/"
    user: str = ""
    variable: str = ""

    def __str__(self) -> str:
        """The address as it is stored; parsing it gives it back."""
        if self.scheme == DEVICE:
            return f"{DEVICE}:{self.host}"
        password = f":env:{self.variable}" if self.variable else ""
        login = f"{quote(self.user, safe='')}{password}@" if self.user or password else ""
        return f"{self.scheme}://{login}{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        """Host and, where it is not the usual one, port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def account(self) -> str:
        """What a keyring knows the password by."""
        return f"{self.control_scheme}://{self.user}@{self.authority}"

    @property
    def control_scheme(self) -> str:
        """The protocol that is spoken with the camera, however its pictures come."""
        return "rtsp" if self.scheme == RTSP_UDP else self.scheme

    @property
    def is_device(self) -> bool:
        """Whether it is plugged into this computer."""
        return self.scheme == DEVICE


@dataclass(frozen=True, slots=True)
class GivenAddress:
    """An address as a person gave it.

    Attributes:
        address: The part that may be kept.
        password: The password in it, or None.
        secrets: Values of its secret parameters by name.
    """

    address: StreamAddress
    password: str | None = field(default=None, repr=False)
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def is_address(text: str) -> bool:
    """Whether a text means a stream rather than a file: anything with ``scheme://``, and ``device:``."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.\-]*://|device:", text) is not None


def parse_address(text: str) -> GivenAddress:
    """Take an address apart; its password is hidden in every output from then on.

    A password stands in an address percent-encoded, but ``@``, ``:``, ``%`` and spaces are understood as they
    are. ``user:env:NAME@`` names the environment variable that holds it.

    Raises:
        UsageError: It is none; the message holds no password.
    """
    found = _SCHEME.match(text)
    scheme = found[1].lower() if found else ""
    if scheme == DEVICE:
        number = text[found.end() :] if found else ""
        if not re.fullmatch(r"\d{1,3}", number, re.ASCII):
            raise UsageError(f"{redact(text)!r}: write device:0 for the first webcam, device:1 for the next.")
        return GivenAddress(StreamAddress(DEVICE, str(int(number)), path=""))
    if scheme not in PORTS or not text[len(scheme) :].startswith("://"):
        kinds = ", ".join([f"{name}://" for name in PORTS])
        raise UsageError(f"{_masked(text)!r} is no camera address: it begins with {kinds} or device:.")
    return _parse_network(scheme, text[len(scheme) + 3 :])


def _parse_network(scheme: str, rest: str) -> GivenAddress:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    behind = rest[len(authority) :]
    if "@" in behind.partition("?")[0] and "@" not in authority:
        _learn(rest)
        raise UsageError(
            f"The address on {scheme}:// is not clear: write / ? # in a password as %2F %3F %23, or name an "
            "environment variable that holds it (rtsp://user:env:NAME@host/path); write @ in a path as %40."
        )
    login, at, place = authority.rpartition("@")
    user, colon, password = login.partition(":")
    user, raw = unquote(user), password
    variable = raw[4:] if colon and REFERENCE.fullmatch(raw) else ""
    secret = unquote(raw) if colon and not variable else None
    redact.learn(secret, user)
    redact.learn(raw, user)
    host, port = _host_and_port(scheme, place)
    if any(c < " " or c == "\x7f" for c in rest):
        raise UsageError(f"The address of {host} holds characters that no address has; {_ADVICE}.")
    path, secrets = _hide_parameters(behind.partition("#")[0] or "/")
    address = StreamAddress(scheme, host, port, path, user if at else "", variable)
    return GivenAddress(address, secret, secrets)


def _host_and_port(scheme: str, place: str) -> tuple[str, int]:
    found = _HOST.match(place)
    tail = place[found.end() :] if found else place
    number = re.fullmatch(r":(\d{1,5})", tail, re.ASCII)
    if not found or (tail and not number) or (number and not 0 < int(number[1]) < 65536):
        _learn(place)
        raise UsageError(f"An address on {scheme}:// has no valid host and port; {_ADVICE}, or host:port.")
    host = found[0].strip("[]")
    return host.lower(), int(number[1]) if number else PORTS[scheme]


def _hide_parameters(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    path = path if path.startswith("/") else "/" + path
    before, mark, query = path.partition("?")
    before = quote(before, safe="/%:@!$&'()*+,;=~-._")
    if not mark:
        return before, ()
    kept, secrets = [], []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        is_secret = equals and name.lower() in SECRET_NAMES and not REFERENCE.fullmatch(value)
        if is_secret and value != MASK:
            secrets.append((name, unquote(value)))
            redact.learn(unquote(value))
        kept.append(f"{name}={MASK}" if is_secret else quote(part, safe="=%:@!$'()*+,;/?~-._"))
    return f"{before}?{'&'.join(kept)}", tuple(secrets)


def hide_password(text: str) -> None:
    """Hide from now on whatever may be meant as a password in this text, be it an address or not."""
    _scheme, mark, rest = text.partition("://")
    if mark:
        _learn(rest)


def fill_parameters(address: StreamAddress, secrets: dict[str, str]) -> StreamAddress:
    """The address with the values of its secret parameters: for the connection alone, never to be shown."""
    before, mark, query = address.path.partition("?")
    if not mark:
        return address
    parts = []
    for part in query.split("&"):
        name, equals, _ = part.partition("=")
        parts.append(f"{name}={quote(secrets[name], safe='')}" if equals and name in secrets else part)
    return replace(address, path=f"{before}?{'&'.join(parts)}")


def secret_parameters(address: StreamAddress) -> dict[str, str]:
    """Its secret parameters as they are stored: ``***``, or ``env:NAME``."""
    found = dict(parse_qsl(address.path.partition("?")[2], keep_blank_values=True))
    return {name: value for name, value in found.items() if name.lower() in SECRET_NAMES}


def _learn(rest: str) -> None:
    """Hide whatever may be meant as a password in an address that is refused."""
    login = rest.rpartition("@")[0]
    redact.learn(login.partition(":")[2])
    redact.learn(unquote(login.partition(":")[2]))


def _masked(text: str) -> str:
    hide_password(text)
    return redact(text)
