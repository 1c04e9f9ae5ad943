"""ONNX: one file with the network and its normalisation, for any runtime that reads it.

The graph takes RGB pictures on the scale 0..255 in the network's size and gives the embedding, not normalised
to length 1 (a division that old runtimes get wrong, and one line for the caller). Batch norms are folded by
the runtime. Source of the acceptance test: FastReID's deployment tools.
"""

from __future__ import annotations

import logging
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from reid_core.errors import UsageError
from reid_core.models.networks import ReidNetwork
from reid_core.types import FloatArray
from training.export.parity import ExportError, Parity, check_parity, cosines, probes

INPUT, OUTPUT = "images", "embeddings"


class PixelNetwork(nn.Module):
    """A network in front of which the normalisation of its pixels stands.

    ``(B, 3, H, W)`` float RGB 0..255 to embeddings ``(B, D)``.

    Args:
        reid: The network with its preprocessing.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, reid: ReidNetwork) -> None:
        super().__init__()
        self.network, self.is_bgr = reid.network, reid.preprocessing.is_bgr
        for name, values in (("mean", reid.preprocessing.mean), ("std", reid.preprocessing.std)):
            self.register_buffer(name, torch.tensor(values).reshape(1, 3, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        pixels = images.flip(1) if self.is_bgr else images
        out: Tensor = self.network((pixels - self.mean) / self.std)
        return out


def export_onnx(reid: ReidNetwork, path: Path) -> Parity:
    """Write a network as ONNX and check the file, with ONNX Runtime where it is installed, else with OpenCV.

    Args:
        reid: The network, in evaluation mode.
        path: The file; the first axis of input and output is of any length.

    Raises:
        UsageError: The packages onnx and onnxscript are not installed.
        ExportError: The file's embeddings are not the network's.
    """
    if find_spec("onnx") is None or find_spec("onnxscript") is None:
        raise UsageError("Writing ONNX needs two packages: install them with `pip install onnx onnxscript`.")
    network = PixelNetwork(reid).eval()
    p = reid.preprocessing
    images = probes(p.height, p.width)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # onnxscript uses what torch has deprecated
        torch.onnx.export(
            network,
            (torch.from_numpy(images[:2]),),
            str(path),
            dynamo=True,
            external_data=False,
            verbose=False,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
        )
    with torch.inference_mode():
        expected = network(torch.from_numpy(images)).numpy()
    has_runtime = find_spec("onnxruntime") is not None
    runtime, run = ("ONNX Runtime", run_onnxruntime) if has_runtime else ("OpenCV", run_opencv)
    return check_parity(path, "onnx", "fp32", runtime, expected, lambda: run(path, images))


def run_onnxruntime(path: Path, images: FloatArray) -> FloatArray:
    """The embeddings ``(B, D)`` of images ``(B, 3, H, W)`` by ONNX Runtime on the CPU."""
    import onnxruntime  # type: ignore[import-untyped, unused-ignore]

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run([OUTPUT], {INPUT: images})[0], np.float32)


def run_opencv(path: Path, images: FloatArray) -> FloatArray:
    """The embeddings ``(B, D)`` of images ``(B, 3, H, W)`` by OpenCV's runtime, one image at a time."""
    import cv2

    rows = []
    try:
        network = cv2.dnn.readNetFromONNX(str(path))
        for image in images:
            network.setInput(image[None], INPUT)
            rows.append(np.array(network.forward())[0])
    except cv2.error as error:
        raise ExportError(
            f"OpenCV cannot run {path.name} ({error.err}): install onnxruntime to have it checked by that."
        ) from error
    return np.stack(rows).astype(np.float32)


def least_cosine(x: FloatArray, y: FloatArray) -> float:
    """The least cosine between rows of equal number, ``(N, D)`` each."""
    return float(cosines(x, y).min())
