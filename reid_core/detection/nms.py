"""Non-maximum suppression: of boxes that overlap much, the strongest stays."""

from __future__ import annotations

import numpy as np

from reid_core import geometry
from reid_core.types import Detections

_BLOCK = 512
"""Boxes whose mutual overlaps are computed at once; bounds the memory in a crowd."""


def suppress(detections: Detections, iou_threshold: float) -> Detections:
    """Greedy suppression, strongest first; of equal scores the earlier row wins.

    Args:
        detections: N boxes, any order.
        iou_threshold: A box goes when it overlaps a stronger remaining one by more than this, 0..1.

    Returns:
        The remaining boxes, strongest first.
    """
    order = np.argsort(-detections.scores, kind="stable")
    ranked = detections.select(order)
    is_alive = np.ones(len(ranked), bool)
    kept: list[int] = []
    for start in range(0, len(ranked), _BLOCK):
        stop = min(start + _BLOCK, len(ranked))
        if not is_alive[start:stop].any():
            continue
        overlaps = geometry.iou(ranked.xyxy[start:stop], ranked.xyxy[start:]) > iou_threshold
        for row in range(start, stop):
            if is_alive[row]:
                kept.append(row)
                is_alive[start:] &= ~overlaps[row - start]
    return ranked.select(kept)
