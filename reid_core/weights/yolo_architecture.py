"""Checks the architecture that a YOLO file brings along before a network is built from it.

The builder in ultralytics looks the layers' names up among everything it knows, evaluates an activation given
as text, and passes the arguments on. So only layers of detection networks, plain numbers and a few words get
through.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

LAYERS = frozenset(
    [
        "A2C2f",
        "AConv",
        "ADown",
        "Bottleneck",
        "BottleneckCSP",
        "C2PSA",
        "C2f",
        "C2fCIB",
        "C2fPSA",
        "C3",
        "C3Ghost",
        "C3k2",
        "C3x",
        "CBFuse",
        "CBLinear",
        "Concat",
        "Conv",
        "DWConv",
        "Detect",
        "ELAN1",
        "Focus",
        "GhostBottleneck",
        "GhostConv",
        "PSA",
        "RepC3",
        "RepNCSPELAN4",
        "SCDown",
        "SPP",
        "SPPELAN",
        "SPPF",
        "nn.ConvTranspose2d",
        "nn.Identity",
        "nn.MaxPool2d",
        "nn.Upsample",
        "nn.ZeroPad2d",
        "v10Detect",
    ]
)
"""The layers of the detection networks of YOLOv3 to YOLO26."""
_HEADS = frozenset({"Detect", "v10Detect"})
_WORDS = frozenset({"None", "True", "False", "nc", "nearest", "bilinear"})
_ACTIVATION = re.compile(
    r"(torch\.)?nn\.(SiLU|ReLU|ReLU6|LeakyReLU|Hardswish|Mish|GELU)\((0\.\d+|inplace=True)?\)"
)
_SCALE = re.compile(r"[a-z]{1,2}")
_MAX_LAYERS = 200
_MAX_NUMBER = 1 << 16
_MAX_REPEATS = 100
_MAX_MULTIPLE = 4.0


def clean_architecture(given: Any) -> dict[str, Any]:
    """The parts of an architecture that decide the network, checked; all else is left behind.

    Args:
        given: The dictionary of a YOLO file: ``backbone`` and ``head`` are lists of ``[from, repeats, layer,
            arguments]``, with ``nc`` classes, scales and options.

    Raises:
        ValueError: Says what is not as in a detection network.
    """
    if not isinstance(given, Mapping):
        raise ValueError("its architecture is no dictionary")
    if given.get("channels", given.get("ch", 3)) != 3:
        raise ValueError("it does not take pictures of three colours")
    clean: dict[str, Any] = {"nc": _whole(given.get("nc"), 1, _MAX_NUMBER, "number of classes")}
    for part in ("backbone", "head"):
        layers = given.get(part)
        if not isinstance(layers, list | tuple) or not 0 < len(layers) <= _MAX_LAYERS:
            raise ValueError(f"its {part} is no list of layers")
        clean[part] = [_layer(layer) for layer in layers]
    names = [layer[2] for layer in (*clean["backbone"], *clean["head"])]
    if names[-1] not in _HEADS or any(name in _HEADS for name in names[:-1]):
        raise ValueError(f"it is no detection network (its last layer is {names[-1]})")
    clean.update(_options(given))
    return clean


def _layer(given: Any) -> list[Any]:
    if not isinstance(given, list | tuple) or len(given) != 4:
        raise ValueError("a layer is not given as from, repeats, name, arguments")
    source, repeats, name, arguments = given
    sources = source if isinstance(source, list | tuple) else [source]
    if not sources:
        raise ValueError("a layer takes nothing in")
    origins = [_whole(index, -_MAX_LAYERS, _MAX_LAYERS, "layer index") for index in sources]
    if not isinstance(name, str) or name not in LAYERS:
        raise ValueError(f"its layer {str(name)[:80]!r} belongs to no known detection network")
    if not isinstance(arguments, list | tuple):
        raise ValueError("a layer's arguments are no list")
    return [
        origins if isinstance(source, list | tuple) else origins[0],
        _whole(repeats, 1, _MAX_REPEATS, "number of repeats"),
        name,
        [_argument(argument) for argument in arguments],
    ]


def _argument(given: Any) -> Any:
    if isinstance(given, list | tuple):
        if any(isinstance(item, list | tuple) for item in given):
            raise ValueError("a layer's arguments are nested")
        return [_argument(item) for item in given]
    if given is None or isinstance(given, bool):
        return given
    if isinstance(given, int | float) and math.isfinite(given) and abs(given) <= _MAX_NUMBER:
        return given
    if isinstance(given, str) and given in _WORDS:
        return given
    raise ValueError(f"the argument {str(given)[:80]!r} is none that a layer takes")


def _options(given: Mapping[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    if given.get("scales"):
        clean["scales"] = _scales(given["scales"])
        scale = given.get("scale")
        if not isinstance(scale, str) or scale not in clean["scales"]:
            raise ValueError("it does not say which of its scales it has")
        clean["scale"] = scale
    for key in ("depth_multiple", "width_multiple"):
        if key in given:
            clean[key] = _multiple(given[key])
    if given.get("activation"):
        if not isinstance(given["activation"], str) or not _ACTIVATION.fullmatch(given["activation"]):
            raise ValueError(f"its activation {str(given['activation'])[:80]!r} is not allowed")
        clean["activation"] = given["activation"]
    if given.get("reg_max") is not None:
        clean["reg_max"] = _whole(given["reg_max"], 1, 64, "number of box bins")
    if given.get("end2end") is not None:
        clean["end2end"] = bool(given["end2end"])
    return clean


def _scales(given: Any) -> dict[str, list[float]]:
    if not isinstance(given, Mapping) or len(given) > 16:
        raise ValueError("its scales are no table")
    clean: dict[str, list[float]] = {}
    for name, values in given.items():
        if not isinstance(name, str) or not _SCALE.fullmatch(name):
            raise ValueError("its scales are not named as usual")
        if not isinstance(values, list | tuple) or len(values) != 3:
            raise ValueError("a scale is not given as depth, width, channels")
        depth, width, channels = values
        clean[name] = [
            _multiple(depth),
            _multiple(width),
            _whole(channels, 1, _MAX_NUMBER, "number of channels"),
        ]
    return clean


def _multiple(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= _MAX_MULTIPLE:
        raise ValueError("a scale's factor is out of range")
    return float(given)


def _whole(given: Any, least: int, most: int, what: str) -> int:
    if (
        isinstance(given, bool)
        or not isinstance(given, int | float)
        or given != given // 1
        or not least <= given <= most
    ):
        raise ValueError(f"its {what} is {str(given)[:40]!r}")
    return int(given)
