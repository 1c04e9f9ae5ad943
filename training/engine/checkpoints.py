"""Checkpoints: everything that a run needs to go on as if nothing had happened, whole or not at all.

Random numbers need no state: every batch, augmentation and dropout is a function of seed and iteration, which
are in the checkpoint. The generators' states are kept as well, for the record.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reid_core.errors import ModelRefusedError

LAST, BEST = "last.pt", "best.pt"


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write beside, flush to disk, then rename: a kill leaves the old or the new file."""
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        torch.save(dict(state), file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def copy_checkpoint(source: Path, target: Path) -> None:
    """Keep a copy of a checkpoint, whole or not at all."""
    beside = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, beside)
    beside.replace(target)


def read_checkpoint(path: Path, device: str) -> dict[str, Any]:
    """The content of a checkpoint; only tensors and plain values are read.

    Raises:
        ModelRefusedError: It is damaged, or no checkpoint of ours.
    """
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # torch raises whatever the zip and pickle readers raise
        raise ModelRefusedError(
            f"{path} is not a sound checkpoint ({type(error).__name__}): delete it to start the run again."
        ) from error
    if not isinstance(state, dict) or not {"config", "network", "epoch", "iteration"} <= set(state):
        raise ModelRefusedError(f"{path} is no checkpoint of a run: delete it to start the run again.")
    return state


def load_network(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Give a network the weights of a checkpoint.

    Raises:
        ModelRefusedError: They are of a network with other options, which an earlier version had by default.
    """
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ModelRefusedError(
            "The checkpoint was made by a version of Sightline with other defaults of this network, and "
            "cannot go on with these. Nothing of it is lost: start a new run in another folder, with its "
            "model.safetensors as --init or as --teacher."
        ) from error
