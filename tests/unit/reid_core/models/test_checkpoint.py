"""Public layouts: weights renamed into each of them load, and give the features of the plain network."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn
from torchvision.models import resnet as torchvision_resnet

from reid_core.errors import ModelRefusedError
from reid_core.models.backbones.build import BackboneSpec, Ibn, make_backbone
from reid_core.models.backbones.resnet import Stem
from reid_core.models.bot import BoT
from reid_core.models.checkpoint import build
from reid_core.models.layouts import LAYOUTS, from_ours, recognise, to_ours
from reid_core.models.mgn import MGN
from tests.data import shared_data
from tests.unit.reid_core.models.states import settle

LAYOUT = {layout.title: layout for layout in LAYOUTS}
IMAGES = torch.randn(2, 3, 96, 32, generator=torch.Generator().manual_seed(3))
LISTED = {
    "fastreid_bagtricks_R50": "FastReID 1.2 and later",
    "fastreid_sbs_R50": "FastReID 1.2 and later",
    "fastreid_sbs_R50-ibn": "FastReID 1.2 and later",
    "fastreid_AGW_R50-ibn": "FastReID 1.2 and later",
    "fastreid_mgn_R50-ibn": "FastReID MGN 1.2 and later",
    "fastreid_sbs_S50": "FastReID 1.2 and later",
    "fastreid_bagtricks_S50": "FastReID 1.2 and later",
    "strong_baseline_resnet50": "reid-strong-baseline",
    "strong_baseline_resnet50_ibn_a": "reid-strong-baseline",
    "torchreid_resnet50": "torchreid resnet50",
    "torchreid_resnet50_fc512": "torchreid resnet50_fc512",
    "torchvision_resnet50": "torchvision resnet50",
}
"""The layout that each listed file is; OSNet's four are in ``test_osnet.py``."""


def listed(name):
    return json.loads((shared_data().parent / "vectors" / "checkpoint_keys.json").read_text())[name]["keys"]


def drawn(keys, seed=0):
    """A state dict of these names and shapes, with statistics that keep numbers in range."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in keys.items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(0)
        elif name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):
            state[name] = torch.rand(shape, generator=generator) + 0.5
        elif name.endswith("pool_layer.p"):
            state[name] = torch.full(shape, 3.0)
        else:
            n_in = max(1, torch.Size(shape[1:]).numel())
            scale = 0.01 if "NL_" in name else 1.0  # the block's output is cubic in its input
            state[name] = scale * torch.randn(shape, generator=generator) / n_in**0.5
    return state


@pytest.fixture(scope="module")
def plain():
    """torchvision's ResNet-50 with random weights and statistics, in evaluation mode."""
    torch.manual_seed(0)
    return settle(torchvision_resnet.resnet50(weights=None)).eval()


def features(net, images, *, stem=Stem.STANDARD, last_stride=2):
    """Pooled features of torchvision's own network with a stem and last stride, computed layer by layer."""
    x = net.bn1(net.conv1(images))
    x = x if stem is Stem.NO_RELU else x.relu()
    if stem is Stem.CEIL:
        x = nn.functional.max_pool2d(x, 3, 2, padding=0, ceil_mode=True)
    else:
        x = nn.functional.max_pool2d(x, 3, 2, padding=1)
    first = net.layer4[0]
    strided = (first.conv2, first.downsample[0])
    for convolution in strided:
        convolution.stride = (last_stride, last_stride)
    try:
        return net.layer4(net.layer3(net.layer2(net.layer1(x)))).mean((2, 3))
    finally:
        for convolution in strided:
            convolution.stride = (2, 2)


