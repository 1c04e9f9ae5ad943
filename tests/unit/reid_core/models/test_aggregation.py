"""Aggregation: limits, learnable parts, shapes."""

from __future__ import annotations

import pytest
import torch

from reid_core.models.aggregation import Aggregation, AttentionPool, GeM, attend, gem, make_aggregation


@pytest.fixture
def x():
    return torch.rand(2, 6, 8, 4, generator=torch.Generator().manual_seed(0)) * 2


@pytest.mark.parametrize("method", list(Aggregation))
@pytest.mark.parametrize("size", [(16, 8), (24, 8)])
def test_every_method_gives_a_vector_and_a_gradient(method, size):
    x = torch.randn(2, 6, *size, generator=torch.Generator().manual_seed(0)).requires_grad_()
    pooled = make_aggregation(method, 6)(x)
    assert pooled.shape == ((2, 6 * size[0] * size[1]) if method is Aggregation.FLATTEN else (2, 6))
    pooled.square().sum().backward()
    assert torch.isfinite(x.grad).all()


def test_unknown_method_is_an_error():
    with pytest.raises(ValueError, match="median"):
        make_aggregation("median", 6)


def test_gem_runs_from_the_mean_to_the_maximum(x):
    torch.testing.assert_close(gem(x, 1.0), x.mean((2, 3)))
    torch.testing.assert_close(gem(x.double(), 500.0).float(), x.amax((2, 3)), rtol=1e-2, atol=0)
    assert (gem(x, 3.0) > gem(x, 2.0)).all()


def test_gem_lifts_negative_values_to_the_floor():
    assert gem(torch.full((1, 1, 2, 2), -3.0)).item() == pytest.approx(1e-6, rel=1e-3)


def test_gem_in_half_precision_is_computed_wide(x):
    large = x.half() * 40
    assert large.pow(3).isinf().any() or (large.float().pow(3) > 65504).any()
    torch.testing.assert_close(gem(large).float(), gem(large.float()), rtol=1e-3, atol=0)
    assert gem(large).dtype == torch.float16


def test_power_is_learned_or_fixed(x):
    learnable, fixed = GeM(), make_aggregation("gem_fixed", 6)
    assert {name: value.shape for name, value in learnable.named_parameters()} == {"p": (1,)}
    assert list(fixed.parameters()) == []
    torch.testing.assert_close(learnable(x), fixed(x))
    learnable(x).sum().backward()
    assert learnable.p.grad.abs().item() > 0


def test_clipped_mean_stays_within_its_range(x):
    pooled = make_aggregation("avg_clipped", 6)(x * 3 - 2)
    assert pooled.min() >= 0
    assert pooled.max() <= 1


def test_even_attention_is_the_mean_and_one_place_can_take_all(x):
    torch.testing.assert_close(attend(x, torch.zeros(1, 1, 8, 4)), x.mean((2, 3)))
    logits = torch.full((1, 1, 8, 4), -1e4)
    logits[..., 5, 2] = 0
    torch.testing.assert_close(attend(x, logits), x[:, :, 5, 2])


@pytest.mark.parametrize("n_logits", [1, 6])
def test_literal_attention_is_smaller_by_the_number_of_places(x, n_logits):
    pool = AttentionPool(6, n_logits)
    literal = AttentionPool(6, n_logits, is_literal=True)
    literal.load_state_dict(pool.state_dict())
    torch.testing.assert_close(literal(x) * 32, pool(x))
