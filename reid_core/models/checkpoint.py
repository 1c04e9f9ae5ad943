"""Public checkpoints: from a file's parameters to the network that they belong to, loaded.

Which code base wrote a file is told by `reid_core.models.layouts`, which backbone it holds by the names and
shapes of its parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from reid_core.errors import ModelRefusedError
from reid_core.models.aggregation import Aggregation
from reid_core.models.backbones.build import BackboneSpec, Ibn, make_backbone
from reid_core.models.backbones.resnet import Stem, recognise_depth
from reid_core.models.baseline import Baseline
from reid_core.models.bot import BoT
from reid_core.models.layouts import COUNTER, LAYOUTS, Kind, Layout, recognise, to_ours
from reid_core.models.mgn import MGN
from reid_core.models.plain_resnet import PlainResNet

_N_LISTED = 5
_MGN_STAGES = {
    "backbone.0.": "conv1.",
    "backbone.1.": "bn1.",
    "backbone.4.": "layer1.",
    "backbone.5.": "layer2.",
    "backbone.6.": "layer3.0.",
    "branches.b1.1.": "layer4.",
}


def build(state: Mapping[str, Tensor], file: str) -> nn.Module:
    """The network that a checkpoint belongs to, loaded, in evaluation mode.

    Args:
        state: Parameters and buffers by name, without a ``module.`` prefix.
        file: Name of the file, for messages.

    Raises:
        ModelRefusedError: The layout is unknown, or something does not fit; says what.
    """
    layout = recognise(state)
    if layout is None:
        known = ", ".join(layout.title for layout in LAYOUTS)
        raise ModelRefusedError(
            f"{file} has the parameters of no network known here ({listed(list(state))}). "
            f"Known: OSNet, {known}."
        )
    ours = to_ours(state, layout, file)
    spec = recognise_backbone(ours, layout)
    if spec is None:
        raise ModelRefusedError(
            f"{file} looks like {layout.title}, but its backbone is no ResNet of 18 to 152 layers and no "
            f"ResNeSt ({listed(list(state))})."
        )
    with torch.device("meta"):  # nothing is drawn that the file replaces
        network = _make_network(layout.kind, spec, ours)
    load_strictly(network, ours, f"{file}, read as {layout.title}")
    return network.eval()


def recognise_backbone(ours: Mapping[str, Tensor], layout: Layout) -> BackboneSpec | None:
    """The backbone whose parameters stand under our names; None if they fit none."""
    if layout.kind is Kind.MGN:
        names = {
            stage + name.removeprefix(prefix): value
            for name, value in ours.items()
            for prefix, stage in _MGN_STAGES.items()
            if name.startswith(prefix)
        }
        rest = "branches.b1.0."
        for name, value in ours.items():
            if name.startswith(rest):
                number, _, inside = name.removeprefix(rest).partition(".")
                names[f"layer3.{int(number) + 1}.{inside}"] = value
    else:
        names = {
            name.removeprefix("backbone."): v for name, v in ours.items() if name.startswith("backbone.")
        }
    non_local = [name for name in names if ".non_local." in name]
    depth = recognise_depth([name for name in names if ".non_local." not in name])
    if depth is None:
        return None
    if "conv1.0.weight" in names:
        return BackboneSpec(f"resnest{depth}", last_stride=layout.last_stride)
    has_ibn = "layer1.0.bn1.IN.weight" in names
    stem: Stem = layout.ibn_stem if has_ibn and layout.ibn_stem else layout.stem
    inner = next((names[name].shape[0] for name in non_local if name.endswith(".g.weight")), 0)
    return BackboneSpec(
        f"resnet{depth}", stem, layout.last_stride, Ibn.A if has_ibn else Ibn.NONE, bool(non_local), inner
    )


def _make_network(kind: Kind, spec: BackboneSpec, ours: Mapping[str, Tensor]) -> nn.Module:
    pooling = _pooling(spec, ours)
    if kind is Kind.PLAIN:
        reduction = ours.get("fc.0.weight")
        return PlainResNet(make_backbone(spec), n_reduced=0 if reduction is None else reduction.shape[0])
    if kind is Kind.MGN:
        reduced = next((v.shape[0] for name, v in ours.items() if name.endswith("reduction.weight")), 256)
        return MGN(make_backbone(spec), aggregation=pooling, reduced=reduced)
    if kind is Kind.REDUCED:
        reduced = ours["head.neck.running_mean"].shape[0]
        return Baseline(make_backbone(spec), aggregation=pooling, head="embedding", reduced=reduced)
    return BoT(make_backbone(spec), aggregation=pooling)


def _pooling(spec: BackboneSpec, ours: Mapping[str, Tensor]) -> Aggregation:
    """How a file's network pools: a learnable power stands in the file.

    Of FastReID's recipes without one, AGW pools by the fixed power 3 and is known by its non-local blocks;
    bagtricks takes the mean. An AGW on ResNeSt, which has no such blocks, cannot be told from bagtricks.
    """
    if any(name.partition(".")[0] in ("pool", "pools") for name in ours):
        return Aggregation.GEM
    return Aggregation.GEM_FIXED if spec.non_local else Aggregation.AVG


def load_strictly(network: nn.Module, state: Mapping[str, Tensor], title: str) -> None:
    """Load a state dict; only the counters of batches, which nothing uses, may be absent.

    The network may have been built on the meta device; it takes the tensors over as they are.

    Raises:
        ModelRefusedError: Lists what is missing, left over, or of another shape.
    """
    wanted: Mapping[str, Any] = network.state_dict()
    missing = [name for name in wanted if name not in state and not name.endswith(COUNTER)]
    strange = [name for name in state if name not in wanted]
    wrong = [name for name in wanted if name in state and state[name].shape != wanted[name].shape]
    if missing or strange or wrong:
        found = (("missing", missing), ("left over", strange), ("of another shape", wrong))
        text = "; ".join(f"{what}: {listed(names)}" for what, names in found if names)
        raise ModelRefusedError(f"{title}: the parameters do not fit ({text}).")
    counters = {
        name: torch.zeros(value.shape, dtype=value.dtype)
        for name, value in wanted.items()
        if name not in state
    }
    typed = {name: value.to(wanted[name].dtype) for name, value in state.items()}
    network.load_state_dict(counters | typed, assign=True)


def listed(names: list[str]) -> str:
    """The first names and how many there are, for messages."""
    return f"{', '.join(names[:_N_LISTED])}{' ...' if len(names) > _N_LISTED else ''}, {len(names)} in all"
