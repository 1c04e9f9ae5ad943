"""From a model file to an embedder that runs as fast here as it can without losing accuracy."""

from __future__ import annotations

from pathlib import Path

from reid_core.device import choose_device
from reid_core.models.embedder import Embedder
from reid_core.runtimes.batching import Notify
from reid_core.weights.find import find_model
from reid_core.weights.model_file import ModelFormat

BATCH_SIZE = 16


def load_embedder(
    spec: str | Path | None = None,
    *,
    device: str = "auto",
    notify: Notify | None = None,
    project_setting: str | Path | None = None,
    batch_size: int = BATCH_SIZE,
    is_exact: bool = False,
) -> Embedder:
    """A re-identification model ready to run.

    An OpenVINO model runs on the CPU whatever the device. Any other runs on CUDA in torch with half
    precision, or on the CPU, converted once to OpenVINO and kept in the cache, in bfloat16 where the CPU has
    it and vectors hardly change.

    Args:
        spec: Path or name of a model; None looks for one, see `find_model`.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        notify: Hears of smaller batches.
        project_setting: What the project remembers as its model.
        batch_size: Crops that the network sees at once, to begin with.
        is_exact: Compute in float32 everywhere, as figures need it that are to be the same on every computer.

    Raises:
        ModelNotFoundError: There is no model.
        ModelRefusedError: The file is not what it should be.
        UsageError: The device is unknown or absent.
    """
    model = find_model("reid", spec, project_setting)
    if model.format is ModelFormat.OPENVINO:
        from reid_core.models.openvino_embedder import load_openvino

        return load_openvino(model, batch_size, notify)
    where = choose_device(device)
    if where.kind == "cpu":
        from reid_core.models.openvino_embedder import load_converted

        return load_converted(model, where, batch_size, notify, is_exact=is_exact)
    from reid_core.models.torch_embedder import load_torch

    return load_torch(model, where, batch_size, notify, is_exact=is_exact)
