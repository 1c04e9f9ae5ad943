"""What a connection to a camera gives, whatever the protocol below."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, Self

from reid_core.types import ImageArray

TICKS_PER_S = 90_000
"""Times of live footage are counted in the clock of video over RTP (RFC 3551): recordings keep it exactly."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for a camera, in seconds.

    Attributes:
        connect_s: For a connection.
        read_s: For the next bytes on it.
        first_frame_s: From connecting to the first picture.
        frame_s: From one picture to the next; then the watchdog cuts the connection.
        first_wait_s: Before the first attempt to connect again; it doubles with every failure.
        longest_wait_s: Longest time between two attempts, which never end.
    """

    connect_s: float = 10.0
    read_s: float = 10.0
    first_frame_s: float = 20.0
    frame_s: float = 10.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0

    @classmethod
    def until_stall(cls, frame_s: float) -> Self:
        """The usual limits, with another one from one picture to the next.

        Other limits give way where they would strike first.

        >>> Patience.until_stall(60.0).read_s, Patience.until_stall(2.0).read_s
        (60.0, 10.0)
        """
        usual = cls()
        return cls(
            read_s=max(usual.read_s, frame_s),
            first_frame_s=max(usual.first_frame_s, frame_s),
            frame_s=frame_s,
        )


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a connection says of its pictures.

    Attributes:
        container: ``rtsp``, ``mjpeg``, ``hls``, ``device``, or FFmpeg's name of the container.
        codec: FFmpeg's name of the codec.
        width: Pixels.
        height: Pixels.
        fps: Stated frames per second, or 0 where nothing believable is stated.
    """

    container: str
    codec: str
    width: int
    height: int
    fps: float = 0.0


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture from a camera; it becomes RGB only when somebody looks.

    Attributes:
        ticks: Time since the connection's first picture, `TICKS_PER_S`; rising.
        width: Pixels.
        height: Pixels.
        picture: Makes the RGB picture ``(H, W, 3)`` uint8.
    """

    ticks: int
    width: int
    height: int
    picture: Callable[[], ImageArray]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A compressed packet on its way into a recording.

    Attributes:
        packet: PyAV's packet; its times are not used.
        ticks: Presentation time since the connection's first picture, `TICKS_PER_S`.
        dts_ticks: Decoding time likewise.
        is_key: Whether decoding can start here.
    """

    packet: Any
    ticks: int
    dts_ticks: int
    is_key: bool


OnParcel = Callable[["Connection", Parcel], None]


class Connection(Protocol):
    """An open connection; one thread reads it.

    Attributes:
        info: What it says of its pictures.
        template: PyAV's stream that a recording is modelled on; None where nothing compressed comes.
    """

    @property
    def info(self) -> StreamInfo: ...  # noqa: D102
    @property
    def template(self) -> Any | None: ...  # noqa: D102

    def shots(self, on_parcel: OnParcel | None = None) -> Iterator[Shot]:
        """Pictures as they come, until the camera ends it (then `StreamError`) or it is cut."""
        ...

    def close(self) -> None:
        """Give everything back; for the thread that reads."""
        ...


class Switch:
    """Cuts a connection from outside of its thread, in whatever state it is, also while it is opened."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ways: list[Callable[[], None]] = []
        self._is_off = False

    @property
    def is_off(self) -> bool:
        """Whether it was cut."""
        return self._is_off

    def add(self, cut: Callable[[], None]) -> None:
        """How to cut one more part; done at once where it is off already."""
        with self._lock:
            if not self._is_off:
                self._ways.append(cut)
                return
        cut()

    def remove(self, cut: Callable[[], None]) -> None:
        """That part is closed."""
        with self._lock:
            if cut in self._ways:
                self._ways.remove(cut)

    def cut(self) -> None:
        """Cut everything; whoever reads wakes up."""
        with self._lock:
            self._is_off = True
            ways, self._ways = self._ways, []
        for way in ways:
            way()


Connect = Callable[[Switch], Connection]
"""Opens a connection that can be cut at the switch; raises `StreamError`."""


def to_ticks(pts: int, time_base: Fraction) -> int:
    """A time in `TICKS_PER_S`, rounded.

    >>> to_ticks(1001, Fraction(1, 30000))
    3003
    """
    return round(pts * time_base * TICKS_PER_S)
