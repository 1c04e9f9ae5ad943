"""OSNet: the public layouts load strictly, and the numbers are those of a network written down by hand."""

from __future__ import annotations

import json

import pytest
import torch
from torch import Tensor, nn

from reid_core.models.osnet import OSNet, OSNetLayout, OSNetVariant, from_state, recognise
from tests.data import shared_data

WIDTHS = (0.25, 0.5, 0.75, 1.0)


def build(**layout) -> OSNet:
    torch.manual_seed(0)
    return OSNet(OSNetLayout(**layout)).eval()


def settle(net: nn.Module) -> nn.Module:
    """Give every norm layer statistics and weights that are not the identity."""
    torch.manual_seed(1)
    for name, value in net.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif name.endswith("running_mean") or (value.ndim == 1 and value.is_floating_point()):
            value.normal_(0.3, 0.2)
    return net


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("variant", list(OSNetVariant))
def test_embedding_is_512_wide_at_every_width(width, variant):
    net = build(width=width, variant=variant)
    assert net.feature_map(torch.zeros(1, 3, 64, 32)).shape == (1, int(512 * width), 4, 2)
    assert net(torch.zeros(2, 3, 64, 32)).shape == (2, 512)


@pytest.mark.data
@pytest.mark.parametrize(
    ("layout", "width", "variant"),
    [
        ("torchreid_osnet_x1_0", 1.0, OSNetVariant.PLAIN),
        ("torchreid_osnet_x0_25", 0.25, OSNetVariant.PLAIN),
        ("torchreid_osnet_ibn_x1_0", 1.0, OSNetVariant.IBN),
        ("torchreid_osnet_ain_x1_0", 1.0, OSNetVariant.AIN),
    ],
)
def test_names_and_shapes_are_those_of_torchreid(layout, width, variant):
    listed = json.loads((shared_data().parent / "vectors" / "checkpoint_keys.json").read_text())[layout]
    net = build(width=width, variant=variant, n_classes=751)
    assert {name: list(value.shape) for name, value in net.state_dict().items()} == listed["keys"]
    assert sum(value.numel() for value in net.state_dict().values()) == listed["n_elements"]


@pytest.mark.data
@pytest.mark.parametrize(("name", "n_classes"), [("msmt17", 1041), ("market1501", 751)])
def test_public_checkpoint_loads_strictly(name, n_classes):
    path = shared_data(f"weights/reid/osnet_x0_25_{name}.pth")
    state = torch.load(path, weights_only=True, map_location="cpu")
    state = {key.removeprefix("module."): value for key, value in state.items()}
    assert recognise(state) == OSNetLayout(0.25, OSNetVariant.PLAIN, n_classes)
    OSNet(OSNetLayout(0.25, OSNetVariant.PLAIN, n_classes)).load_state_dict(state, strict=True)
    with torch.inference_mode():
        features = from_state(state)(torch.rand(2, 3, 256, 128))
    assert features.shape == (2, 512)
    assert features.min() == 0
    assert features.max() > 0


@pytest.mark.parametrize("variant", list(OSNetVariant))
@pytest.mark.parametrize("has_neck", [False, True])
def test_state_round_trip_keeps_the_numbers(variant, has_neck):
    net = settle(build(width=0.25, variant=variant, n_classes=7, has_neck=has_neck))
    images = torch.rand(2, 3, 64, 32)
    assert recognise(net.state_dict()) == net.layout
    torch.testing.assert_close(from_state(net.state_dict())(images), net(images), rtol=0, atol=0)


def test_first_block_equals_the_formula_written_out():
    """The block recomputed from its parameters with functional calls only."""
    net = settle(build(width=0.25))
    block, x = net.conv2[0], torch.rand(2, 16, 8, 6)
    state = block.state_dict()
    f = nn.functional

    def norm(value: Tensor, name: str) -> Tensor:
        mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
        return f.batch_norm(value, mean, var, state[f"{name}.weight"], state[f"{name}.bias"], eps=1e-5)

    def light(value: Tensor, name: str) -> Tensor:
        value = f.conv2d(value, state[f"{name}.conv1.weight"])
        value = f.conv2d(value, state[f"{name}.conv2.weight"], padding=1, groups=16)
        return f.relu(norm(value, f"{name}.bn"))

    def gate(value: Tensor) -> Tensor:
        pooled = f.adaptive_avg_pool2d(value, 1)
        hidden = f.relu(f.conv2d(pooled, state["gate.fc1.weight"], state["gate.fc1.bias"]))
        return value * torch.sigmoid(f.conv2d(hidden, state["gate.fc2.weight"], state["gate.fc2.bias"]))

    squeezed = f.relu(norm(f.conv2d(x, state["conv1.conv.weight"]), "conv1.bn"))
    total = gate(light(squeezed, "conv2a"))
    for letter, depth in (("b", 2), ("c", 3), ("d", 4)):
        value = squeezed
        for i in range(depth):
            value = light(value, f"conv2{letter}.{i}")
        total = total + gate(value)
    out = norm(f.conv2d(total, state["conv3.conv.weight"]), "conv3.bn")
    out = out + norm(f.conv2d(x, state["downsample.conv.weight"]), "downsample.bn")
    torch.testing.assert_close(block(x), f.relu(out), rtol=1e-5, atol=1e-5)


def test_neck_normalises_what_metric_losses_see():
    net = settle(build(width=0.25, has_neck=True, n_classes=5))
    images = torch.rand(3, 3, 64, 32)
    before = net.metric_features(images)
    expected = nn.functional.batch_norm(
        before, net.neck.running_mean, net.neck.running_var, net.neck.weight, net.neck.bias
    )
    torch.testing.assert_close(net(images), expected)
    assert not net.neck.bias.requires_grad
    assert net.classify(net(images)).shape == (3, 5)


def test_what_is_no_osnet_is_refused_with_a_reason():
    assert recognise({"conv1.weight": torch.zeros(64, 3, 7, 7)}) is None
    with pytest.raises(ValueError, match="not those of an OSNet"):
        from_state({"conv1.weight": torch.zeros(64, 3, 7, 7)})
    state = build(width=0.25).state_dict()
    del state["conv4.1.gate.fc2.bias"]
    with pytest.raises(ValueError, match=r"do not fit an OSNet x0\.25"):
        from_state(state)
    with pytest.raises(ValueError, match="no classifier"):
        build(width=0.25).classify(torch.zeros(1, 512))
