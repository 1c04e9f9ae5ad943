"""Elastic Loss: its weights, its gradients, and how it relates to the plain triplet loss."""

from __future__ import annotations

import pytest
import torch

from tests.unit.training.losses.batches import batch
from training.losses.elastic import elastic_loss, elastic_weights
from training.losses.triplet import anchor_distances


def test_weights_come_from_the_extremes_of_the_batch():
    pairs = anchor_distances(*batch((3, 2, 4)))
    weights = elastic_weights(pairs)
    far, near = pairs.positive.max().item(), pairs.negative.min().item()
    assert weights.positive.item() == pytest.approx(far / (far + 1))
    assert weights.negative.item() == pytest.approx(near / (near + 1))


def test_it_is_the_hinge_of_weighted_distances():
    features, labels = batch((3, 2, 4))
    pairs = anchor_distances(features, labels)
    far, near = pairs.positive.max(), pairs.negative.min()
    expected = (
        (0.3 + pairs.positive * far / (far + 1) - pairs.negative * near / (near + 1)).clamp_min(0).mean()
    )
    torch.testing.assert_close(elastic_loss(features, labels), expected)


def test_hard_batches_weigh_positives_up_and_negatives_down():
    spread, labels = batch((4, 4))
    hard = elastic_weights(anchor_distances(10 * spread * torch.tensor([1.0, 0, 0, 0, 0]), labels))
    easy = elastic_weights(anchor_distances(0.01 * spread + 50.0 * labels[:, None], labels))
    assert hard.positive > easy.positive
    assert hard.negative < easy.negative


def test_detaching_changes_the_gradient_but_not_the_value():
    features, labels = batch((3, 3))
    features.requires_grad_()
    attached = elastic_loss(features, labels)
    detached = elastic_loss(features, labels, detach_weights=True)
    torch.testing.assert_close(attached, detached)
    slopes = [torch.autograd.grad(loss, features)[0] for loss in (attached, detached)]
    assert (slopes[0] - slopes[1]).abs().max() > 1e-3


@pytest.mark.parametrize("margin", [0.3, 1.5, None])
def test_gradient_is_that_of_the_formula(margin):
    features, labels = batch((2, 3), dim=3)
    assert torch.autograd.gradcheck(lambda x: elastic_loss(x, labels, margin), features.requires_grad_())
