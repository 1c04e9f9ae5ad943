"""A few pictures between the thread that reads a camera and the rest: the oldest give way."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from reid_core.streams.connection import Shot


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that was taken out.

    Attributes:
        shot: The picture.
        dropped: Times of those that gave way since the one taken before.
    """

    shot: Shot
    dropped: tuple[int, ...]


class Ring:
    """Holds at most ``capacity`` pictures; a new one drops the oldest, whose time is kept.

    Args:
        capacity: Most pictures held.
        most_dropped: Most times kept of pictures dropped in a row; with more the reader is told to stop.
    """

    def __init__(self, capacity: int, most_dropped: int = 10_000) -> None:
        self._shots: deque[Shot] = deque()
        self._dropped: list[int] = []
        self._capacity, self._most_dropped = capacity, most_dropped
        self._changed = threading.Condition()
        self._ended = False

    def push(self, shot: Shot) -> bool:
        """Add a picture; False when the other side has fallen behind beyond all measure."""
        with self._changed:
            if len(self._shots) >= self._capacity:
                self._dropped.append(self._shots.popleft().ticks)
            self._shots.append(shot)
            self._changed.notify_all()
            return len(self._dropped) <= self._most_dropped

    def end(self) -> None:
        """Nothing more will come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Taken | None:
        """The oldest picture, or None when none came in time or none will."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or bool(self._shots), timeout_s)
            if not self._shots:
                return None
            taken = Taken(self._shots.popleft(), tuple(self._dropped))
            self._dropped.clear()
            return taken
