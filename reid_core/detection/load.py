"""From a model file to a detector that runs as fast here as it can without losing accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_core.detection.base import Detector, DetectorConfig
from reid_core.detection.replay import ReplayDetector
from reid_core.detection.yolo import YoloDetector
from reid_core.device import Device, choose_device
from reid_core.errors import ModelRefusedError
from reid_core.runtimes.batching import Notify
from reid_core.types import FloatArray
from reid_core.weights.find import find_model
from reid_core.weights.model_file import ModelFile, ModelFormat

if TYPE_CHECKING:
    from torch import nn

REPLAY_PREFIX = "replay:"
"""A detector named ``replay:FOLDER`` gives the boxes of the files in the folder."""
_TRACED_SIZE = (384, 640)
_PROBE_SCORE = 0.25
_MAX_SCORE_CHANGE = 0.03
_MAX_BOX_CHANGE_PX = 3.0


def load_detector(
    spec: str | Path | None = None,
    *,
    device: str = "auto",
    config: DetectorConfig | None = None,
    project_setting: str | Path | None = None,
    notify: Notify | None = None,
) -> Detector:
    """A detector.

    On the CPU the network is converted once to OpenVINO and kept in the cache, or a file in 8 bits that comes
    with it is taken, which is as good as its card says; on CUDA it runs in torch with half precision.

    Args:
        spec: Path or name of a model, or ``replay:FOLDER``; None looks for one, see `find_model`.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        config: How persons are found.
        project_setting: What the project remembers as its detector.
        notify: Hears of smaller batches.

    Raises:
        ModelNotFoundError: There is no model.
        ModelRefusedError: The file is not what it should be.
        UsageError: The device is unknown or absent.
    """
    chosen = config or DetectorConfig()
    wanted = str(spec or project_setting or "")
    if wanted.startswith(REPLAY_PREFIX):
        folder = Path(wanted.removeprefix(REPLAY_PREFIX))
        return ReplayDetector(folder, score_threshold=chosen.score_threshold, batch_size=chosen.batch_size)
    model = find_model("detector", spec, project_setting)
    if model.format is ModelFormat.OPENVINO:
        return _load_openvino(model, "as it was exported", chosen, notify)
    where = choose_device(device)
    if where.kind == "cpu" and model.int8 is not None:
        return _load_openvino(model.int8, f"in int8 ({where.reason})", chosen, notify)
    load = _load_converted if where.kind == "cpu" else _load_torch
    return load(model, where, chosen, notify)


def _load_torch(model: ModelFile, device: Device, config: DetectorConfig, notify: Notify | None) -> Detector:
    import copy

    from reid_core.runtimes.torch_runtime import TorchRuntime

    network = _make_network(model)
    half = " in half precision" if device.kind == "cuda" else ""
    return YoloDetector(
        lambda _size, n: TorchRuntime(copy.deepcopy(network), device.kind, n),
        config,
        model.sha256,
        f"{model.name} on {device.kind}{half} ({device.reason})",
        notify=notify,
    )


def _load_converted(
    model: ModelFile, device: Device, config: DetectorConfig, notify: Notify | None
) -> Detector:
    from reid_core.runtimes.conversion import Source, converted_model
    from reid_core.runtimes.openvino_runtime import OpenVinoRuntime, make_core
    from reid_core.runtimes.precision import choose_precision

    core = make_core()
    identity = {"kind": "yolo persons", "weights": model.sha256}
    network = converted_model(core, identity, lambda: Source(_make_network(model), _TRACED_SIZE)).model

    def prepare(size: tuple[int, int], batch_size: int, precision: str) -> OpenVinoRuntime:
        return OpenVinoRuntime(core, network, size, batch_size, precision=precision)

    precision = choose_precision(
        core,
        model.sha256,
        lambda name: prepare(_TRACED_SIZE, config.batch_size, name),
        lambda: _probe(config.batch_size),
        finds_the_same,
    )
    return YoloDetector(
        lambda size, n: prepare(size, n, precision.name),
        config,
        model.sha256,
        f"{model.name} on cpu with OpenVINO in {precision.reason} ({device.reason})",
        notify=notify,
    )


def _load_openvino(model: ModelFile, how: str, config: DetectorConfig, notify: Notify | None) -> Detector:
    from reid_core.detection.openvino_head import keep_persons
    from reid_core.runtimes.openvino_pictures import fixed_size, load_model, take_pictures
    from reid_core.runtimes.openvino_runtime import OpenVinoRuntime, make_core
    from reid_core.weights.openvino_file import read_openvino
    from reid_core.weights.yolo_file import find_person

    core = make_core()
    file = read_openvino(model)
    network = load_model(core, file)
    try:
        person_idx = find_person(dict(enumerate(file.labels)))
    except ValueError as error:
        raise ModelRefusedError(
            f"{file.name} is not a person detector: {error}. Name another one."
        ) from error
    size = fixed_size(network)
    network = take_pictures(
        keep_persons(network, person_idx, len(file.labels), file.name), is_bgr=False, scale=255
    )
    return YoloDetector(
        lambda wanted, n: OpenVinoRuntime(core, network, wanted, n),
        config,
        model.sha256,
        f"{model.name} on cpu with OpenVINO {how}",
        picture_size=size,
        notify=notify,
    )


def _make_network(model: ModelFile) -> nn.Module:
    """``(B, H, W, 3)`` uint8 to ``(B, 5, A)``."""
    from reid_core.detection.yolo_network import build_network
    from reid_core.runtimes.pictured import Pictured
    from reid_core.weights.yolo_file import read_yolo

    return Pictured(build_network(read_yolo(model), model.path.name), (0, 0, 0), (255, 255, 255))


def _probe(n: int) -> Any:
    """``(n, H, W, 3)``: the photographs of people inside the ultralytics package, letterboxed."""
    import importlib.util

    import cv2

    from reid_core.detection.letterbox import fit_picture

    pictures = []
    package = importlib.util.find_spec("ultralytics")
    home = Path(package.origin).parent if package is not None and package.origin else Path()
    for name in ("bus.jpg", "zidane.jpg"):
        image = cv2.imread(str(home / "assets" / name))
        if image is None:
            continue
        box = fit_picture(image.shape[1], image.shape[0], _TRACED_SIZE[1], _TRACED_SIZE[0])
        picture = box.blank(1)[0]
        box.draw(image[..., ::-1], picture)
        pictures.append(picture)
    if not pictures:
        pictures = [np.random.default_rng(0).integers(0, 256, (*_TRACED_SIZE, 3), np.uint8)]
    return np.stack([pictures[i % len(pictures)] for i in range(n)])


def finds_the_same(exact: FloatArray, fast: FloatArray) -> bool:
    """Whether another arithmetic leaves the persons where they are.

    Args:
        exact: ``(B, 5, A)`` in float32, see `PersonNetwork`.
        fast: The same in the other arithmetic.
    """
    counts = np.maximum(exact[:, 4], fast[:, 4]) >= _PROBE_SCORE
    change = np.abs(exact - fast)
    scores, boxes = change[:, 4][counts], change[:, :4].max(1)[counts]
    return bool((scores <= _MAX_SCORE_CHANGE).all() and (boxes <= _MAX_BOX_CHANGE_PX).all())
