"""Cross-entropies of many classifiers on one batch, as multi-branch networks need them."""

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.cross_entropy import cross_entropy


def branch_cross_entropies(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """The batch-mean cross-entropy of every branch.

    Args:
        logits: ``(B, *branches, C)``, for instance ``(B, groups, branches, C)``.
        labels: ``(B,)`` int64 classes.
        smoothing: Of the paper form of label smoothing.

    Returns:
        ``branches``-shaped losses. Their sum is the loss of the classification-loss model (reconstruction:
        the paper's reduction is unknown; the mean differs in the scale of the learning rate only).
    """
    flat = logits.flatten(1, -2).unbind(dim=1)
    losses = torch.stack([cross_entropy(branch, labels, smoothing) for branch in flat])
    return losses.reshape(logits.shape[1:-1])
