"""OSNet with context gates: its shapes, its independence of the batch, and the published network itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reid_core.errors import ModelRefusedError
from reid_core.models.networks import read_network
from reid_core.models.osnet_lct import ContextGate, OSNetLCT, from_state, overlaps
from reid_core.weights.model_file import ModelFile, hash_model, tell_format
from reid_core.weights.safetensors_file import save_bundle
from tests.data import shared_data
from training.recipes import bundled_reid_data as material
from training.recipes.retail_0277 import read_retail_0277


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return OSNetLCT().eval()


@pytest.fixture(scope="module")
def images():
    return torch.randn(2, 3, 256, 128, generator=torch.Generator().manual_seed(1))


def file_of(path):
    file_format = tell_format(path.read_bytes(), path.name)
    return ModelFile(path, path.stem, "reid", file_format, hash_model(path), "", "")


@torch.inference_mode()
def test_middle_and_finish_are_the_whole(net, images):
    middle = net.mid_map(images)
    assert middle.shape == (2, 384, 16, 8)
    torch.testing.assert_close(net.finish(middle), net(images))
    assert net(images).shape == (2, net.dim) == (2, 256)


@torch.inference_mode()
def test_pictures_of_another_size_are_pooled_by_the_same_weights_resampled(net):
    images = torch.randn(2, 3, 128, 64, generator=torch.Generator().manual_seed(3))
    kernel = net.pool.weight.reshape(-1, 1, 8, 2, 4, 2).sum((3, 5))
    pooled = torch.nn.functional.conv2d(
        net.last_map(net.mid_map(images)), kernel, net.pool.bias, groups=len(kernel)
    )
    torch.testing.assert_close(net(images), net.act(net.fc(pooled.flatten(1))), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("n", "m"), [(16, 8), (16, 10), (8, 5), (4, 4), (4, 6)])
def test_resampled_pooling_keeps_its_sum(n, m):
    weights = torch.rand(n, generator=torch.Generator().manual_seed(4))
    moved = overlaps(n, m) @ weights
    assert moved.shape == (m,)
    torch.testing.assert_close(moved.sum(), weights.sum())
    torch.testing.assert_close(overlaps(n, m).sum(1), torch.full((m,), n / m))


def test_it_learns_with_a_neck_and_a_classifier_and_not_without():
    torch.manual_seed(0)
    network = OSNetLCT(num_classes=5, has_neck=True)
    images = torch.randn(3, 3, 64, 32, generator=torch.Generator().manual_seed(5))
    out = network.learn(images)
    assert out.logits.shape == (3, 5)
    assert out.embedding.mean(0).abs().max() < 1e-5  # of the batch, in training
    torch.testing.assert_close(network.eval()(images), network.neck(network.learn(images).metric))
    with pytest.raises(ValueError, match="num_classes"):
        OSNetLCT().learn(images)


@torch.inference_mode()
def test_weights_of_16_bits_are_those_of_32_but_for_rounding(net, images):
    half = from_state({name: value.half() for name, value in net.state_dict().items()})
    assert half.fc.weight.dtype is torch.float32
    ours, theirs = (torch.nn.functional.normalize(network(images)) for network in (half, net))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=3e-3)


@torch.inference_mode()
def test_a_picture_is_described_without_regard_to_its_neighbours_in_training_too(net, images):
    alone = net.train()(images[:1])
    torch.testing.assert_close(net(images)[:1], alone, rtol=1e-4, atol=1e-5)
    net.eval()


@torch.inference_mode()
def test_the_scale_of_the_pixels_makes_no_difference(net, images):
    torch.testing.assert_close(net(images * 57 + 120), net(images), rtol=1e-3, atol=1e-4)


@torch.inference_mode()
def test_a_gate_weighs_by_means_normalised_in_groups_of_channels():
    gate = ContextGate(32)  # 16 groups of 2
    with torch.no_grad():
        gate.norm.weight.copy_(torch.linspace(0.5, 2, 32))
        gate.norm.bias.copy_(torch.linspace(-1, 1, 32))
    x = torch.randn(3, 32, 5, 4, generator=torch.Generator().manual_seed(2))
    means = x.mean((2, 3)).reshape(3, 16, 2)
    normal = (means - means.mean(2, keepdim=True)) / (
        means.var(2, unbiased=False, keepdim=True) + 1e-5
    ).sqrt()
    weights = torch.sigmoid(normal.reshape(3, 32) * gate.norm.weight + gate.norm.bias)
    torch.testing.assert_close(gate(x), x * weights[..., None, None])


def test_the_order_of_parameters_names_each_and_the_shared_gates_four_times(net):
    met = [id(parameter) for parameter in net.in_order()]
    assert set(met) == {id(parameter) for parameter in net.parameters()}
    assert len(met) - len(set(met)) == 3 * 3 * 4  # three stages, three more streams, two layers with a bias


def test_a_bundle_gives_the_same_network(net, images, tmp_path):
    path = tmp_path / "mine.safetensors"
    save_bundle(path, net.state_dict(), {"network": "osnet_lct", "options": {}, "preprocessing": {}})
    file = ModelFile(
        path, "mine", "reid", tell_format(path.read_bytes(), path.name), hash_model(path), "", ""
    )
    read = read_network(file)
    assert (read.preprocessing.height, read.preprocessing.width) == (256, 128)
    with torch.inference_mode():
        torch.testing.assert_close(read.network(images), net(images))


def test_other_weights_are_refused(net, tmp_path):
    state = net.state_dict()
    state.pop("fc.bias")
    with pytest.raises(ValueError, match=r"fc\.bias"):
        from_state(state)
    path = tmp_path / "broken.safetensors"
    save_bundle(path, state, {"network": "osnet_lct", "options": {}, "preprocessing": {}})
    file = ModelFile(
        path, "broken", "reid", tell_format(path.read_bytes(), path.name), hash_model(path), "", ""
    )
    with pytest.raises(ModelRefusedError, match="do not fit"):
        read_network(file)


@pytest.mark.data
def test_the_published_network_is_taken_over_to_the_last_digit():
    path = shared_data() / material.TEACHER
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 255, (256, 128, 3), dtype=np.uint8) for _ in range(4)]
    images = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()
    with torch.inference_mode():
        ours = torch.nn.functional.normalize(read_retail_0277(path)(images)).numpy()
    np.testing.assert_allclose(ours, material.teacher_features(pictures, path), atol=2e-5)
