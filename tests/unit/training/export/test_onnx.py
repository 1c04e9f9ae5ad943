"""ONNX files: other runtimes give our embeddings and our order, and a file that does not is not kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reid_core.models.backbones.build import BackboneSpec
from reid_core.models.embedder import Preprocessing
from reid_core.models.methods import Method, NetworkSpec, build_network
from reid_core.models.networks import ReidNetwork, describe
from reid_core.weights.safetensors_file import save_bundle
from tests.unit.reid_core.models.states import settle
from training.__main__ import main
from training.export import onnx_file
from training.export.onnx_file import PixelNetwork, export_onnx, least_cosine, run_opencv

pytest.importorskip("onnx", reason="onnx is a development extra")
pytest.importorskip("onnxscript", reason="onnxscript is a development extra")
SIZE = Preprocessing(96, 32)
SPECS = {
    "bot": NetworkSpec(Method.BOT, BackboneSpec("resnet18")),
    "gem": NetworkSpec(
        Method.BASELINE, BackboneSpec("resnet18"), {"aggregation": "gem", "head": "embedding"}
    ),
    "cbdb": NetworkSpec(Method.CBDB, BackboneSpec("resnet18")),
    "dpti": NetworkSpec(Method.DPTI, BackboneSpec("resnet18"), {"dim": 32, "reduced": 64}),
}


def network(name):
    torch.manual_seed(0)
    return settle(build_network(SPECS[name])).eval()


@pytest.mark.parametrize(
    "name", [name if name == "bot" else pytest.param(name, marks=pytest.mark.slow) for name in SPECS]
)
def test_opencv_and_onnxruntime_give_our_embeddings_and_order(name, tmp_path):
    reid = ReidNetwork(network(name), SIZE)
    path = tmp_path / "model.onnx"
    export_onnx(reid, path)
    pictures = np.random.default_rng(0).uniform(0, 255, (6, 3, 96, 32)).astype(np.float32)
    with torch.inference_mode():
        ours = PixelNetwork(reid)(torch.from_numpy(pictures)).numpy()
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is a development extra")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for theirs in (run_opencv(path, pictures), session.run(None, {"images": pictures})[0]):
        assert least_cosine(ours, theirs) > 0.9999
        for x in (ours, theirs):
            x /= np.linalg.norm(x, axis=1, keepdims=True)
        np.testing.assert_array_equal(np.argsort(-(ours @ ours.T)), np.argsort(-(theirs @ theirs.T)))


def test_a_file_that_gives_other_embeddings_is_not_kept(tmp_path, monkeypatch):
    for runtime in ("run_opencv", "run_onnxruntime"):
        monkeypatch.setattr(onnx_file, runtime, lambda _, images: np.ones((len(images), 512), np.float32))
    path = tmp_path / "model.onnx"
    with pytest.raises(onnx_file.ExportError, match="was not kept"):
        export_onnx(ReidNetwork(network("bot"), SIZE), path)
    assert not path.exists()


@pytest.mark.slow
def test_a_bundle_is_exported_on_the_command_line(tmp_path, capsys):
    save_bundle(tmp_path / "m.safetensors", network("bot").state_dict(), describe(SPECS["bot"], SIZE))
    target = tmp_path / "m.onnx"
    assert main(["export", "--model", str(tmp_path / "m.safetensors"), "--out", str(target)]) == 0
    assert capsys.readouterr().out.strip() == str(target)
    assert run_opencv(target, np.zeros((1, 3, 96, 32), np.float32)).shape == (1, 512)
