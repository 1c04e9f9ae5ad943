"""From a login to a connection, whatever the protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from reid_core.streams.connection import Connect, Connection, Patience, Switch
from reid_core.streams.credentials import Login
from reid_core.streams.errors import MovedError

_MAX_MOVES = 3


def connector(login: Login, patience: Patience | None = None) -> Connect:
    """A function that connects to this camera; each call is a new attempt."""
    return partial(connect, login, patience or Patience())


def connect(login: Login, patience: Patience, switch: Switch) -> Connection:
    """Connect once; redirects to another path of the same host are followed.

    Raises:
        StreamError: It cannot be reached, refuses, or has no video.
    """
    for _ in range(_MAX_MOVES):
        try:
            return _opener(login)(login, patience, switch)
        except MovedError as moved:
            circle = moved
            login = replace(login, target=replace(login.target, path=moved.path))
    raise circle


def _opener(login: Login) -> Callable[[Login, Patience, Switch], Connection]:
    if login.address.is_device:
        return _connect_device
    if login.address.scheme.startswith("rtsp"):
        from reid_core.streams.rtsp import connect_rtsp

        return connect_rtsp
    from reid_core.streams.http_stream import connect_http

    return connect_http


def _connect_device(login: Login, patience: Patience, switch: Switch) -> Connection:
    from reid_core.streams.device import DeviceStream

    return DeviceStream(int(login.address.host), switch)
