"""Circle and the unified loss on pairs: loops, limits, anchors that lack a partner."""

from __future__ import annotations

import math

import pytest
import torch

from tests.unit.training.losses.batches import batch
from training.losses.circle import circle_loss, circle_per_anchor
from training.losses.pairwise import BatchError, cosine_similarity
from training.losses.unified import triplet_limit, unified_loss, unified_per_anchor

COUNTS = [(3, 3), (2, 4, 3)]


def pairs_of(features, labels):
    similarity = cosine_similarity(features, features)
    for row in range(len(labels)):
        others = [i for i in range(len(labels)) if i != row]
        yield (
            [similarity[row, i].item() for i in others if labels[i] == labels[row]],
            [similarity[row, i].item() for i in others if labels[i] != labels[row]],
        )


@pytest.mark.parametrize("counts", COUNTS)
def test_circle_is_the_loop_over_anchors(counts):
    features, labels = batch(counts)
    m, g = 0.25, 8.0
    expected = [
        math.log1p(
            sum(math.exp(g * max(0, s + m) * (s - m)) for s in negative)
            * sum(math.exp(-g * max(0, 1 + m - s) * (s - (1 - m))) for s in positive)
        )
        for positive, negative in pairs_of(features, labels)
    ]
    assert circle_loss(features, labels, m, g).item() == pytest.approx(sum(expected) / len(labels))


@pytest.mark.parametrize("counts", COUNTS)
def test_unified_is_the_loop_over_anchors(counts):
    features, labels = batch(counts)
    m, g = 0.25, 8.0
    expected = [
        math.log1p(sum(math.exp(g * (s + m)) for s in negative) * sum(math.exp(-g * s) for s in positive))
        for positive, negative in pairs_of(features, labels)
    ]
    assert unified_loss(features, labels, m, g).item() == pytest.approx(sum(expected) / len(labels))


def test_unified_tends_to_the_triplet_hinge_as_gamma_grows():
    features, labels = batch((3, 3))
    similarity = cosine_similarity(features, features)
    same = labels[:, None] == labels
    positive = same & ~torch.eye(6, dtype=torch.bool)
    limit = triplet_limit(similarity, positive, ~same, 0.25)
    gaps = [
        (unified_per_anchor(similarity, positive, ~same, 0.25, gamma) / gamma - limit).abs().max().item()
        for gamma in (10.0, 100.0, 1000.0, 10000.0)
    ]
    assert gaps[0] > gaps[1] > 1e-9
    assert max(gaps[2:]) < 1e-9


@pytest.mark.parametrize("loss", [circle_loss, unified_loss])
def test_anchor_without_a_positive_costs_nothing_and_has_a_finite_gradient(loss):
    features, _ = batch((1, 1, 1))
    features.requires_grad_()
    value = loss(features, torch.arange(3))
    value.backward()
    assert value.item() == 0
    assert torch.equal(features.grad, torch.zeros_like(features))


@pytest.mark.parametrize("loss", [circle_loss, unified_loss])
def test_one_identity_alone_is_an_error(loss):
    with pytest.raises(BatchError):
        loss(batch((3,))[0], torch.zeros(3, dtype=torch.int64))


@pytest.mark.parametrize("loss", [circle_loss, unified_loss])
def test_large_scales_do_not_overflow_in_float32(loss):
    features, labels = batch((4, 4))
    features = features.float().requires_grad_()
    value = loss(features, labels, 0.25, 1024.0)
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(features.grad).all()


def test_self_similarity_is_not_a_positive_of_circle():
    similarity = torch.tensor([[1.0, 0.2]], dtype=torch.float64)
    none = torch.zeros(1, 2, dtype=torch.bool)
    negative = torch.tensor([[False, True]])
    assert circle_per_anchor(similarity, none, negative, 0.25, 32.0).item() == 0
