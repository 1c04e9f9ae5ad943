"""Channel groups: independent classifiers, four ablations, the whole feature at test."""

from __future__ import annotations

import math

import pytest
import torch

from reid_core.models.channel_groups import ChannelGroupNet, GroupedClassifiers
from tests.unit.reid_core.models.trunks import few_convolutions, resnet18
from training.losses.objectives import channel_group_objective, total

BACKBONES = [few_convolutions, pytest.param(resnet18, marks=pytest.mark.slow)]


@pytest.mark.parametrize("n_groups", [1, 4])
@pytest.mark.parametrize("n_branches", [1, 3])
@pytest.mark.parametrize("size", [(256, 128), (384, 128)])
@pytest.mark.parametrize("backbone", BACKBONES)
def test_four_ablations_forward_and_backward(n_groups, n_branches, size, backbone):
    net = ChannelGroupNet(backbone(), 7, n_groups=n_groups, n_branches=n_branches)
    logits = net.learn(torch.randn(4, 3, *size))
    assert logits.shape == (4, n_groups, n_branches, 7)
    total(channel_group_objective(logits, torch.tensor([0, 3, 1, 6]))).backward()
    assert torch.isfinite(net.classifiers.weight.grad).all()
    with torch.inference_mode():
        assert net.eval()(torch.randn(2, 3, *size)).shape == (2, net.dim)


def test_each_classifier_sees_its_own_channels_only():
    classifiers = GroupedClassifiers(8, 5, n_groups=2, n_branches=3)
    features = torch.randn(2, 8)
    moved = features.clone()
    moved[:, 4:] += 1
    before, after = classifiers(features), classifiers(moved)
    torch.testing.assert_close(after[:, 0], before[:, 0])
    assert (after[:, 1] - before[:, 1]).abs().min() > 1e-4
    torch.testing.assert_close(before[:, 1, 2], features[:, 4:] @ classifiers.weight[1, 2].T)


def test_branches_start_apart():
    weight = GroupedClassifiers(8, 5, n_groups=2, n_branches=3).weight
    assert (weight[:, 0] - weight[:, 1]).abs().min() > 0


def test_groups_must_divide_the_channels():
    with pytest.raises(ValueError, match="equal groups"):
        GroupedClassifiers(10, 5, n_groups=4)


@pytest.mark.parametrize("is_activated", [False, True])
def test_bottleneck_normalises_each_channel(is_activated):
    net = ChannelGroupNet(few_convolutions(), 7, has_bottleneck=True, is_activated=is_activated)
    out = net(torch.randn(6, 3, 64, 32))
    if is_activated:
        assert out.min() == 0
    else:
        assert out.mean(dim=0).abs().max() < 1e-4


def test_network_without_classes_says_so():
    with pytest.raises(ValueError, match="num_classes"):
        ChannelGroupNet(few_convolutions()).learn(torch.randn(2, 3, 64, 32))


def test_classifiers_learn_soon_and_branches_stay_apart():
    net = ChannelGroupNet(few_convolutions(), 8, n_groups=2, n_branches=2)
    images, labels = torch.randn(16, 3, 64, 32), torch.arange(16) // 2
    optimizer = torch.optim.Adam(net.parameters(), 7e-4)
    for _ in range(60):
        loss = total(channel_group_objective(net.learn(images), labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() / 4 < 0.5 * math.log(8)
    one, other = net.classifiers.weight.detach().flatten(2).unbind(dim=1)
    assert torch.cosine_similarity(one, other).max() < 0.99
