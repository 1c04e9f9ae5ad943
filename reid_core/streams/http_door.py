"""HTTP towards one host: what FFmpeg reads of it, it reads through here, and never opens a connection itself.

Redirects are followed on the same host, port and protocol only; a login is answered here. Source of the
protocol: RFC 9110 and 9112, as far as the standard library's response parser goes.
"""

from __future__ import annotations

import http.client
import threading
from contextlib import suppress
from dataclasses import replace
from typing import NoReturn

from reid_core.streams.address import StreamAddress
from reid_core.streams.authorization import Authorizer
from reid_core.streams.connection import Patience, Switch
from reid_core.streams.credentials import Login
from reid_core.streams.errors import MovedError, StreamError, Trouble
from reid_core.streams.rtsp_relay import follow
from reid_core.streams.sockets import Line

_MAX_MOVES = 3


class HttpDoor:
    """Opens addresses of one host.

    Attributes:
        failure: Why the last one was not given, or None.
    """

    def __init__(self, login: Login, patience: Patience, switch: Switch) -> None:
        self.failure: StreamError | None = None
        self._target, self._patience, self._switch = login.target, patience, switch
        self._authorizer = (
            Authorizer(login.address.user, login.password or "") if login.password is not None else None
        )

    def open(self, location: str = "") -> HttpBody:
        """Get a path, or an address, of this host; without one, the camera's own.

        Raises:
            StreamError: It is elsewhere, or not given to us.
        """
        try:
            target = self._place(location) if location else self._target
            for _ in range(_MAX_MOVES):
                try:
                    return self._get(target)
                except MovedError as moved:
                    target, circle = replace(target, path=moved.path), moved
            raise circle
        except StreamError as error:
            self.failure = error
            raise

    def _place(self, location: str) -> StreamAddress:
        where = follow(self._target, location)
        if isinstance(where, MovedError):
            return replace(self._target, path=where.path)
        raise where

    def _get(self, target: StreamAddress) -> HttpBody:
        is_second = False
        while True:
            line = Line(target, connect_s=self._patience.connect_s, read_s=self._patience.read_s)
            body = HttpBody(line, target, self._switch)
            try:
                body.begin(self._authorizer.header("GET", target.path) if self._authorizer else None)
                if body.status != 401 or is_second:
                    self._check(body, target)
                    return body
                if self._authorizer is None or not self._authorizer.learn(body.challenges):
                    self._refuse(401)
            except BaseException:
                body.close()
                raise
            body.close()
            is_second = True

    def _check(self, body: HttpBody, target: StreamAddress) -> None:
        if 300 <= body.status < 400:
            raise follow(target, body.location)
        if body.status >= 400:
            self._refuse(body.status)

    def _refuse(self, status: int) -> NoReturn:
        if status in (401, 403) and self._authorizer is None:
            raise StreamError(
                Trouble.AUTHENTICATION, "the camera wants a user and a password; give http://user@host/path"
            )
        if status in (401, 403):
            raise StreamError(
                Trouble.AUTHENTICATION, "the camera does not accept this user and password; check both"
            )
        raise StreamError(
            Trouble.NO_VIDEO, f"the camera has nothing at this address ({status}); check the path"
        )


class HttpBody:
    """What comes back, as a file that can only be read on.

    Attributes:
        name: Its address, from which a playlist's relative addresses are understood; without a login.
        status: The status code.
    """

    def __init__(self, line: Line, target: StreamAddress, switch: Switch) -> None:
        self._line, self._target, self._switch = line, target, switch
        self._response = http.client.HTTPResponse(line.plain, method="GET")
        self._lock = threading.Lock()
        self.name = f"{target.scheme}://{target.authority}{target.path}"
        switch.add(line.cut)

    def begin(self, authorization: str | None) -> None:
        """Send the request and read the head of the answer.

        Raises:
            StreamError: No answer, or none that is HTTP.
        """
        login = f"Authorization: {authorization}\r\n" if authorization else ""
        request = (
            f"GET {self._target.path} HTTP/1.1\r\nHost: {self._target.authority}\r\n{login}"
            "User-Agent: Sightline\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        )
        try:
            self._line.send(request.encode("ascii", "replace"))
            self._response.begin()
        except TimeoutError:
            raise StreamError(
                Trouble.NO_VIDEO, "the camera accepts the connection and then sends nothing"
            ) from None
        except (OSError, http.client.HTTPException, ValueError):
            raise StreamError(Trouble.NO_VIDEO, "the answer is not HTTP; check the address") from None

    @property
    def status(self) -> int:  # noqa: D102
        return self._response.status

    @property
    def kind(self) -> str:
        """Its media type, in small letters without parameters."""
        return (self._response.getheader("Content-Type") or "").partition(";")[0].strip().lower()

    @property
    def location(self) -> str:
        """Where it redirects to."""
        return self._response.getheader("Location") or ""

    @property
    def challenges(self) -> list[str]:
        """How it wants us to log in."""
        return self._response.headers.get_all("WWW-Authenticate") or []

    def read(self, n_bytes: int) -> bytes:
        """1 to ``n_bytes`` bytes; none at the end.

        Raises:
            StreamError: The line broke, or was silent for too long.
        """
        try:
            return self._response.read1(n_bytes)
        except TimeoutError:
            raise StreamError(Trouble.LOST, "the camera sends nothing any more") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise StreamError(Trouble.LOST, "the connection broke") from None

    def close(self) -> None:
        """Close it; for the thread that reads. Closing twice is fine."""
        with self._lock, suppress(OSError):
            self._switch.remove(self._line.cut)
            self._response.close()
            self._line.close()