NECK = {"weight": 1.5, "bias": 0.0, "running_mean": 0.2, "running_var": 2.0, "num_batches_tracked": 0}
CASES = [
    ("FastReID 1.2 and later", "backbone.", "heads.bottleneck.0.", "heads.weight", Stem.CEIL, 1),
    (
        "FastReID of 2020 and 1.0",
        "backbone.",
        "heads.bottleneck.0.",
        "heads.classifier.weight",
        Stem.CEIL,
        1,
    ),
    ("FastReID model zoo 0.1.1", "backbone.", "heads.bnneck.", "heads.classifier.weight", Stem.STANDARD, 1),
    ("reid-strong-baseline", "base.", "bottleneck.", "classifier.weight", Stem.NO_RELU, 1),
    ("torchreid resnet50", "", None, "classifier.weight", Stem.STANDARD, 2),
    ("torchvision resnet50", "", None, "fc.weight", Stem.STANDARD, 2),
]


@pytest.mark.parametrize(("title", "prefix", "neck", "classifier", "stem", "last_stride"), CASES)
def test_renamed_torchvision_weights_give_torchvisions_features(
    plain, title, prefix, neck, classifier, stem, last_stride
):
    backbone = {n: v for n, v in plain.state_dict().items() if not n.startswith("fc.")}
    theirs = {prefix + name: value for name, value in backbone.items()}
    theirs[classifier] = torch.zeros(5, 2048)
    if neck:
        theirs |= {
            neck + name: torch.full((2048,), value) for name, value in NECK.items() if "num" not in name
        }
        theirs[f"{neck}num_batches_tracked"] = torch.tensor(0)
    assert recognise(theirs) is LAYOUT[title]
    network = build(theirs, "the file")
    assert not network.training
    with torch.inference_mode():
        expected = features(plain, IMAGES, stem=stem, last_stride=last_stride)
        if neck:
            expected = (expected - 0.2) / (2 + 1e-5) ** 0.5 * 1.5
        torch.testing.assert_close(network(IMAGES), expected, rtol=1e-5, atol=1e-5)
    back = from_ours(network.state_dict(), LAYOUT[title])
    assert set(back) == set(theirs) - {classifier}
    assert all(torch.equal(back[name], theirs[name]) for name in back)


def test_reduction_of_torchreid_is_in_front_of_the_features(plain):
    torch.manual_seed(1)
    reduction = settle(nn.Sequential(nn.Linear(2048, 512), nn.BatchNorm1d(512), nn.ReLU())).eval()
    theirs = {n: v for n, v in plain.state_dict().items() if not n.startswith("fc.")}
    theirs |= {f"fc.{name}": value for name, value in reduction.state_dict().items()}
    network = build(theirs | {"classifier.weight": torch.zeros(3, 512)}, "the file")
    with torch.inference_mode():
        expected = reduction(features(plain, IMAGES, last_stride=1))
        torch.testing.assert_close(network(IMAGES), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.data
@pytest.mark.parametrize(("name", "title"), LISTED.items())
def test_every_listed_file_is_told_by_its_names_and_comes_back_whole(name, title):
    theirs = drawn(listed(name))
    layout = recognise(theirs)
    assert layout is LAYOUT[title]
    network = build(theirs, name)
    with torch.inference_mode():
        assert torch.isfinite(network(IMAGES)).all()
    back = from_ours(network.state_dict(), layout)
    kept = {n for n in theirs if not any(n == u or n.startswith(u) for u in layout.unused)}
    assert set(back) == kept
    assert all(torch.equal(back[n], theirs[n]) for n in kept)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "spec", "pooling"),
    [
        ("fastreid_sbs_R50", BackboneSpec("resnet50", Stem.CEIL, non_local=True, non_local_inner=1), "gem"),
        (
            "fastreid_AGW_R50-ibn",
            BackboneSpec("resnet50", Stem.CEIL, ibn=Ibn.A, non_local=True, non_local_inner=1),
            "gem_fixed",
        ),
        ("fastreid_sbs_S50", BackboneSpec("resnest50"), "gem"),
        ("fastreid_bagtricks_S50", BackboneSpec("resnest50"), "avg"),
        ("strong_baseline_resnet50_ibn_a", BackboneSpec("resnet50", ibn=Ibn.A), "avg"),
    ],
)
def test_backbone_and_pooling_are_read_off_the_file(name, spec, pooling):
    theirs = drawn(listed(name))
    expected = BoT(make_backbone(spec), aggregation=pooling)
    expected.load_state_dict(to_ours(theirs, recognise(theirs)))
    with torch.inference_mode():
        torch.testing.assert_close(build(theirs, name)(IMAGES), expected.eval()(IMAGES), rtol=0, atol=0)


