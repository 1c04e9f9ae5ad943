"""Settings of tracking. Times are in seconds and lengths in body heights, so that they fit any frame rate."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field

from reid_core.errors import UsageError

TRACKERS = ("botsort", "bytetrack", "ocsort", "deepocsort", "fasttrack", "tracktrack")
"""The trackers of the ultralytics package."""


@dataclass(frozen=True, slots=True)
class TrackerConfig:
    """The frame-to-frame tracker.

    Attributes:
        kind: One of `TRACKERS`.
        high_score: Detections from this score on are matched first.
        low_score: Weaker ones, down to this, may continue a track.
        new_score: A track begins at a detection with this score or more.
        match_cost: Highest cost ``1 - IoU * score`` of a match.
        lost_s: How long a track waits for its person to come back.
    """

    kind: str = "botsort"
    high_score: float = 0.5
    low_score: float = 0.1
    new_score: float = 0.6
    match_cost: float = 0.8
    lost_s: float = 1.0


@dataclass(frozen=True, slots=True)
class SplitConfig:
    """Where a track is cut into pieces, because it may have passed from one person to another.

    Attributes:
        gap_s: It went without a detection for longer (and for more than one processed frame).
        overlap: Its box overlapped another track's by more than this IoU. Boxes inside such an encounter are
            left out of what is compared.
        overlap_s: An encounter that lasts longer is a piece of its own.
        change: The appearance before and after a moment differs by more than this cosine distance.
        change_window_s: How much time before and after that moment is compared.
        portion_s: Longer runs are looked at in portions of about this length.
    """

    gap_s: float = 0.25
    overlap: float = 0.5
    overlap_s: float = 1.0
    change: float = 0.05
    change_window_s: float = 2.0
    portion_s: float = 10.0


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """What it costs to say that one piece continues another; pieces are linked at the lowest total cost.

    Attributes:
        gap_s: Longest time between the end of one and the start of the other.
        fit_s: Position and speed at an end are fitted to this much time.
        appearance_s: The appearance at an end is the mean over this much time.
        coast_s: Nobody is extrapolated over more time than this.
        position: Standard deviation of the position at no gap, body heights.
        position_per_s: Its growth with the gap, body heights a second.
        position_max: Its upper bound, body heights.
        speed: Standard deviation of a change of speed, body heights a second.
        height: Standard deviation of the logarithm of the ratio of the heights.
        appearance: Cosine distance at which the appearance says nothing; one person's is mostly smaller.
        appearance_scale: Change of the cosine distance that costs 1.
        appearance_gain: Most that a likeness can lower the cost.
        cost_per_s: Cost of a second of gap.
        max_cost: Dearer links are not made.
        exit_s: A person who left by a side of the picture and one who enters by a side after a longer time
            are not linked.
    """

    gap_s: float = 5.0
    fit_s: float = 1.0
    appearance_s: float = 2.0
    coast_s: float = 1.5
    position: float = 0.25
    position_per_s: float = 0.4
    position_max: float = 1.0
    speed: float = 0.7
    height: float = 0.25
    appearance: float = 0.05
    appearance_scale: float = 0.02
    appearance_gain: float = 2.0
    cost_per_s: float = 0.3
    max_cost: float = 6.0
    exit_s: float = 1.0


@dataclass(frozen=True, slots=True)
class TrackingConfig:
    """All of tracking.

    Attributes:
        tracker: The frame-to-frame tracker.
        split: Where its tracks are cut.
        link: How the pieces are joined again.
        min_detections: A tracklet with fewer detections is junk, unless one of them is certain.
        certain_score: Score from which a detection is certain.
        tracklet_s: Longest tracklet; a longer stay becomes several, so that memory has a bound.
    """

    tracker: TrackerConfig = field(default_factory=TrackerConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    link: LinkConfig = field(default_factory=LinkConfig)
    min_detections: int = 3
    certain_score: float = 0.7
    tracklet_s: float = 600.0

    def __post_init__(self) -> None:
        if self.tracker.kind not in TRACKERS:
            raise UsageError(
                f"There is no tracker called {self.tracker.kind!r}; choose one of {', '.join(TRACKERS)}."
            )

    @property
    def key(self) -> str:
        """Hash of every setting; part of the tracklets' cache key."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
