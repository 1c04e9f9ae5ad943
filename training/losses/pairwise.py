"""Distances and similarities between the rows of a batch, and who is whose positive."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from reid_core.errors import ReidError

MIN_DISTANCE = 1e-6
"""The least Euclidean distance: ``sqrt(max(d^2, 1e-12))`` keeps the gradient of the root finite."""


class BatchError(ReidError):
    """A batch from which a loss cannot be computed, for instance one with a single identity."""


def at_least_float32(x: Tensor) -> Tensor:
    """Half precision raised to float32; anything wider as it is."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def euclidean(x: Tensor, y: Tensor) -> Tensor:
    """Plain Euclidean distances ``sqrt(max(|x_i - y_j|^2, 1e-12))``, as every batch-hard loss uses them.

    Args:
        x: ``(n, d)``.
        y: ``(m, d)``.

    Returns:
        ``(n, m)``, at least `MIN_DISTANCE`. Differences are formed before squaring, so that close pairs keep
        their digits in float32.
    """
    x, y = at_least_float32(x), at_least_float32(y)
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").clamp_min(MIN_DISTANCE)


def cosine_similarity(x: Tensor, y: Tensor) -> Tensor:
    """Cosines between rows: ``(n, d)`` and ``(m, d)`` to ``(n, m)`` in -1..1."""
    return F.normalize(at_least_float32(x)) @ F.normalize(at_least_float32(y)).T


def label_masks(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Who shares an identity with whom.

    Args:
        labels: ``(B,)`` integer identities.

    Returns:
        Two boolean ``(B, B)`` masks: same identity (the anchor itself included), other identity.

    Raises:
        BatchError: All rows are of one identity, so that no anchor has a negative.
    """
    same = labels[:, None] == labels[None, :]
    if bool(same.all()):
        raise BatchError(
            "A batch holds one identity only, so nothing is there to tell apart: sample at least two."
        )
    return same, ~same


def softplus_of_pairs(positive: Tensor, negative: Tensor, is_positive: Tensor, is_negative: Tensor) -> Tensor:
    """``log(1 + sum_p exp(positive_p) * sum_n exp(negative_n))`` for each row, without overflow.

    Args:
        positive: ``(B, n)`` logits, read where ``is_positive``.
        negative: ``(B, n)`` logits, read where ``is_negative``.
        is_positive: ``(B, n)`` bool.
        is_negative: ``(B, n)`` bool.

    Returns:
        ``(B,)``, at least 0; 0, with a zero gradient, for a row that lacks positives or negatives.
    """
    nothing = torch.finfo(positive.dtype).min / 4
    together = positive.masked_fill(~is_positive, nothing).logsumexp(dim=1)
    together = together + negative.masked_fill(~is_negative, nothing).logsumexp(dim=1)
    return torch.logaddexp(together, torch.zeros_like(together))
