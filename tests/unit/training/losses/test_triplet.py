"""Triplet losses against loops over anchors, on equal and unequal numbers of images."""

from __future__ import annotations

import math

import pytest
import torch

from tests.unit.training.losses.batches import batch
from training.losses.pairwise import BatchError, euclidean
from training.losses.triplet import Mining, mine_hardest, mine_weighted, triplet_loss

COUNTS = [(4, 4), (1, 2, 5), (3, 1, 1, 1)]


def loop(features, labels):
    """Distances of each anchor to its positives (itself included) and to its negatives."""
    for a, label in zip(features, labels, strict=True):
        distances = [max(float((a - other).norm()), 1e-6) for other in features]
        pairs = list(zip(distances, labels, strict=True))
        yield [d for d, y in pairs if y == label], [d for d, y in pairs if y != label]


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("margin", [0.0, 0.3, 2.0])
def test_hard_hinge_is_the_loop_over_anchors(counts, margin):
    features, labels = batch(counts)
    expected = [max(0, max(p) - min(n) + margin) for p, n in loop(features, labels)]
    assert triplet_loss(features, labels, margin=margin).item() == pytest.approx(sum(expected) / len(labels))


@pytest.mark.parametrize("counts", COUNTS)
def test_hard_soft_margin_is_the_loop_over_anchors(counts):
    features, labels = batch(counts)
    expected = [math.log1p(math.exp(max(p) - min(n))) for p, n in loop(features, labels)]
    assert triplet_loss(features, labels, margin=None).item() == pytest.approx(sum(expected) / len(labels))


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("floor", [0.0, 1e-6])
def test_weighted_distances_are_the_loop_over_anchors(counts, floor):
    features, labels = batch(counts)
    pairs = mine_weighted(euclidean(features, features), labels, floor)
    for row, (p, n) in enumerate(loop(features, labels)):
        far = [math.exp(d - max(p)) for d in p]
        near = [math.exp(-d) for d in n]
        expected_far = sum(w * d for w, d in zip(far, p, strict=True)) / (sum(far) + floor)
        expected_near = sum(w * d for w, d in zip(near, n, strict=True)) / (sum(near) + floor)
        assert pairs.positive[row].item() == pytest.approx(expected_far, rel=1e-9)
        assert pairs.negative[row].item() == pytest.approx(expected_near, rel=1e-9)


def test_released_weighting_loses_far_negatives_and_the_exact_one_does_not():
    features = torch.tensor([[0.0], [1.0], [40.0], [41.0]], dtype=torch.float64)
    labels = torch.tensor([0, 0, 1, 1])
    distances = euclidean(features, features)
    assert mine_weighted(distances, labels).negative.max() < 1e-6
    assert mine_weighted(distances, labels, floor=0).negative.min() > 38


def test_separated_identities_cost_nothing():
    features, labels = batch((3, 3))
    features = features * 1e-3 + 10.0 * labels[:, None]
    assert triplet_loss(features, labels, margin=0.3).item() == 0


@pytest.mark.parametrize("mining", list(Mining))
@pytest.mark.parametrize("margin", [0.3, None])
@pytest.mark.parametrize("normalize", [False, True])
def test_order_of_the_batch_does_not_matter(mining, margin, normalize):
    features, labels = batch((3, 2, 4))
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(2))
    options = {"mining": mining, "margin": margin, "normalize": normalize}
    torch.testing.assert_close(
        triplet_loss(features, labels, **options), triplet_loss(features[order], labels[order], **options)
    )


def test_normalized_distances_ignore_the_length_of_features():
    features, labels = batch((3, 3))
    lengths = torch.linspace(0.5, 20, len(labels), dtype=torch.float64)[:, None]
    torch.testing.assert_close(
        triplet_loss(features, labels, normalize=True),
        triplet_loss(features * lengths, labels, normalize=True),
    )


@pytest.mark.parametrize("mining", list(Mining))
def test_one_identity_alone_is_an_error_with_a_sentence(mining):
    features, _ = batch((4,))
    with pytest.raises(BatchError, match="one identity"):
        triplet_loss(features, torch.zeros(4, dtype=torch.int64), mining=mining)


@pytest.mark.parametrize("mining", list(Mining))
def test_equal_features_have_a_finite_gradient(mining):
    features = torch.ones(4, 3, requires_grad=True)
    triplet_loss(features, torch.tensor([0, 0, 1, 1]), mining=mining).backward()
    assert torch.isfinite(features.grad).all()


def test_soft_margin_does_not_overflow():
    features = torch.tensor([[0.0], [1e6], [1.0], [2.0]])
    loss = triplet_loss(features, torch.tensor([0, 0, 1, 1]), margin=None)
    assert torch.isfinite(loss)
    assert loss > 1e5


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype):
    features, labels = batch((3, 3))
    half = features.to(dtype)
    loss = triplet_loss(half, labels)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, triplet_loss(half.float(), labels))


def test_close_pairs_keep_their_digits_in_float32():
    x = torch.full((1, 2048), 30.0)
    y = x + 1e-3
    assert euclidean(x, y).item() == pytest.approx(1e-3 * math.sqrt(2048), rel=1e-2)


def test_hardest_pairs_are_found_whatever_the_order_of_labels():
    features, labels = batch((2, 2, 2))
    mixed = torch.tensor([0, 3, 1, 5, 2, 4])
    straight = mine_hardest(euclidean(features, features), labels)
    shuffled = mine_hardest(euclidean(features[mixed], features[mixed]), labels[mixed])
    torch.testing.assert_close(shuffled.positive, straight.positive[mixed])
    torch.testing.assert_close(shuffled.negative, straight.negative[mixed])
