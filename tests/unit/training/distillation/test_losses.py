"""Distillation losses: zero for a perfect student, deaf teachers, and the formulas' own limits."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from training.config import LogitReduction
from training.distillation.ema import follow
from training.distillation.logit_l1 import logit_l1
from training.distillation.overhaul import Overhaul, negative_mean, partial_l2
from training.distillation.pkt import neighbour_probabilities, pkt_loss
from training.distillation.soft_logits import mean_over_teachers, symmetric_divergence

LOSSES = [logit_l1, pkt_loss, symmetric_divergence]


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def pair(generator):
    return torch.randn(2, 6, 5, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("loss", LOSSES)
def test_perfect_student_costs_nothing_and_any_other_does(loss, pair):
    student, teacher = pair
    assert loss(teacher, teacher).item() == pytest.approx(0, abs=1e-12)
    assert loss(student, teacher).item() > 1e-3


@pytest.mark.parametrize("loss", LOSSES)
def test_no_gradient_reaches_the_teacher(loss, pair):
    student, teacher = (x.clone().requires_grad_() for x in pair)
    loss(student, teacher).backward()
    assert student.grad.abs().sum() > 0
    assert teacher.grad is None


def test_pkt_is_the_divergence_of_neighbourhoods_and_takes_other_lengths(pair, generator):
    student, teacher = pair[0], torch.randn(6, 9, dtype=torch.float64, generator=generator)
    p_s, p_t = neighbour_probabilities(student), neighbour_probabilities(teacher)
    off = ~torch.eye(6, dtype=torch.bool)
    torch.testing.assert_close(p_s.sum(dim=1), torch.ones(6, dtype=torch.float64))
    assert (p_s.diagonal() == 0).all()
    torch.testing.assert_close(
        pkt_loss(student, teacher), F.kl_div(p_s[off].log(), p_t[off], reduction="sum")
    )


def test_pkt_survives_opposite_features():
    features = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]], requires_grad=True)
    loss = pkt_loss(features, torch.tensor([[1.0, 0.2], [0.5, 1.0], [0.0, 1.0]]))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(features.grad).all()


def test_logit_reductions_differ_by_counts(pair):
    by_class, total, mean = (logit_l1(*pair, reduction) for reduction in LogitReduction)
    torch.testing.assert_close(total, 6 * by_class)
    torch.testing.assert_close(by_class, 5 * mean)


def test_divergence_is_symmetric_and_tends_to_squared_logits_when_hot(pair):
    student, teacher = pair
    torch.testing.assert_close(symmetric_divergence(student, teacher), symmetric_divergence(teacher, student))
    centred = (student - teacher) - (student - teacher).mean(dim=1, keepdim=True)
    expected = centred.square().sum() / (2 * 5 * 6)
    torch.testing.assert_close(symmetric_divergence(student, teacher, 1e4), expected, rtol=1e-3, atol=0)


def test_several_teachers_are_averaged(pair, generator):
    student, first = pair
    second = torch.randn(6, 5, dtype=torch.float64, generator=generator)
    expected = (symmetric_divergence(student, first) + symmetric_divergence(student, second)) / 2
    torch.testing.assert_close(mean_over_teachers(student, [first, second]), expected)


def test_margin_is_the_mean_of_the_negative_part(generator):
    samples = 0.7 * torch.randn(400_000, dtype=torch.float64, generator=generator) + 0.3
    margin = negative_mean(torch.tensor([-0.7]).double(), torch.tensor([0.3]).double())
    assert margin.item() == pytest.approx(samples[samples < 0].mean().item(), abs=3e-3)


def test_channel_that_is_hardly_ever_negative_gets_three_deviations():
    assert negative_mean(torch.tensor([0.5]), torch.tensor([5.0])).item() == pytest.approx(-1.5)


def test_student_below_a_negative_target_is_left_alone():
    teacher = torch.tensor([-0.5, -0.5, 2.0]).reshape(1, 3, 1, 1)
    student = torch.tensor([-3.0, 1.0, 1.5]).reshape(1, 3, 1, 1)
    loss = partial_l2(student, teacher, torch.full((3,), -1.0))
    assert loss.item() == pytest.approx(0 + 1.5**2 + 0.5**2)


def test_overhaul_weighs_stages_by_halves_and_trains_its_connectors(generator):
    norms = [nn.BatchNorm2d(8), nn.BatchNorm2d(16)]
    overhaul = Overhaul([4, 6], norms)
    student = [torch.randn(2, n, 4, 2, generator=generator) for n in (4, 6)]
    teacher = [torch.randn(2, n, 4, 2, generator=generator) for n in (8, 16)]
    connected = [connector(x) for connector, x in zip(overhaul.connectors, student, strict=True)]
    margins = [overhaul.get_buffer(f"margin{stage}") for stage in range(2)]
    parts = [partial_l2(*values) for values in zip(connected, teacher, margins, strict=True)]
    loss = overhaul(student, teacher)
    torch.testing.assert_close(loss, (parts[0] / 2 + parts[1]) / 2 / 1e4)
    loss.backward()
    assert all(parameter.grad is not None for parameter in overhaul.parameters())


def test_running_teacher_moves_by_the_momentum_and_copies_statistics():
    teacher, student = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    nn.init.constant_(student.weight, 3.0)
    student.running_mean.fill_(7.0)
    follow(teacher, student, momentum=0.9)
    torch.testing.assert_close(teacher.weight.detach(), torch.full((2,), 0.9 * 1 + 0.1 * 3))
    torch.testing.assert_close(teacher.running_mean, torch.full((2,), 7.0))
