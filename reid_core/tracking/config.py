"""How detections become tracklets."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class TrackingConfig:
    """Settings of tracker and tracklets; part of the tracklets' cache key.

    Attributes:
        high_score: Score from which a detection may start a track, 0..1.
        low_score: Score from which a detection may continue one, 0..1.
        match_cost: Largest cost (1 - IoU, fused with the score) of a match.
        max_gap_ms: Longest time without a box inside a tracklet, milliseconds.
    """

    high_score: float = 0.25
    low_score: float = 0.1
    match_cost: float = 0.8
    max_gap_ms: float = 1000.0

    @property
    def key(self) -> str:
        """Hash of every field."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()
