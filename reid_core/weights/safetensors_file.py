"""The safetensors format, and Sightline's own bundles in it: tensors with a description in the header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from reid_core.errors import ModelRefusedError

_LENGTH_BYTES = 8
_MAX_HEADER_BYTES = 16 << 20
_DESCRIPTION = "sightline"


def parse_safetensors(data: bytes, name: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file.

    Args:
        data: The whole file.
        name: Its name, for messages.

    Raises:
        ModelRefusedError: The file is damaged, or its header is larger than any real one.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    length = int.from_bytes(data[:_LENGTH_BYTES], "little")
    if length > min(_MAX_HEADER_BYTES, len(data) - _LENGTH_BYTES):
        raise ModelRefusedError(f"{name} claims a header of {length:,} bytes; it is damaged or not genuine.")
    try:
        tensors = load(data)
        header = json.loads(data[_LENGTH_BYTES : _LENGTH_BYTES + length])
        metadata = header.get("__metadata__", {})
        return tensors, {str(key): str(value) for key, value in metadata.items()}
    except (SafetensorError, ValueError, KeyError, AttributeError, RecursionError, RuntimeError) as error:
        raise ModelRefusedError(f"{name} is not a sound safetensors file. Get it again.") from error


def parse_bundle(data: bytes, name: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and description of a bundle; the description is empty where the file has none.

    Raises:
        ModelRefusedError: The file is damaged, or its description is no JSON object.
    """
    tensors, metadata = parse_safetensors(data, name)
    try:
        description = json.loads(metadata.get(_DESCRIPTION, "{}"))
    except (ValueError, RecursionError) as error:
        raise ModelRefusedError(f"{name} has a description that is not JSON. Get it again.") from error
    if not isinstance(description, dict):
        raise ModelRefusedError(f"{name} has a description that is no JSON object. Get it again.")
    return tensors, description


def save_bundle(path: Path, state: Mapping[str, Tensor], description: Mapping[str, Any]) -> None:
    """Write weights with their description, whole or not at all.

    Args:
        path: The ``.safetensors`` file to write.
        state: Tensors by name.
        description: For a re-ID network ``{"network": name, "options": {}, "preprocessing": {}}`` as in
            `reid_core.models.networks`; for a YOLO detector ``{"architecture": {}, "names": {}}`` as in
            `reid_core.weights.yolo_file`.
    """
    from safetensors.torch import save

    text = json.dumps(description, sort_keys=True)
    data = save(
        {key: value.detach().cpu().contiguous() for key, value in state.items()}, {_DESCRIPTION: text}
    )
    written = path.with_name(f".{path.name}.part")
    written.write_bytes(data)
    written.replace(path)
