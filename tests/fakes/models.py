"""Models without weights: a detector that finds `tests.fakes.footage`'s walkers, a colour embedder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from reid_core.models.embedder import EmbeddingSpace
from reid_core.types import Detections, FloatArray, Frame, ImageArray


class ColorDetector:
    """Finds saturated blobs."""

    key = "color-detector-1"
    batch_size = 4
    device_note = "test"

    def __init__(self, delay_s: float = 0.0) -> None:
        self._delay_s = delay_s

    def start(self, frames: Sequence[Frame]) -> Callable[[], list[Detections]]:
        """The walkers of each frame, when asked for."""
        return lambda: self.detect(frames)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """The walkers of each frame."""
        time.sleep(self._delay_s)
        return [self._detect(frame.image) for frame in frames]

    def _detect(self, image: ImageArray) -> Detections:
        spread = image.max(axis=2).astype(int) - image.min(axis=2)
        count, _, stats, _ = cv2.connectedComponentsWithStats((spread > 80).astype(np.uint8))
        boxes = []
        for x, y, w, h, area in stats[1:count].tolist():
            if area > 200:
                boxes.append((x, max(y - 16, 0), x + w, y + h))
        return Detections.of(sorted(boxes), [0.9] * len(boxes))


class ColorEmbedder:
    """Describes a crop by the colours of its middle."""

    batch_size = 8
    device_note = "test"

    def __init__(self, name: str = "color", shift: float = 0.0) -> None:
        self.space = EmbeddingSpace(name, f"{name}-{shift}", 6, 256, 128)
        self._shift = shift

    def embed(self, crops: Sequence[ImageArray]) -> FloatArray:
        """``(K, 6)`` float32 of length 1."""
        rows = []
        for crop in crops:
            h, w = crop.shape[:2]
            middle = crop[h // 3 : max(h // 3 + 1, 2 * h // 3), w // 4 : max(w // 4 + 1, 3 * w // 4)]
            color = middle.reshape(-1, 3).mean(axis=0) / 255.0
            rows.append(np.concatenate([color, (1 - color) * 0.2 + self._shift]))
        vectors = np.asarray(rows, np.float32).reshape(len(crops), 6)
        unit: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit
