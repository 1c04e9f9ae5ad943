"""Diversity loss: its range and its ends."""

from __future__ import annotations

import pytest
import torch

from training.losses.diversity import diversity_loss


def test_orthogonal_parts_cost_nothing_whatever_their_length():
    parts = torch.eye(4)[None] * torch.tensor([1.0, 2.0, 30.0, 0.1])[:, None]
    assert diversity_loss(parts).item() == pytest.approx(0, abs=1e-7)


def test_equal_and_opposite_parts_cost_one():
    direction = torch.tensor([1.0, 2.0, -1.0])
    assert diversity_loss(torch.stack([direction, -3 * direction, direction])[None]).item() == pytest.approx(
        1
    )


def test_it_is_the_mean_over_images():
    parts = torch.randn(5, 3, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    each = torch.stack([diversity_loss(image[None]) for image in parts])
    torch.testing.assert_close(diversity_loss(parts), each.mean())
    assert ((each > 0) & (each < 1)).all()


def test_single_part_costs_nothing():
    assert diversity_loss(torch.ones(2, 1, 3)).item() == 0
