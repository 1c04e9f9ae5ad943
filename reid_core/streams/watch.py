"""Watching one camera for ever: connect, give its pictures, notice when it is lost, connect again.

The watchdog stands here, outside of the thread that reads: a connection that gives no picture for too long is
cut, whatever it waits for. Every connection is a *take* of its own, with its own size, rate, codec and clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from reid_core.streams.connection import TICKS_PER_S, Connect, OnParcel, Patience, StreamInfo
from reid_core.streams.errors import StreamError, Trouble
from reid_core.streams.reading import Reading
from reid_core.streams.ring import Ring, Taken
from reid_core.types import ImageArray

_LOOK_S = 0.2
"""How soon a stop is seen."""
_HEAD_SHOTS, _HEAD_S = 8, 1.0
"""A take begins after so many pictures or so much time, so that its rate is known."""
_TRUE_RATE = 0.2
"""A stated rate that is off by more than this part is not believed."""
_DEFAULT_FPS = 10.0


@dataclass(frozen=True, slots=True)
class TakeBegan:
    """A connection gives pictures.

    Attributes:
        take: Number of the take in this watch, 1-based.
        info: Size, codec and measured rate.
        at_s: When its first picture was taken, seconds since the epoch (`time.time`).
    """

    take: int
    info: StreamInfo
    at_s: float


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the running take.

    Attributes:
        ticks: Its time in the take, `TICKS_PER_S`; rising.
        image: RGB ``(H, W, 3)`` uint8.
        skipped: Times of the pictures between the one before and this one that nobody looks at.
        n_dropped: How many of those were meant to be looked at, and came too fast.
    """

    ticks: int
    image: ImageArray
    skipped: tuple[int, ...]
    n_dropped: int


@dataclass(frozen=True, slots=True)
class TakeEnded:
    """The running take is over.

    Attributes:
        at_s: When its last picture came, seconds since the epoch.
        reason: Why, as a part of a sentence; empty when it was stopped.
    """

    at_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt to connect failed.

    Attributes:
        failure: Why.
        wait_s: When the next one follows.
    """

    failure: StreamError
    wait_s: float


WatchEvent = TakeBegan | Picture | TakeEnded | Failed


class Watch:
    """Watches one camera; read its `events` in a thread of its own.

    Args:
        name: Name of the camera, for threads.
        connect: Opens a connection.
        patience: Time limits.
        stride: Every how many pictures somebody looks.
        capacity: Most pictures that wait to be looked at.
        stop: Ends the watch soon after it is set.
        on_parcel: Takes the compressed packets, in the thread that reads.
        on_end: Told in that thread that a connection is over.

    Attributes:
        n_stuck: Reading threads that hung and were left behind.
    """

    def __init__(
        self,
        name: str,
        connect: Connect,
        *,
        patience: Patience,
        stop: threading.Event,
        stride: int = 1,
        capacity: int = 4,
        on_parcel: OnParcel | None = None,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.n_stuck = 0
        self._name, self._connect, self._patience, self._stop = name, connect, patience, stop
        self._stride, self._capacity = stride, capacity
        self._on_parcel, self._on_end = on_parcel, on_end
        self._n_takes = 0
        self._began = 0.0

    def events(self) -> Generator[WatchEvent, None, None]:
        """What happens, until the watch is stopped; closing it ends the connection."""
        wait_s = self._patience.first_wait_s
        while not self._stop.is_set():
            reading = Reading(
                self._connect, Ring(self._capacity, self._stride), self._on_parcel, self._on_end, self._name
            )
            try:
                failure = yield from self._follow(reading)
            finally:
                if not reading.stop():
                    self.n_stuck += 1
            if failure is None:  # it gave pictures: begin anew with short waits
                wait_s = self._patience.first_wait_s
            else:
                is_shut_out = failure.trouble is Trouble.AUTHENTICATION  # do not get the account locked
                wait_s = self._patience.longest_wait_s if is_shut_out else wait_s
                yield Failed(failure, wait_s)
            self._stop.wait(wait_s)
            if failure is not None:
                wait_s = min(2 * wait_s, self._patience.longest_wait_s)

    def _follow(self, reading: Reading) -> Generator[WatchEvent, None, StreamError | None]:
        """Give the pictures of one connection; returns its failure where it gave none."""
        head, first_at_s = self._head(reading)
        if not head:
            if self._stop.is_set():
                return None
            return self._failure(reading)
        assert reading.info is not None
        size = (head[0].shot.width, head[0].shot.height)
        info = replace(reading.info, width=size[0], height=size[1], fps=_rate(head, reading.info.fps))
        self._n_takes += 1
        yield TakeBegan(self._n_takes, info, first_at_s)
        reason = yield from self._pictures(reading, head, size)
        yield TakeEnded(first_at_s + (time.monotonic() - self._began), reason)
        return None

    def _head(self, reading: Reading) -> tuple[list[Taken], float]:
        """The first pictures, and when the first was taken.

        Cameras often send what they took before at once; so it is the earliest moment that any of them,
        less its time in the take, came at.
        """
        head: list[Taken] = []
        first_at_s = 0.0
        while not self._stop.is_set() and len(head) < _HEAD_SHOTS:
            taken = reading.ring.take(_LOOK_S)
            if taken is not None:
                if not head:
                    first_at_s, self._began = time.time(), time.monotonic()
                head.append(taken)
                since_s = (taken.shot.ticks - head[0].shot.ticks) / TICKS_PER_S
                first_at_s = min(first_at_s, time.time() - since_s)
            elif reading.is_over or (not head and self._is_late(reading, self._patience.first_frame_s)):
                break
            if head and time.monotonic() - self._began > _HEAD_S:
                break
        return head, first_at_s

    def _pictures(
        self, reading: Reading, head: list[Taken], size: tuple[int, int]
    ) -> Generator[WatchEvent, None, str]:
        waiting = list(reversed(head))
        while not self._stop.is_set():
            taken = waiting.pop() if waiting else reading.ring.take(_LOOK_S)
            if taken is None:
                if reading.is_over or self._is_late(reading, self._patience.frame_s):
                    return str(self._failure(reading))
                continue
            shot = taken.shot
            if (shot.width, shot.height) != size:
                return f"the size of its pictures changed to {shot.width} x {shot.height}"
            yield Picture(shot.ticks, shot.picture(), tuple(taken.skipped), taken.n_dropped)
        return ""

    def _is_late(self, reading: Reading, limit_s: float) -> bool:
        return time.monotonic() - reading.last_sign > limit_s

    def _failure(self, reading: Reading) -> StreamError:
        if reading.failure is not None:
            return reading.failure
        if reading.info is None:
            return StreamError(
                Trouble.UNREACHABLE, f"no connection within {self._patience.first_frame_s:g} s"
            )
        return StreamError(Trouble.LOST, f"no picture for {self._patience.frame_s:g} s")


def _rate(head: list[Taken], stated: float) -> float:
    """Frames per second of the first pictures; what is stated, where it agrees."""
    ticks = [tick for taken in head for tick in (*taken.skipped, taken.shot.ticks)]
    steps = [b - a for a, b in pairwise(ticks) if b > a]
    if not steps:
        return stated or _DEFAULT_FPS
    measured = TICKS_PER_S / median(steps)
    return stated if abs(measured - stated) <= _TRUE_RATE * stated else min(measured, 240.0)
