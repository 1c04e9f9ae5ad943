"""OpenVINO: the network with its normalisation, as the models of the Open Model Zoo have it.

The input is one BGR picture ``(N, 3, H, W)`` on the scale 0..255, so that `sightline --model FILE.xml` takes
the file as it takes Intel's. Weights stay float32; the runtime chooses its arithmetic.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from reid_core.models.networks import ReidNetwork
from reid_core.runtimes.openvino_runtime import make_core
from reid_core.thirdparty import quiet_openvino
from reid_core.types import FloatArray
from training.export.onnx_file import PixelNetwork
from training.export.parity import Parity, check_parity, probes


class _FromBgr(nn.Module):
    def __init__(self, network: PixelNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        out: Tensor = self.network(images.flip(1))
        return out


def export_openvino(reid: ReidNetwork, path: Path) -> Parity:
    """Write ``FILE.xml`` with ``FILE.bin`` and check them in OpenVINO in float32.

    Args:
        reid: The network, in evaluation mode.
        path: The ``.xml``.

    Raises:
        ExportError: The file's embeddings are not the network's.
    """
    quiet_openvino()
    import openvino

    p = reid.preprocessing
    network = PixelNetwork(reid).eval()
    images = probes(p.height, p.width)
    with torch.inference_mode():
        expected = network(torch.from_numpy(images)).numpy()
    size = (3, p.height, p.width)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of every shape it reads
        converted = openvino.convert_model(
            _FromBgr(network).eval(), example_input=torch.zeros((2, *size)), input=[-1, *size]
        )
    openvino.save_model(converted, path, compress_to_fp16=False)
    return check_parity(path, "openvino", "fp32", "OpenVINO", expected, lambda: run_openvino(path, images))


def run_openvino(path: Path, images: FloatArray) -> FloatArray:
    """The embeddings ``(B, D)`` of RGB images ``(B, 3, H, W)`` 0..255 by OpenVINO on the CPU, in float32."""
    core = make_core()
    compiled = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    rows = [compiled(image[None, ::-1])[compiled.output(0)].copy() for image in images]
    return np.concatenate([row.reshape(1, -1) for row in rows]).astype(np.float32)
