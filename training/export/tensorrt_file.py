"""TensorRT: an engine for the GPU of this computer, built from our ONNX where TensorRT is installed."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reid_core.errors import UsageError
from reid_core.models.networks import ReidNetwork
from reid_core.types import FloatArray
from training.export.onnx_file import INPUT, PixelNetwork, export_onnx
from training.export.parity import ExportError, Parity, check_parity, probes

MOST_BATCH = 64


def export_tensorrt(reid: ReidNetwork, path: Path) -> Parity:
    """Write an engine in float32 for batches of 1 to 64 and check it on the GPU.

    Args:
        reid: The network, in evaluation mode.
        path: The ``.engine``; it works with this GPU and this version of TensorRT alone.

    Raises:
        UsageError: TensorRT or a GPU is missing.
        ExportError: TensorRT refuses the network, or the engine's embeddings are not the network's.
    """
    if find_spec("tensorrt") is None or not torch.cuda.is_available():
        raise UsageError(
            "Writing a TensorRT engine needs an NVIDIA GPU and the package tensorrt: install it with `pip "
            "install tensorrt`, or export onnx or openvino."
        )
    p = reid.preprocessing
    images = probes(p.height, p.width)
    with torch.inference_mode():
        expected = PixelNetwork(reid).eval()(torch.from_numpy(images)).numpy()
    with tempfile.TemporaryDirectory() as work:
        export_onnx(reid, Path(work) / "model.onnx")
        engine = _build((Path(work) / "model.onnx").read_bytes(), (3, p.height, p.width))
    path.write_bytes(engine)
    return check_parity(path, "tensorrt", "fp32", "TensorRT", expected, lambda: run_tensorrt(path, images))


def _build(onnx: bytes, size: tuple[int, int, int]) -> Any:
    import tensorrt  # type: ignore[import-not-found, unused-ignore]

    log = tensorrt.Logger(tensorrt.Logger.ERROR)
    builder = tensorrt.Builder(log)
    network = builder.create_network(0)
    parser = tensorrt.OnnxParser(network, log)
    if not parser.parse(onnx):
        raise ExportError(f"TensorRT does not take the network: {parser.get_error(0)}.")
    config = builder.create_builder_config()
    config.clear_flag(tensorrt.BuilderFlag.TF32)
    profile = builder.create_optimization_profile()
    profile.set_shape(INPUT, (1, *size), (16, *size), (MOST_BATCH, *size))
    config.add_optimization_profile(profile)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise ExportError("TensorRT could not build an engine of the network.")
    return engine


def run_tensorrt(path: Path, images: FloatArray) -> FloatArray:
    """The embeddings ``(B, D)`` of RGB images ``(B, 3, H, W)`` 0..255 on the GPU."""
    import tensorrt

    runtime = tensorrt.Runtime(tensorrt.Logger(tensorrt.Logger.ERROR))
    engine = runtime.deserialize_cuda_engine(path.read_bytes())
    context = engine.create_execution_context()
    given = torch.from_numpy(images).cuda().contiguous()
    names = [engine.get_tensor_name(number) for number in range(engine.num_io_tensors)]
    output = next(name for name in names if name != INPUT)
    context.set_input_shape(INPUT, tuple(given.shape))
    out = torch.empty(tuple(context.get_tensor_shape(output)), device="cuda")
    context.set_tensor_address(INPUT, given.data_ptr())
    context.set_tensor_address(output, out.data_ptr())
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    context.execute_async_v3(stream.cuda_stream)
    stream.synchronize()
    return np.asarray(out.cpu().numpy(), np.float32)
