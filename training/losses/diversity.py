"""Diversity loss of DPTI: part vectors of one image should be orthogonal."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from training.losses.pairwise import at_least_float32


def diversity_loss(parts: Tensor) -> Tensor:
    """``1 / (N (N - 1)) * sum_{i != j} cos^2(f_i, f_j)``, averaged over images.

    Squared, so that negative correlation costs as well. Un-weighted part vectors; their scale is irrelevant.

    Args:
        parts: ``(B, N, d)``.

    Returns:
        A scalar in 0..1, 0 exactly when all parts are orthogonal, or when there is a single part.
        Source: DPTI, "modified diversity loss"; the printed formula, no released code (reconstruction).
    """
    n_parts = parts.shape[1]
    unit = F.normalize(at_least_float32(parts), dim=2)
    cosines = unit @ unit.transpose(1, 2)
    apart = 1 - torch.eye(n_parts, dtype=cosines.dtype, device=cosines.device)
    return (cosines * apart).square().sum(dim=(1, 2)).mean() / max(n_parts * (n_parts - 1), 1)
