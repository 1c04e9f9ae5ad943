"""Scene cuts, from the pictures alone."""

from __future__ import annotations

import cv2
import numpy as np

from reid_core.types import FloatArray, ImageArray

MAX_CORRELATION = 0.5
MIN_CHANGE = 24.0


class CutDetector:
    """Sees a cut where a small grey picture neither resembles nor correlates with the one before."""

    def __init__(self) -> None:
        self._before: FloatArray | None = None

    def push(self, image: ImageArray) -> bool:
        """Whether a cut lies between the last picture and this one."""
        small = cv2.resize(image[..., 1], (32, 24), interpolation=cv2.INTER_AREA).astype(np.float32)
        before, self._before = self._before, small
        if before is None or float(np.abs(small - before).mean()) < MIN_CHANGE:
            return False
        a, b = small - small.mean(), before - before.mean()
        norm = float(np.linalg.norm(a) * np.linalg.norm(b))
        return norm == 0 or float((a * b).sum()) / norm < MAX_CORRELATION
