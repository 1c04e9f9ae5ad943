"""DPTI: shapes, what the maps and weights sum to, the options at open points."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from reid_core.models.dpti import (
    DPTI,
    Attention,
    EncoderLayer,
    Residual,
    TemplateInit,
    concatenate,
    presence_of,
    sinusoids,
)
from tests.unit.reid_core.models.trunks import few_convolutions, resnet18
from training.losses.objectives import dpti_objective, total

BACKBONES = [few_convolutions, pytest.param(resnet18, marks=pytest.mark.slow)]


@pytest.mark.parametrize("size", [(256, 128), (384, 128)])
@pytest.mark.parametrize("reduced", [48, None])
@pytest.mark.parametrize("residual", list(Residual))
@pytest.mark.parametrize("backbone", BACKBONES)
def test_shapes_forward_and_backward(size, reduced, residual, backbone):
    net = DPTI(backbone(), 7, n_parts=3, dim=32, residual=residual, reduced=reduced)
    output = net.learn(torch.randn(4, 3, *size))
    assert output.full.logits.shape == (4, 7)
    assert output.full.metric.shape == (4, 4 * 32)
    assert output.parts.shape == (4, 3, 32)
    total(dpti_objective(output, torch.tensor([0, 0, 1, 1]))).backward()
    without = [name for name, p in net.named_parameters() if p.requires_grad and p.grad is None]
    assert without == []
    with torch.inference_mode():
        assert net.eval()(torch.randn(2, 3, *size)).shape == (2, net.dim) == (2, reduced or 128)


@pytest.mark.parametrize("is_weighted", [True, False])
def test_description_says_what_is_where_and_how_present(is_weighted):
    net = DPTI(few_convolutions(), n_parts=3, dim=32, is_weighted=is_weighted).eval()
    with torch.inference_mode():
        seen = net.describe(torch.randn(2, 3, 256, 128))
    assert seen.template_maps.shape == seen.part_maps.shape == (2, 3, 16, 8)
    for maps in (seen.template_maps, seen.part_maps):
        torch.testing.assert_close(maps.sum((2, 3)), torch.ones(2, 3))
    torch.testing.assert_close(seen.presence.sum(dim=1), torch.ones(2))
    assert torch.equal(seen.presence, torch.full((2, 3), 1 / 3)) is not is_weighted
    expected = (3 * seen.presence[:, :, None] * seen.parts).flatten(1)
    torch.testing.assert_close(seen.descriptor[:, 32:], expected)


def test_attention_of_one_head_is_scaled_dot_product_attention():
    attention = Attention(16).double()
    x, memory = torch.randn(2, 5, 16).double(), torch.randn(2, 9, 16).double()
    g, beta = attention(x, memory)
    q, k, v = attention.query(x), attention.key(memory), attention.value(memory)
    expected = F.scaled_dot_product_attention(q, k, v)
    torch.testing.assert_close(g, expected)
    torch.testing.assert_close(beta.sum(dim=2), torch.ones(2, 5).double())


def test_several_heads_each_attend_with_their_share():
    attention = Attention(16, n_heads=4).double()
    x = torch.randn(2, 5, 16).double()
    g, beta = attention(x, x)
    assert (g.shape, beta.shape) == ((2, 5, 16), (2, 5, 5))
    q, k, v = (f(x)[..., 4:8] for f in (attention.query, attention.key, attention.value))
    torch.testing.assert_close(g[..., 4:8], (q @ k.transpose(1, 2) / 2).softmax(dim=2) @ v)
    with pytest.raises(ValueError, match="heads"):
        Attention(16, n_heads=3)


def test_printed_residual_adds_what_was_attended_to_and_not_the_input():
    layer = EncoderLayer(8)
    torch.nn.init.zeros_(layer.ffn[2].weight)
    torch.nn.init.zeros_(layer.ffn[2].bias)
    x = torch.randn(2, 5, 8)
    torch.testing.assert_close(layer(x, x)[0], layer.attention(x, x)[0])


def test_standard_residual_is_normalised():
    layer = EncoderLayer(8, residual=Residual.STANDARD)
    out, _ = layer(torch.randn(2, 5, 8) * 30, torch.randn(2, 5, 8))
    torch.testing.assert_close(out.mean(dim=2), torch.zeros(2, 5), atol=1e-5, rtol=0)


def test_template_logits_are_not_scaled():
    init, encoded = TemplateInit(3, 16), torch.randn(2, 5, 16)
    _, gamma = init(encoded)
    torch.testing.assert_close(gamma, torch.einsum("pd,bnd->bpn", init.queries, encoded))


def test_parts_that_answer_more_weigh_more_and_weights_average_one():
    gamma = torch.tensor([[[0.0, 0.0], [2.0, 0.0], [-1.0, -3.0]]])
    rho = presence_of(gamma)
    assert rho.argsort(dim=1).tolist() == [[2, 0, 1]]
    assert (3 * rho).mean().item() == pytest.approx(1)
    assert (rho[0, 1] / rho[0, 0]).item() == pytest.approx(math.e)


def test_absent_part_counts_less_in_the_cosine():
    torch.manual_seed(0)
    one, other = torch.randn(2, 8).expand(2, 8), torch.randn(2, 2, 8)
    other[:, 0] = other[0, 0]
    low = concatenate(one, other, torch.tensor([[1.9, 0.1]] * 2))
    even = concatenate(one, other, torch.ones(2, 2))
    same = concatenate(one[:1].expand(2, 8), other, torch.tensor([[1.9, 0.1]] * 2))
    assert F.cosine_similarity(low[0], low[1], dim=0) > F.cosine_similarity(even[0], even[1], dim=0)
    assert F.cosine_similarity(same[0], same[1], dim=0) > 0.9


def test_positions_can_be_told_apart():
    codes = sinusoids(16, 8, 32)
    assert codes.shape == (128, 32)
    assert torch.cdist(codes, codes).fill_diagonal_(9).min() > 0.1
    net = DPTI(few_convolutions(), n_parts=2, dim=32, has_positions=True).eval()
    assert net(torch.randn(1, 3, 64, 32)).shape == (1, 512)


def test_searchable_embedding_has_at_most_512_dimensions_by_default():
    assert DPTI(few_convolutions()).dim == 512
    assert DPTI(few_convolutions()).full_dim == 7 * 512


def test_parts_come_apart_when_the_network_learns():
    """The diversity loss has no gradient where all parts are one vector: defaults must not start there."""
    net = DPTI(few_convolutions(), 4, n_parts=3, dim=32, reduced=None)
    images, labels = torch.randn(8, 3, 64, 32), torch.arange(8) // 2
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    for _ in range(60):
        terms = dpti_objective(net.learn(images), labels)
        optimizer.zero_grad()
        total(terms).backward()
        optimizer.step()
    assert terms["diversity"].item() < 0.1
