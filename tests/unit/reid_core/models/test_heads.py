"""Heads: what metric losses and searches see, what stays frozen."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from reid_core.models.heads import CosineClassifier, Head, HeadKind, make_classifier, make_neck


@pytest.fixture
def pooled():
    return torch.randn(8, 32, generator=torch.Generator().manual_seed(0)) + 3


@pytest.mark.parametrize("kind", list(HeadKind))
@pytest.mark.parametrize("is_cosine", [False, True])
def test_shapes_and_gradients(kind, is_cosine, pooled):
    head = Head(kind, 32, 5, reduced=16, is_cosine=is_cosine)
    out = head.learn(pooled)
    dim = 16 if kind in (HeadKind.REDUCTION, HeadKind.EMBEDDING) else 32
    assert head.dim == dim
    assert (out.metric.shape, out.embedding.shape, out.logits.shape) == ((8, dim), (8, dim), (8, 5))
    (out.logits.square().sum() + out.metric.sum()).backward()
    learned = [p for p in head.parameters() if p.requires_grad]
    assert all(torch.isfinite(p.grad).all() for p in learned)


@pytest.mark.parametrize("kind", list(HeadKind))
def test_no_batch_norm_of_a_head_learns_a_bias(kind):
    norms = [m for m in Head(kind, 32, 5, reduced=16).modules() if isinstance(m, nn.BatchNorm1d)]
    assert len(norms) == {"bn": 1, "linear": 0, "reduction": 2, "embedding": 1}[kind]
    assert all(not norm.bias.requires_grad and (norm.bias == 0).all() for norm in norms)


def test_metric_losses_see_the_input_of_the_neck_or_its_output(pooled):
    before, after = Head("bn", 32, 5), Head("bn", 32, 5, is_metric_after_neck=True)
    torch.testing.assert_close(before.learn(pooled).metric, pooled)
    out = after.learn(pooled)
    torch.testing.assert_close(out.metric, out.embedding)
    assert out.metric.mean().abs() < 1e-5


def test_embedding_in_use_equals_the_steps_one_by_one(pooled):
    head = Head("reduction", 32, reduced=16).eval()
    torch.testing.assert_close(head(pooled), head.embed(head.metric_features(pooled)))


def test_head_without_classes_says_so(pooled):
    head = Head("bn", 32)
    assert head.classifier is None
    with pytest.raises(ValueError, match="num_classes"):
        head.learn(pooled)


def test_decision_layers_have_no_bias():
    assert make_classifier(32, 5).bias is None
    assert make_classifier(32, 5, deviation=0.001).weight.std() < 0.002
    assert isinstance(make_classifier(32, 5, is_cosine=True), CosineClassifier)


def test_cosines_ignore_lengths(pooled):
    classifier = CosineClassifier(32, 5)
    cosines = classifier(pooled)
    assert cosines.abs().max() <= 1 + 1e-6
    torch.testing.assert_close(classifier(pooled * 7), cosines)


def test_neck_standardises_a_batch(pooled):
    out = make_neck(32)(pooled)
    torch.testing.assert_close(out.mean(dim=0), torch.zeros(32), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.std(dim=0, correction=0), torch.ones(32), atol=1e-4, rtol=0)
