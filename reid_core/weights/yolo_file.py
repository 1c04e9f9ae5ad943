"""Reads YOLO detectors: ultralytics' ``.pt`` files without running them, and bundles of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from reid_core.errors import ModelRefusedError
from reid_core.weights.model_file import ModelFile, ModelFormat, tell_format
from reid_core.weights.safetensors_file import parse_bundle
from reid_core.weights.shells import YOLO_GLOBALS, Shell, tensors_of
from reid_core.weights.torch_file import check_tensors, read_model, read_torch
from reid_core.weights.yolo_architecture import clean_architecture

PERSON = "person"


@dataclass(frozen=True, slots=True)
class YoloWeights:
    """A YOLO detection network as data.

    Attributes:
        architecture: What ultralytics builds the network from; checked.
        state: Tensors by name, float32.
        names: What each class is called, by index.
        person_idx: Which class is the person.
    """

    architecture: dict[str, Any]
    state: dict[str, Tensor]
    names: dict[int, str]
    person_idx: int

    def describe(self) -> dict[str, Any]:
        """The description that goes with the state into a bundle (`save_bundle`)."""
        names = {str(index): name for index, name in self.names.items()}
        return {"architecture": self.architecture, "names": names}


def read_yolo(model: Path | ModelFile) -> YoloWeights:
    """Read a YOLO detector.

    Raises:
        ModelRefusedError: It is not a detector that knows persons, is damaged, or holds what it should not.
    """
    path, data = read_model(model)
    match tell_format(data, path.name):
        case ModelFormat.TORCH:
            architecture, state, names = _open_checkpoint(
                read_torch(data, path.name, YOLO_GLOBALS), path.name
            )
        case ModelFormat.SAFETENSORS:
            state, description = parse_bundle(data, path.name)
            architecture, names = description.get("architecture"), description.get("names")
        case ModelFormat.OPENVINO:
            raise ModelRefusedError(f"{path.name} is an OpenVINO model, not YOLO weights.")
    check_tensors(state, path.name)
    try:
        clean = clean_architecture(architecture)
        classes = class_names(names)
        person = find_person(classes)
    except ValueError as error:
        raise ModelRefusedError(
            f"{path.name} is not a YOLO person detector: {error}. Name another one."
        ) from error
    floats = {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    return YoloWeights(clean, floats, classes, person)


def class_names(given: Any) -> dict[int, str]:
    """Names of classes by index, from a list or from a dictionary whose keys are or look like whole numbers.

    Raises:
        ValueError: It is neither.
    """
    pairs = dict(enumerate(given)) if isinstance(given, list | tuple) else given
    if not isinstance(pairs, Mapping) or not pairs:
        raise ValueError("it does not name its classes")
    try:
        return {int(index): str(name) for index, name in pairs.items()}
    except (TypeError, ValueError):
        raise ValueError("it does not number its classes") from None


def find_person(names: Mapping[int, str]) -> int:
    """Which class is the person: the one called so, or the only one there is.

    Raises:
        ValueError: Several classes, and none is called person.
    """
    for index, name in names.items():
        if name.strip().lower() in {PERSON, "pedestrian"}:
            return index
    if len(names) == 1:
        return next(iter(names))
    raise ValueError("it knows no class named person")


def _open_checkpoint(content: Any, name: str) -> tuple[Any, dict[str, Tensor], Any]:
    """Architecture, tensors and class names of an ultralytics checkpoint made of shells."""
    entries = content if isinstance(content, Mapping) else {}
    network = next((part for key in ("ema", "model") if isinstance(part := entries.get(key), Shell)), None)
    if network is None:
        raise ModelRefusedError(f"{name} holds no YOLO network. Name a detector as ultralytics saves it.")
    try:
        state = dict(tensors_of(network))
    except ValueError as error:
        raise ModelRefusedError(f"{name} is no YOLO network: {error}.") from error
    return network.state.get("yaml"), state, network.state.get("names")
