"""Identity loss: softmax cross-entropy with the two incompatible forms of label smoothing.

The *paper* form (Inception, BoT, torchreid, torch) mixes the one-hot target with the uniform distribution
over all C classes; *FastReID*'s form spreads epsilon over the C - 1 other classes only. At the same epsilon
they give different losses. Verified against the authors' code of both.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from training.losses.pairwise import at_least_float32


def cross_entropy(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Cross-entropy, smoothed as in the papers: ``q = (1 - e) * onehot + e / C``.

    Args:
        logits: ``(B, C)``.
        labels: ``(B,)`` int64 classes.
        smoothing: e in 0..1; 0 is plain cross-entropy, BoT uses 0.1.

    Returns:
        The mean over the batch. Source: BoT, section "label smoothing"; verified.
    """
    return F.cross_entropy(at_least_float32(logits), labels, label_smoothing=smoothing)


def cross_entropy_fastreid(logits: Tensor, labels: Tensor, smoothing: float | Tensor = 0.1) -> Tensor:
    """Cross-entropy, smoothed as in FastReID: ``q_y = 1 - e``, every other class ``e / (C - 1)``.

    Args:
        logits: ``(B, C)``, C at least 2.
        labels: ``(B,)`` int64 classes.
        smoothing: e in 0..1, for all rows or per row as ``(B,)``, such as `adaptive_smoothing` gives.

    Returns:
        The sum over the batch divided by the number of losses that are not zero (at least 1).
        Source: FastReID ``cross_entropy_loss``; verified.
    """
    log_p = F.log_softmax(at_least_float32(logits), dim=1)
    rest = torch.as_tensor(smoothing, dtype=log_p.dtype, device=log_p.device).expand(len(log_p))[:, None]
    target = (rest / (log_p.shape[1] - 1)).expand_as(log_p).scatter(1, labels[:, None], 1 - rest)
    losses = -(target * log_p).sum(dim=1)
    return losses.sum() / (losses.detach() != 0).sum().clamp_min(1)


def adaptive_smoothing(logits: Tensor, labels: Tensor, alpha: float = 0.2) -> Tensor:
    """Smoothing that grows with confidence: ``e_i = alpha * p_i(y_i)``, a constant for the gradient.

    Returns:
        ``(B,)`` in 0..alpha, for `cross_entropy_fastreid`. Source: FastReID (its ``EPSILON -1``); verified
        against our own reading of that code only.
    """
    p = F.softmax(at_least_float32(logits.detach()), dim=1)
    return alpha * p.gather(1, labels[:, None])[:, 0]
