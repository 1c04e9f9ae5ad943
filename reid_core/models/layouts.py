"""How public code bases name the parameters of the networks that we share with them.

All share the backbone's names behind some prefix, but not the stem and the last stride, which no parameter
shows. Both follow from the layout of the file, never from its name: the wrong choice changes the embeddings
grossly and silently. Sources: FastReID (tags v0.1.1, v1.0.0, v1.4), reid-strong-baseline, deep-person-reid,
torchvision.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from torch import Tensor

from reid_core.errors import ModelRefusedError
from reid_core.models.backbones.resnet import Stem
from reid_core.models.mgn import HEADS, STRIPES

COUNTER = "num_batches_tracked"
_PIXEL_KEYS = ("pixel_mean", "pixel_std")


class Kind(StrEnum):
    """Which of our networks a layout is."""

    BOT = "bot"
    REDUCED = "reduced"
    """A `reid_core.models.baseline.Baseline` whose head is ``embedding``."""
    MGN = "mgn"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Layout:
    """How one code base names the parameters of a network, and which network it means.

    Attributes:
        title: The code base.
        names: Pairs of their name or prefix and ours; the first that fits counts. A prefix ends in a dot, and
            an empty one stands for the backbone's names without prefix.
        marks: Names that only this layout has, all of them.
        stem: Stem of the backbone.
        last_stride: Stride of its last stage.
        kind: Which of our networks it is.
        unused: Names and prefixes that an embedding does not need.
        convolutions: Our linear layers that are 1x1 convolutions there.
        ibn_stem: Stem where the backbone has instance norm, if another.
    """

    title: str
    names: tuple[tuple[str, str], ...]
    marks: tuple[str, ...]
    stem: Stem
    last_stride: int
    kind: Kind
    unused: tuple[str, ...] = ()
    convolutions: tuple[str, ...] = ()
    ibn_stem: Stem | None = None


_FASTREID = (("backbone.", "backbone."), ("heads.bottleneck.0.", "neck."), ("heads.pool_layer.p", "pool.p"))
_FASTREID_UNUSED = ("heads.weight", "heads.classifier.weight", *_PIXEL_KEYS)
_REDUCED = (
    ("backbone.", "backbone."), ("heads.bottleneck.0.", "head.reduction."),
    ("heads.bottleneck.1.", "head.neck."), ("heads.pool_layer.p", "pool.p"),
)  # fmt: skip
_MGN = (
    ("backbone.", "backbone."),
    *((f"{branch}.", f"branches.{branch}.") for branch in STRIPES),
    *((f"{head}_head.bottleneck.0.", f"heads.{head}.reduction.") for head in HEADS),
    *((f"{head}_head.bottleneck.1.", f"heads.{head}.neck.") for head in HEADS),
    *((f"{head}_head.pool_layer.p", f"pools.{head}.p") for head in HEADS),
)
LAYOUTS = (
    Layout(
        "FastReID MGN 1.2 and later", _MGN, ("b33_head.bottleneck.1.weight", "b33_head.weight"),
        Stem.CEIL, 1, Kind.MGN, (*(f"{head}_head.weight" for head in HEADS), *_PIXEL_KEYS),
        tuple(f"heads.{head}.reduction.weight" for head in HEADS),
    ),
    Layout(
        "FastReID 1.2 and later with a reduction", _REDUCED,
        ("heads.weight", "heads.bottleneck.1.running_mean"),
        Stem.CEIL, 1, Kind.REDUCED, _FASTREID_UNUSED, ("head.reduction.weight",),
    ),
    Layout(
        "FastReID 1.2 and later", _FASTREID, ("heads.weight", "heads.bottleneck.0.weight"),
        Stem.CEIL, 1, Kind.BOT, _FASTREID_UNUSED,
    ),
    # Zoo files came before the ceiling pool. Some are half renamed: the neck under both names.
    Layout(
        "FastReID model zoo 0.1.1", (("heads.bnneck.", "neck."), *_FASTREID),
        ("heads.classifier.weight", "heads.bnneck."), Stem.STANDARD, 1, Kind.BOT, _FASTREID_UNUSED,
    ),
    # Files of September and October 2020 have the same names, but the pool of the zoo; no release did.
    Layout(
        "FastReID of 2020 and 1.0", _FASTREID, ("heads.classifier.weight", "heads.bottleneck.0.weight"),
        Stem.CEIL, 1, Kind.BOT, _FASTREID_UNUSED,
    ),
    Layout(
        "reid-strong-baseline", (("base.", "backbone."), ("bottleneck.", "neck.")),
        ("base.conv1.weight", "bottleneck.weight"),
        Stem.NO_RELU, 1, Kind.BOT, ("classifier.weight", "base.fc."), ibn_stem=Stem.STANDARD,
    ),
    Layout(
        "torchreid resnet50_fc512", (("fc.", "fc."), ("", "backbone.")),
        ("fc.0.weight", "fc.1.running_mean", "conv1.weight"), Stem.STANDARD, 1, Kind.PLAIN, ("classifier.",),
    ),
    Layout(
        "torchreid resnet50", (("", "backbone."),), ("classifier.weight", "conv1.weight"),
        Stem.STANDARD, 2, Kind.PLAIN, ("classifier.",),
    ),
    Layout(
        "torchvision resnet50", (("", "backbone."),), ("conv1.weight", "layer1."),
        Stem.STANDARD, 2, Kind.PLAIN, ("fc.",),
    ),
)  # fmt: skip
"""From the most particular to the most general."""


def recognise(state: Mapping[str, Tensor]) -> Layout | None:
    """The layout of a state dict; None if it is none that is known here."""
    for layout in LAYOUTS:
        if all(any(_fits(name, mark) for name in state) for mark in layout.marks):
            return layout
    return None


def to_ours(state: Mapping[str, Tensor], layout: Layout, file: str = "The file") -> dict[str, Tensor]:
    """A checkpoint's parameters under our names, without those that an embedding does not need.

    Raises:
        ModelRefusedError: Two of its names mean the same parameter and differ.
    """
    places = NonLocalPlaces.of(state)
    ours: dict[str, Tensor] = {}
    for name, value in state.items():
        if any(_fits(name, unused) for unused in layout.unused):
            continue
        new = next(
            (mine + name.removeprefix(theirs) for theirs, mine in layout.names if _fits(name, theirs)), name
        )
        new = places.to_ours(new)
        if new in ours and not new.endswith(COUNTER) and not ours[new].equal(value):
            raise ModelRefusedError(f"{file} has two different values for {new}. Get the file again.")
        ours[new] = value.flatten(1) if new in layout.convolutions and value.ndim == 4 else value
    return ours


def from_ours(state: Mapping[str, Tensor], layout: Layout) -> dict[str, Tensor]:
    """Our parameters under a layout's names: the inverse of `to_ours`."""
    places = NonLocalPlaces.of(state)
    theirs: dict[str, Tensor] = {}
    for name, value in state.items():
        plain = places.from_ours(name)
        new = next(
            (their + plain.removeprefix(mine) for their, mine in layout.names if _fits(plain, mine)), plain
        )
        theirs[new] = value[..., None, None] if name in layout.convolutions else value
    return theirs


