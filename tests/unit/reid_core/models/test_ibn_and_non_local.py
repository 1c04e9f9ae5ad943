"""IBN and non-local: what they replace, that plain weights still fit, what they are at first."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn
from torchvision.models.resnet import Bottleneck

from reid_core.models.backbones.ibn import (
    BottleneckWithInstanceNorm,
    InstanceBatchNorm,
    make_ibn_a,
    make_ibn_b,
)
from reid_core.models.backbones.non_local import NonLocal, NonLocalStage, add_non_local
from reid_core.models.backbones.resnet import ResNet
from tests.data import shared_data

IMAGES = torch.randn(2, 3, 64, 32, generator=torch.Generator().manual_seed(0))


def test_first_half_is_normed_for_each_image_and_the_rest_over_the_batch():
    x = torch.randn(4, 5, 6, 3) * torch.arange(1, 5)[:, None, None, None]
    out = InstanceBatchNorm(5)(x)
    assert out.shape == x.shape
    torch.testing.assert_close(out[:, :2].std((2, 3), correction=0), torch.ones(4, 2), atol=1e-3, rtol=0)
    torch.testing.assert_close(out[:, 2:].std((0, 2, 3), correction=0), torch.ones(3), atol=1e-3, rtol=0)
    assert out[:, 2:].std((2, 3)).std(dim=0).min() > 0.1


def test_ibn_a_leaves_the_last_stage_alone():
    net = make_ibn_a(ResNet(50))
    kinds = [
        [type(block.bn1) for block in stage] for stage in (net.layer1, net.layer2, net.layer3, net.layer4)
    ]
    assert kinds == [[InstanceBatchNorm] * n for n in (3, 4, 6)] + [[nn.BatchNorm2d] * 3]


def test_ibn_b_norms_the_stem_and_two_sums():
    net = make_ibn_b(ResNet(50))
    assert isinstance(net.bn1, nn.InstanceNorm2d)
    named = [name for name, module in net.named_modules() if isinstance(module, BottleneckWithInstanceNorm)]
    assert named == ["layer1.2", "layer2.3"]
    assert {n for n in net.state_dict() if ".IN." in n} == {
        f"{block}.IN.{part}" for block in named for part in ("weight", "bias")
    }
    with pytest.raises(ValueError, match="bottlenecks"):
        make_ibn_b(ResNet(18))


@pytest.mark.parametrize("has_downsample", [False, True])
def test_bottleneck_with_instance_norm_is_the_plain_one_but_for_the_norm(has_downsample):
    downsample = (
        nn.Sequential(nn.Conv2d(8, 16, 1, bias=False), nn.BatchNorm2d(16)) if has_downsample else None
    )
    plain = Bottleneck(8 if has_downsample else 16, 4, downsample=downsample).eval()
    normed = BottleneckWithInstanceNorm(plain).eval()
    x = torch.randn(2, 8 if has_downsample else 16, 6, 4)
    assert not torch.equal(normed(x), plain(x))
    normed.IN = nn.Identity()
    torch.testing.assert_close(normed(x), plain(x))


@pytest.mark.parametrize("change", [make_ibn_a, make_ibn_b, add_non_local])
def test_changed_networks_keep_their_shapes_and_learn(change):
    net = change(ResNet(50))
    out = net(IMAGES)
    assert out.shape == (2, 2048, 4, 2)
    out.square().mean().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())


def test_non_local_blocks_are_the_identity_at_first():
    plain = ResNet(50).eval()
    before = plain(IMAGES)
    torch.testing.assert_close(add_non_local(plain).eval()(IMAGES), before)


def test_plain_weights_fit_a_network_with_non_local_blocks():
    plain, deep = ResNet(50), add_non_local(ResNet(50))
    result = deep.load_state_dict(plain.state_dict(), strict=False)
    assert result.unexpected_keys == []
    assert all(".non_local." in name for name in result.missing_keys)


@pytest.mark.parametrize(
    ("depth", "after"), [(50, ([2, 3], [3, 4, 5])), (101, ([2, 3], list(range(14, 23))))]
)
def test_places_of_the_blocks(depth, after):
    with torch.device("meta"):
        net = add_non_local(ResNet(depth))
    for stage, numbers, inner in zip((net.layer2, net.layer3), after, (256, 512), strict=True):
        assert isinstance(stage, NonLocalStage)
        assert [int(name) for name in stage.non_local] == numbers
        assert all(block.g.out_channels == inner for block in stage.non_local.values())
    with pytest.raises(ValueError, match="fewer"), torch.device("meta"):
        add_non_local(ResNet(50), n_last=(9, 0))


def test_every_place_answers_to_every_other():
    torch.manual_seed(0)
    block = NonLocal(4, 2).double().eval()
    nn.init.ones_(block.W[1].weight)
    x = torch.randn(1, 4, 3, 2).double().requires_grad_()
    block(x)[0, :, 0, 0].sum().backward()
    assert (x.grad != 0).all()


@pytest.mark.data
def test_names_are_those_of_fastreids_files():
    """An AGW file with IBN-a: every backbone name and shape is ours, non-local blocks renamed."""
    listed = json.loads((shared_data().parent / "vectors" / "checkpoint_keys.json").read_text())
    names = listed["fastreid_AGW_R50-ibn"]["keys"].items()
    theirs = {name.removeprefix("backbone."): shape for name, shape in names if name.startswith("backbone.")}
    with torch.device("meta"):
        net = add_non_local(make_ibn_a(ResNet(50)), n_inner=1)
    places = {("layer2", "2"): "NL_2.0", ("layer2", "3"): "NL_2.1"}
    places |= {("layer3", str(3 + i)): f"NL_3.{i}" for i in range(3)}
    ours = {}
    for name, value in net.state_dict().items():
        stage, _, rest = name.partition(".non_local.")
        number, _, inside = rest.partition(".")
        ours[f"{places[stage, number]}.{inside}" if rest else name] = list(value.shape)
    assert ours == theirs
