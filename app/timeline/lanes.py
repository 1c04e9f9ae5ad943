"""Puts the tracklets of a camera on lanes in which no two overlap, as sorted arrays.

Sorted ends and a running sum of covered time make everything else a bisection: which bars are visible, which
one lies under the pointer, and how much of each pixel column is covered. The sum is exact at every zoom, so
no pyramid of coarser levels has to be kept beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from app.snapshot import UNASSIGNED, Tracklets
from reid_core.types import IntArray

N_LANES = 3
TimeArray = NDArray[np.float64]
_Piece = tuple[float, float, int]


@dataclass(frozen=True)
class Lane:
    """Bars side by side, ``n`` pieces; a bar that another one covers for a while has several pieces.

    Attributes:
        start_ms: ``(n,)`` rising.
        end_ms: ``(n,)``; at most the next start.
        row: ``(n,)`` row in `Tracklets`.
    """

    start_ms: TimeArray
    end_ms: TimeArray
    row: IntArray

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def covered_ms(self) -> TimeArray:
        """``(n + 1,)``: time covered by all pieces before each."""
        return np.concatenate([[0.0], np.cumsum(self.end_ms - self.start_ms)])

    def visible(self, from_ms: float, to_ms: float) -> slice:
        """The pieces that touch a stretch of time."""
        first = int(self.end_ms.searchsorted(from_ms, "left"))
        return slice(first, int(self.start_ms.searchsorted(to_ms, "right")))

    def at(self, t_ms: float, slack_ms: float = 0.0) -> int | None:
        """Row of the tracklet that is there at a moment, or the nearest one within the slack."""
        near = self.visible(t_ms - slack_ms, t_ms + slack_ms)
        if near.start >= near.stop:
            return None
        away = np.maximum(self.start_ms[near] - t_ms, t_ms - self.end_ms[near])
        return int(self.row[near][int(np.argmin(np.maximum(away, 0.0)))])

    def covered_until(self, t_ms: TimeArray) -> TimeArray:
        """Time covered before each moment, ms; ``t_ms`` of any shape."""
        if not len(self):
            return np.zeros_like(t_ms)
        before = self.start_ms.searchsorted(t_ms, "right")
        return self.covered_ms[before] - np.maximum(self._ends[before] - t_ms, 0.0)

    @cached_property
    def _ends(self) -> TimeArray:
        """``(n + 1,)``: end of the piece before each place; nothing ends before the first."""
        return np.concatenate([[-np.inf], self.end_ms])


def lay_out(tracklets: Tracklets, camera_row: int) -> tuple[Lane, ...]:
    """A camera's tracklets on `N_LANES` lanes.

    Persons come first, from the top, and stay on their lane where they can; what belongs to nobody fills up
    from below. When all lanes are taken the last one holds several, and the later bar lies on top.
    """
    first, last = (int(n) for n in np.searchsorted(tracklets.camera, (camera_row, camera_row + 1)))
    starts = tracklets.start_ms[first:last].tolist()
    ends = tracklets.end_ms[first:last].tolist()
    numbers = tracklets.person[first:last].tolist()
    top, bottom = (0, N_LANES - 1) if any(numbers) else (0, 0)
    free_at = [-np.inf] * N_LANES
    home: dict[int, int] = {}
    members: list[list[int]] = [[] for _ in range(N_LANES)]
    for n, number in enumerate(numbers):
        start = starts[n]
        lane = bottom if number == UNASSIGNED else home.get(number, top)
        if free_at[lane] > start:
            lane = _free_lane(free_at, start, from_below=number == UNASSIGNED and bottom > 0)
        if number != UNASSIGNED:
            home[number] = lane
        if ends[n] > free_at[lane]:
            free_at[lane] = ends[n]
        members[lane].append(n)
    last_lane = _overlapping(starts, ends, members[-1], first)
    return (*(_plain(tracklets, np.array(own, np.int64) + first) for own in members[:-1]), last_lane)


def _free_lane(free_at: list[float], start: float, *, from_below: bool) -> int:
    for lane in reversed(range(N_LANES)) if from_below else range(N_LANES):
        if free_at[lane] <= start:
            return lane
    return N_LANES - 1


def _plain(tracklets: Tracklets, rows: IntArray) -> Lane:
    """A lane of bars that leave each other room."""
    return Lane(tracklets.start_ms[rows], tracklets.end_ms[rows], rows)


def _overlapping(starts: list[float], ends: list[float], own: list[int], first: int) -> Lane:
    """The lane that holds the rest: pieces of bars, the latest on top."""
    pieces: list[_Piece] = []
    covered: list[_Piece] = []  # bars under others: (-start, end, n), the latest first
    for n in own:
        start, end = starts[n], ends[n]
        if pieces and pieces[-1][1] > start:
            under_start, under_end, under = pieces.pop()
            if under_start < start:
                pieces.append((under_start, start, under))
            heappush(covered, (-starts[under], under_end, under))
        elif covered:
            _resume(pieces, covered, start)
        pieces.append((start, end, n))
    _resume(pieces, covered, np.inf)
    table = np.array(pieces, np.float64).reshape(-1, 3)
    return Lane(table[:, 0].copy(), table[:, 1].copy(), table[:, 2].astype(np.int64) + first)


def _resume(pieces: list[_Piece], covered: list[_Piece], until: float) -> None:
    """Let covered bars come out again behind the one on top, up to a moment."""
    while covered and pieces[-1][1] < until:
        key, end, n = heappop(covered)
        start = pieces[-1][1]
        if end > start:
            pieces.append((start, min(end, until), n))
            if end > until:
                heappush(covered, (key, end, n))
                return
