"""Why tracklets are proposed to be one person, in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from reid_core.linking.identities import Span
from reid_core.linking.travel import TravelTable, gap_between, short_time

MOST_CROSSINGS = 3
"""Crossings that are told one by one; more are counted."""


def explain(
    spans: Sequence[Span],
    similarities: Sequence[float],
    strangers: float,
    table: TravelTable,
    identities: Sequence[str],
    unsure: Sequence[tuple[str, str]],
    n_decided: int | None,
) -> tuple[str, ...]:
    """The reasons for a proposal, one phrase each.

    Args:
        spans: Its tracklets by time.
        similarities: Of its links.
        strangers: How alike two different people are here.
        table: The travel windows.
        identities: Identities that it joins.
        unsure: Its links that somebody was unsure about.
        n_decided: Decided pairs behind its probability, or None without one.
    """
    reasons = [f"similarity {_range_text(similarities)}; two different people here: {strangers:.2f}"]
    reasons += _crossings(spans, table)
    if identities:
        reasons.append(f"adds to {identities[0]}" if len(identities) == 1 else f"joins {_and(identities)}")
    reasons += [f"somebody was unsure about {a} and {b}" for a, b in unsure]
    if n_decided is not None:
        reasons.append(f"probability from {n_decided} decided pairs")
    return tuple(reasons)


def _range_text(values: Sequence[float]) -> str:
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"


def _crossings(spans: Sequence[Span], table: TravelTable) -> list[str]:
    found = []
    for first, second in pairwise(spans):
        window = table.between(first.camera, second.camera)
        if window is None or first.camera == second.camera:
            continue
        gap_ms = gap_between(first, second)
        if gap_ms < 0:
            found.append(f"{first.camera} and {second.camera} at the same time, their views overlap")
            continue
        usual = "" if window.typical_ms is None else f", typical {short_time(window.typical_ms)}"
        found.append(f"{first.camera} to {second.camera} in {short_time(gap_ms)}{usual}")
    if len(found) > MOST_CROSSINGS:
        return [f"{len(found)} crossings between cameras, all possible in their travel times"]
    return list(dict.fromkeys(found))


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
