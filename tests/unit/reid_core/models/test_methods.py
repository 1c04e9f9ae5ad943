"""Every network by its name: shapes, learning, half precision, tracing; and what cannot be built is told."""

from __future__ import annotations

import json

import pytest
import torch

from reid_core.errors import UsageError
from reid_core.models.backbones.build import BackboneSpec, Ibn, make_backbone
from reid_core.models.backbones.resnet import Stem
from reid_core.models.embedder import Preprocessing
from reid_core.models.methods import Method, NetworkSpec, build_network, spec_from
from reid_core.models.networks import describe, read_network
from reid_core.weights.find import find_model
from reid_core.weights.safetensors_file import save_bundle
from tests.unit.reid_core.models.states import settle

SPECS = {
    "bot": (NetworkSpec(Method.BOT, BackboneSpec("resnet18")), 512),
    "bot without neck": (NetworkSpec(Method.BOT, BackboneSpec("resnet18"), {"has_neck": False}), 512),
    "cbdb": (NetworkSpec(Method.CBDB, BackboneSpec("resnet18")), 512),
    "ide_cbdb": (NetworkSpec(Method.CBDB, BackboneSpec("resnet18"), {"has_global_branch": True}), 1024),
    "cbdb_released": (
        NetworkSpec(Method.CBDB, BackboneSpec("resnet18"), {"drop_at": "layer3_output", "rows": "released"}),
        512,
    ),
    "dpti": (NetworkSpec(Method.DPTI, BackboneSpec("resnet18"), {"dim": 64}), 512),
    "channel_groups": (NetworkSpec(Method.CHANNEL_GROUPS, BackboneSpec("resnet18")), 512),
    "agw": (
        NetworkSpec(
            Method.BASELINE,
            BackboneSpec("resnet50", Stem.CEIL, non_local=True),
            {"aggregation": "gem_fixed"},
        ),
        2048,
    ),
    "mgn": (NetworkSpec(Method.MGN, BackboneSpec("resnet18")), 2048),
    "dsr": (NetworkSpec(Method.DSR, BackboneSpec("resnet18")), 512),
    "osnet": (NetworkSpec(Method.OSNET, BackboneSpec("osnet_x0_25")), 512),
    "light": (NetworkSpec(Method.OSNET, BackboneSpec("osnet_lct"), {"has_neck": True}), 256),
    "parts": (
        NetworkSpec(Method.DPTI, BackboneSpec("osnet_lct"), {"n_parts": 4, "dim": 100, "reduced": None}),
        500,
    ),
}
SIZES = ((256, 128), (384, 128))


@pytest.fixture(params=SPECS, scope="module")
def case(request):
    torch.manual_seed(0)
    spec, dim = SPECS[request.param]
    return settle(build_network(spec, num_classes=5)), dim


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_forward_and_backward_at_both_sizes(case, size):
    network, dim = case
    images = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(1))
    network.eval()
    with torch.inference_mode():
        embeddings = network(images)
    assert embeddings.shape == (2, dim)
    assert network.dim == dim
    assert torch.isfinite(embeddings).all()
    network.train()
    network.zero_grad()
    _sum_of(network.learn(images)).backward()
    trained = [name for name, p in network.named_parameters() if p.requires_grad and p.grad is None]
    assert trained == []


def _sum_of(output):
    """A number that everything in a network's output takes part in."""
    if torch.is_tensor(output):
        return output.float().square().mean()
    parts = output.values() if isinstance(output, dict) else output
    return sum(_sum_of(part) for part in parts if part is not None)


