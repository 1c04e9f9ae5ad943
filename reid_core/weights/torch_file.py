"""Reads weights: safetensors, or torch files by torch's restricted reader; pickle is no fall-back."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from reid_core.errors import ModelRefusedError
from reid_core.weights.model_file import MAX_MODEL_BYTES, ModelFile, ModelFormat, read_bytes, tell_format
from reid_core.weights.pickle_names import strange_names
from reid_core.weights.safetensors_file import parse_safetensors
from reid_core.weights.shells import NUMBER_GLOBALS, Shell

_CONTAINERS = ("state_dict", "model")
_MAX_STORED_SURPLUS = 1 << 20
_UNNAMED = "an object that is not on the list of allowed ones"
_GLOBAL_IN_MESSAGE = (
    re.compile(r"GLOBAL (\S+) (?:was not an allowed|whose module)"),
    re.compile(r"reduce for unrecognized function (.+?)(?: which belongs|$)", re.M),
    re.compile(r"but got (<class .+?>)"),
)
_allow_list_in_use = threading.Lock()
"""torch keeps the allow-list per process, so two readers with different lists must not overlap."""


def load_state(model: Path | ModelFile) -> dict[str, Tensor]:
    """The tensors of a weights file by name, on the CPU, every one checked.

    Accepts safetensors, and torch files that hold a state dict bare, under ``state_dict`` or under ``model``;
    strips a leading ``module.``.

    Raises:
        ModelRefusedError: The file is no weights file, holds other objects than tensors and numbers, is
            damaged, or has values that are not finite. The message names the offending object.
    """
    path, data = read_model(model)
    if tell_format(data, path.name) is ModelFormat.SAFETENSORS:
        state, _ = parse_safetensors(data, path.name)
    elif tell_format(data, path.name) is ModelFormat.TORCH:
        state = _unwrap(read_torch(data, path.name, NUMBER_GLOBALS), path.name)
    else:
        raise ModelRefusedError(f"{path.name} is an OpenVINO model, not a file of weights.")
    state = {name.removeprefix("module."): value for name, value in state.items()}
    check_tensors(state, path.name)
    return state


def read_model(model: Path | ModelFile) -> tuple[Path, bytes]:
    """Path and content of a model file; where its hash is known, the content must still have it.

    Raises:
        ModelRefusedError: The file cannot be read, or changed since it was found.
    """
    if isinstance(model, Path):
        return model, read_bytes(model)
    data = read_bytes(model.path)
    if hashlib.sha256(data).hexdigest() != model.sha256:
        raise ModelRefusedError(f"{model.path} changed while it was being opened. Try again.")
    return model.path, data


def read_torch(data: bytes, name: str, allowed: Iterable[str]) -> Any:
    """The content of a torch file, with shells in place of the allowed objects.

    Args:
        data: The whole file.
        name: Its name, for messages.
        allowed: Names of the objects that may stand in it, beside tensors and plain values.

    Raises:
        ModelRefusedError: It holds another object, is damaged, or would unpack to more than it is.
    """
    _check_archive(data, name)
    # torch walks the whole list at every step of its reader, so only names that the file can mean are given.
    met = [global_ for global_ in allowed if global_.rpartition(".")[2].encode() in data]
    stand_ins: list[Any] = [(type("Shell", (Shell,), {"__slots__": ()}), global_) for global_ in met]
    try:
        with _allow_list_in_use, torch.serialization.safe_globals(stand_ins), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # a crafted file can make the reader raise anything
        raise _refusal(name, error, data) from error


def check_tensors(state: Mapping[str, Tensor], name: str) -> None:
    """Refuse tensors that no network has: not dense, not in memory, larger than their data, or not finite.

    Raises:
        ModelRefusedError: Names the first such tensor.
    """
    if not state:
        raise ModelRefusedError(f"{name} holds no weights.")
    for key, value in state.items():
        if value.layout is not torch.strided or value.device.type != "cpu" or value.is_quantized:
            raise ModelRefusedError(
                f"{name} holds {key} as a tensor that is not plain. Save dense CPU tensors."
            )
        if value.numel() * value.element_size() > value.untyped_storage().nbytes():
            raise ModelRefusedError(f"{name} claims a larger {key} than it holds; the file is not genuine.")
        if value.is_complex() or (value.is_floating_point() and not bool(torch.isfinite(value).all())):
            raise ModelRefusedError(f"{name} has values in {key} that are not finite numbers; it is damaged.")


def _check_archive(data: bytes, name: str) -> None:
    """A torch archive stores its parts uncompressed; anything else is made to swell."""
    if data[:2] != b"PK":
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ModelRefusedError(f"{name} is damaged or cut off ({error}). Get the file again.") from error
    total = sum(part.file_size for part in parts)
    if any(part.compress_type != zipfile.ZIP_STORED for part in parts) or total > min(
        len(data) + _MAX_STORED_SURPLUS, MAX_MODEL_BYTES
    ):
        raise ModelRefusedError(f"{name} is compressed, which torch weights never are; it is not genuine.")
    if any(part.filename.endswith("/constants.pkl") for part in parts):
        raise ModelRefusedError(
            f"{name} is a TorchScript program, not weights. Name the weights that it was made from."
        )


def _refusal(name: str, error: Exception, data: bytes) -> ModelRefusedError:
    text = str(error)
    found = next((match[1] for pattern in _GLOBAL_IN_MESSAGE if (match := pattern.search(text))), None)
    if found is None and ("Unsupported" in text or "weights_only" in text):
        found = next(strange_names(data), _UNNAMED)
    if found is None:
        return ModelRefusedError(
            f"{name} is damaged or no torch file ({type(error).__name__}). Get it again."
        )
    return ModelRefusedError(
        f"{name} was refused: it holds {found.strip()}, which is no plain weight and could run code. Nothing "
        "of it was run. Ask for the weights alone, as safetensors or as a plain state dict."
    )


def _unwrap(content: Any, name: str) -> dict[str, Tensor]:
    """The state dict inside a checkpoint's usual containers."""
    for key in _CONTAINERS:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping):
        raise ModelRefusedError(f"{name} holds no state dict. Save the network's state_dict().")
    strangers = [
        key for key, value in content.items() if not isinstance(key, str) or not isinstance(value, Tensor)
    ]
    if strangers:
        raise ModelRefusedError(
            f"{name} holds {strangers[0]!r}, which is no tensor. Save the state_dict() alone."
        )
    return dict(content)
