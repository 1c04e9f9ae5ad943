"""What is compared: the common ground of all cells, the cells of each group, what the papers say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Changes = Mapping[str, Any]
SEEDS = (0, 1, 2)

BASE: Changes = {
    "model": {"method": "bot", "backbone": {"name": "osnet_x0_25"}},
    "loss": {"smoothing": 0.1, "center_weight": 5e-4},
    "schedule": {"rate": "fastreid_delayed_cosine", "lr": 7e-4, "n_epochs": 20, "delay": 4, "n_warmup": 36},
    "batch": {"height": 128, "width": 64, "n_ids": 16, "n_images": 4, "pad_px": 5, "erasing_p": 0.5},
    "engine": {"precision": "fp32", "channels_last": True},
}
"""BoT with all its tricks but the last stride, which OSNet does not have: 20 epochs, warm-up, cosine."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One setting of everything.

    Attributes:
        name: In its group.
        changes: What differs from `BASE`, nested.
    """

    name: str
    changes: Changes


class Expected(StrEnum):
    """What a paper says of a step."""

    GAIN = "gain"
    NONE = "no great difference"


@dataclass(frozen=True, slots=True)
class Claim:
    """A comparison of two cells of a group.

    Attributes:
        group: Its group.
        after: The cell that should be better.
        before: The cell that it is compared with.
        says: What the paper says.
        expected: The same as a value.
        is_occluded: Whether it speaks of occluded queries.
    """

    group: str
    after: str
    before: str
    says: str
    expected: Expected = Expected.GAIN
    is_occluded: bool = False


_TRICKS_OFF: tuple[tuple[str, Changes], ...] = (
    ("+ warm-up", {"schedule": {"has_warmup": False}}),
    ("+ random erasing", {"batch": {"erasing_p": 0.0}}),
    ("+ label smoothing", {"loss": {"smoothing": 0.0}}),
    ("+ BNNeck", {"model": {"options": {"has_neck": False}}}),
    ("+ centre loss", {"loss": {"center_weight": 0.0}}),
)
"""BoT's tricks in its order, and how each is switched off."""
_NO_DROP: Changes = {"model": {"options": {"has_drops": False}}}
_TRIPLET: Changes = {"loss": {"is_elastic": False}}
_CBDB: Changes = {
    "model": {"method": "cbdb", "options": {"m": 4}},
    "loss": {"center_weight": 0.0},
    "batch": {"erasing_p": 0.0},
}
_DPTI: Changes = {
    "model": {
        "method": "dpti",
        "options": {"n_parts": 4, "dim": 128, "reduced": 128, "residual": "standard", "has_positions": True},
    },
    "loss": {"center_weight": 0.0},
}
_GROUPS: Changes = {
    "model": {"method": "channel_groups", "options": {"has_bottleneck": True}},
    "loss": {"smoothing": 0.0, "metric": "none", "center_weight": 0.0},
}
_TOOLBOX: Changes = {"model": {"method": "baseline"}, "loss": {"center_weight": 0.0}}


def merge(base: Changes, *others: Changes) -> dict[str, Any]:
    """Nested dictionaries, later ones over earlier ones."""
    merged = dict(base)
    for other in others:
        for name, value in other.items():
            old = merged.get(name)
            is_nested = isinstance(old, Mapping) and isinstance(value, Mapping)
            merged[name] = merge(old, value) if is_nested else value  # type: ignore[arg-type]
    return merged


def _cell(name: str, *changes: Changes) -> Cell:
    return Cell(name, merge({}, *changes))


def _tricks() -> tuple[Cell, ...]:
    """Each cell switches off the tricks that come after it; the last one is `BASE`."""
    names = ("no tricks", *(name for name, _ in _TRICKS_OFF))
    return tuple(_cell(name, *(off for _, off in _TRICKS_OFF[number:])) for number, name in enumerate(names))


