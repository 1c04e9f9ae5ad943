"""Nothing that runs under the tests reaches another computer: an audit hook, which no test can take out.

It stands beside pytest-socket, which guards ``connect`` in the test process alone: this one also sees name
look-ups and datagrams, and child processes have it as well. Sockets that C libraries open by themselves are
seen by neither; the media tests cover FFmpeg's protocols.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

_EVENTS = {
    "socket.connect": 1,  # position of the address or the host in the event's arguments
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


attempts: list[str] = []
"""What was refused in this process, for code under test may swallow the exception."""


class OutsideReachedError(RuntimeError):
    """A test, or a program under test, tried to reach another computer."""


def is_loopback(address: Any) -> bool:
    """Whether a socket address, or a host, stays on this computer."""
    host = address[0] if isinstance(address, tuple) else address
    if host is None or isinstance(host, bytes) or host in ("", "localhost"):
        return True
    if isinstance(address, str) and "/" in address:  # a Unix socket's path
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    position = _EVENTS.get(event)
    if position is None:
        return
    address = arguments[position]
    if not is_loopback(address):
        attempts.append(f"{event} to {address!r}")
        raise OutsideReachedError(f"{attempts[-1]}: the tests and what they start may use loopback only")


def install() -> None:
    """Guard this process from now on."""
    sys.addaudithook(_refuse_outside)
