"""From moments that were marked in two cameras to offset and drift of one of them. Without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MIN_SPAN_MS = 120_000
"""Marks nearer than this give a drift that is mostly the error of marking."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One event, seen by both cameras.

    Attributes:
        reference_ms: When, on the common clock, by the reference camera.
        own_ms: When, on the own clock of the camera that is set: ms since its first frame.
    """

    reference_ms: float
    own_ms: float


@dataclass(frozen=True, slots=True)
class Clock:
    """``common = offset + own * (1 + drift * 1e-6)``.

    Attributes:
        offset_ms: Common time of the camera's first frame.
        drift_ppm: How much faster the common clock runs.
    """

    offset_ms: float = 0.0
    drift_ppm: float = 0.0

    def common_ms(self, own_ms: float) -> float:
        """Own time on the common clock."""
        return self.offset_ms + own_ms * (1.0 + self.drift_ppm * 1e-6)

    def own_ms(self, common_ms: float) -> float:
        """The inverse of `common_ms`."""
        return (common_ms - self.offset_ms) / (1.0 + self.drift_ppm * 1e-6)


def needed_span_ms(footage_ms: float) -> float:
    """How far apart marks must lie to give a drift: two minutes, or half of shorter footage.

    The error of marking then grows by no more than a factor of two towards the ends of short footage.
    """
    return min(MIN_SPAN_MS, footage_ms / 2)


def solve(marks: Sequence[Mark], drift_ppm: float, needed_ms: float) -> Clock:
    """The clock that fits the marks best (least squares).

    Args:
        marks: At least one. One mark gives the offset and keeps the drift; two or more, far enough apart,
            give both.
        drift_ppm: The drift to keep where the marks say too little of it.
        needed_ms: How far apart they must lie to give a drift.
    """
    own = np.array([mark.own_ms for mark in marks])
    common = np.array([mark.reference_ms for mark in marks])
    if span_ms(marks) >= max(needed_ms, 1.0):
        middle = own.mean()
        slope = float(((own - middle) * (common - common.mean())).sum() / ((own - middle) ** 2).sum())
        drift_ppm = (slope - 1.0) * 1e6
    offset = float((common - own * (1.0 + drift_ppm * 1e-6)).mean())
    return Clock(offset, drift_ppm)


def span_ms(marks: Sequence[Mark]) -> float:
    """How far the marks lie apart on the camera's own clock."""
    own = [mark.own_ms for mark in marks]
    return max(own) - min(own) if own else 0.0
