"""FFmpeg's only door to an RTSP camera: it connects to this computer, and we connect to the camera.

FFmpeg follows redirects to any host and protocol, takes its login along, and repeats it in its messages. So
it gets none: the relay logs in itself, sends everything to the one host that the user named, and refuses to
be sent elsewhere. Pictures travel inside the control connection (RFC 2326, 10.12), as they must where a
firewall stands, unless the address asks for UDP (`rtsp_udp`). Cutting the relay wakes FFmpeg wherever it
waits.
"""

from __future__ import annotations

import re
import secrets
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urljoin

from reid_core.errors import UsageError
from reid_core.redaction import redact
from reid_core.streams.address import RTSP_UDP, StreamAddress, fill_parameters, parse_address
from reid_core.streams.authorization import Authorizer
from reid_core.streams.credentials import Login
from reid_core.streams.errors import MovedError, StreamError, Trouble
from reid_core.streams.rtsp_udp import UdpPaths, refused
from reid_core.streams.sockets import Line

_MAX_HEAD_BYTES = 2**16
_MAX_BODY_BYTES = 2**20
_LENGTH = re.compile(rb"^content-length\s*:\s*(\d{1,9})\s*$", re.IGNORECASE | re.MULTILINE)
_CSEQ = re.compile(rb"^cseq\s*:\s*(\d+)", re.IGNORECASE | re.MULTILINE)
_CHALLENGE = re.compile(rb"^www-authenticate\s*:\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_LOCATION = re.compile(rb"^location\s*:\s*(.*?)\s*$", re.IGNORECASE | re.MULTILINE)


class RtspRelay:
    """Carries one RTSP session between FFmpeg and the camera.

    Attributes:
        failure: Why the camera refused, or None.
    """

    def __init__(self, login: Login, *, connect_s: float, read_s: float) -> None:
        """Connect to the camera and wait for FFmpeg.

        Raises:
            StreamError: The camera cannot be reached.
        """
        self.failure: StreamError | None = None
        self._target = replace(login.target, scheme=login.target.control_scheme)
        self._authorizer = (
            Authorizer(login.address.user, login.password or "") if login.password is not None else None
        )
        self._requests: dict[bytes, tuple[bytes, bytes, bool]] = {}  # by CSeq: head, body, was it signed
        self._sending = threading.Lock()
        self._camera = Line(login.target, connect_s=connect_s, read_s=read_s)
        self._player: socket.socket | None = None
        self._giving = threading.Lock()
        self._udp: UdpPaths | None = None
        if login.target.scheme == RTSP_UDP:
            self._udp = UdpPaths(self._camera.plain, self._give_datagram)
        self._key = secrets.token_hex(16)
        self._stopped = self._is_known = False
        self._door = socket.create_server(("127.0.0.1", 0), backlog=1)
        self._door.settimeout(connect_s)
        self._threads = [threading.Thread(target=self._carry_requests, name="rtsp requests", daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """What FFmpeg opens; only who knows it gets through."""
        return f"rtsp://127.0.0.1:{self._door.getsockname()[1]}/{self._key}"

    def cut(self) -> None:
        """End the session from any thread."""
        self._stopped = True
        self._camera.cut()
        if self._udp is not None:
            self._udp.cut()
        for end in (self._player, self._door):
            if end is not None:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the session and wait for its threads."""
        self.cut()
        self._door.close()
        for thread in self._threads:
            thread.join()
        if self._udp is not None:
            self._udp.close()
        self._camera.close()
        if self._player is not None:
            self._player.close()

    def _fail(self, failure: StreamError) -> None:
        self.failure = self.failure or failure
        self.cut()

    def _carry_requests(self) -> None:
        """Thread body: from FFmpeg to the camera."""
        try:
            self._player, _ = self._door.accept()
            self._player.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._stopped:
                return
            answers = threading.Thread(target=self._carry_answers, name="rtsp answers", daemon=True)
            self._threads.append(answers)
            answers.start()
            buffer = bytearray()
            while data := self._player.recv(65536):
                buffer += data
                while self._take_request(buffer):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            self.cut()

    def _take_request(self, buffer: bytearray) -> bool:
        """Forward the first complete message of FFmpeg; False when there is none yet."""
        if buffer[:1] == b"$":
            n_bytes = 4 + int.from_bytes(buffer[2:4], "big")
            if len(buffer) < max(n_bytes, 4):
                return False
            if self._udp is None:
                self._send(bytes(buffer[:n_bytes]))
            else:
                self._udp.send(buffer[1], bytes(buffer[4:n_bytes]))
            del buffer[:n_bytes]
            return True
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(buffer) > _MAX_HEAD_BYTES:
                raise ValueError("a request is too long")
            return False
        head = bytes(buffer[: end + 4])
        n_body = _body_bytes(head)
        if len(buffer) < len(head) + n_body:
            return False
        body = bytes(buffer[len(head) : len(head) + n_body])
        del buffer[: len(head) + n_body]
        self._send_request(self._translated(head), body)
        return True

    def _translated(self, head: bytes) -> bytes:
        """The request with the camera's address in place of ours."""
        line, rest = head.split(b"\r\n", 1)
        method, uri, version = line.split(b" ", 2)
        own = self.url.encode()
        if uri.startswith(own):
            remote = f"{self._target.scheme}://{self._target.authority}".encode()
            behind = uri[len(own) :].lstrip(b"/")
            path = self._target.path.encode("ascii", "replace")
            uri = remote + (path if not behind else path.rstrip(b"/") + b"/" + behind)
        elif not self._is_known:
            raise ValueError("somebody else came through the door")
        self._is_known = True
        translated = b" ".join((method, uri, version)) + b"\r\n" + rest
        return self._udp.ask(translated) if self._udp is not None and method == b"SETUP" else translated

    def _send_request(self, head: bytes, body: bytes) -> None:
        cseq, signed = _first(_CSEQ, head), self._signed(head)
        self._requests[cseq] = (head, body, signed is not None)  # before it is sent: the answer is quick
        while len(self._requests) > 64:
            self._requests.pop(next(iter(self._requests)))
        self._send((signed or head) + body)

    def _signed(self, head: bytes) -> bytes | None:
        """A request with our login; None where nothing asked for it yet."""
        if self._authorizer is None:
            return None
        method, uri, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        value = self._authorizer.header(method, uri)
        return None if value is None else head[:-2] + f"Authorization: {value}\r\n\r\n".encode()

    def _send(self, data: bytes) -> None:
        with self._sending:
            self._camera.send(data)

    def _carry_answers(self) -> None:
        """Thread body: from the camera to FFmpeg."""
        try:
            while not self._stopped:
                self._take_answer()
        except (EOFError, OSError, ValueError):
            pass
        finally:
            self.cut()

    def _take_answer(self) -> None:
        first = self._camera.receive_exactly(1)
        if first == b"$":
            head = self._camera.receive_exactly(3)
            self._give(first + head + self._camera.receive_exactly(int.from_bytes(head[1:], "big")))
            return
        if first in b"\r\n":  # between messages some cameras send an empty line
            return
        head = first + self._camera.receive_until(b"\r\n\r\n", _MAX_HEAD_BYTES)
        body = self._camera.receive_exactly(_body_bytes(head))
        status = head.split(b"\r\n", 1)[0].split(b" ")
        code = int(status[1]) if status[0].startswith(b"RTSP/") and status[1:2] and status[1].isdigit() else 0
        cseq = _first(_CSEQ, head)
        request = self._requests.pop(cseq, None)
        if code == 401:
            if request is not None and self._answer_challenge(cseq, request, head):
                return
            self._fail(self._not_let_in())
        elif code == 403:
            self._fail(StreamError(Trouble.AUTHENTICATION, "the camera does not let this user in (403)"))
        elif 300 <= code < 400:
            self._fail(self._redirected(_first(_LOCATION, head)))
        elif code in (404, 410, 454):
            self._fail(
                StreamError(Trouble.NO_VIDEO, f"the camera knows no such stream ({code}); check the path")
            )
        elif code == 461 and self._udp is not None:
            self._fail(refused())
        elif code >= 400:
            reason = redact(b" ".join(status[1:6]).decode("latin-1"))
            method = request[0].split(b" ", 1)[0] if request is not None else b""
            if method in (b"DESCRIBE", b"SETUP", b"PLAY"):
                self._fail(StreamError(Trouble.NO_VIDEO, f"the camera answers {reason!r}"))
        elif self._udp is not None and request is not None and request[0].startswith(b"SETUP "):
            try:
                head = self._udp.answer(head)
            except StreamError as error:
                self._fail(error)
        self._give(head + body)
        if self._udp is not None and request is not None and request[0].startswith(b"PLAY "):
            self._udp.play()

    def _give(self, data: bytes) -> None:
        """Send FFmpeg a whole message; several threads do."""
        assert self._player is not None
        with self._giving:
            self._player.sendall(data)

    def _give_datagram(self, channel: int, data: bytes) -> None:
        self._give(b"$" + bytes([channel]) + len(data).to_bytes(2, "big") + data)

    def _answer_challenge(self, cseq: bytes, request: tuple[bytes, bytes, bool], head: bytes) -> bool:
        """Send a refused request once more, signed; also when only the camera's nonce has expired."""
        challenges = [found.decode("latin-1") for found in _CHALLENGE.findall(head)]
        is_stale = any("stale=true" in one.lower().replace('"', "") for one in challenges)
        if (
            self._authorizer is None
            or (request[2] and not is_stale)
            or not self._authorizer.learn(challenges)
        ):
            return False
        asked, body, _ = request
        self._requests[cseq] = (asked, body, True)
        self._send((self._signed(asked) or asked) + body)
        return True

    def _not_let_in(self) -> StreamError:
        if self._authorizer is None:
            return StreamError(
                Trouble.AUTHENTICATION, "the camera wants a user and a password; give rtsp://user@host/path"
            )
        return StreamError(
            Trouble.AUTHENTICATION, "the camera does not accept this user and password; check both"
        )

    def _redirected(self, location: bytes) -> StreamError:
        return follow(self._target, location.decode("utf-8", "replace"))


def follow(target: StreamAddress, location: str) -> StreamError:
    """What a redirect means: `MovedError` for a place on the same host and port, else a refusal."""
    there = _place(target, location)
    here = target.scheme, target.host, target.port
    if there is not None and (there.scheme, there.host, there.port) == here:
        return MovedError(there.path)
    return StreamError(
        Trouble.REFUSED,
        f"{target.authority} redirects to {redact(location)[:200] or 'nowhere'}, which is refused: give that "
        "address yourself if it is right",
    )


def _place(target: StreamAddress, location: str) -> StreamAddress | None:
    base = f"http://{target.authority}{target.path}"
    absolute = location if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", location) else urljoin(base, location)
    if absolute is not location:
        absolute = target.scheme + absolute.removeprefix("http")
    try:
        given = parse_address(absolute)
    except UsageError:
        return None
    return fill_parameters(given.address, dict(given.secrets))


def _body_bytes(head: bytes) -> int:
    n_bytes = int(_first(_LENGTH, head) or 0)
    if n_bytes > _MAX_BODY_BYTES:
        raise ValueError("a message is too long")
    return n_bytes


def _first(pattern: re.Pattern[bytes], head: bytes) -> bytes:
    found = pattern.search(head)
    return found[1] if found else b""
