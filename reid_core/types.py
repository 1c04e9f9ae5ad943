"""The domain types that every layer shares: images, frames, detections, tracklets.

Boxes are ``xyxy``, float32, absolute pixels, origin top left. Images are RGB uint8 ``(H, W, 3)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

ImageArray = NDArray[np.uint8]
"""An RGB picture, ``(H, W, 3)`` uint8."""
FloatArray = NDArray[np.float32]
"""Float32 of any shape; the shape stands in the docstring of whoever uses it."""
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture of one source.

    Attributes:
        camera: Name of the camera that the source belongs to.
        index: Rank of the picture's presentation timestamp in its source, 0-based.
        pts: Presentation timestamp in the source's time base; the identity of a frame inside its source.
        t_ms: Time in milliseconds since the source's first frame, by the source's own clock.
        image: RGB uint8 ``(H, W, 3)``, upright (rotation metadata applied).
    """

    camera: str
    index: int
    pts: int
    t_ms: float
    image: ImageArray


@dataclass(frozen=True, slots=True)
class Detections:
    """The person boxes of one frame, as columns of N rows.

    Attributes:
        xyxy: ``(N, 4)`` float32, absolute pixels, clipped to the frame.
        scores: ``(N,)`` float32 in 0..1, the detector's score.
    """

    xyxy: FloatArray
    scores: FloatArray

    def __post_init__(self) -> None:
        if self.xyxy.ndim != 2 or self.xyxy.shape[1] != 4 or self.scores.shape != (len(self.xyxy),):
            raise ValueError(f"boxes {self.xyxy.shape} and scores {self.scores.shape} do not fit together")

    def __len__(self) -> int:
        return len(self.xyxy)

    def select(self, rows: Any) -> Detections:
        """The given rows (a mask or indices), in that order."""
        return Detections(self.xyxy[rows], self.scores[rows])

    @classmethod
    def empty(cls) -> Detections:
        """No detections."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    @classmethod
    def of(cls, boxes: Sequence[Sequence[float]], scores: Sequence[float]) -> Detections:
        """From plain sequences of ``x1, y1, x2, y2`` and of scores."""
        return cls(np.asarray(boxes, np.float32).reshape(-1, 4), np.asarray(scores, np.float32))


@dataclass(frozen=True, slots=True)
class Member:
    """One box of a tracklet: which frame, and which detection of that frame.

    Attributes:
        frame_idx: Rank of the frame in its source, 0-based.
        detection_idx: Row in the frame's `Detections`, 0-based.
    """

    frame_idx: int
    detection_idx: int


class Verdict(StrEnum):
    """What a person decided about a pair."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in the footage that a decision points at; it outlives tracklet ids.

    Attributes:
        camera: Camera name at the time of the decision (for people to read).
        source: Content fingerprint of the source file.
        pts: Presentation timestamp of the frame in that source.
        xyxy: The box, absolute pixels.
    """

    camera: str
    source: str
    pts: int
    xyxy: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ImageAnchor:
    """A stored query picture that a decision points at.

    Attributes:
        sha256: Hash of the picture file's bytes.
    """

    sha256: str
