"""What goes into the project and what comes out of it: plain frozen rows, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reid_core.types import BoolArray, Detections, FloatArray, IntArray, Member

HalfArray = NDArray[np.float16]
"""Float16 of any shape: how vectors are kept on disk."""
STREAM = "stream"
"""Kind of a source that is one connection to a live camera."""
STREAMS = "streams"
"""Project setting: the live cameras, ``{name: {"address": ..., "quota": ...}}``."""
PROVISIONAL_ORDER = 1_000_000
"""Tracklets of this order and above show people who are still in view of a live camera; each goes when the
final tracklet comes."""


class SegmentState(StrEnum):
    """How far a segment came."""

    OPEN = "open"
    """Not through yet; a resumed run goes on with it."""
    DONE = "done"
    """Read to its end."""
    PARTIAL = "partial"
    """Its good frames are kept, then it broke."""
    FAILED = "failed"
    """Nothing could be read."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A named camera; its clock is what the camera was added with and every ``clock_set`` since.

    Attributes:
        id: Number of the camera in the project, 1-based in order of adding; the ``c1`` of tracklet ids.
        name: Unique name.
        color: Colour for people to tell cameras apart, ``#rrggbb``, or empty.
        site: Where it hangs, or empty.
        offset_ms: Common time of the camera's first frame, ms.
        drift_ppm: How much faster the common clock runs than the camera's, parts per million.
    """

    id: int
    name: str
    color: str = ""
    site: str = ""
    offset_ms: float = 0.0
    drift_ppm: float = 0.0

    def common_ms(self, t_ms: float) -> float:
        """Time on the project's common clock, ms, of ``t_ms`` since the camera's first frame."""
        return self.offset_ms + t_ms * (1.0 + self.drift_ppm * 1e-6)


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of footage (a file, a folder of images) of one camera.

    Attributes:
        id: Number of the source in the project, 1-based in order of adding.
        camera: Name of its camera.
        number: Place among its camera's sources, 1-based in order of adding.
        path: Where the footage was last seen; it may have moved, the fingerprint finds it again.
        kind: ``video``, ``images``, or ``stream`` for one connection to a live camera.
        fingerprint: Content fingerprint, the identity of the source in anchors and caches.
        width: Upright picture width, pixels.
        height: Upright picture height, pixels.
        fps: Nominal frames per second.
        duration_ms: Length, ms.
        start_ms: The camera's own time at this source's first frame, ms since the camera's first frame.
        info: Everything else that was known when it was added (codec, container, ...), plain JSON values.
    """

    id: int
    camera: str
    number: int
    path: str
    kind: str
    fingerprint: str
    width: int
    height: int
    fps: float
    duration_ms: float
    start_ms: float
    info: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """One uninterrupted run of one source; a tracker, its ids and its state belong to exactly one.

    Attributes:
        id: Key in the project, derived from camera and number.
        name: ``c1s2``: camera 1, segment 2 in that camera; tracklet ids begin with it.
        source_id: Its source.
        camera: Name of its camera.
        detections_key: Cache key of the stored frames (source, detector, detector config).
        tracklets_key: Cache key of the stored tracklets (detections key, tracking config, tracking space).
        state: How far it came under these keys.
        reason: Why it ended so, for people; may be empty.
        n_frames: Number of stored frame rows.
        next_frame_idx: First frame that is not stored: where a resumed run continues.
        last_pts: Timestamp of the last stored frame, or None when there is none.
        n_tracklets: Number of stored tracklets, without provisional ones.
    """

    id: int
    name: str
    source_id: int
    camera: str
    detections_key: str
    tracklets_key: str
    state: SegmentState
    reason: str
    n_frames: int
    next_frame_idx: int
    last_pts: int | None
    n_tracklets: int


@dataclass(frozen=True, slots=True)
class FrameRow:
    """What detection left of one frame.

    Attributes:
        frame_idx: Rank of the frame in its source, 0-based.
        pts: Presentation timestamp in the source's time base.
        t_ms: Time since the source's first frame, ms.
        processed: Whether the detector saw it (False for frames that a stride skips).
        cut: Whether a scene cut lies just before it.
        motion: ``(2, 3)`` float32 camera motion from the previous processed frame, or None.
        detections: N person boxes; empty when not processed.
        quality: ``(N,)`` float32 in 0..1, fitness of each box as a crop.
        appearance: ``(N, D)`` float16 vectors of the tracking space, or None when it is off.
    """

    frame_idx: int
    pts: int
    t_ms: float
    processed: bool = True
    cut: bool = False
    motion: FloatArray | None = None
    detections: Detections = field(default_factory=Detections.empty)
    quality: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    appearance: HalfArray | None = None

    def __post_init__(self) -> None:
        n = len(self.detections)
        if self.quality.shape != (n,):
            raise ValueError(f"{n} detections but quality {self.quality.shape}")
        if self.motion is not None and self.motion.shape != (2, 3):
            raise ValueError(f"motion must be (2, 3), not {self.motion.shape}")
        if self.appearance is not None and (self.appearance.ndim != 2 or len(self.appearance) != n):
            raise ValueError(f"{n} detections but appearance {self.appearance.shape}")


