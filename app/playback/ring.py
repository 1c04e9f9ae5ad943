"""The pictures of one camera that are at hand, in order of time and within a bound of memory."""

from __future__ import annotations

from bisect import bisect_right, insort
from operator import attrgetter

from app.playback.picture import Shot

SLACK_MS = 0.01
"""Times that differ by less are the same: they have been through a camera's clock and back."""

_time = attrgetter("t_ms")


class Ring:
    """Pictures by the camera's own time; not guarded, its owner holds a lock.

    Args:
        max_bytes: Bound of all pictures together; the newest is always kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._shots: list[Shot] = []
        self._n_bytes = 0

    def __len__(self) -> int:
        return len(self._shots)

    def add(self, shot: Shot, keep_ms: float, direction: float) -> None:
        """Take a picture in, and drop others while there are too many.

        Args:
            shot: The picture; it takes the place of one of the same time.
            keep_ms: The moment that is shown: what lies on its far side goes first.
            direction: Sign of the speed; 0 drops what is farthest on either side.
        """
        self.discard(shot.t_ms)
        insort(self._shots, shot, key=_time)
        self._n_bytes += shot.pixels.nbytes
        while self._n_bytes > self.max_bytes and len(self._shots) > 1:
            self._drop(self._worst(keep_ms, direction, shot))

    def discard(self, t_ms: float) -> None:
        """Drop the picture of that time, if there is one."""
        place = bisect_right(self._shots, t_ms + SLACK_MS, key=_time) - 1
        if place >= 0 and abs(self._shots[place].t_ms - t_ms) <= SLACK_MS:
            self._drop(place)

    def clear(self) -> None:
        """Drop all."""
        self._shots.clear()
        self._n_bytes = 0

    def at(self, t_ms: float) -> Shot | None:
        """The picture that is shown at a moment, if it is here."""
        shot = self.before(t_ms)
        return shot if shot is not None and t_ms < shot.until_ms - SLACK_MS else None

    def before(self, t_ms: float) -> Shot | None:
        """The last picture that begins at or before a moment."""
        place = bisect_right(self._shots, t_ms + SLACK_MS, key=_time)
        return self._shots[place - 1] if place else None

    def nearest(self, t_ms: float) -> Shot | None:
        """The picture nearest to a moment."""
        return min(self._shots, key=lambda shot: abs(shot.t_ms - t_ms), default=None)

    def _worst(self, keep_ms: float, direction: float, newest: Shot) -> int:
        first, last = self._shots[0], self._shots[-1]
        if newest is first:
            return len(self._shots) - 1
        if newest is last:
            return 0
        if direction > 0 and first.until_ms <= keep_ms:
            return 0
        if direction < 0 and last.t_ms > keep_ms:
            return len(self._shots) - 1
        return 0 if keep_ms - first.t_ms >= last.t_ms - keep_ms else len(self._shots) - 1

    def _drop(self, place: int) -> None:
        self._n_bytes -= self._shots.pop(place).pixels.nbytes
