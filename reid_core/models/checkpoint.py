"""Public ResNet checkpoints: which code base wrote a file, and its parameter names in ours and back.

All code bases share the backbone's names behind some prefix, but not the stem and the last stride, which no
parameter shows. Both follow from the layout of the file, never from its name: the wrong choice changes the
embeddings grossly and silently. Sources: FastReID (tags v0.1.1, v1.0.0, v1.4), reid-strong-baseline,
deep-person-reid, torchvision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from reid_core.errors import ModelRefusedError
from reid_core.models.backbones.resnet import Stem, recognise_depth
from reid_core.models.bot import BoT
from reid_core.models.plain_resnet import PlainResNet

_COUNTER = "num_batches_tracked"
_N_LISTED = 5
_PIXEL_KEYS = ("pixel_mean", "pixel_std")


@dataclass(frozen=True, slots=True)
class Layout:
    """How one code base names the parameters of a ResNet, and which ResNet it means.

    Attributes:
        title: The code base.
        names: Pairs of their name or prefix and ours; the first that fits counts. A prefix ends in a dot, and
            an empty one stands for the backbone's names without prefix.
        marks: Names that only this layout has, all of them.
        stem: Stem of the backbone.
        last_stride: Stride of its last stage.
        has_neck: Whether it is a `BoT`; else a `PlainResNet`.
        unused: Names and prefixes that an embedding does not need.
    """

    title: str
    names: tuple[tuple[str, str], ...]
    marks: tuple[str, ...]
    stem: Stem
    last_stride: int
    has_neck: bool
    unused: tuple[str, ...] = ()


_FASTREID = (("backbone.", "backbone."), ("heads.bottleneck.0.", "neck."), ("heads.pool_layer.p", "pool.p"))
_FASTREID_UNUSED = ("heads.weight", "heads.classifier.weight", *_PIXEL_KEYS)
LAYOUTS = (
    Layout(
        "FastReID 1.2 and later", _FASTREID, ("heads.weight", "heads.bottleneck.0.weight"),
        Stem.CEIL, 1, True, _FASTREID_UNUSED,
    ),
    # Zoo files came before the ceiling pool. Some are half renamed: the neck under both names.
    Layout(
        "FastReID model zoo 0.1.1", (*_FASTREID, ("heads.bnneck.", "neck.")),
        ("heads.classifier.weight", "heads.bnneck."), Stem.STANDARD, 1, True, _FASTREID_UNUSED,
    ),
    # Files of September and October 2020 have the same names, but the pool of the zoo; no release did.
    Layout(
        "FastReID of 2020 and 1.0", _FASTREID, ("heads.classifier.weight", "heads.bottleneck.0.weight"),
        Stem.CEIL, 1, True, _FASTREID_UNUSED,
    ),
    Layout(
        "reid-strong-baseline", (("base.", "backbone."), ("bottleneck.", "neck.")),
        ("base.conv1.weight", "bottleneck.weight"), Stem.NO_RELU, 1, True, ("classifier.weight", "base.fc."),
    ),
    Layout(
        "torchreid resnet50_fc512", (("fc.", "fc."), ("", "backbone.")),
        ("fc.0.weight", "fc.1.running_mean", "conv1.weight"), Stem.STANDARD, 1, False, ("classifier.",),
    ),
    Layout(
        "torchreid resnet50", (("", "backbone."),), ("classifier.weight", "conv1.weight"),
        Stem.STANDARD, 2, False, ("classifier.",),
    ),
    Layout(
        "torchvision resnet50", (("", "backbone."),), ("conv1.weight",), Stem.STANDARD, 2, False, ("fc.",)
    ),
)  # fmt: skip
"""From the most particular to the most general."""


def recognise(state: Mapping[str, Tensor]) -> Layout | None:
    """The layout of a state dict; None if it is no ResNet that is known here."""
    for layout in LAYOUTS:
        if all(any(_fits(name, mark) for name in state) for mark in layout.marks):
            return layout
    return None


def build(state: Mapping[str, Tensor], file: str) -> BoT | PlainResNet:
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
            f"{file} has the parameters of no network known here ({_listed(list(state))}). "
            f"Known: OSNet, {known}."
        )
    ours = to_ours(state, layout, file)
    backbone = {name.removeprefix("backbone."): value for name, value in ours.items()}
    depth = recognise_depth(backbone)
    if depth is None:
        raise ModelRefusedError(
            f"{file} looks like {layout.title}, but its backbone is no ResNet of 18 to 152 layers."
        )
    network: BoT | PlainResNet
    if layout.has_neck:
        network = BoT(depth, stem=layout.stem, last_stride=layout.last_stride, has_gem="pool.p" in ours)
    else:
        reduction = ours.get("fc.0.weight")
        n_reduced = 0 if reduction is None else reduction.shape[0]
        network = PlainResNet(depth, last_stride=layout.last_stride, n_reduced=n_reduced)
    load_strictly(network, ours, f"{file}, read as {layout.title}")
    return network.eval()


def to_ours(state: Mapping[str, Tensor], layout: Layout, file: str = "The file") -> dict[str, Tensor]:
    """A checkpoint's parameters under our names, without those that an embedding does not need.

    Raises:
        ModelRefusedError: Two of its names mean the same parameter and differ.
    """
    ours: dict[str, Tensor] = {}
    for name, value in state.items():
        if any(_fits(name, unused) for unused in layout.unused):
            continue
        new = next(
            (mine + name.removeprefix(theirs) for theirs, mine in layout.names if _fits(name, theirs)), name
        )
        if new in ours and not new.endswith(_COUNTER) and not ours[new].equal(value):
            raise ModelRefusedError(f"{file} has two different values for {new}. Get the file again.")
        ours[new] = value
    return ours


def from_ours(state: Mapping[str, Tensor], layout: Layout) -> dict[str, Tensor]:
    """Our parameters under a layout's names: the inverse of `to_ours`."""
    theirs: dict[str, Tensor] = {}
    for name, value in state.items():
        new = next(
            (their + name.removeprefix(mine) for their, mine in layout.names if _fits(name, mine)), name
        )
        theirs[new] = value
    return theirs


def load_strictly(network: nn.Module, state: Mapping[str, Tensor], title: str) -> None:
    """Load a state dict; only the counters of batches, which nothing uses, may be absent.

    Raises:
        ModelRefusedError: Lists what is missing, left over, or of another shape.
    """
    wanted = network.state_dict()
    missing = [name for name in wanted if name not in state and not name.endswith(_COUNTER)]
    strange = [name for name in state if name not in wanted]
    wrong = [name for name in wanted if name in state and state[name].shape != wanted[name].shape]
    if missing or strange or wrong:
        found = (("missing", missing), ("left over", strange), ("of another shape", wrong))
        text = "; ".join(f"{what}: {_listed(names)}" for what, names in found if names)
        raise ModelRefusedError(f"{title}: the parameters do not fit ({text}).")
    network.load_state_dict(state, strict=False)


def _fits(name: str, pattern: str) -> bool:
    return name.startswith(pattern) if pattern.endswith(".") or not pattern else name == pattern


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:_N_LISTED])}{' ...' if len(names) > _N_LISTED else ''}, {len(names)} in all"
