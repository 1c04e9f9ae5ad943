"""Cross-entropy: the two smoothing forms are what their formulas say, and differ."""

from __future__ import annotations

import pytest
import torch

from tests.unit.training.losses.batches import batch
from training.losses.branches import branch_cross_entropies
from training.losses.cross_entropy import adaptive_smoothing, cross_entropy, cross_entropy_fastreid
from training.losses.focal import focal_loss


@pytest.fixture
def logits_and_labels():
    logits, labels = batch((2, 3, 1, 2), dim=4)
    return 3 * logits, labels


def by_targets(logits, targets):
    return -(targets * logits.log_softmax(dim=1)).sum(dim=1)


def test_paper_form_mixes_with_the_uniform_distribution_over_all_classes(logits_and_labels):
    logits, labels = logits_and_labels
    targets = torch.full_like(logits, 0.1 / 4)
    targets[torch.arange(len(labels)), labels] += 0.9
    torch.testing.assert_close(cross_entropy(logits, labels, 0.1), by_targets(logits, targets).mean())


def test_fastreid_form_spreads_over_the_other_classes(logits_and_labels):
    logits, labels = logits_and_labels
    targets = torch.full_like(logits, 0.1 / 3)
    targets[torch.arange(len(labels)), labels] = 0.9
    torch.testing.assert_close(
        cross_entropy_fastreid(logits, labels, 0.1), by_targets(logits, targets).mean()
    )


def test_both_forms_are_plain_cross_entropy_without_smoothing(logits_and_labels):
    plain = torch.nn.functional.cross_entropy(*logits_and_labels)
    torch.testing.assert_close(cross_entropy(*logits_and_labels), plain)
    torch.testing.assert_close(cross_entropy_fastreid(*logits_and_labels, 0.0), plain)


def test_fastreid_form_divides_by_the_losses_that_are_not_zero():
    logits = torch.tensor([[1000.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    labels = torch.tensor([0, 0])
    # The first row is classified with certainty: its loss is exactly 0 and does not count.
    torch.testing.assert_close(
        cross_entropy_fastreid(logits, labels, 0.0), torch.nn.functional.cross_entropy(logits[1:], labels[1:])
    )


def test_fastreid_form_of_a_perfect_batch_is_zero_not_nan():
    logits = torch.tensor([[1000.0, 0.0]], dtype=torch.float64)
    assert cross_entropy_fastreid(logits, torch.tensor([0]), 0.0).item() == 0


def test_adaptive_smoothing_is_a_share_of_the_true_probability_and_a_constant(logits_and_labels):
    logits, labels = logits_and_labels
    logits.requires_grad_()
    smoothing = adaptive_smoothing(logits, labels, alpha=0.3)
    assert not smoothing.requires_grad
    torch.testing.assert_close(
        smoothing, 0.3 * logits.detach().softmax(dim=1)[torch.arange(len(labels)), labels]
    )


def test_focal_without_focus_is_scaled_cross_entropy(logits_and_labels):
    torch.testing.assert_close(
        focal_loss(*logits_and_labels, alpha=0.25, gamma=0), 0.25 * cross_entropy(*logits_and_labels)
    )


def test_focal_discounts_what_is_already_right():
    sure, unsure = torch.tensor([[6.0, 0.0]]), torch.tensor([[0.5, 0.0]])
    label = torch.tensor([0])
    share_sure = focal_loss(sure, label, 1, 2) / cross_entropy(sure, label)
    share_unsure = focal_loss(unsure, label, 1, 2) / cross_entropy(unsure, label)
    assert share_sure < 1e-4 < share_unsure


def test_branches_keep_their_shape_and_each_is_the_loss_of_its_logits():
    _, labels = batch((2, 2, 2))
    logits = torch.randn(6, 4, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    losses = branch_cross_entropies(logits, labels, 0.1)
    assert losses.shape == (4, 3)
    torch.testing.assert_close(losses[2, 1], cross_entropy(logits[:, 2, 1], labels, 0.1))
