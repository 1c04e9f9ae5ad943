"""How long people take from camera to camera, and why two sightings cannot, or hardly, be one person.

A camera pair that the table does not name is unknown and excludes nothing: its views may overlap, or its
clocks may not be set. A pair that it names and that does not overlap excludes being in both at one time, and
coming faster than the minimum; both are physics. The maximum is habit: who comes later may have stayed
somewhere, so it speaks against a direct link only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations, pairwise
from statistics import median

from reid_core.linking.identities import Span

LEARN_FROM = 3
"""Crossings between two cameras that are needed to learn a window from them."""
LEARNT_ROOM = 1.5
"""A learnt window reaches beyond the fastest and the slowest crossing by this factor; they were few."""


@dataclass(frozen=True, slots=True)
class TravelWindow:
    """How long people take between two cameras, either way; None where unknown.

    Attributes:
        a: One camera.
        b: The other.
        min_ms: Shortest time between leaving one view and entering the other.
        typical_ms: Usual time.
        max_ms: Longest time.
        overlapping: The views overlap, so one person may be in both at once.
        n_learnt: Journeys that it was learnt from; 0 when it was set by hand.
    """

    a: str
    b: str
    min_ms: float | None = None
    typical_ms: float | None = None
    max_ms: float | None = None
    overlapping: bool = False
    n_learnt: int = 0


class MisfitKind(StrEnum):
    """Why two sightings do not fit one person."""

    SAME_CAMERA = "same camera"
    """Both in one camera at one time."""
    APART = "apart"
    """In two cameras at one time whose views do not overlap."""
    TOO_FAST = "too fast"
    """Faster than the minimum."""
    TOO_SLOW = "too slow"
    """Slower than the maximum."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why two sightings do not fit one person.

    Attributes:
        kind: Which rule.
        text: One phrase for people: ``gate to hall in 0:04, minimum 0:20``.
        gap_ms: Time between the end of one and the start of the other; negative where they share a time.
    """

    kind: MisfitKind
    text: str
    gap_ms: float

    @property
    def impossible(self) -> bool:
        """Whether no person could do that; coming late is unlikely, not impossible."""
        return self.kind is not MisfitKind.TOO_SLOW


class TravelTable:
    """The travel windows of a project's camera pairs.

    Attributes:
        windows: By camera names; each has its cameras in order of name.
    """

    def __init__(self, windows: Iterable[TravelWindow] = ()) -> None:
        """Take windows; of several for one pair the last one holds."""
        self._by_pair = {frozenset((w.a, w.b)): _ordered(w) for w in windows}
        self.windows = tuple(sorted(self._by_pair.values(), key=lambda w: (w.a, w.b)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TravelTable) and self.windows == other.windows

    def __hash__(self) -> int:
        return hash(self.windows)

    def between(self, a: str, b: str) -> TravelWindow | None:
        """The window of two cameras, in either order; None where nothing is known."""
        return self._by_pair.get(frozenset((a, b)))

    def with_window(self, window: TravelWindow) -> TravelTable:
        """The table with one pair set or replaced."""
        return TravelTable((*self.windows, window))

    def without(self, a: str, b: str) -> TravelTable:
        """The table with one pair forgotten: nothing is known of it then."""
        return TravelTable(w for w in self.windows if {w.a, w.b} != {a, b})

    def misfit(self, one: Span, other: Span) -> Misfit | None:
        """Why two sightings do not fit one person; None where they do, or nothing is known of the pair."""
        first, second = sorted((one, other), key=lambda span: (span.start_ms, span.end_ms, span.id))
        gap_ms = gap_between(first, second)
        if first.camera == second.camera:
            text = f"both are in {first.camera} at the same time"
            return Misfit(MisfitKind.SAME_CAMERA, text, gap_ms) if gap_ms <= 0 else None
        window = self.between(first.camera, second.camera)
        if window is None:
            return None
        way = f"{first.camera} to {second.camera} in {short_time(gap_ms)}"
        if not window.overlapping and gap_ms < 0:
            text = f"in {first.camera} and {second.camera} at the same time, and their views do not overlap"
            return Misfit(MisfitKind.APART, text, gap_ms)
        if not window.overlapping and window.min_ms is not None and gap_ms < window.min_ms:
            return Misfit(MisfitKind.TOO_FAST, f"{way}, minimum {short_time(window.min_ms)}", gap_ms)
        if window.max_ms is not None and gap_ms > window.max_ms:
            return Misfit(MisfitKind.TOO_SLOW, f"{way}, maximum {short_time(window.max_ms)}", gap_ms)
        return None

    def misfit_of(self, one: Span, others: Sequence[Span]) -> Misfit | None:
        """Why a sighting does not fit a person with several; None where it does.

        It must be possible beside each of them, and not too late for the one that is nearest in time.
        """
        nearest = sorted(others, key=lambda other: (gap_between(one, other), other.id))
        misfits = [self.misfit(one, other) for other in nearest]
        impossible = next((m for m in misfits if m is not None and m.impossible), None)
        return impossible or (misfits[0] if misfits else None)


def gap_between(one: Span, other: Span) -> float:
    """Milliseconds from the end of the earlier to the start of the later; negative when at once."""
    return max(one.start_ms - other.end_ms, other.start_ms - one.end_ms)


def short_time(t_ms: float) -> str:
    """``0:04``, ``12:30`` or ``1:05:00`` of milliseconds, with tenths under ten seconds."""
    tenths = round(abs(t_ms) / 100)
    sign = "-" if t_ms < 0 and tenths else ""
    seconds, tenth = divmod(tenths, 10)
    if seconds < 10 and tenth:
        return f"{sign}0:0{seconds}.{tenth}"
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{sign}{hours}:{minutes:02}:{seconds:02}" if hours else f"{sign}{minutes}:{seconds:02}"


def learn_windows(table: TravelTable, journeys: Iterable[Iterable[Span]]) -> TravelTable:
    """The table with what known journeys teach; windows that were set by hand stay as they are.

    A person who is in two cameras at once teaches that their views overlap. Two sightings in a row in
    different cameras are a crossing; a pair with at least `LEARN_FROM` gets a window from them: the median,
    and the fastest and slowest with `LEARNT_ROOM`.

    Args:
        table: What is known.
        journeys: The sightings of one person each.
    """
    crossings: dict[frozenset[str], list[float]] = {}
    n_at_once: dict[frozenset[str], int] = {}
    for journey in journeys:
        ordered = sorted(journey, key=lambda span: (span.start_ms, span.end_ms, span.id))
        for first, second in combinations(ordered, 2):
            if first.camera != second.camera and gap_between(first, second) < 0:
                pair = frozenset((first.camera, second.camera))
                n_at_once[pair] = n_at_once.get(pair, 0) + 1
        for first, second in pairwise(ordered):
            if first.camera != second.camera:
                pair = frozenset((first.camera, second.camera))
                crossings.setdefault(pair, []).append(gap_between(first, second))
    for pair in sorted(crossings.keys() | n_at_once.keys(), key=sorted):
        a, b = sorted(pair)
        held = table.between(a, b)
        if held is not None and not held.n_learnt:
            continue
        gaps_ms = crossings.get(pair, [])
        if pair in n_at_once:
            table = table.with_window(TravelWindow(a, b, overlapping=True, n_learnt=n_at_once[pair]))
        elif len(gaps_ms) >= LEARN_FROM:
            table = table.with_window(_window_of(a, b, gaps_ms))
    return table


def _window_of(a: str, b: str, gaps_ms: list[float]) -> TravelWindow:
    fastest, slowest = math.floor(min(gaps_ms) / LEARNT_ROOM), math.ceil(max(gaps_ms) * LEARNT_ROOM)
    return TravelWindow(a, b, fastest, round(median(gaps_ms)), slowest, n_learnt=len(gaps_ms))


def _ordered(window: TravelWindow) -> TravelWindow:
    return window if window.a <= window.b else replace(window, a=window.b, b=window.a)
