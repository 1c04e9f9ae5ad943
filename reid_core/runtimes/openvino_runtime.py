"""Runs an OpenVINO model on all cores of the CPU."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from reid_core.device import n_cores
from reid_core.runtimes.base import DeviceMemoryError, PictureBatch, Running
from reid_core.thirdparty import quiet_openvino
from reid_core.types import FloatArray

FLOAT32, BFLOAT16 = "f32", "bf16"
_MEMORY_WORDS = ("bad_alloc", "out of memory", "cannot allocate", "failed to allocate")


def make_core() -> Any:
    """OpenVINO's entry point, without its telemetry and without any extension."""
    quiet_openvino()
    import openvino

    return openvino.Core()


class OpenVinoRuntime:
    """An OpenVINO model in several streams, each of which runs a few pictures at a time.

    A batch is cut into portions of a fixed size, which the streams take as they become free; the portions of
    the next batch may wait already, so that no stream stands idle between two. With portions of one picture
    nothing is ever padded, and no picture can touch the result of another. One stream per core in use was
    measured to be faster than one stream over all cores with the same number of pictures in one request
    (``benchmarks/detector.py``).

    Args:
        core: From `make_core`.
        model: A model of one input ``(?, H, W, 3)`` uint8 and one output.
        size: ``(H, W)`` of the pictures.
        batch_size: Pictures that will be given together, at most; it decides the number of streams.
        portion: Pictures in one request.
        precision: `FLOAT32` or `BFLOAT16`.
    """

    def __init__(
        self,
        core: Any,
        model: Any,
        size: tuple[int, int],
        batch_size: int,
        *,
        portion: int = 1,
        precision: str = FLOAT32,
    ) -> None:
        import openvino

        self._make_tensor = openvino.Tensor
        self._portion = portion
        n_streams = max(1, min(n_cores(), -(-batch_size // portion)))
        sized = model.clone()
        try:
            sized.reshape([portion, *size, 3])
            compiled = core.compile_model(
                sized,
                "CPU",
                {
                    "PERFORMANCE_HINT": "THROUGHPUT",
                    "NUM_STREAMS": n_streams,
                    "INFERENCE_NUM_THREADS": n_cores(),
                    "INFERENCE_PRECISION_HINT": precision,
                },
            )
            self._make_request = compiled.create_infer_request
            self._idle = [self._make_request() for _ in range(n_streams)]
        except (RuntimeError, MemoryError) as error:
            raise _translated(error) from error

    def start(self, pictures: PictureBatch) -> Running:
        """See `Runtime`."""
        n, portion = len(pictures), self._portion
        padded = np.ascontiguousarray(pictures)
        if n % portion:
            padded = np.zeros((n + portion - n % portion, *pictures.shape[1:]), np.uint8)
            padded[:n] = pictures
        at_work: list[tuple[Any, PictureBatch]] = []  # OpenVINO reads the pictures where they lie
        try:
            for start in range(0, len(padded), portion):
                request = self._idle.pop() if self._idle else self._make_request()
                part = padded[start : start + portion]
                request.set_input_tensor(self._make_tensor(part, shared_memory=True))
                request.start_async()
                at_work.append((request, part))
        except (RuntimeError, MemoryError) as error:
            _abandon(at_work)
            raise _translated(error) from error

        def result() -> FloatArray:
            try:
                out = [_take(request) for request, _ in at_work]
            except (RuntimeError, MemoryError) as error:
                _abandon(at_work)
                raise _translated(error) from error
            self._idle.extend(request for request, _ in at_work)
            return np.concatenate(out)[:n]

        return result


def _take(request: Any) -> FloatArray:
    request.wait()
    result: FloatArray = request.get_output_tensor(0).data.astype(np.float32)
    return result


def _abandon(at_work: list[tuple[Any, PictureBatch]]) -> None:
    """Wait for requests whose results nobody wants: their pictures must outlive them."""
    for request, _ in at_work:
        with suppress(RuntimeError):
            request.wait()


def _translated(error: Exception) -> Exception:
    text = str(error).lower()
    is_memory = isinstance(error, MemoryError) or any(word in text for word in _MEMORY_WORDS)
    return DeviceMemoryError(str(error)) if is_memory else error
