"""Finds the moments at which footage jumps to another scene."""

from __future__ import annotations

import numpy as np

from reid_core.types import FloatArray, ImageArray

_GRID = 16
_BINS = 8
_SAMPLED = 128
"""Of a large picture every n-th row and column is looked at, so that about so many are left: averaging them
all costs several times as much, and a cut shows as well."""


class CutDetector:
    """Compares each frame with the one before; a pure function of the two.

    Two things must change together, so that neither a person who walks close to the lens nor a lamp that is
    switched on is taken for a cut: the layout (correlation of 16 x 16 grey thumbnails, which does not care
    about brightness and contrast) and the colours (intersection of RGB histograms with 8 bins a channel).

    Args:
        max_correlation: Layouts that correlate more are the same scene, -1..1.
        max_intersection: Colours that intersect more are the same scene, 0..1.
    """

    def __init__(self, max_correlation: float = 0.5, max_intersection: float = 0.6) -> None:
        self._max_correlation, self._max_intersection = max_correlation, max_intersection
        self._before: tuple[FloatArray, FloatArray] | None = None

    def push(self, image: ImageArray) -> bool:
        """Whether a cut lies between the frame before and this RGB ``(H, W, 3)`` one; never at the first."""
        before, self._before = self._before, _summary(image)
        if before is None:
            return False
        correlation = float((before[0] * self._before[0]).sum())
        intersection = float(np.minimum(before[1], self._before[1]).sum())
        return correlation < self._max_correlation and intersection < self._max_intersection


def _summary(image: ImageArray) -> tuple[FloatArray, FloatArray]:
    """The grey thumbnail, normalised to mean 0 and length 1, and the colours' shares."""
    import cv2

    step = max(min(image.shape[:2]) // _SAMPLED, 1)
    sampled = np.ascontiguousarray(image[::step, ::step])
    small = cv2.resize(sampled, (_GRID * 4, _GRID * 4), interpolation=cv2.INTER_AREA)
    grey = cv2.resize(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    layout = grey.astype(np.float32) - grey.mean()
    length = float(np.linalg.norm(layout))
    bins = small.reshape(-1, 3).astype(np.int64) * _BINS // 256
    counts = np.bincount(bins @ np.array([_BINS * _BINS, _BINS, 1]), minlength=_BINS**3)
    return layout / max(length, 1e-6), (counts / counts.sum()).astype(np.float32)
