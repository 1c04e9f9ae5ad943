"""A public checkpoint as a model of a project: read with care, tried once, kept as safetensors.

Runs where a hostile file can do no harm to others: the window calls the command in a child process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reid_core.errors import ModelRefusedError
from reid_core.weights.library import Card, add_model, free_place
from reid_core.weights.model_file import ModelFile, ModelFormat, hash_model, read_bytes, tell_format

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Imported:
    """A checkpoint that was taken in.

    Attributes:
        path: The model's file in the project.
        layout: Code base whose names its parameters have.
        dim: Length of its embedding.
        height: Rows of its input, px.
        width: Columns of it.
    """

    path: Path
    layout: str
    dim: int
    height: int
    width: int


def import_checkpoint(file: Path, folder: Path, name: str, card: Card) -> Imported:
    """Take a checkpoint of FastReID, reid-strong-baseline, torchreid or Sightline into a project.

    Args:
        file: Torch weights or safetensors; nothing in it is run.
        folder: The project's folder of models.
        name: What it shall be called.
        card: What is known of it; layout, input, origin and time are filled in.

    Raises:
        ModelRefusedError: The file is not safe, not sound, of no known network, or its network gives no
            embedding.
        UsageError: The name cannot be used.
    """
    free_place(folder, name)
    data = read_bytes(file)
    if tell_format(data, file.name) is ModelFormat.OPENVINO:
        raise ModelRefusedError(
            f"{file.name} is an OpenVINO model; it needs no import: name it with --model, or put it into the "
            "folder of SIGHTLINE_MODELS."
        )
    digest = hash_model(file)
    model = ModelFile(file, file.stem, "reid", tell_format(data, file.name), digest, "import")
    weights, layout, (dim, height, width) = _convert(model, data)
    filled = replace(
        card,
        layout=layout,
        input=f"RGB {height}x{width}",
        origin=card.origin or f"imported from {file.name}",
        source_sha256=digest,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return Imported(add_model(folder, name, weights, filled), layout, dim, height, width)


def _convert(model: ModelFile, data: bytes) -> tuple[bytes, str, tuple[int, int, int]]:
    """The weights as safetensors, whose layout they have, and the sizes of embedding and input."""
    import torch
    from safetensors.torch import save

    from reid_core.models.networks import read_network
    from reid_core.weights.safetensors_file import parse_bundle
    from reid_core.weights.torch_file import load_state

    read = read_network(model)
    p = read.preprocessing
    generator = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        probe = read.network(torch.rand(2, 3, p.height, p.width, generator=generator))
    is_embedding = isinstance(probe, torch.Tensor) and probe.ndim == 2 and bool(torch.isfinite(probe).all())
    if not is_embedding or float((probe[0] - probe[1]).abs().max()) == 0.0:
        raise ModelRefusedError(
            f"{model.path.name} was read, but its network does not tell two pictures apart. Get it again."
        )
    sizes = (int(probe.shape[1]), p.height, p.width)
    if model.format is ModelFormat.SAFETENSORS and parse_bundle(data, model.path.name)[1]:
        return data, "Sightline bundle", sizes
    state = load_state(model)
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in state.items()}
    return save(tensors), _layout_of(tensors), sizes


def _layout_of(state: Mapping[str, Tensor]) -> str:
    from reid_core.models import layouts, osnet

    if osnet.recognise(state) is not None:
        return "torchreid OSNet"
    layout = layouts.recognise(state)
    return layout.title if layout is not None else "unknown"
