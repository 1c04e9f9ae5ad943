"""Several networks as one embedder: what is joined, the reduction, and the way through a bundle."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reid_core.models.joint import JointEmbedder, fit_reduction, from_state
from reid_core.models.networks import read_network
from reid_core.models.osnet import OSNet, OSNetLayout
from reid_core.weights.model_file import ModelFile, hash_model, tell_format
from reid_core.weights.safetensors_file import save_bundle


@pytest.fixture(scope="module")
def joint():
    torch.manual_seed(0)
    members = [OSNet(OSNetLayout(0.25)).eval() for _ in range(2)]
    net = JointEmbedder(members, 16, is_mirrored=True).eval()
    rng = np.random.default_rng(0)
    net.set_reduction(*fit_reduction(rng.normal(size=(1100, 1024)).astype(np.float32), 16))
    return net


@pytest.fixture(scope="module")
def images():
    return torch.randn(2, 3, 64, 32, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def test_each_member_has_an_equal_say(joint, images):
    parts = joint.join(images).split(512, dim=1)
    assert len(parts) == 2
    for part in parts:
        torch.testing.assert_close(part.norm(dim=1), torch.ones(2))
    assert not torch.allclose(parts[0], parts[1])


@torch.inference_mode()
def test_a_mirrored_picture_is_the_same(joint, images):
    torch.testing.assert_close(joint(images), joint(images.flip(3)), rtol=1e-4, atol=1e-5)
    plain = JointEmbedder(list(joint.members), 16, is_mirrored=False)
    assert not torch.allclose(plain.join(images), plain.join(images.flip(3)), atol=1e-3)


def test_components_keep_the_most_variance_in_order():
    rng = np.random.default_rng(2)
    features = (rng.normal(size=(500, 6)) * [9, 1, 5, 0.1, 0.2, 0.3] + 4).astype(np.float32)
    mean, rows = fit_reduction(features, 2)
    reduced = (features - mean) @ rows.T
    np.testing.assert_allclose(reduced.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(np.abs(rows.argmax(1) * 0 + np.abs(rows).argmax(1)), [0, 2])
    np.testing.assert_allclose(reduced.std(0), [features[:, 0].std(), features[:, 2].std()], rtol=0.05)


def test_full_whitening_makes_deviations_equal():
    rng = np.random.default_rng(3)
    features = (rng.normal(size=(500, 4)) * [8, 4, 2, 1]).astype(np.float32)
    mean, rows = fit_reduction(features, 3, whitening=1.0)
    deviations = ((features - mean) @ rows.T).std(0)
    np.testing.assert_allclose(deviations / deviations[0], 1, rtol=1e-3)


def test_more_values_than_there_are_is_refused():
    with pytest.raises(ValueError, match="512 values cannot be reduced to 600"):
        JointEmbedder([OSNet(OSNetLayout(0.25))], 600, is_mirrored=False)


@torch.inference_mode()
def test_a_bundle_gives_the_same_embedder(joint, images, tmp_path):
    path = tmp_path / "joint.safetensors"
    size = {"height": 64, "width": 32}
    description = {"network": "joint", "options": {"is_mirrored": True}, "preprocessing": size}
    save_bundle(path, joint.state_dict(), description)
    file_format = tell_format(path.read_bytes(), path.name)
    read = read_network(ModelFile(path, "joint", "reid", file_format, hash_model(path), "made here", ""))
    assert (read.preprocessing.height, read.preprocessing.width) == (64, 32)
    torch.testing.assert_close(read.network(images), joint(images))


def test_other_parameters_are_refused(joint):
    state = joint.state_dict()
    with pytest.raises(ValueError, match="several networks"):
        from_state({"mean": state["mean"]}, is_mirrored=False)
    del state["mean"]
    with pytest.raises(ValueError, match="do not fit together"):
        from_state(state, is_mirrored=False)
