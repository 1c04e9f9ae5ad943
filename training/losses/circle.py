"""Circle loss: every similarity is pulled at its own pace, by how far it is from its optimum.

Offsets are those of the definition, ``O_p = 1 + m, O_n = -m, D_p = 1 - m, D_n = m`` (Sun et al. 2020);
they agree with FastReID and pytorch-metric-learning. The factors in brackets carry no gradient.
"""

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.pairwise import at_least_float32, cosine_similarity, label_masks, softplus_of_pairs


def circle_logits(cosines: Tensor, labels: Tensor, scale: float = 64.0, margin: float = 0.35) -> Tensor:
    """Classifier form, for cross-entropy: ``s * [1 + m - c]_+ * (c - (1 - m))`` for the true class.

    The others get ``s * [c + m]_+ * (c - m)``.

    Args:
        cosines: ``(B, C)`` between normalised features and normalised class weights.
        labels: ``(B,)`` int64 classes.
        scale: s.
        margin: m.

    Returns:
        ``(B, C)`` logits. Source: FastReID ``CircleSoftmax`` (SBS); verified.
    """
    cosines = at_least_float32(cosines)
    true = cosines.gather(1, labels[:, None])
    others = _negative_logits(cosines, margin)
    return scale * others.scatter(1, labels[:, None], _positive_logits(true, margin))


def circle_loss(features: Tensor, labels: Tensor, margin: float = 0.25, gamma: float = 128.0) -> Tensor:
    """Pairwise form on the cosines of a batch; mean over anchors, the anchor itself is no positive.

    Args:
        features: ``(B, d)``.
        labels: ``(B,)`` identities, at least two different ones.
        margin: m.
        gamma: Scale.

    Raises:
        BatchError: The batch holds one identity only.
    """
    similarity = cosine_similarity(features, features)
    same, other = label_masks(labels)
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return circle_per_anchor(similarity, positive, other, margin, gamma).mean()


def circle_per_anchor(
    similarity: Tensor, is_positive: Tensor, is_negative: Tensor, margin: float, gamma: float
) -> Tensor:
    """``log(1 + sum_n exp(g * a_n * (s_n - m)) * sum_p exp(-g * a_p * (s_p - (1 - m))))`` of each row.

    Args:
        similarity: ``(B, n)`` cosines.
        is_positive: ``(B, n)`` bool.
        is_negative: ``(B, n)`` bool.
        margin: m.
        gamma: g.

    Returns:
        ``(B,)``. Source: FastReID ``pairwise_circleloss``, pytorch-metric-learning ``CircleLoss``; verified.
    """
    positive = -gamma * _positive_logits(similarity, margin)
    negative = gamma * _negative_logits(similarity, margin)
    return softplus_of_pairs(positive, negative, is_positive, is_negative)


def _positive_logits(s: Tensor, margin: float) -> Tensor:
    return (1 + margin - s.detach()).clamp_min(0) * (s - (1 - margin))


def _negative_logits(s: Tensor, margin: float) -> Tensor:
    return (s.detach() + margin).clamp_min(0) * (s - margin)