def test_half_precision_points_the_same_way(case):
    network, _ = case
    network.eval()
    images = torch.randn(2, 3, 96, 32, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        exact = network(images)
        with torch.autocast("cpu", torch.bfloat16):
            half = network(images)
    assert torch.nn.functional.cosine_similarity(exact, half.float()).min() > 0.99


@pytest.mark.slow
def test_traced_whole_without_a_break(case):
    """Strict torch.export lets Dynamo take the graph in one piece: a break of torch.compile fails."""
    network, _ = case
    network.eval()
    images = torch.randn(2, 3, 96, 32, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        expected = network(images)
    program = torch.export.export(network, (images,), strict=True)
    with torch.inference_mode():
        torch.testing.assert_close(program.module()(images), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "channels", "height"),
    [
        ("resnet34", 512, 6),
        ("resnext50", 2048, 6),
        ("resnest50", 2048, 6),
        ("osnet_x0_5", 256, 6),
        ("osnet_ibn_x0_25", 128, 6),
        ("osnet_ain_x0_25", 128, 6),
        ("timm/resnet18", 512, 6),
        ("timm/efficientnet_b0", 320, 6),
        ("timm/convnext_atto", 320, 6),
    ],
)
def test_backbones_by_name(name, channels, height):
    torch.manual_seed(0)
    backbone = make_backbone(BackboneSpec(name)).eval()
    with torch.inference_mode():
        last = backbone(torch.randn(1, 3, 96, 32))
    assert last.shape == (1, channels, height, 2)
    assert backbone.out_channels == channels


def test_trunks_join_to_the_whole():
    torch.manual_seed(0)
    images = torch.randn(1, 3, 64, 32)
    for name in ("osnet_ain_x0_25", "resnest50", "resnext50"):
        trunk = make_backbone(BackboneSpec(name)).eval()
        with torch.inference_mode():
            mid = trunk.mid_map(images)
            assert mid.shape[1] == trunk.mid_channels
            torch.testing.assert_close(trunk.last_map(mid), trunk(images))


@pytest.mark.parametrize("ibn", [Ibn.A, Ibn.B])
def test_resnext_takes_instance_norm_and_non_local_blocks(ibn):
    with torch.device("meta"):
        names = set(make_backbone(BackboneSpec("resnext101", ibn=ibn, non_local=True)).state_dict())
    assert any(".IN." in name for name in names)
    assert {name.split(".")[2] for name in names if "layer3.non_local" in name} == {
        str(n) for n in range(14, 23)
    }


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (NetworkSpec(backbone=BackboneSpec("resnet51")), "no backbone 'resnet51'"),
        (NetworkSpec(backbone=BackboneSpec("resnet18", last_stride=3)), "last stride 3"),
        (NetworkSpec(backbone=BackboneSpec("resnet18", ibn=Ibn.B)), "IBN-b needs bottlenecks"),
        (NetworkSpec(backbone=BackboneSpec("osnet_x0_25", ibn=Ibn.A)), "not of osnet_x0_25"),
        (NetworkSpec(backbone=BackboneSpec("timm/nothing")), "timm makes no feature map of 'nothing'"),
        (NetworkSpec(Method.DPTI, BackboneSpec("timm/resnet18")), "needs the map before the last stage"),
        (NetworkSpec(Method.MGN, BackboneSpec("osnet_x0_25")), "MGN copies the last stages"),
        (NetworkSpec(Method.OSNET), "needs a backbone of osnet_x0_25"),
        (NetworkSpec(Method.BOT, BackboneSpec("resnet18"), {"depth": 3}), "cannot be built so"),
        (NetworkSpec(Method.BASELINE, BackboneSpec("resnet18"), {"head": "bm"}), "cannot be built so"),
    ],
)
def test_what_cannot_be_built_is_told(spec, message):
    with pytest.raises(UsageError) as caught:
        build_network(spec)
    assert message in str(caught.value)


def test_a_bundle_comes_back_as_the_network_that_was_saved(tmp_path):
    spec = NetworkSpec(Method.CBDB, BackboneSpec("osnet_x0_25"), {"has_global_branch": True})
    torch.manual_seed(0)
    network = settle(build_network(spec, num_classes=4)).eval()
    path = tmp_path / "model.safetensors"
    save_bundle(path, network.state_dict(), describe(spec, Preprocessing(96, 48)))
    read = read_network(find_model("reid", path))
    assert (read.preprocessing.height, read.preprocessing.width) == (96, 48)
    assert not [name for name in read.network.state_dict() if "classifier" in name]
    images = torch.randn(2, 3, 96, 48)
    with torch.inference_mode():
        torch.testing.assert_close(read.network(images), network(images), rtol=0, atol=0)


FORMER = {
    Method.DPTI: {"residual": "printed", "has_positions": False},
    Method.CHANNEL_GROUPS: {"has_bottleneck": False},
}


@pytest.mark.parametrize("method", FORMER)
def test_a_bundle_that_does_not_name_an_option_means_its_former_default(method, tmp_path):
    own = {"dim": 32, "n_parts": 3} if method is Method.DPTI else {}
    written = NetworkSpec(method, BackboneSpec("osnet_x0_25"), FORMER[method] | own)
    network = settle(build_network(written)).eval()
    description = describe(written, Preprocessing(64, 32))
    description["options"]["options"] = own
    save_bundle(tmp_path / "old.safetensors", dict(network.state_dict()), description)
    images = torch.randn(2, 3, 64, 32)
    with torch.inference_mode():
        read = read_network(find_model("reid", tmp_path / "old.safetensors")).network
        torch.testing.assert_close(read(images), network(images))


@pytest.mark.parametrize("method", FORMER)
def test_a_bundle_names_the_options_whose_default_has_changed(method):
    said = describe(NetworkSpec(method), Preprocessing())["options"]["options"]
    assert set(said) == set(FORMER[method])
    assert all(json.loads(json.dumps(said))[name] != former for name, former in FORMER[method].items())


def test_specs_from_plain_values():
    given = {
        "method": "dpti",
        "backbone": {"name": "resnet34", "ibn": "a", "stem": "ceil"},
        "options": {"dim": 8},
    }
    assert spec_from(given) == NetworkSpec(
        Method.DPTI, BackboneSpec("resnet34", Stem.CEIL, ibn=Ibn.A), {"dim": 8}
    )
    for wrong in ({"methods": "dpti"}, {"method": "dpt"}, {"backbone": {"names": "resnet34"}}):
        with pytest.raises((TypeError, ValueError)):
            spec_from(wrong)
