"""YOLO as a person detector: letterbox, network, suppression of overlaps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from reid_core import geometry
from reid_core.detection.base import DetectorConfig
from reid_core.detection.letterbox import Letterbox, fit_aspect, fit_picture
from reid_core.detection.nms import suppress
from reid_core.runtimes.base import Runtime
from reid_core.runtimes.batching import BatchRunner, Notify
from reid_core.types import Detections, FloatArray, Frame

Prepare = Callable[[tuple[int, int], int], Runtime]
"""Makes the runtime for pictures of ``(H, W)`` and a batch size."""


class YoloDetector:
    """Finds persons. For one thread at a time.

    Frames of one shape are drawn into pictures of their own aspect, so that a wide frame costs no more than
    its area. Each shape gets its own runtime, made at its first frame.

    Args:
        prepare: Makes runtimes whose output is that of `PersonNetwork`: ``(B, 5, A)``.
        config: How persons are found.
        weights_key: Hash of the weights.
        device_note: Where and how the network runs.
        picture_size: ``(H, W)`` of the picture, for networks of a fixed size.
        notify: Hears of smaller batches.
    """

    def __init__(
        self,
        prepare: Prepare,
        config: DetectorConfig,
        weights_key: str,
        device_note: str,
        *,
        picture_size: tuple[int, int] | None = None,
        notify: Notify | None = None,
    ) -> None:
        self.key = hashlib.sha256(f"yolo {weights_key} {config.key} {picture_size}".encode()).hexdigest()
        self.batch_size = config.batch_size
        self.device_note = device_note
        self._prepare, self._config, self._picture_size, self._notify = prepare, config, picture_size, notify
        self._runners: dict[tuple[int, int], BatchRunner] = {}

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `Detector`."""
        return self.start(frames)()

    def start(self, frames: Sequence[Frame]) -> Callable[[], list[Detections]]:
        """See `Detector`."""
        if not frames:
            return list
        height, width = frames[0].image.shape[:2]
        box = self._letterbox(width, height)
        pictures = box.blank(len(frames))
        for frame, picture in zip(frames, pictures, strict=True):
            box.draw(frame.image, picture)
        runner = self._runner((box.picture_height, box.picture_width))
        running = runner.start(pictures)

        def result() -> list[Detections]:
            out = running()
            self.batch_size = min(self.batch_size, runner.batch_size)
            return [read_persons(table, box, self._config) for table in out]

        return result

    def _letterbox(self, width: int, height: int) -> Letterbox:
        if self._picture_size is None:
            return fit_aspect(width, height, self._config.long_side_px)
        picture_height, picture_width = self._picture_size
        return fit_picture(width, height, picture_width, picture_height)

    def _runner(self, size: tuple[int, int]) -> BatchRunner:
        runner = self._runners.get(size)
        if runner is None:
            runner = BatchRunner(
                lambda n: self._prepare(size, n), self.batch_size, "The detector", self._notify
            )
            self._runners[size] = runner
        return runner


def read_persons(table: FloatArray, box: Letterbox, config: DetectorConfig) -> Detections:
    """The detections in a network's output for one picture.

    Args:
        table: ``(5, A)``: center x, center y, width, height in pixels of the picture, and the score.
        box: How the frame lies in the picture.
        config: Thresholds.

    Returns:
        Boxes in the frame, strongest first.
    """
    rows = np.flatnonzero(table[4] >= config.score_threshold)
    found = table[:, rows]
    half = found[2:4] / 2
    xyxy = np.concatenate([found[:2] - half, found[:2] + half]).T
    persons = suppress(Detections(xyxy.astype(np.float32), found[4].astype(np.float32)), config.iou_threshold)
    boxes = box.to_frame(persons.xyxy)
    return Detections(boxes, persons.scores).select(geometry.area(boxes) > 0)
