"""Triplet losses on the hardest, or on softly weighted, pairs of a batch.

Masks rather than reshapes, so the identities of a batch may have unequal numbers of images.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import torch
from torch import Tensor

from training.losses.pairwise import cosine_similarity, euclidean, label_masks


class Mining(StrEnum):
    """Which pairs of an anchor count."""

    HARD = "hard"
    WEIGHTED = "weighted"


class AnchorDistances(NamedTuple):
    """One positive and one negative distance for each anchor, both ``(B,)``."""

    positive: Tensor
    negative: Tensor


def triplet_loss(
    features: Tensor,
    labels: Tensor,
    *,
    margin: float | None = 0.3,
    mining: Mining = Mining.HARD,
    normalize: bool = False,
) -> Tensor:
    """The triplet loss of a batch; mean over its anchors.

    Args:
        features: ``(B, d)``.
        labels: ``(B,)`` identities, at least two different ones.
        margin: Hinge with this margin, or None for the soft margin ``log(1 + exp(d_ap - d_an))``
            (FastReID writes that as margin 0).
        mining: Hardest pairs (Hermans et al. 2017, BoT) or softmax-weighted ones (AGW).
        normalize: Distances ``2 - 2 cos`` instead of Euclidean ones (FastReID's ``NORM_FEAT``).

    Raises:
        BatchError: Some anchor has no negative.
    """
    return margin_loss(anchor_distances(features, labels, mining=mining, normalize=normalize), margin)


def anchor_distances(
    features: Tensor, labels: Tensor, *, mining: Mining = Mining.HARD, normalize: bool = False
) -> AnchorDistances:
    """The pairs that `triplet_loss` compares; arguments and errors as there."""
    distances = 2 - 2 * cosine_similarity(features, features) if normalize else euclidean(features, features)
    return mine_hardest(distances, labels) if mining is Mining.HARD else mine_weighted(distances, labels)


def margin_loss(pairs: AnchorDistances, margin: float | None) -> Tensor:
    """Mean over anchors of the hinge ``max(0, d_ap - d_an + margin)`` or, with None, of the soft margin.

    The soft margin cannot overflow here; FastReID's can, and then falls back to a hinge of 0.3.
    """
    difference = pairs.positive - pairs.negative
    if margin is None:
        return torch.logaddexp(difference, torch.zeros_like(difference)).mean()
    return (difference + margin).clamp_min(0).mean()


def mine_hardest(distances: Tensor, labels: Tensor) -> AnchorDistances:
    """The farthest positive (the anchor itself included, harmless) and the nearest negative.

    Args:
        distances: ``(B, B)`` of the batch with itself.
        labels: ``(B,)``.

    Returns:
        ``(B,)`` each. Source: Hermans et al. 2017, released BoT, FastReID and torchreid code; verified.
    """
    same, other = label_masks(labels)
    farthest = distances.masked_fill(other, -torch.inf).amax(dim=1)
    nearest = distances.masked_fill(same, torch.inf).amin(dim=1)
    return AnchorDistances(farthest, nearest)


def mine_weighted(distances: Tensor, labels: Tensor, floor: float = 1e-6) -> AnchorDistances:
    """Softmax-weighted means: far positives and near negatives weigh more.

    Args:
        distances: ``(B, B)`` of the batch with itself.
        labels: ``(B,)``.
        floor: Added to the softmax denominators. The released code adds 1e-6 and takes the exponentials of
            the negatives unshifted, so that beyond a distance of about 14 their mean sinks to 0. Give 0 for
            the exact softmax, which is right at any scale.

    Returns:
        ``(B,)`` each. Source: AGW; FastReID ``weighted_example_mining``; verified.
    """
    same, other = label_masks(labels)
    if floor == 0:
        near = distances.masked_fill(same, torch.inf).neg().softmax(dim=1)
        far = distances.masked_fill(other, -torch.inf).softmax(dim=1)
        return AnchorDistances((far * distances).sum(dim=1), (near * distances).sum(dim=1))
    shift = distances.masked_fill(other, -torch.inf).amax(dim=1, keepdim=True)
    positive = (distances - shift).exp() * same
    negative = (-distances).exp() * other
    return AnchorDistances(
        (positive * distances).sum(dim=1) / (positive.sum(dim=1) + floor),
        (negative * distances).sum(dim=1) / (negative.sum(dim=1) + floor),
    )
