"""Boxes for the frames in which a person was not detected, or that were not looked at."""

from __future__ import annotations

import numpy as np

from reid_core.tracking.base import INTERPOLATED
from reid_core.types import FloatArray, IntArray


def fill_gaps(
    frame_idx: IntArray, detection_idx: IntArray, xyxy: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Every frame from the first to the last; boxes between detections move in straight lines.

    Args:
        frame_idx: ``(m,)`` int64, rising.
        detection_idx: ``(m,)`` int64.
        xyxy: ``(m, 4)`` float32.

    Returns:
        The same three with ``n = last - first + 1`` rows; rows that were not given have the detection
        `INTERPOLATED`.
    """
    frames = np.arange(frame_idx[0], frame_idx[-1] + 1, dtype=np.int64)
    detections = np.full(len(frames), INTERPOLATED, np.int64)
    detections[frame_idx - frame_idx[0]] = detection_idx
    boxes = np.stack([np.interp(frames, frame_idx, side) for side in xyxy.T.astype(np.float64)], axis=1)
    return frames, detections, boxes.astype(np.float32)
