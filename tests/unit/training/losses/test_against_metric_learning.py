"""Our losses equal those of pytorch-metric-learning, where it implements the same thing."""

from __future__ import annotations

import math

import pytest
import torch

from tests.unit.training.losses.batches import batch
from training.losses.arcface import arcface_logits
from training.losses.circle import circle_loss
from training.losses.cosface import cosface_logits
from training.losses.cross_entropy import cross_entropy
from training.losses.pairwise import cosine_similarity
from training.losses.triplet import triplet_loss

pytest.importorskip("pytorch_metric_learning", reason="pytorch-metric-learning is a development extra")
from pytorch_metric_learning import distances, losses, miners, reducers

COUNTS = [(4, 4), (2, 3, 4), (2, 2, 2, 2, 2)]


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("margin_degrees", [10.0, 28.6])
@pytest.mark.parametrize("scale", [16.0, 64.0])
def test_arcface(counts, margin_degrees, scale):
    features, labels = batch(counts)
    weight = batch((1,) * len(counts), seed=3)[0]
    margin = math.radians(margin_degrees)
    cosines = cosine_similarity(features, weight)
    # Beyond pi the two differ by design: theirs continues the curve, ours (as FastReID's) does not.
    usual = cosines.gather(1, labels[:, None])[:, 0].acos() + margin < math.pi
    assert usual.sum() > len(labels) / 2
    reference = losses.ArcFaceLoss(len(counts), 5, margin=margin_degrees, scale=scale).double()
    reference.W.data.copy_(weight.T)
    logits = arcface_logits(cosines, labels, scale, margin)
    torch.testing.assert_close(
        cross_entropy(logits[usual], labels[usual]), reference(features[usual], labels[usual]).detach()
    )


@pytest.mark.parametrize("counts", COUNTS)
def test_cosface(counts):
    features, labels = batch(counts)
    reference = losses.CosFaceLoss(len(counts), 5, margin=0.35, scale=64).double()
    logits = cosface_logits(cosine_similarity(features, reference.W.detach().T), labels, 64, 0.35)
    torch.testing.assert_close(cross_entropy(logits, labels), reference(features, labels).detach())


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize(("margin", "gamma"), [(0.25, 128.0), (0.4, 80.0)])
def test_circle_value_and_gradient(counts, margin, gamma):
    features, labels = batch(counts)
    reducer = reducers.MeanReducer()
    ours, theirs = features.clone().requires_grad_(), features.clone().requires_grad_()
    value = circle_loss(ours, labels, margin, gamma)
    reference = losses.CircleLoss(m=margin, gamma=gamma, reducer=reducer)(theirs, labels)
    torch.testing.assert_close(value, reference)
    value.backward()
    reference.backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


@pytest.mark.parametrize("counts", [(4, 4), (2, 2, 2, 2, 2)])
@pytest.mark.parametrize("margin", [0.3, 1.2])
def test_hard_triplet(counts, margin):
    features, labels = batch(counts)
    distance = distances.LpDistance(normalize_embeddings=False)
    miner = miners.BatchHardMiner(distance=distance)
    reference = losses.TripletMarginLoss(margin, distance=distance, reducer=reducers.MeanReducer())
    torch.testing.assert_close(
        triplet_loss(features, labels, margin=margin), reference(features, labels, miner(features, labels))
    )
