"""Elastic Loss of CBDB-Net: batch-hard triplets whose hardest distances are re-weighted.

Evidence: the margin form is *verified* against the authors' uploaded ``utils/loss.py`` (its function, run
on the same batches, differs by 0). The printed equation was not seen; the soft-margin form, the margin value
and the use of plain rather than squared distances are *reconstruction*, and hence options or defaults here.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from training.losses.triplet import AnchorDistances, anchor_distances, margin_loss


class ElasticWeights(NamedTuple):
    """One factor in 0..1 for all positive, and one for all negative distances of a batch (scalars)."""

    positive: Tensor
    negative: Tensor


def elastic_loss(
    features: Tensor, labels: Tensor, margin: float | None = 0.3, *, detach_weights: bool = False
) -> Tensor:
    """``mean_a max(0, margin + w_p * d_ap(a) - w_n * d_an(a))`` on plain Euclidean distances.

    Far positives drive ``w_p`` to 1 and close negatives ``w_n`` to 0, so that hard pairs dominate early; as
    both relax, easy pairs are balanced against them.

    Args:
        features: ``(B, d)``, not normalised.
        labels: ``(B,)`` identities, at least two different ones.
        margin: Of the hinge; None for the soft margin of the same difference.
        detach_weights: Treat the weights as constants; the authors let gradients through.

    Raises:
        BatchError: Some anchor has no negative.
    """
    pairs = anchor_distances(features, labels)
    weights = elastic_weights(pairs)
    if detach_weights:
        weights = ElasticWeights(weights.positive.detach(), weights.negative.detach())
    weighted = AnchorDistances(weights.positive * pairs.positive, weights.negative * pairs.negative)
    return margin_loss(weighted, margin)


def elastic_weights(pairs: AnchorDistances) -> ElasticWeights:
    """``w_p = M / (M + 1)``, ``w_n = u / (u + 1)``; M the batch's largest ``d_ap``, u its least ``d_an``."""
    farthest, nearest = pairs.positive.amax(), pairs.negative.amin()
    return ElasticWeights(farthest / (farthest + 1), nearest / (nearest + 1))
