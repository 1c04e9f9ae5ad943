"""A model file: what it is by its content, its hash, and its bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from reid_core.errors import ModelRefusedError

ModelKind = Literal["detector", "reid"]
MAX_MODEL_BYTES = 2 << 30
"""A file larger than this is no model that Sightline knows how to run."""
_TAR_MAGIC_AT = 257


class ModelFormat(StrEnum):
    """How a model is stored; told from the content, never from the name."""

    TORCH = "torch"
    SAFETENSORS = "safetensors"
    OPENVINO = "openvino"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file that was found.

    Attributes:
        path: The file; for OpenVINO the ``.xml`` beside its ``.bin``.
        name: Short name, e.g. ``yolo11n``.
        kind: ``detector`` or ``reid``.
        format: How it is stored.
        sha256: Hash of the content; for OpenVINO over both files.
        origin: Where it was found, for people to read.
        licence: What is known of its licence; empty when unknown.
        int8: The same network rounded to 8 bits, which is faster on CPUs; None where there is none.
    """

    path: Path
    name: str
    kind: ModelKind
    format: ModelFormat
    sha256: str
    origin: str
    licence: str = ""
    int8: ModelFile | None = None


def resolve_model_path(path: Path) -> Path:
    """The file that holds a model: a folder stands for the one OpenVINO ``.xml`` in it.

    Raises:
        ModelRefusedError: The path is neither a file nor a folder with exactly one ``.xml``.
    """
    if path.is_file():
        return path
    if path.is_dir():
        found = sorted(path.glob("*.xml"))
        if len(found) == 1:
            return found[0]
        raise ModelRefusedError(
            f"{path} is a folder with {len(found)} .xml files; an OpenVINO model is one .xml beside its .bin."
        )
    raise ModelRefusedError(f"{path} is neither a file nor a folder. Name a model file that exists.")


def read_bytes(path: Path) -> bytes:
    """The content of a regular file of acceptable size.

    Raises:
        ModelRefusedError: Not a regular file, too large, empty, or unreadable.
    """
    try:
        if not path.is_file():
            raise ModelRefusedError(f"{path} is not a regular file. Name a model file.")
        size = path.stat().st_size
        if not 0 < size <= MAX_MODEL_BYTES:
            raise ModelRefusedError(
                f"{path} has {size:,} bytes; a model file has between 1 and {MAX_MODEL_BYTES:,}."
            )
        return path.read_bytes()
    except OSError as error:
        raise ModelRefusedError(f"{path} cannot be read ({error.strerror or error}).") from error


def hash_model(path: Path) -> str:
    """SHA-256 of a model's content; for OpenVINO, of the hashes of both files.

    Args:
        path: A file as `resolve_model_path` gives it.

    Raises:
        ModelRefusedError: A file cannot be read.
    """
    data = read_bytes(path)
    if path.suffix.lower() == ".xml":
        return hash_pair(data, read_bytes(bin_beside(path)))
    return hashlib.sha256(data).hexdigest()


def hash_pair(xml: bytes, weights: bytes) -> str:
    """One hash for the two files of an OpenVINO model."""
    parts = hashlib.sha256(xml).hexdigest() + hashlib.sha256(weights).hexdigest()
    return hashlib.sha256(parts.encode()).hexdigest()


def bin_beside(xml: Path) -> Path:
    """The ``.bin`` of an OpenVINO ``.xml``, which must truly lie in the same folder.

    Raises:
        ModelRefusedError: It is absent, or a link leads it elsewhere.
    """
    weights = xml.with_suffix(".bin")
    if not weights.is_file():
        raise ModelRefusedError(f"{xml} has no {weights.name} beside it; an OpenVINO model needs both files.")
    if weights.resolve().parent != xml.resolve().parent:
        raise ModelRefusedError(f"{weights} leads out of its folder. Put the file itself beside {xml.name}.")
    return weights


def tell_format(data: bytes, name: str) -> ModelFormat:
    """The format of a file's content.

    Args:
        data: The whole content, or its beginning.
        name: The file's name, for the message.

    Raises:
        ModelRefusedError: It is none of the formats that are read.
    """
    if data[:4] == b"PK\x03\x04" or data[:1] == b"\x80":
        return ModelFormat.TORCH
    if data[8:9] == b"{" and 0 < int.from_bytes(data[:8], "little") < MAX_MODEL_BYTES:
        return ModelFormat.SAFETENSORS
    if data.lstrip()[:5] == b"<?xml" or data.lstrip()[:4] == b"<net":
        return ModelFormat.OPENVINO
    if data[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar":
        raise ModelRefusedError(
            f"{name} is in torch's old tar format, which cannot be read safely. Save it with a newer torch."
        )
    raise ModelRefusedError(
        f"{name} is no model format that Sightline reads. It reads safetensors, torch weights (.pt, .pth) "
        "and OpenVINO models (.xml with .bin)."
    )
