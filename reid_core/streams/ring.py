"""A few pictures between the thread that reads a camera and the rest: the oldest give way."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from reid_core.streams.connection import TICKS_PER_S, Shot

_SLOWER, _FASTER = 1.3, 0.99
"""How the least time between two pictures grows when one gave way, and shrinks with each while none waits."""
_SLOWEST_TICKS = 10 * TICKS_PER_S


@dataclass(slots=True)
class Taken:
    """A picture that waits, or was taken out.

    Attributes:
        shot: The picture.
        skipped: Times of those between the one before and this one that nobody will look at.
        n_dropped: How many of them were meant to be looked at, and came too fast.
    """

    shot: Shot
    skipped: list[int] = field(default_factory=list)
    n_dropped: int = 0


class Ring:
    """Holds at most ``capacity`` pictures; a new one drops the oldest, whose time is kept.

    Whoever takes them may be slow for good. Then it would get a handful in a row, and nothing for seconds. So
    pictures that come sooner after the last than it can take them are left out from the start, and those that
    it gets are evenly spread.

    Args:
        capacity: Most pictures held.
        stride: Only every so many are meant to be looked at.
        most_skipped: Most times kept of pictures in a row; with more the reader is told to stop.
    """

    def __init__(self, capacity: int, stride: int = 1, most_skipped: int = 10_000) -> None:
        self._waiting: deque[Taken] = deque()
        self._skipped: list[int] = []
        self._n_dropped = self._n_pushed = 0
        self._capacity, self._stride, self._most_skipped = capacity, stride, most_skipped
        self._least_ticks = 0.0
        self._last_ticks = -_SLOWEST_TICKS
        self._changed = threading.Condition()
        self._ended = False

    def push(self, shot: Shot) -> bool:
        """Add a picture; False when the other side has fallen behind beyond all measure."""
        with self._changed:
            is_wanted = self._n_pushed % self._stride == 0
            self._n_pushed += 1
            if not self._waiting:
                self._least_ticks *= _FASTER
            if not is_wanted or shot.ticks - self._last_ticks < self._least_ticks:
                self._skipped.append(shot.ticks)
                self._n_dropped += is_wanted
            else:
                self._keep(shot)
                self._changed.notify_all()
            kept = self._waiting[0].skipped if self._waiting else self._skipped
            return max(len(kept), len(self._skipped)) <= self._most_skipped

    def _keep(self, shot: Shot) -> None:
        if len(self._waiting) >= self._capacity:
            self._drop_oldest()
            step = shot.ticks - self._last_ticks
            self._least_ticks = min(_SLOWER * max(self._least_ticks, step), _SLOWEST_TICKS)
        self._waiting.append(Taken(shot, self._skipped, self._n_dropped))
        self._skipped, self._n_dropped = [], 0
        self._last_ticks = shot.ticks

    def _drop_oldest(self) -> None:
        oldest = self._waiting.popleft()
        skipped, n_dropped = [*oldest.skipped, oldest.shot.ticks], oldest.n_dropped + 1
        if self._waiting:
            following = self._waiting[0]
            following.skipped = skipped + following.skipped
            following.n_dropped += n_dropped
        else:
            self._skipped = skipped + self._skipped
            self._n_dropped += n_dropped

    def end(self) -> None:
        """Nothing more will come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Taken | None:
        """The oldest picture, or None when none came in time or none will."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or bool(self._waiting), timeout_s)
            return self._waiting.popleft() if self._waiting else None
