"""First weights of a backbone, from a file of any layout that we know."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from reid_core.errors import ModelRefusedError
from reid_core.models.checkpoint import listed
from reid_core.models.layouts import COUNTER, recognise, to_ours
from reid_core.weights.torch_file import load_state


def load_backbone(network: nn.Module, path: Path) -> None:
    """Load a file's backbone into a network of ours, in place.

    The file's head and classifier are left alone. Only non-local blocks, which start as the identity, and
    counters may be absent.

    Raises:
        ModelRefusedError: The file is not safe, or its backbone does not fit.
    """
    state = load_state(path)
    layout = recognise(state)
    given = to_ours(state, layout, path.name) if layout is not None else state
    backbone = getattr(network, "backbone", network)
    wanted = backbone.state_dict()
    found = {name.removeprefix("backbone."): value for name, value in given.items()}
    fits = {n: v for n, v in found.items() if n in wanted and v.shape == wanted[n].shape}
    heads = () if hasattr(network, "backbone") else ("classifier.", "neck.")
    missing = [
        name
        for name in wanted
        if name not in fits
        and not name.endswith(COUNTER)
        and ".non_local." not in name
        and not name.startswith(heads)
    ]
    if missing:
        raise ModelRefusedError(f"{path.name} does not fit the backbone: it lacks {listed(missing)}.")
    backbone.load_state_dict(fits, strict=False)
