"""Objectives: which terms a method has, that they are weighted, and that switches remove them."""

from __future__ import annotations

import pytest
import torch

from reid_core.models.cbdb import CBDBOutput
from reid_core.models.dpti import DPTIOutput
from reid_core.models.heads import HeadOutput
from tests.unit.training.losses.batches import batch
from training.losses.center import center_mean
from training.losses.cross_entropy import cross_entropy
from training.losses.elastic import elastic_loss
from training.losses.objectives import (
    bot_objective,
    cbdb_objective,
    channel_group_objective,
    dpti_objective,
    total,
)
from training.losses.triplet import triplet_loss

FEATURES, LABELS = batch((2, 2, 2))
LOGITS = batch((2, 2, 2), dim=3, seed=4)[0]


def test_bot_is_the_sum_of_its_three_losses():
    centers = batch((1, 1, 1), seed=9)[0]
    terms = bot_objective(FEATURES, LOGITS, LABELS, centers)
    expected = (
        cross_entropy(LOGITS, LABELS, 0.1)
        + triplet_loss(FEATURES, LABELS, margin=0.3)
        + 5e-4 * center_mean(FEATURES, LABELS, centers)
    )
    torch.testing.assert_close(total(terms), expected)


def test_bot_tricks_switch_off_one_by_one():
    terms = bot_objective(FEATURES, LOGITS, LABELS, None, smoothing=0)
    assert set(terms) == {"identity", "triplet"}
    torch.testing.assert_close(terms["identity"], cross_entropy(LOGITS, LABELS))


@pytest.mark.parametrize("has_global", [False, True])
def test_cbdb_sums_both_losses_over_its_branches(has_global):
    metric = torch.stack([batch((2, 2, 2), seed=seed)[0] for seed in range(3)])
    logits = torch.stack([batch((2, 2, 2), dim=3, seed=seed)[0] for seed in range(3, 6)])
    output = CBDBOutput(metric, logits, *((FEATURES, LOGITS) if has_global else (None, None)))
    terms = cbdb_objective(output, LABELS)
    torch.testing.assert_close(
        terms["identity"], sum(cross_entropy(branch, LABELS, 0.1) for branch in logits)
    )
    torch.testing.assert_close(terms["elastic"], sum(elastic_loss(branch, LABELS) for branch in metric))
    assert ("global_elastic" in terms) is has_global
    assert ("global_identity" in terms) is has_global


@pytest.mark.parametrize("has_reduced", [False, True])
def test_dpti_weighs_its_terms(has_reduced):
    head = HeadOutput(FEATURES, FEATURES, LOGITS)
    parts = FEATURES[:, None] * torch.randn(6, 4, 5, dtype=torch.float64)
    output = DPTIOutput(head, head if has_reduced else None, parts)
    plain = dpti_objective(output, LABELS)
    weighted = dpti_objective(output, LABELS, identity_weight=2, triplet_weight=3, diversity_weight=5)
    factors = {"identity": 2, "triplet": 3, "diversity": 5, "reduced_identity": 2, "reduced_triplet": 3}
    assert set(plain) == (set(factors) if has_reduced else {"identity", "triplet", "diversity"})
    for name, term in weighted.items():
        torch.testing.assert_close(term, factors[name] * plain[name])


def test_channel_groups_sum_over_all_classifiers():
    logits = torch.randn(6, 2, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = sum(cross_entropy(logits[:, g, b], LABELS) for g in range(2) for b in range(3))
    torch.testing.assert_close(total(channel_group_objective(logits, LABELS)), expected)
