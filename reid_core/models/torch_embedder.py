"""Embedders on a GPU: the torch network itself, in half precision on CUDA."""

from __future__ import annotations

import copy

from reid_core.device import Device
from reid_core.models.batch_embedder import BatchEmbedder
from reid_core.models.embedder import make_space
from reid_core.models.networks import read_network
from reid_core.runtimes.batching import Notify
from reid_core.runtimes.pictured import Pictured
from reid_core.runtimes.torch_runtime import TorchRuntime
from reid_core.weights.model_file import ModelFile


def load_torch(
    model: ModelFile, device: Device, batch_size: int, notify: Notify | None, *, is_exact: bool = False
) -> BatchEmbedder:
    """The embedder of a torch network on its device.

    Raises:
        ModelRefusedError: The file is not safe, not sound, or of no known network.
    """
    import torch

    read = read_network(model)
    p = read.preprocessing
    with torch.inference_mode():
        dim = read.network(torch.zeros(1, 3, p.height, p.width)).shape[1]
    network = Pictured(read.network, p.mean, p.std, is_bgr=p.is_bgr)
    half = " in half precision" if device.kind == "cuda" and not is_exact else ""
    return BatchEmbedder(
        lambda n: TorchRuntime(copy.deepcopy(network), device.kind, n, is_exact=is_exact),
        make_space(model.name, model.sha256, p, dim),
        batch_size,
        f"{model.name} on {device.kind}{half} ({device.reason})",
        notify,
    )
