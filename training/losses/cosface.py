"""CosFace: a margin on the cosine of the true class."""

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.pairwise import at_least_float32


def cosface_logits(cosines: Tensor, labels: Tensor, scale: float = 64.0, margin: float = 0.35) -> Tensor:
    """``s * (cos - m)`` for the true class, ``s * cos`` for the others; then cross-entropy.

    Args:
        cosines: ``(B, C)`` between normalised features and normalised class weights.
        labels: ``(B,)`` int64 classes.
        scale: s.
        margin: m, in units of the cosine.

    Returns:
        ``(B, C)`` logits.

    Source: Wang et al. 2018; FastReID ``CosSoftmax``, pytorch-metric-learning; verified.
    """
    cosines = at_least_float32(cosines)
    shift = torch.full_like(labels[:, None], -margin, dtype=cosines.dtype)
    return scale * cosines.scatter_add(1, labels[:, None], shift)