@dataclass(frozen=True, slots=True)
class CropRow:
    """One chosen crop of a tracklet, to be stored.

    Attributes:
        frame_idx: Frame that it was cut from.
        detection_idx: Row in that frame's detections, or -1 for a box without one.
        png: The losslessly encoded picture.
        inner: ``x1, y1, x2, y2`` of the box inside the (padded) picture, pixels.
        quality: Fitness in 0..1.
    """

    frame_idx: int
    detection_idx: int
    png: bytes
    inner: tuple[float, float, float, float]
    quality: float


@dataclass(frozen=True, slots=True)
class TrackletRow:
    """A finished tracklet, to be stored.

    Attributes:
        order: 1-based place in the segment; must follow from the footage alone, never from arrival.
        frame_idx: ``(n,)`` int64, strictly rising.
        detection_idx: ``(n,)`` int64, row in the frame's detections; -1 for an interpolated box.
        xyxy: ``(n, 4)`` float32, absolute pixels.
        crops: The best crops, best first.
    """

    order: int
    frame_idx: IntArray
    detection_idx: IntArray
    xyxy: FloatArray
    crops: tuple[CropRow, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.frame_idx)
        if n == 0 or self.frame_idx.shape != (n,) or self.detection_idx.shape != (n,):
            raise ValueError("a tracklet needs at least one box, and one detection index per frame index")
        if self.xyxy.shape != (n, 4):
            raise ValueError(f"{n} frames but boxes {self.xyxy.shape}")
        if self.order < 1 or bool(np.any(np.diff(self.frame_idx) <= 0)):
            raise ValueError("order starts at 1 and frame indices must rise strictly")


@dataclass(frozen=True, slots=True)
class Tracklet:
    """A tracklet as it stands now: engine output with everybody's edits applied.

    Attributes:
        id: ``c1s1t7`` (camera 1, segment 1, order 7), or ``c1s1e42`` when event 42 made it.
        camera: Camera name.
        source: Content fingerprint of its source.
        source_id: Number of its source.
        segment: Key of its segment.
        start_idx: First frame, rank in the source.
        end_idx: Last frame.
        start_pts: Timestamp of the first frame in the source's time base.
        end_pts: Timestamp of the last frame.
        start_t_ms: Time of the first frame since the source's first frame, ms.
        end_t_ms: Time of the last frame.
        start_ms: Time of the first frame on the project's common clock, ms.
        end_ms: Time of the last frame on the project's common clock, ms.
        n_detections: Boxes that a detector or a person placed (not interpolated).
        n_boxes: All boxes.
        revision: Stands for the edits that made it; 0 for untouched engine output.
    """

    id: str
    camera: str
    source: str
    source_id: int
    segment: int
    start_idx: int
    end_idx: int
    start_pts: int
    end_pts: int
    start_t_ms: float
    end_t_ms: float
    start_ms: float
    end_ms: float
    n_detections: int
    n_boxes: int
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of one tracklet as it stands now, n columns in rising frame order.

    Attributes:
        frame_idx: ``(n,)`` int64.
        pts: ``(n,)`` int64.
        t_ms: ``(n,)`` float64, ms since the source's first frame.
        xyxy: ``(n, 4)`` float32, absolute pixels.
        detection_idx: ``(n,)`` int64; -1 where no detection stands behind the box.
        scores: ``(n,)`` float32 detector scores in 0..1; 0 for interpolated boxes, 1 for a person's.
        edited: ``(n,)`` bool, a person drew or moved the box.
    """

    frame_idx: IntArray
    pts: IntArray
    t_ms: NDArray[np.float64]
    xyxy: FloatArray
    detection_idx: IntArray
    scores: FloatArray
    edited: BoolArray

    def __len__(self) -> int:
        return len(self.frame_idx)


@dataclass(frozen=True, slots=True)
class Crop:
    """A stored crop.

    Attributes:
        png: The picture file's bytes, lossless.
        inner: ``x1, y1, x2, y2`` of the box inside the picture, pixels.
        quality: Fitness in 0..1.
        member: Frame and detection that it was cut from.
        pts: Timestamp of that frame.
        t_ms: Time of that frame since the source's first frame, ms.
    """

    png: bytes
    inner: tuple[float, float, float, float]
    quality: float
    member: Member
    pts: int
    t_ms: float


@dataclass(frozen=True, slots=True)
class Space:
    """An embedding space that the project holds vectors of.

    Attributes:
        id: Number in the project, 1-based in order of adding.
        name: Name of the model, for people.
        key: sha256 (hex) of weights, preprocessing and dimension; vectors compare only under one key.
        dim: Dimension of the descriptors that are searched.
        crop_dim: Dimension of the crop embeddings.
        height: Input height of the model, pixels.
        width: Input width of the model, pixels.
    """

    id: int
    name: str
    key: str
    dim: int
    crop_dim: int
    height: int
    width: int


class SpaceLike(Protocol):
    """An embedding space as models describe it."""

    @property
    def name(self) -> str:
        """Name for people."""

    @property
    def key(self) -> str:
        """Hash of weights, preprocessing and dimension."""

    @property
    def dim(self) -> int:
        """Dimension of a crop embedding."""

    @property
    def height(self) -> int:
        """Input height, pixels."""

    @property
    def width(self) -> int:
        """Input width, pixels."""
