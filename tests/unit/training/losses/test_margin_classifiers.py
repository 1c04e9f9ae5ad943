"""ArcFace, CosFace, Circle as classifiers: margins, edges of the range, gradients."""

from __future__ import annotations

import math

import pytest
import torch

from tests.unit.training.losses.batches import batch
from training.losses.arcface import arcface_logits
from training.losses.circle import circle_logits
from training.losses.cosface import cosface_logits
from training.losses.pairwise import cosine_similarity

METHODS = [arcface_logits, cosface_logits, circle_logits]


@pytest.fixture
def cosines():
    features, labels = batch((2, 3, 2))
    return cosine_similarity(features, batch((1, 1, 1, 1), seed=7)[0]), labels


@pytest.mark.parametrize("method", [arcface_logits, cosface_logits])
def test_without_a_margin_logits_are_scaled_cosines(method, cosines):
    values, labels = cosines
    torch.testing.assert_close(method(values, labels, 30.0, 0.0), 30 * values, atol=1e-12, rtol=0)


@pytest.mark.parametrize("method", [arcface_logits, cosface_logits])
def test_margin_makes_the_true_class_harder_and_only_that(method, cosines):
    values, labels = cosines
    small, large = method(values, labels, 30.0, 0.1), method(values, labels, 30.0, 0.3)
    true = torch.zeros_like(values, dtype=torch.bool).scatter(1, labels[:, None], True)
    assert (large[true] < small[true]).all()
    torch.testing.assert_close(large[~true], small[~true])


def test_arcface_adds_the_margin_to_the_angle():
    cosines = torch.tensor([[math.cos(0.4), 0.1]], dtype=torch.float64)
    logits = arcface_logits(cosines, torch.tensor([0]), 64.0, 0.5)
    assert logits[0, 0].item() == pytest.approx(64 * math.cos(0.9))
    assert logits[0, 1].item() == pytest.approx(6.4)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("edge", [-1.0, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_finite_at_the_ends_of_the_range(method, edge, dtype):
    cosines = torch.full((1, 3), edge, dtype=dtype, requires_grad=True)
    method(cosines, torch.tensor([1]), 64.0, 0.35).sum().backward()
    assert torch.isfinite(cosines.grad).all()


def test_circle_factors_carry_no_gradient():
    cosines = torch.tensor([[0.5, 0.2]], dtype=torch.float64, requires_grad=True)
    circle_logits(cosines, torch.tensor([0]), 10.0, 0.25).sum().backward()
    torch.testing.assert_close(cosines.grad, torch.tensor([[10 * (1.25 - 0.5), 10 * (0.2 + 0.25)]]).double())


def test_circle_factors_do_not_turn_negative():
    cosines = torch.tensor([[0.9, -0.8]], dtype=torch.float64)
    logits = circle_logits(cosines, torch.tensor([0]), 10.0, -0.3)
    assert logits[0, 0] == 0
    assert logits[0, 1] == 0


@pytest.mark.parametrize("method", METHODS)
def test_labels_and_cosines_are_left_as_they_were(method, cosines):
    values, labels = cosines
    kept = values.clone()
    method(values, labels, 30.0, 0.3)
    torch.testing.assert_close(values, kept, rtol=0, atol=0)
