"""Embedders on the CPU: an OpenVINO model as it is, or a torch network converted once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from reid_core.device import Device
from reid_core.errors import ModelRefusedError
from reid_core.models.batch_embedder import BatchEmbedder
from reid_core.models.embedder import Preprocessing, make_space, preprocessing_from
from reid_core.runtimes.base import PictureBatch
from reid_core.runtimes.batching import Notify
from reid_core.runtimes.conversion import Source, converted_model
from reid_core.runtimes.openvino_pictures import fixed_size, load_model, take_pictures
from reid_core.runtimes.openvino_runtime import FLOAT32, OpenVinoRuntime, make_core
from reid_core.runtimes.precision import Precision, choose_precision
from reid_core.types import FloatArray
from reid_core.weights.model_file import ModelFile
from reid_core.weights.openvino_file import read_openvino

_LEAST_COSINE = 0.999
_N_PROBES = 8
_INTEL_INPUT = Preprocessing(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), is_bgr=True)
"""Open Model Zoo's person re-identification models take BGR 0..255; their normalisation is inside."""


def load_openvino(model: ModelFile, batch_size: int, notify: Notify | None) -> BatchEmbedder:
    """The embedder of an OpenVINO model with the input of the Open Model Zoo: one BGR crop, 0..255.

    Raises:
        ModelRefusedError: Its input or output is not that of an embedder.
    """
    core = make_core()
    file = read_openvino(model)
    network = load_model(core, file)
    size = fixed_size(network)
    shape = network.outputs[0].get_partial_shape()
    dims = [axis.get_length() for axis in list(shape)[1:] if axis.is_static]
    if size is None or len(network.outputs) != 1 or len(dims) != len(shape) - 1 or max(dims) != np.prod(dims):
        raise ModelRefusedError(f"{file.name} does not turn one crop into one vector. Name a re-ID model.")
    preprocessing = Preprocessing(size[0], size[1], _INTEL_INPUT.mean, _INTEL_INPUT.std, _INTEL_INPUT.is_bgr)
    network = take_pictures(network, is_bgr=True, scale=1)
    return BatchEmbedder(
        lambda n: OpenVinoRuntime(core, network, size, n),
        make_space(model.name, model.sha256, preprocessing, int(max(dims))),
        batch_size,
        f"{model.name} on cpu with OpenVINO in fp32",
        notify,
    )


def load_converted(
    model: ModelFile, device: Device, batch_size: int, notify: Notify | None, *, is_exact: bool = False
) -> BatchEmbedder:
    """The embedder of a torch network, converted to OpenVINO once and then taken from the cache.

    Raises:
        ModelRefusedError: The file is not safe, not sound, or of no known network.
    """
    core = make_core()
    converted = converted_model(core, {"kind": "embedder", "weights": model.sha256}, lambda: _source(model))
    preprocessing = preprocessing_from(converted.facts)
    size = (preprocessing.height, preprocessing.width)
    dim = converted.model.outputs[0].get_partial_shape()[1].get_length()

    def prepare(n: int, precision: str) -> OpenVinoRuntime:
        return OpenVinoRuntime(core, converted.model, size, n, precision=precision)

    if is_exact:
        precision = Precision(FLOAT32, "fp32, for it was asked to be exact")
    else:
        precision = choose_precision(
            core,
            model.sha256,
            lambda name: prepare(_N_PROBES, name),
            lambda: _probe(size),
            points_the_same_way,
        )
    return BatchEmbedder(
        lambda n: prepare(n, precision.name),
        make_space(model.name, model.sha256, preprocessing, dim),
        batch_size,
        f"{model.name} on cpu with OpenVINO in {precision.reason} ({device.reason})",
        notify,
    )


def points_the_same_way(exact: FloatArray, fast: FloatArray) -> bool:
    """Whether each vector of another arithmetic ``(N, D)`` has a cosine of .999 to the exact ``(N, D)``."""
    lengths = np.linalg.norm(exact, axis=1) * np.linalg.norm(fast, axis=1)
    cosines = (exact * fast).sum(1) / np.maximum(lengths, 1e-12)
    return bool((cosines >= _LEAST_COSINE).all())


def _source(model: ModelFile) -> Source:
    from reid_core.models.networks import read_network
    from reid_core.runtimes.pictured import Pictured

    read = read_network(model)
    p = read.preprocessing
    network = Pictured(read.network, p.mean, p.std, is_bgr=p.is_bgr)
    return Source(network, (p.height, p.width), asdict(p))


def _probe(size: tuple[int, int]) -> PictureBatch:
    """``(N, H, W, 3)`` smooth noise: blocks of colour, more like a picture than white noise is."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (_N_PROBES, -(-size[0] // 16), -(-size[1] // 16), 3), np.uint8)
    fine: Any = coarse.repeat(16, axis=1).repeat(16, axis=2)[:, : size[0], : size[1]]
    return np.ascontiguousarray(fine)
