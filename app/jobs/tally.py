"""From a child's progress lines to one bar: done, total, rate, time left. Without Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

SETTLE_S = 4.0
"""How long the rate remembers: after this time an old speed counts for a third."""
FRAMES = "frames"


class Tally:
    """Adds up the parts of a job.

    Args:
        expected: ``{part: (done, total)}`` in frames of what is to be done and not reported yet.
    """

    def __init__(self, expected: Mapping[str, tuple[int, int]] | None = None) -> None:
        self._parts: dict[tuple[str, str], tuple[int, int | None]] = {
            (FRAMES, part): (done, total) for part, (done, total) in (expected or {}).items()
        }
        self.unit = FRAMES
        self.rate = 0.0
        self.n_measured = 0
        self.measured_s = 0.0
        self._last: tuple[float, int] | None = None

    def add(self, progress: Mapping[str, Any], now_s: float) -> None:
        """Take one ``Progress`` line.

        Args:
            progress: ``part``, ``done``, ``total``, ``unit``.
            now_s: A clock that only goes forward, seconds.
        """
        unit, part = str(progress.get("unit", FRAMES)), str(progress.get("part", ""))
        done, total = int(progress.get("done", 0)), progress.get("total")
        if unit != self.unit:
            self.unit, self.rate, self._last = unit, 0.0, None
        before = self._parts.get((unit, part))
        self._parts[unit, part] = (done, None if total is None else int(total))
        if self._last is None:
            self._last = (now_s, self.done)
        elif before is None:  # a part that begins late brings along what was done before
            self._last = (self._last[0], self._last[1] + done)
        elif done != before[0]:
            self._measure(now_s)

    def finish(self, part: str) -> None:
        """A part has come to its end, with or without its last frames."""
        done, total = self._parts.get((FRAMES, part), (0, 0))
        self._parts[FRAMES, part] = (total or done, total or done)

    @property
    def done(self) -> int:
        """Units finished."""
        return sum(done for (unit, _), (done, _) in self._parts.items() if unit == self.unit)

    @property
    def total(self) -> int | None:
        """Units in all, or None where a part does not know its own."""
        totals = [total for (unit, _), (_, total) in self._parts.items() if unit == self.unit]
        known = [total for total in totals if total is not None]
        return sum(known) if known and len(known) == len(totals) else None

    @property
    def left_s(self) -> float | None:
        """Seconds left at this rate, or None while that is unknown."""
        if self.total is None or self.rate <= 0.0:
            return None
        return max(self.total - self.done, 0) / self.rate

    def pause(self) -> None:
        """Forget the running measure: time that passes now is no work."""
        self._last = None

    def _measure(self, now_s: float) -> None:
        assert self._last is not None
        then_s, then_done = self._last
        passed_s, n_done = now_s - then_s, self.done - then_done
        if passed_s < 0.05 or n_done < 0:
            return
        self._last = (now_s, self.done)
        speed = n_done / passed_s
        weight = 1.0 if self.rate == 0.0 else 1.0 - math.exp(-passed_s / SETTLE_S)
        self.rate += weight * (speed - self.rate)
        if self.unit == FRAMES:
            self.n_measured += n_done
            self.measured_s += passed_s
