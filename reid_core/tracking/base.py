"""What a tracker sees, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reid_core.types import Detections, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Observation:
    """One processed frame.

    Attributes:
        frame_idx: Rank of the frame in its source.
        t_ms: Milliseconds since the source's first frame.
        cut: Whether a scene cut lies just before it.
        motion: ``(2, 3)`` float32 camera motion since the frame before, or None.
        detections: N person boxes.
        appearance: ``(N, D)`` float32, or None.
    """

    frame_idx: int
    t_ms: float
    cut: bool
    motion: FloatArray | None
    detections: Detections
    appearance: FloatArray | None


@dataclass(frozen=True, slots=True)
class ClosedTracklet:
    """A finished tracklet; ``detection_idx`` is -1 for interpolated boxes.

    Attributes:
        order: 1-based place in the segment.
        fragments: The fragments that it is made of.
        frame_idx: ``(n,)`` int64, strictly rising.
        detection_idx: ``(n,)`` int64.
        xyxy: ``(n, 4)`` float32.
    """

    order: int
    fragments: tuple[int, ...]
    frame_idx: IntArray
    detection_idx: IntArray
    xyxy: FloatArray


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame brought.

    Attributes:
        assignments: ``(fragment, detection_idx)`` of this frame.
        closed: Tracklets that are over.
        dropped: Fragments that become no tracklet.
    """

    assignments: tuple[tuple[int, int], ...] = ()
    closed: tuple[ClosedTracklet, ...] = ()
    dropped: tuple[int, ...] = ()


class Tracker(Protocol):
    """Gives each detection of a frame the number of its track."""

    def update(
        self, detections: Detections, appearance: FloatArray | None = None
    ) -> tuple[tuple[int, int], ...]:
        """``(track, detection_idx)`` of every detection that belongs to a track."""
        ...
