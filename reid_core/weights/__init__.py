"""Model files: where they are looked for, and how they are read without running anything that they hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reid_core.weights.find import find_model, list_models
from reid_core.weights.model_file import ModelFile, ModelFormat, ModelKind

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ModelFile", "ModelFormat", "ModelKind", "find_model", "list_models", "load_state"]


def load_state(model: Path | ModelFile) -> dict[str, Tensor]:
    """The tensors of a weights file by name; see `reid_core.weights.torch_file.load_state`."""
    from reid_core.weights import torch_file  # torch takes a second to import

    return torch_file.load_state(model)