@pytest.mark.data
def test_mgn_has_eight_heads_on_three_branches():
    network = build(drawn(listed("fastreid_mgn_R50-ibn")), "the file")
    assert isinstance(network, MGN)
    assert network.dim == 2048
    with torch.inference_mode():
        whole = network(IMAGES)
        shared = network.backbone(IMAGES)
        lower = network.branches["b2"](shared)[:, :, 3:]
        head = network.heads["b22"](network.pools["b22"](lower))
    torch.testing.assert_close(whole[:, 4 * 256 : 5 * 256], head)


def test_reduction_as_a_convolution_becomes_a_linear_layer(plain):
    theirs = {f"backbone.{n}": v for n, v in plain.state_dict().items() if not n.startswith("fc.")}
    theirs["heads.bottleneck.0.weight"] = torch.randn(64, 2048, 1, 1) / 45
    theirs |= {
        f"heads.bottleneck.1.{name}": torch.full((64,), value)
        for name, value in NECK.items()
        if "num" not in name
    }
    theirs["heads.weight"] = torch.zeros(5, 64)
    network = build(theirs, "the file")
    with torch.inference_mode():
        reduced = (
            features(plain, IMAGES, stem=Stem.CEIL, last_stride=1)
            @ theirs["heads.bottleneck.0.weight"][..., 0, 0].T
        )
        torch.testing.assert_close(
            network(IMAGES), (reduced - 0.2) / (2 + 1e-5) ** 0.5 * 1.5, rtol=1e-4, atol=1e-5
        )


def test_half_renamed_zoo_files_load_and_contradictions_do_not(plain):
    theirs = {f"backbone.{n}": v for n, v in plain.state_dict().items() if not n.startswith("fc.")}
    theirs["heads.classifier.weight"] = torch.zeros(5, 2048)
    for prefix in ("heads.bnneck.", "heads.bottleneck.0."):
        theirs |= {prefix + n: torch.full((2048,), v) for n, v in NECK.items() if "num" not in n}
    assert recognise(theirs) is LAYOUT["FastReID model zoo 0.1.1"]
    build(theirs, "the file")
    theirs["heads.bnneck.weight"] = torch.zeros(2048)
    with pytest.raises(ModelRefusedError, match=r"two different values for neck\.weight"):
        build(theirs, "the file")


def test_what_does_not_fit_is_listed(plain):
    with pytest.raises(ModelRefusedError, match=r"no network known here \(a, b, 2 in all\).*FastReID"):
        build({"a": torch.zeros(1), "b": torch.zeros(1)}, "the file")
    theirs = {f"backbone.{n}": v for n, v in plain.state_dict().items() if not n.startswith("fc.")}
    theirs |= {f"heads.bottleneck.0.{n}": torch.full((2048,), v) for n, v in NECK.items() if "num" not in n}
    theirs["heads.weight"] = torch.zeros(5, 2048)
    for change, message in (
        ({"backbone.extra": torch.zeros(1)}, "left over: backbone.extra"),
        ({"backbone.conv1.weight": torch.zeros(64, 3, 3, 3)}, "another shape: backbone.conv1.weight"),
        ({"backbone.layer4.2.conv1.weight": None}, "missing: backbone.layer4.2.conv1.weight"),
        ({"heads.bottleneck.0.running_var": None}, "missing: neck.running_var"),
    ):
        wrong = {n: v for n, v in (theirs | change).items() if v is not None}
        with pytest.raises(ModelRefusedError, match=message):
            build(wrong, "the file")
    odd = {n: v for n, v in theirs.items() if not n.startswith("backbone.layer4.2.")}
    with pytest.raises(ModelRefusedError, match="no ResNet of 18 to 152"):
        build(odd, "the file")
