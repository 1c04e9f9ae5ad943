"""ArcFace: an angular margin on the true class of a cosine classifier."""

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.pairwise import at_least_float32

EDGE = 1e-7
"""Cosines stay this far inside -1..1, where the slope of the arc cosine is finite."""


def arcface_logits(cosines: Tensor, labels: Tensor, scale: float = 64.0, margin: float = 0.5) -> Tensor:
    """``s * cos(theta_y + m)`` for the true class, ``s * cos(theta_j)`` for the others; then cross-entropy.

    No easy margin, and no correction where ``theta + m`` exceeds pi, as in FastReID.

    Args:
        cosines: ``(B, C)`` between normalised features and normalised class weights.
        labels: ``(B,)`` int64 classes.
        scale: s.
        margin: m in radians.

    Returns:
        ``(B, C)`` logits.

    Source: Deng et al. 2019; FastReID ``ArcSoftmax``, pytorch-metric-learning; verified.
    """
    cosines = at_least_float32(cosines).clamp(-1 + EDGE, 1 - EDGE)
    true = cosines.gather(1, labels[:, None])
    return scale * cosines.scatter(1, labels[:, None], torch.cos(torch.acos(true) + margin))