CELLS: Mapping[str, tuple[Cell, ...]] = {
    "tricks": _tricks(),
    "batch": tuple(_cell(f"{p} x 4", {"batch": {"n_ids": p}}) for p in (8, 16, 32)),
    "size": tuple(
        _cell(f"{h} x {w}", {"batch": {"height": h, "width": w}}) for h, w in ((96, 48), (128, 64), (192, 96))
    ),
    "cbdb": (
        _cell("no drop, triplet", _CBDB, _NO_DROP, _TRIPLET),
        _cell("drop, triplet", _CBDB, _TRIPLET),
        _cell("no drop, elastic", _CBDB, _NO_DROP),
        _cell("drop, elastic", _CBDB),
    ),
    "dpti": (
        _cell("equal parts", _DPTI, {"model": {"options": {"is_weighted": False}}}),
        _cell("weighted parts", _DPTI),
    ),
    "groups": tuple(
        _cell(f"{g} groups, {b} branches", _GROUPS, {"model": {"options": {"n_groups": g, "n_branches": b}}})
        for g, b in ((1, 1), (4, 1), (1, 3), (4, 3))
    ),
    "aggregation": tuple(
        _cell(name, _TOOLBOX, {"model": {"options": {"aggregation": name}}})
        for name in ("avg", "max", "avg_max", "gem", "attention")
    ),
    "loss": (
        _cell("cross-entropy", _TOOLBOX, {"loss": {"metric": "none"}}),
        _cell("cross-entropy + triplet", _TOOLBOX, {"model": {"options": {"aggregation": "avg"}}}),
        _cell("cross-entropy + pairwise circle", _TOOLBOX, {"loss": {"metric": "circle", "margin": 0.25}}),
        _cell("ArcFace", _TOOLBOX, {"loss": {"metric": "none", "identity": "arcface", "scale": 16.0}}),
        _cell("CosFace", _TOOLBOX, {"loss": {"metric": "none", "identity": "cosface", "scale": 16.0}}),
        _cell("circle", _TOOLBOX, {"loss": {"metric": "none", "identity": "circle", "scale": 64.0}}),
    ),
}  # fmt: skip
GROUPS = tuple(CELLS)

TITLES: Mapping[str, str] = {
    "tricks": "BoT's tricks, one after another",
    "batch": "Pictures in a batch, P x K (BoT's third contribution)",
    "size": "Size of pictures (BoT's third contribution)",
    "cbdb": "CBDB-Net: batch drop and Elastic Loss",
    "dpti": "DPTI: adaptive part weighting",
    "groups": "Classification-loss network: groups and branches",
    "aggregation": "Aggregation",
    "loss": "Losses",
}

CLAIMS: tuple[Claim, ...] = (
    *(
        Claim("tricks", after.name, before.name, f"BoT: {after.name[2:]} helps")
        for before, after in zip(CELLS["tricks"], CELLS["tricks"][1:], strict=False)
    ),
    Claim("batch", "32 x 4", "8 x 4", "BoT: larger batches help a little"),
    Claim("size", "192 x 96", "128 x 64", "BoT: the size matters little", Expected.NONE),
    Claim("cbdb", "drop, elastic", "no drop, elastic", "CBDB-Net: dropping helps"),
    Claim("cbdb", "drop, elastic", "drop, triplet", "CBDB-Net: Elastic Loss beats the hard triplet"),
    Claim("dpti", "weighted parts", "equal parts", "DPTI: weighting helps"),
    Claim("dpti", "weighted parts", "equal parts", "DPTI: weighting helps under occlusion", is_occluded=True),
    Claim("groups", "4 groups, 1 branches", "1 groups, 1 branches", "channel groups help"),
    Claim("groups", "1 groups, 3 branches", "1 groups, 1 branches", "several classifiers help"),
    Claim("groups", "4 groups, 3 branches", "1 groups, 1 branches", "both together help"),
    Claim("aggregation", "gem", "avg", "FastReID: GeM beats the mean"),
    Claim("aggregation", "attention", "avg", "FastReID: attention beats the mean"),
    Claim("loss", "cross-entropy + triplet", "cross-entropy", "BoT and others: the triplet helps"),
    Claim("loss", "circle", "cross-entropy", "Circle loss: beats cross-entropy"),
)
