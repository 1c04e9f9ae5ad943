"""Exported files are compared before they are kept; OpenVINO's are models that the application takes."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import torch

from reid_core.models.backbones.build import BackboneSpec
from reid_core.models.embedder import Preprocessing
from reid_core.models.load import load_embedder
from reid_core.models.methods import Method, NetworkSpec, build_network
from reid_core.models.networks import ReidNetwork, describe, read_network
from reid_core.weights.find import find_model
from reid_core.weights.safetensors_file import save_bundle
from tests.fakes.people import person
from tests.unit.reid_core.models.states import settle
from training.__main__ import main
from training.export.onnx_file import PixelNetwork
from training.export.parity import ExportError, check_parity, cosines, probes, same_ranking
from training.export.tensorrt_file import export_tensorrt

SPEC, SIZE = NetworkSpec(Method.BOT, BackboneSpec("osnet_x0_25")), Preprocessing(64, 32)


@pytest.fixture
def bundle(tmp_path):
    torch.manual_seed(0)
    save_bundle(tmp_path / "m.safetensors", settle(build_network(SPEC)).state_dict(), describe(SPEC, SIZE))
    return tmp_path / "m.safetensors"


def test_openvino_file_is_a_model_of_the_application(bundle, tmp_path, capsys):
    target = tmp_path / "m.xml"
    assert main(["export", "--model", str(bundle), "--out", str(target), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == json.loads((tmp_path / "m.xml.parity.json").read_text())
    assert report["least_cosine"] >= 0.9999
    assert report["same_ranking"]
    assert (report["format"], report["precision"], report["n_pictures"]) == ("openvino", "fp32", 16)
    embedder = load_embedder(target, device="cpu")
    crops = [cv2.resize(person(pid, 1, 0), (32, 64)) for pid in range(6)]
    with torch.inference_mode():
        pixels = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float()
        ours = PixelNetwork(read_network(find_model("reid", bundle)))(pixels).numpy()
    assert cosines(ours, embedder.embed(crops)).min() > 0.9999


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "m.pt"], "no ending of .onnx, .xml, .engine"),
        (["--out", "m.ov", "--format", "openvino"], "FILE.xml and FILE.bin"),
    ],
)
def test_what_cannot_be_written_is_told(bundle, arguments, message, capsys):
    assert main(["export", "--model", str(bundle), *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_tensorrt_says_what_it_needs(tmp_path):
    reid = ReidNetwork(build_network(SPEC).eval(), SIZE)
    with pytest.raises(Exception, match="needs an NVIDIA GPU and the package tensorrt"):
        export_tensorrt(reid, tmp_path / "m.engine")


def test_another_ranking_and_other_vectors_are_not_kept(tmp_path):
    expected = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)
    other = expected[::-1].copy()
    path = tmp_path / "m.xml"
    for found in (other, expected + 0.1):
        path.write_bytes(b"x")
        path.with_suffix(".bin").write_bytes(b"x")
        with pytest.raises(ExportError, match="was not kept"):
            check_parity(path, "openvino", "fp32", "test", expected, lambda found=found: found)
        assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"x")
    kept = check_parity(path, "openvino", "fp32", "test", expected, lambda: expected * 2)
    assert kept.least_cosine == pytest.approx(1)
    assert path.exists()


def test_near_ties_may_change_places_and_others_may_not():
    base = np.array([[1, 0], [0.9, 0.1], [0.9, 0.1000001], [0, 1]], np.float32)
    assert same_ranking(base, base[:, ::-1])
    assert not same_ranking(base, base[[0, 3, 2, 1]])


def test_probes_differ():
    pictures = probes(64, 32)
    assert pictures.shape == (16, 3, 64, 32)
    assert pictures.min() >= 0
    assert pictures.max() <= 255
    assert cosines(pictures[:8].reshape(8, -1) - 127, pictures[8:].reshape(8, -1) - 127).max() < 0.9
