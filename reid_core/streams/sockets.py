"""Connecting to one host, and reading from it with a deadline."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress

from reid_core.redaction import redact
from reid_core.streams.address import StreamAddress
from reid_core.streams.errors import StreamError, Trouble


class Line:
    """A connection to a camera that any thread may cut."""

    def __init__(self, address: StreamAddress, *, connect_s: float, read_s: float) -> None:
        """Connect.

        Args:
            address: Where to; TLS and its certificate check follow from the scheme.
            connect_s: Longest time for that, seconds.
            read_s: Longest silence while it is read, seconds.

        Raises:
            StreamError: It cannot be reached.
        """
        self._cut = False
        self._lock = threading.Lock()
        self._buffer = bytearray()
        try:
            plain = socket.create_connection((address.host, address.port), connect_s)
        except (OSError, UnicodeError) as error:
            raise _unreachable(address, error) from None
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = _secure(plain, address) if address.scheme in ("rtsps", "https") else plain
        except (OSError, UnicodeError, ValueError) as error:
            plain.close()
            raise _unreachable(address, error) from None
        self._socket.settimeout(read_s)

    @property
    def plain(self) -> socket.socket:
        """The socket below, for a parser of its own; do not mix it with `receive`."""
        return self._socket

    def send(self, data: bytes) -> None:
        """Send everything.

        Raises:
            OSError: The line is dead.
        """
        self._socket.sendall(data)

    def receive(self, n_bytes: int) -> bytes:
        """1 to ``n_bytes`` bytes; none at the end. Raises `OSError` (`TimeoutError` after silence)."""
        if not self._buffer:
            return self._socket.recv(n_bytes)
        taken = bytes(self._buffer[:n_bytes])
        del self._buffer[:n_bytes]
        return taken

    def receive_exactly(self, n_bytes: int) -> bytes:
        """So many bytes. Raises `EOFError` when the line ends before, else as `receive`."""
        while len(self._buffer) < n_bytes:
            self._fill()
        taken = bytes(self._buffer[:n_bytes])
        del self._buffer[:n_bytes]
        return taken

    def receive_until(self, mark: bytes, limit: int) -> bytes:
        """Everything up to the mark, with it. Raises `EOFError`, `ValueError` beyond the limit."""
        searched = 0
        while (place := self._buffer.find(mark, searched)) < 0:
            if len(self._buffer) > limit:
                raise ValueError("the server's answer is too long")
            searched = max(len(self._buffer) - len(mark) + 1, 0)
            self._fill()
        return self.receive_exactly(place + len(mark))

    def _fill(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise EOFError
        self._buffer += data

    def cut(self) -> None:
        """End it from any thread: whoever reads wakes up. Cutting twice is fine."""
        with self._lock:
            if self._cut:
                return
            self._cut = True
            with suppress(OSError):
                # The plain shutdown, also under TLS: a polite farewell could wait for the other side.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut it and give the handle back; for the thread that reads."""
        self.cut()
        with suppress(OSError):
            self._socket.close()


def _secure(plain: socket.socket, address: StreamAddress) -> socket.socket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=address.host)


def _unreachable(address: StreamAddress, error: Exception) -> StreamError:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = (
            f"its certificate is not trusted ({error.verify_message}); install it on this computer, "
            "or name it in the environment variable SSL_CERT_FILE"
        )
    elif isinstance(error, TimeoutError):
        why = "it does not answer; check that it is switched on and in this network"
    elif isinstance(error, ConnectionRefusedError):
        why = "nothing listens on that port; check the port"
    elif isinstance(error, socket.gaierror):
        why = "no computer of that name is known; check the name"
    else:
        why = redact(str(error) or type(error).__name__)
    return StreamError(Trouble.UNREACHABLE, f"{address.authority} is unreachable: {why}")
