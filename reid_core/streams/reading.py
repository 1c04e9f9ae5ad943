"""The thread that reads one connection; it may hang, so somebody else watches it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from reid_core.redaction import redact
from reid_core.streams.connection import Connect, Connection, OnParcel, StreamInfo, Switch
from reid_core.streams.errors import StreamError, Trouble
from reid_core.streams.ring import Ring

_JOIN_S = 5.0


class Reading:
    """Connects and reads in a thread of its own until it ends, breaks or is stopped.

    Attributes:
        ring: The pictures that wait.
        info: What the connection says; None until it is open.
        failure: Why it ended; None while it runs.
        last_sign: When the last picture came, on the monotonic clock; the start before that.
    """

    def __init__(
        self,
        connect: Connect,
        ring: Ring,
        on_parcel: OnParcel | None,
        on_end: Callable[[], None],
        name: str,
    ) -> None:
        self.ring = ring
        self.info: StreamInfo | None = None
        self.failure: StreamError | None = None
        self.last_sign = time.monotonic()
        self._connect, self._on_parcel, self._on_end = connect, on_parcel, on_end
        self._switch = Switch()
        self._thread = threading.Thread(target=self._run, name=f"read {name}", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether the thread has nothing more to give."""
        return self.failure is not None

    def stop(self) -> bool:
        """Cut the connection and wait for the thread; False when it hangs nevertheless, and is left alone."""
        self._switch.cut()
        self._thread.join(_JOIN_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        connection: Connection | None = None
        failure = StreamError(Trouble.LOST, "the camera ended the stream")
        try:
            connection = self._connect(self._switch)
            self.info = connection.info
            for shot in connection.shots(self._on_parcel):
                self.last_sign = time.monotonic()
                if not self.ring.push(shot):
                    raise StreamError(Trouble.LOST, "this computer could not keep up with the camera")
        except StreamError as error:
            failure = StreamError(error.trouble, str(error))  # without the frames that hold the connection
        except Exception as error:  # whatever a driver or a server makes up: the camera is tried again
            failure = StreamError(Trouble.LOST, redact(f"{type(error).__name__}: {error}"))
        finally:
            if connection is not None:
                connection.close()
            self._on_end()
            self.failure = failure
            self.ring.end()
