"""What the tracking stage takes and gives, and the face of a frame-to-frame tracker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reid_core.types import Detections, FloatArray, IntArray

INTERPOLATED = -1
"""``detection_idx`` of a box that no detection stands behind."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known about one processed frame; tracking sees nothing else.

    Attributes:
        frame_idx: Rank of the frame in its source, 0-based; rises from one observation to the next.
        t_ms: Time since the source's first frame, milliseconds.
        cut: Whether the scene changed between the processed frame before and this one.
        motion: ``(2, 3)`` float32 affine map from pixels of the processed frame before to pixels of this one,
            or None where the camera stands still.
        detections: The N person boxes.
        appearance: ``(N, D)`` float32 rows of length 1 in the tracking space, or None. A row of zeros stands
            for a detection that was not described.
    """

    frame_idx: int
    t_ms: float
    cut: bool
    motion: FloatArray | None
    detections: Detections
    appearance: FloatArray | None


@dataclass(frozen=True, slots=True)
class ClosedTracklet:
    """A finished tracklet: one person in one camera segment.

    Attributes:
        order: 1, 2, 3... in the segment; a function of the observations alone.
        fragments: The fragments that its detections came from, less those merged into others. A fragment
            that changed from one person to another is named by several tracklets.
        frame_idx: ``(n,)`` int64, every frame from the first to the last box.
        detection_idx: ``(n,)`` int64, row in the frame's detections, or `INTERPOLATED`.
        xyxy: ``(n, 4)`` float32 boxes in pixels.
    """

    order: int
    fragments: tuple[int, ...]
    frame_idx: IntArray
    detection_idx: IntArray
    xyxy: FloatArray


@dataclass(frozen=True, slots=True)
class Step:
    """What one observation brought.

    Attributes:
        assignments: ``(fragment, detection_idx)`` of this frame. Fragments are numbered from 1 in the
            segment.
        merged: ``(fragment, other)``: all of both is one person's, and from now on the first stands for both.
            Comes before what is closed now.
        closed: Tracklets that are finished now.
        dropped: Fragments that no tracklet will name from now on. Comes after what is closed now.
    """

    assignments: tuple[tuple[int, int], ...] = ()
    merged: tuple[tuple[int, int], ...] = ()
    closed: tuple[ClosedTracklet, ...] = ()
    dropped: tuple[int, ...] = ()


class Tracker(Protocol):
    """Follows people from frame to frame. One instance serves one scene of one camera segment."""

    def update(self, detections: Detections, motion: FloatArray | None) -> list[tuple[int, int]]:
        """Take the next processed frame.

        Args:
            detections: The frame's N boxes.
            motion: ``(2, 3)`` camera motion since the frame before, see `Observation.motion`.

        Returns:
            ``(track, detection_idx)`` of each detection that belongs to a track, tentative ones too; tracks
            are numbered from 1 in the instance.
        """
        ...
