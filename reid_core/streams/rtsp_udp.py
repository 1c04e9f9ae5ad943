"""Pictures over UDP for an RTSP session whose control connection the relay carries.

FFmpeg asks the relay for pictures inside of the connection (RFC 2326, 10.12). Towards the camera that becomes
two UDP ports for each stream (RTP and RTCP, RFC 3550), on the address of the control connection, which take
datagrams of the camera's host alone; what comes is put into the connection to FFmpeg.
"""

from __future__ import annotations

import re
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from reid_core.streams.errors import StreamError, Trouble

_TRANSPORT = re.compile(rb"^(transport\s*:)[^\r\n]*", re.IGNORECASE | re.MULTILINE)
_INTERLEAVED = re.compile(rb"interleaved=(\d{1,3})", re.IGNORECASE)
_SERVER_PORT = re.compile(rb"server_port=(\d{1,5})", re.IGNORECASE)
_SSRC = re.compile(rb";\s*ssrc=[0-9a-f]{1,8}", re.IGNORECASE)
_TRIES = 50
_BUFFER_BYTES = 4 * 2**20
"""A key frame of a large picture comes at once."""
_LOOK_S = 0.2
_PUNCH = b"\x80" + bytes(11), b"\x80\xc9\x00\x01" + bytes(4)
"""An empty RTP packet and an empty RTCP report: a firewall between lets in what answers them."""


class UdpPath:
    """The two ports of one stream.

    Attributes:
        channel: Even channel that FFmpeg knows it by; the report's is one more.
        port: Our even port.
    """

    def __init__(self, channel: int, own_host: str, camera_host: str) -> None:
        self.channel = channel
        self._camera_host = camera_host
        self._camera_port = 0
        self._ends = _bind_pair(own_host)
        self.port: int = self._ends[0].getsockname()[1]
        for end in self._ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
            end.setblocking(False)

    def begin(self, camera_port: int) -> None:
        """The camera sends from this port and the next."""
        self._camera_port = camera_port
        for number, data in enumerate(_PUNCH):
            self.send(number, data)

    def send(self, number: int, data: bytes) -> None:
        """Send the camera a packet (0) or a report (1); lost ones are lost."""
        if self._camera_port:
            with suppress(OSError):
                self._ends[number].sendto(data, (self._camera_host, self._camera_port + number))

    def receive(self, wait_s: float) -> list[tuple[int, bytes]]:
        """``(channel, datagram)`` of what the camera sent; what others send is dropped."""
        ready, _, _ = select.select(self._ends, [], [], wait_s)
        found = []
        for number, end in enumerate(self._ends):
            while end in ready:
                try:
                    data, (host, *_) = end.recvfrom(65535)
                except BlockingIOError:
                    break
                except ConnectionError:  # Windows tells of a packet of ours that nobody took
                    continue
                if host == self._camera_host:
                    found.append((self.channel + number, data))
        return found

    def close(self) -> None:
        """Give the ports back."""
        for end in self._ends:
            end.close()


class UdpPaths:
    """All streams of one session.

    Args:
        control: The connection to the camera.
        give: Takes ``(channel, datagram)`` for FFmpeg.
    """

    def __init__(self, control: socket.socket, give: Callable[[int, bytes], None]) -> None:
        self._own_host = str(control.getsockname()[0])
        self._camera_host = str(control.getpeername()[0])
        self._control, self._give = control, give
        self._paths: dict[int, UdpPath] = {}
        self._threads: list[threading.Thread] = []
        self._asked: UdpPath | None = None
        self._is_playing, self._is_over = threading.Event(), False

    def ask(self, head: bytes) -> bytes:
        """FFmpeg's ``SETUP``, asking for datagrams instead.

        Raises:
            OSError: There are no ports left.
        """
        found = _INTERLEAVED.search(head)
        channel = int(found[1]) if found else 0
        path = self._paths.get(channel) or UdpPath(channel, self._own_host, self._camera_host)
        self._paths[channel] = self._asked = path
        ports = b"client_port=%d-%d" % (path.port, path.port + 1)
        return _TRANSPORT.sub(rb"\1 RTP/AVP;unicast;" + ports, head, count=1)

    def answer(self, head: bytes) -> bytes:
        """The camera's consent, as FFmpeg expects it.

        Raises:
            StreamError: The camera sends no datagrams.
        """
        transport, path = _TRANSPORT.search(head), self._asked
        port = _SERVER_PORT.search(transport[0]) if transport else None
        if transport is None or port is None or path is None or b"tcp" in transport[0].lower():
            raise refused()
        self._control.settimeout(None)  # it is silent now, for half a minute; the watchdog sees to the rest
        path.begin(int(port[1]))
        thread = threading.Thread(target=self._carry, args=(path,), name="rtsp datagrams", daemon=True)
        self._threads.append(thread)
        thread.start()
        ssrc = _SSRC.search(transport[0])
        channels = b"%d-%d" % (path.channel, path.channel + 1)
        line = rb"\1 RTP/AVP/TCP;unicast;interleaved=" + channels + (ssrc[0] if ssrc else b"")
        return _TRANSPORT.sub(line, head, count=1)

    def send(self, channel: int, data: bytes) -> None:
        """Send the camera what FFmpeg reports."""
        path = self._paths.get(channel - channel % 2)
        if path is not None:
            path.send(channel % 2, data)

    def play(self) -> None:
        """FFmpeg knows that pictures come: what came before waits in the ports."""
        self._is_playing.set()

    def cut(self) -> None:
        """End it from any thread."""
        self._is_over = True
        self._is_playing.set()

    def close(self) -> None:
        """End it, and wait for its threads."""
        self.cut()
        for thread in self._threads:
            thread.join()
        for path in self._paths.values():
            path.close()

    def _carry(self, path: UdpPath) -> None:
        """Thread body: from the camera to FFmpeg."""
        self._is_playing.wait()
        with suppress(OSError):
            while not self._is_over:
                for channel, data in path.receive(_LOOK_S):
                    self._give(channel, data)


def refused() -> StreamError:
    """The camera does not want it."""
    return StreamError(
        Trouble.NO_VIDEO, "the camera does not send over UDP; write rtsp:// in place of rtsp+udp://"
    )


def _bind_pair(host: str) -> tuple[socket.socket, socket.socket]:
    """An even port and the next (RFC 3550, 11). Raises `OSError` when none is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(_TRIES):
        first = socket.socket(family, socket.SOCK_DGRAM)
        second = socket.socket(family, socket.SOCK_DGRAM)
        try:
            first.bind((host, 0))
            port = first.getsockname()[1]
            if port % 2 == 0:
                second.bind((host, port + 1))
                return first, second
        except OSError:
            pass
        first.close()
        second.close()
    raise OSError("no two neighbouring UDP ports are free")
