"""Cameras for tests: GStreamer's RTSP server, a cable that can be pulled, and servers that misbehave."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

SERVER = Path(__file__).with_name("rtsp_server.py")
SYSTEM_PYTHON = "/usr/bin/python3"
_PROBE = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; "
    "Gst.init(None); import sys; sys.exit(not all(map(Gst.ElementFactory.find, "
    "('x264enc', 'rtph264pay', 'multifilesrc', 'jpegdec', 'jpegenc', 'rtpjpegpay'))))"
)


_H264 = "x264enc tune=zerolatency threads=1"
_PAY = "rtph264pay name=pay0 config-interval=-1 pt=96"


def pattern(width: int = 320, height: int = 240, fps: int = 25, key_every: int = 5) -> str:
    """A mount that shows a test pattern as H.264."""
    size = f"video/x-raw,width={width},height={height},framerate={fps}/1"
    encode = f"{_H264} speed-preset=ultrafast key-int-max={key_every}"
    return f"( videotestsrc is-live=true ! {size} ! {encode} ! {_PAY} )"


def jpeg_pattern(width: int, height: int, fps: int) -> str:
    """A mount that shows a test pattern as JPEG pictures."""
    size = f"video/x-raw,width={width},height={height},framerate={fps}/1,format=I420"
    return f"( videotestsrc is-live=true ! {size} ! jpegenc ! rtpjpegpay name=pay0 pt=26 )"


def clip(pictures: Path, n_pictures: int, fps: int) -> str:
    """A mount that shows ``0000.jpg, 0001.jpg, ...`` of a folder over and over, as H.264."""
    source = f"multifilesrc location={pictures}/%04d.jpg stop-index={n_pictures - 1} loop=true"
    decode = f"caps=image/jpeg,framerate={fps}/1 ! jpegdec ! videoconvert ! video/x-raw,format=I420"
    encode = f"{_H264} speed-preset=superfast key-int-max={fps} quantizer=18 pass=qual"
    return f"( {source} {decode} ! {encode} ! {_PAY} )"


@cache
def has_server() -> bool:
    """Whether the system's Python has what the server needs."""
    if not shutil.which(SYSTEM_PYTHON):
        return False
    done = subprocess.run([SYSTEM_PYTHON, "-c", _PROBE], env=_environment(), capture_output=True, check=False)
    return not done.returncode


def require_server() -> None:
    """Skip where GStreamer's server is not installed."""
    if not has_server():
        pytest.skip("needs GStreamer's RTSP server: python3 scripts/bootstrap.py --cameras installs it")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "GST_REGISTRY_FORK": "no"}


@contextlib.contextmanager
def rtsp_server(
    mounts: dict[str, str],
    *,
    port: int = 0,
    users: list[tuple[str, str]] | None = None,
    digest: bool = False,
    tcp_only: bool = False,
) -> Iterator[int]:
    """A running server; gives its port. Passwords go over standard input, not the command line."""
    require_server()
    config = {"port": port, "mounts": mounts, "users": users or [], "digest": digest, "tcp_only": tcp_only}
    with subprocess.Popen(
        [SYSTEM_PYTHON, str(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            server.stdin.write(json.dumps(config).encode() + b"\n")
            server.stdin.flush()
            line = server.stdout.readline()
            assert line.strip().isdigit(), "the RTSP server did not start"
            yield int(line)
        finally:
            server.kill()


class Cable:
    """Carries TCP to a port of this computer, and can be pulled: everything on it breaks.

    Attributes:
        port: Where to connect to.
        n_connections: How many came so far.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.n_connections = 0
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._closing = False
        self._start(self._accept)

    def pull(self) -> None:
        """Break what is connected now; new connections are carried again."""
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        """Break everything, for good."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.pull()
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()

    def _accept(self) -> None:
        while not self._closing:
            try:
                near, _ = self._door.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                continue
            with self._lock:
                self._ends += [near, far]
            self.n_connections += 1
            self._start(lambda a=near, b=far: _carry(a, b))
            self._start(lambda a=far, b=near: _carry(a, b))


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextlib.contextmanager
def cable(target: int) -> Iterator[Cable]:
    """A cable to a port."""
    carried = Cable(target)
    try:
        yield carried
    finally:
        carried.close()


Serve = Callable[[socket.socket, bytes], None]


@contextlib.contextmanager
def tcp_server(serve: Serve, *, reads_head: bool = True) -> Iterator[int]:
    """A server that gives each connection, and the first request on it, to ``serve``; gives its port."""
    door = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []
    open_sockets: list[socket.socket] = []
    closing = threading.Event()

    def handle(near: socket.socket) -> None:
        with near, contextlib.suppress(OSError, ValueError):
            head = b""
            while reads_head and b"\r\n\r\n" not in head:
                data = near.recv(4096)
                if not data:
                    return
                head += data
            serve(near, head)

    def accept() -> None:
        while not closing.is_set():
            try:
                near, _ = door.accept()
            except OSError:
                return
            open_sockets.append(near)
            thread = threading.Thread(target=handle, args=(near,), daemon=True)
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield door.getsockname()[1]
    finally:
        closing.set()
        with contextlib.suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        door.close()
        for near in open_sockets:
            with contextlib.suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)
        accepting.join()
        for thread in threads:
            thread.join()
