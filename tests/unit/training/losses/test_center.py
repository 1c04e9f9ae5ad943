"""Centre loss: the relation of its two forms, and the step of the centres."""

from __future__ import annotations

import pytest
import torch

from tests.unit.training.losses.batches import batch
from training.losses.center import Centers, center_half_sum, center_mean


@pytest.fixture
def data():
    features, labels = batch((3, 1, 4))
    return features, labels, batch((1, 1, 1), seed=5)[0]


def test_forms_differ_by_half_the_batch_size(data):
    features, labels, centers = data
    ratio = center_half_sum(features, labels, centers) / center_mean(features, labels, centers)
    assert ratio.item() == pytest.approx(len(labels) / 2)


def test_update_is_what_the_released_optimiser_does_whatever_the_weight(data):
    features, labels, start = data
    released = start.clone().requires_grad_()
    (5e-4 * center_mean(features, labels, released)).backward()
    with torch.no_grad():
        released -= 0.5 * released.grad / 5e-4
    ours = Centers(3, 5, lr=0.5).double()
    ours.values.copy_(start)
    ours.update(features, labels)
    torch.testing.assert_close(ours.values, released.detach())


def test_updates_reduce_the_loss_and_leave_absent_identities_alone(data):
    features, labels, _ = data
    centers = Centers(4, 5, lr=0.5).double()
    absent, before = centers.values[3].clone(), centers(features, labels)
    for _ in range(20):
        centers.update(features, labels)
    assert centers(features, labels) < before
    torch.testing.assert_close(centers.values[3], absent)


def test_centers_are_kept_in_the_state_and_are_no_parameters():
    centers = Centers(3, 5)
    assert list(centers.parameters()) == []
    assert list(centers.state_dict()) == ["values"]