@dataclass(frozen=True, slots=True)
class NonLocalPlaces:
    """FastReID counts the non-local blocks of a stage; ours carry the number of the block that they follow.

    Attributes:
        after: By stage, the block numbers that a non-local block follows, ascending.
    """

    after: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Mapping[str, Tensor]) -> NonLocalPlaces:
        """The places, from the parameters' names of either kind: always the last blocks of a stage."""
        counts = {
            stage: len(
                {
                    m[1]
                    for n in names
                    if (m := re.search(rf"(NL_{stage}\.\d+|layer{stage}\.non_local\.\d+)\.", n))
                }
            )
            for stage in (2, 3)
        }
        blocks = {
            stage: len({m[1] for n in names if (m := re.search(rf"layer{stage}\.(\d+)\.", n))})
            for stage in (2, 3)
        }
        return cls({stage: tuple(range(blocks[stage] - n, blocks[stage])) for stage, n in counts.items()})

    def to_ours(self, name: str) -> str:
        """``NL_3.0.g.weight`` to ``layer3.non_local.3.g.weight``, behind any prefix."""
        return re.sub(
            r"NL_(\d)\.(\d+)\.", lambda m: f"layer{m[1]}.non_local.{self.after[int(m[1])][int(m[2])]}.", name
        )

    def from_ours(self, name: str) -> str:
        """The inverse of `to_ours`."""
        return re.sub(
            r"layer(\d)\.non_local\.(\d+)\.",
            lambda m: f"NL_{m[1]}.{self.after[int(m[1])].index(int(m[2]))}.",
            name,
        )


def _fits(name: str, pattern: str) -> bool:
    return name.startswith(pattern) if pattern.endswith(".") or not pattern else name == pattern
