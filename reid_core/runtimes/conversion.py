"""Converts a torch network to OpenVINO once and keeps the result in the cache."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_core.paths import cache_dir
from reid_core.thirdparty import quiet_openvino

if TYPE_CHECKING:
    from torch import nn

_REVISION = 1
"""Raised when conversion changes its result."""
_NAMES = ("model.xml", "model.bin", "facts.json")
_SEAL = "sha256.json"


@dataclass(frozen=True, slots=True)
class Source:
    """A torch network to convert.

    Attributes:
        network: ``(B, H, W, 3)`` uint8 to one output.
        size: ``(H, W)`` of the example that is traced; the model takes other sizes if the network does.
        facts: What is to be known of it without building it again. Plain values.
    """

    network: nn.Module
    size: tuple[int, int]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted network.

    Attributes:
        model: ``openvino.Model`` in float32, input ``(?, H, W, 3)`` uint8.
        facts: As its `Source` has them.
    """

    model: Any
    facts: Mapping[str, Any]


def converted_model(core: Any, identity: Mapping[str, Any], build: Callable[[], Source]) -> Converted:
    """The OpenVINO model of a network, from the cache or freshly converted.

    The cache is named after what decides the result. Its files are written elsewhere and moved in whole, and
    read back against their hashes: a damaged entry is made again.

    Args:
        core: From `make_core`.
        identity: What the network is: hash of its weights and its options. Plain values.
        build: Makes the network. Called only where nothing is cached.
    """
    folder = cache_dir() / "models" / _name_of(identity)
    cached = _read_entry(core, folder)
    if cached is not None:
        return cached
    source = build()
    model = _convert(source)
    _write_entry(folder, model, source.facts)
    # Read back, so that the first use and the later ones run the same; the folder may be of no use.
    return _read_entry(core, folder) or Converted(model, source.facts)


def _name_of(identity: Mapping[str, Any]) -> str:
    quiet_openvino()
    import openvino

    whole = {**identity, "revision": _REVISION, "openvino": openvino.get_version()}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:32]


def _convert(source: Source) -> Any:
    quiet_openvino()
    import openvino
    import torch

    example = torch.zeros((2, *source.size, 3), dtype=torch.uint8)
    with torch.no_grad(), warnings.catch_warnings():
        # OpenVINO traces by torch.jit, which torch calls outdated; tracing warns of every shape it reads.
        warnings.simplefilter("ignore")
        return openvino.convert_model(source.network.eval(), example_input=example)


def _read_entry(core: Any, folder: Path) -> Converted | None:
    """What is cached; None where that is nothing, damaged, or no network of one input and one output."""
    try:
        seal = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
        xml, weights, facts = ((folder / name).read_bytes() for name in _NAMES)
        if seal != _seal_of(xml, weights, facts):
            return None
        known = json.loads(facts)
        model = core.read_model(xml, weights)
    except (OSError, ValueError, RuntimeError):  # OpenVINO raises the last for what it cannot read
        return None
    is_sound = isinstance(known, dict) and len(model.inputs) == len(model.outputs) == 1
    return Converted(model, known) if is_sound else None


def _seal_of(*contents: bytes) -> list[str]:
    return [hashlib.sha256(data).hexdigest() for data in contents]


def _write_entry(folder: Path, model: Any, facts: Mapping[str, Any]) -> None:
    """Best effort: without a writable cache every start converts anew."""
    import openvino

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="making-") as made:
            fresh = Path(made) / "entry"
            fresh.mkdir()
            openvino.save_model(model, fresh / _NAMES[0], compress_to_fp16=False)
            (fresh / _NAMES[2]).write_text(json.dumps(facts), encoding="utf-8")
            seal = _seal_of(*((fresh / name).read_bytes() for name in _NAMES))
            (fresh / _SEAL).write_text(json.dumps(seal), encoding="utf-8")
            if folder.exists():  # damaged, or made by another process in the meantime
                shutil.rmtree(folder, ignore_errors=True)
            fresh.replace(folder)
    except OSError:
        return
