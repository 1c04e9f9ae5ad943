"""Who cannot be one person, and what travel times say for it: sightings as columns, many pairs at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.linking.identities import Span
from reid_core.linking.travel import TravelTable
from reid_core.types import BoolArray, IntArray

Times = NDArray[np.float64]

_JUST_AFTER = float(np.nextafter(0.0, 1.0))
_NO_TYPICAL = 0.5
"""What a crossing inside its window counts for when the usual time is not known."""
MOST_EVIDENCE = 2.0
"""What crossings count for at most, however many a join makes: two people may take the same round."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """N sightings in C cameras, and how much time has to, and may, lie between two of them.

    Attributes:
        camera: ``(N,)`` camera of each sighting, 0..C-1.
        start_ms: ``(N,)`` first box on the common clock.
        end_ms: ``(N,)`` last box on the common clock.
        least_ms: ``(C, C)`` symmetric: with less time between them two sightings cannot be one person. Just
            above 0 on the diagonal, minus infinity where nothing is known or the views overlap.
        most_ms: ``(C, C)`` symmetric: with more time between them they are not linked directly; infinite
            where nothing is known.
        typical_ms: ``(C, C)`` symmetric: the usual time; NaN where it is not known.
    """

    camera: IntArray
    start_ms: Times
    end_ms: Times
    least_ms: Times
    most_ms: Times
    typical_ms: Times

    @property
    def has_windows(self) -> bool:
        """Whether any camera pair has a maximum travel time; without one, times are evidence of nothing."""
        return bool(np.isfinite(self.most_ms).any())

    def gaps_ms(self, a: IntArray, b: IntArray) -> Times:
        """Time between sightings, broadcast over rows ``a`` and ``b``; negative where they share a time."""
        gaps: Times = np.maximum(self.start_ms[a] - self.end_ms[b], self.start_ms[b] - self.end_ms[a])
        return gaps

    def possible(self, a: IntArray, b: IntArray) -> BoolArray:
        """Whether sightings can be one person at all, broadcast over rows ``a`` and ``b``."""
        found: BoolArray = self.gaps_ms(a, b) >= self.least_ms[self.camera[a], self.camera[b]]
        return found

    def in_time(self, a: IntArray, b: IntArray) -> BoolArray:
        """Whether the maximum travel time allows a direct link, broadcast over rows ``a`` and ``b``."""
        found: BoolArray = self.gaps_ms(a, b) <= self.most_ms[self.camera[a], self.camera[b]]
        return found

    def all_possible(self, ours: IntArray, theirs: IntArray) -> bool:
        """Whether every pair across two groups of sightings can be one person."""
        return bool(self.possible(ours[:, None], theirs[None, :]).all())

    def journey(self, rows: IntArray) -> tuple[IntArray, IntArray]:
        """A person's n sightings by start, and for all but the first where the person was seen last before.

        Returns:
            ``(n,)`` places of the rows in order of time, and ``(n - 1,)`` places in that order: of those that
            start no later, the sighting that ends last.
        """
        order = np.lexsort((self.end_ms[rows], self.start_ms[rows]))
        ends = self.end_ms[rows[order]]
        is_latest = ends == np.maximum.accumulate(ends)
        return order, np.maximum.accumulate(np.where(is_latest, np.arange(len(rows)), 0))[:-1]

    def evidence(self, ours: IntArray, theirs: IntArray) -> float:
        """What travel times say for two groups being one person, in -2..2; 0 where nothing is known.

        Counts the crossings that join the groups, from where somebody was seen last to where they appear
        next: 1 for one that takes the usual time, falling to 0 at the ends of its window, -1 for one that
        comes late.
        """
        rows = np.concatenate([ours, theirs])
        order, last_seen = self.journey(rows)
        is_ours, rows = order < len(ours), rows[order]
        joins = is_ours[last_seen] != is_ours[1:]
        total = float(self.crossing_weights(rows[last_seen[joins]], rows[1:][joins]).sum())
        return min(max(total, -MOST_EVIDENCE), MOST_EVIDENCE)

    def crossing_weights(self, came_from: IntArray, came_to: IntArray) -> Times:
        """What each crossing counts for, in -1..1: the evidence of two lone sightings, row by row."""
        pair = self.camera[came_from], self.camera[came_to]
        most, typical = self.most_ms[pair], self.typical_ms[pair]
        gaps = np.maximum(self.gaps_ms(came_from, came_to), 1.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            fast = np.where(self.least_ms[pair] > 1.0, typical / self.least_ms[pair], most / typical)
            room = np.log(np.maximum(np.where(gaps < typical, fast, most / typical), 1.0 + 1e-9))
            inside = 1.0 - np.minimum((np.log(gaps / typical) / room) ** 2, 1.0)
        inside = np.where(np.isnan(typical), _NO_TYPICAL, inside)
        weights: Times = np.where(gaps > most, -1.0, np.where(np.isfinite(most), inside, 0.0))
        return weights

    def late_cuts(self, rows: IntArray, origin: IntArray) -> tuple[IntArray, IntArray]:
        """Where a group falls apart because somebody would have come too late.

        Args:
            rows: The group's n sightings.
            origin: ``(N,)`` a number for each sighting; those of one number were decided to be one person, so
                no cut parts them.

        Returns:
            The rows by start, and the places in that order before which it is cut.
        """
        places, last_seen = self.journey(rows)
        order = rows[places]
        cuts = np.flatnonzero(~self.in_time(order[last_seen], order[1:])) + 1
        if len(cuts):
            decided = origin[order]
            _, first, number = np.unique(decided, return_index=True, return_inverse=True)
            last = np.zeros(len(first), np.int64)
            np.maximum.at(last, number, np.arange(len(order)))
            spanned = ((first[:, None] < cuts) & (cuts <= last[:, None])).any(axis=0)
            cuts = cuts[~spanned]
        return order, cuts


def constrain(spans: Sequence[Span], table: TravelTable) -> Constraints:
    """The constraints between sightings, from where and when they were and from the travel windows."""
    names = sorted({span.camera for span in spans})
    number = {name: place for place, name in enumerate(names)}
    least = np.full((len(names), len(names)), -np.inf)
    most, typical = np.full_like(least, np.inf), np.full_like(least, np.nan)
    np.fill_diagonal(least, _JUST_AFTER)
    for window in table.windows:
        if window.a not in number or window.b not in number:
            continue
        for pair in ((number[window.a], number[window.b]), (number[window.b], number[window.a])):
            if not window.overlapping:
                least[pair] = window.min_ms or 0.0
            if window.max_ms is not None:
                most[pair] = window.max_ms
            if window.typical_ms is not None:
                typical[pair] = max(window.typical_ms, 1.0)
    return Constraints(
        np.array([number[span.camera] for span in spans], np.int64),
        np.array([span.start_ms for span in spans], np.float64),
        np.array([span.end_ms for span in spans], np.float64),
        least,
        most,
        typical,
    )
