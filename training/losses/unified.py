"""The unified pair loss that Circle, CosFace and the triplet loss are cases of.

With all pace factors at 1 it is the pairwise CosFace of FastReID; divided by gamma it tends, as gamma grows,
to a hinge on the hardest pair of similarities. (FastReID trains its triplet on distances, see `triplet`.)
"""

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.pairwise import cosine_similarity, label_masks, softplus_of_pairs


def unified_loss(features: Tensor, labels: Tensor, margin: float = 0.25, gamma: float = 128.0) -> Tensor:
    """Pairwise CosFace on the cosines of a batch: the mean of `unified_per_anchor`.

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
    return unified_per_anchor(similarity, positive, other, margin, gamma).mean()


def unified_per_anchor(
    similarity: Tensor, is_positive: Tensor, is_negative: Tensor, margin: float, gamma: float
) -> Tensor:
    """``log(1 + sum_n exp(g * (s_n + m)) * sum_p exp(-g * s_p))`` of each row.

    Args:
        similarity: ``(B, n)`` cosines.
        is_positive: ``(B, n)`` bool.
        is_negative: ``(B, n)`` bool.
        margin: m.
        gamma: g.

    Returns:
        ``(B,)``. Source: Circle paper's ``L_uni``; FastReID ``pairwise_cosface``; verified.
    """
    return softplus_of_pairs(-gamma * similarity, gamma * (similarity + margin), is_positive, is_negative)


def triplet_limit(similarity: Tensor, is_positive: Tensor, is_negative: Tensor, margin: float) -> Tensor:
    """The limit of ``L_uni / gamma``: ``max(0, max_n s_n - min_p s_p + m)`` of each row, ``(B,)``.

    Arguments as in `unified_per_anchor`. Source: the derivation in the Circle paper; verified numerically.
    """
    nearest = similarity.masked_fill(~is_negative, -torch.inf).amax(dim=1)
    farthest = similarity.masked_fill(~is_positive, torch.inf).amin(dim=1)
    return (nearest - farthest + margin).clamp_min(0)
