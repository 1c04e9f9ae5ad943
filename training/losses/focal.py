"""Focal loss: cross-entropy that all but ignores what is already classified with confidence."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from training.losses.pairwise import at_least_float32


def focal_loss(logits: Tensor, labels: Tensor, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    """``mean_i -alpha * (1 - p_i)^gamma * log p_i`` with ``p_i`` the softmax probability of the true class.

    Args:
        logits: ``(B, C)``.
        labels: ``(B,)`` int64 classes.
        alpha: A constant factor.
        gamma: How strongly confident rows are discounted; 0 is cross-entropy times ``alpha``.

    Source: Lin et al. 2017 in FastReID's softmax form; verified.
    """
    log_p = F.log_softmax(at_least_float32(logits), dim=1).gather(1, labels[:, None])[:, 0]
    return -(alpha * (1 - log_p.exp()) ** gamma * log_p).mean()
