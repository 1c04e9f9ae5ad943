"""The face that every person detector shows to the pipeline."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from reid_core.errors import UsageError
from reid_core.types import Detections, Frame

STRIDE_PX = 32
"""The networks need sides that are multiples of this."""


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """How persons are found.

    Attributes:
        long_side_px: Longer side of the picture that the network sees; a multiple of 32.
        score_threshold: Lowest score of a detection, 0..1; low, for the tracker has a stage for weak boxes.
        iou_threshold: Of two boxes that overlap more than this, the weaker one is dropped, 0..1.
        batch_size: Frames that are given to the network together.
    """

    long_side_px: int = 640
    score_threshold: float = 0.1
    iou_threshold: float = 0.7
    batch_size: int = 4

    def __post_init__(self) -> None:
        if self.long_side_px < STRIDE_PX or self.long_side_px % STRIDE_PX:
            raise UsageError(
                f"The detector's picture size must be a multiple of {STRIDE_PX}, not {self.long_side_px}."
            )
        if not 0 < self.score_threshold < 1 or not 0 < self.iou_threshold <= 1:
            raise UsageError("The detector's thresholds must lie between 0 and 1.")
        if self.batch_size < 1:
            raise UsageError(f"A batch holds at least one frame, not {self.batch_size}.")

    @property
    def key(self) -> str:
        """Hash of everything that changes what is found; the batch size does not."""
        settings = {name: value for name, value in asdict(self).items() if name != "batch_size"}
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


class Detector(Protocol):
    """Finds the persons in pictures.

    Attributes:
        key: Hash of weights and settings: equal keys give equal detections. The key of the detections cache.
        batch_size: Most frames that `detect` takes at once; it may shrink when memory runs out.
        device_note: Where and how it runs, and why there, for people to read.
    """

    @property
    def key(self) -> str: ...  # noqa: D102

    @property
    def batch_size(self) -> int: ...  # noqa: D102

    @property
    def device_note(self) -> str: ...  # noqa: D102

    def start(self, frames: Sequence[Frame]) -> Callable[[], list[Detections]]:
        """Begin with frames, and let the caller do something else meanwhile.

        Args:
            frames: As for `detect`.

        Returns:
            What waits for the result of `detect`. To be called once, in the order of starting, even when
            nobody wants the result any more.
        """
        ...

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """The persons of each frame, strongest first.

        Args:
            frames: Any number of frames of equal shape; short batches are padded inside.

        Returns:
            One `Detections` a frame, boxes clipped to the frame, none without area.
        """
        ...
