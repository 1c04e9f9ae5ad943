"""What a training run is made of, as a TOML file: a named preset, and what differs from it.

    preset = "bot"              # one of `PRESETS`
    [loss]
    center_weight = 0.0         # a trick switched off

Every name that a file may write stands in a field here; anything else is refused with the names that exist.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from reid_core.errors import UsageError

Section = TypeVar("Section")


class Method(StrEnum):
    """Networks."""

    BASELINE = "baseline"
    CBDB = "cbdb"
    DPTI = "dpti"
    CHANNEL_GROUPS = "channel_groups"


class Ibn(StrEnum):
    """Instance norm in the backbone."""

    NONE = "none"
    A = "a"
    B = "b"


class IdentityLoss(StrEnum):
    """Losses on the classifier; the last three but one need a cosine classifier."""

    CROSS_ENTROPY = "cross_entropy"
    CROSS_ENTROPY_FASTREID = "cross_entropy_fastreid"
    CROSS_ENTROPY_ADAPTIVE = "cross_entropy_adaptive"
    ARCFACE = "arcface"
    COSFACE = "cosface"
    CIRCLE = "circle"
    FOCAL = "focal"

    @property
    def needs_cosines(self) -> bool:
        """Whether the classifier has to give cosines."""
        return self in (IdentityLoss.ARCFACE, IdentityLoss.COSFACE, IdentityLoss.CIRCLE)


class MetricLoss(StrEnum):
    """Losses on pairs."""

    NONE = "none"
    TRIPLET = "triplet"
    CIRCLE = "circle"


class Rate(StrEnum):
    """Learning-rate schedules, see `training.engine.schedule`."""

    BOT = "bot"
    BOT_PRINTED = "bot_printed"
    FASTREID_MULTI_STEP = "fastreid_multi_step"
    FASTREID_DELAYED_COSINE = "fastreid_delayed_cosine"
    CBDB = "cbdb"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The network.

    Attributes:
        method: Which one.
        depth: Of its ResNet.
        stem: Of its ResNet, see `reid_core.models.backbones.resnet.Stem`.
        last_stride: 1 or 2.
        ibn: Instance norm in the backbone.
        non_local: Non-local blocks in the backbone.
        non_local_inner: Channels inside those; 0 is half of the stage's, 1 what public weights have.
        options: Keyword arguments of the method's class, as its docstring lists them.
        height: Of the input, px.
        width: Of the input, px.
    """

    method: Method = Method.BASELINE
    depth: int = 50
    stem: str = "standard"
    last_stride: int = 1
    ibn: Ibn = Ibn.NONE
    non_local: bool = False
    non_local_inner: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    height: int = 256
    width: int = 128


@dataclass(frozen=True, slots=True)
class LossConfig:
    """What is minimised.

    Attributes:
        identity: Loss on the classifier.
        smoothing: Label smoothing, 0 for none; alpha of the adaptive form.
        scale: Of a cosine classifier's logits.
        identity_margin: Of a cosine classifier.
        metric: Loss on pairs (`baseline` only; the other methods bring theirs).
        is_soft_margin: Soft margin instead of the hinge.
        margin: Of the hinge, in triplet and Elastic Loss; m of the pairwise circle loss.
        gamma: Scale of the pairwise circle loss.
        is_weighted_mining: Softmax-weighted pairs instead of the hardest.
        is_normalized: Triplet distances ``2 - 2 cos``.
        center_weight: Of the centre loss; 0 switches it off.
        detach_elastic_weights: Treat the weights of the Elastic Loss as constants.
        diversity_weight: Of DPTI's diversity loss.
    """

    identity: IdentityLoss = IdentityLoss.CROSS_ENTROPY
    smoothing: float = 0.1
    scale: float = 64.0
    identity_margin: float = 0.35
    metric: MetricLoss = MetricLoss.TRIPLET
    is_soft_margin: bool = False
    margin: float = 0.3
    gamma: float = 128.0
    is_weighted_mining: bool = False
    is_normalized: bool = False
    center_weight: float = 0.0
    detach_elastic_weights: bool = False
    diversity_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ScheduleConfig:
    """How fast it learns.

    Attributes:
        rate: The schedule.
        lr: Its base rate (CBDB's staircase has its own).
        has_warmup: Off starts at the base rate.
        n_epochs: Of the run.
        n_frozen: Iterations in which the backbone stands still.
        weight_decay: On all parameters.
    """

    rate: Rate = Rate.BOT
    lr: float = 3.5e-4
    has_warmup: bool = True
    n_epochs: int = 120
    n_frozen: int = 0
    weight_decay: float = 5e-4


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """What a batch holds.

    Attributes:
        n_ids: P.
        n_images: K.
        is_camera_balanced: Images of an identity from other cameras first.
        erasing_p: Probability of random erasing; 0 switches it off.
        cutout_p: Probability of a 64 x 64 square of zeros.
        auto_augment_p: Probability of AutoAugment.
    """

    n_ids: int = 16
    n_images: int = 4
    is_camera_balanced: bool = False
    erasing_p: float = 0.5
    cutout_p: float = 0.0
    auto_augment_p: float = 0.0


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Everything that decides the numbers of a run but its data and its seed."""

    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    batch: BatchConfig = field(default_factory=BatchConfig)

    @property
    def key(self) -> str:
        """Hash of all fields: equal configs have equal keys."""
        return hashlib.sha256(json.dumps(as_dict(self), sort_keys=True).encode()).hexdigest()


def as_dict(config: Any) -> dict[str, Any]:
    """The config as plain nested dictionaries, as a TOML file would hold them."""
    return {
        entry.name: as_dict(value) if dataclasses.is_dataclass(value) else value
        for entry in dataclasses.fields(config)
        for value in (getattr(config, entry.name),)
    }


def change(section: Section, changes: Mapping[str, Any], where: str = "") -> Section:
    """A copy of a config, or of a part, with some fields changed.

    Args:
        section: A config dataclass.
        changes: By name; nested for parts. The options of a model are merged.
        where: Name of the part, for messages.

    Raises:
        UsageError: A name does not exist, or a value is of a wrong kind.
    """
    hints = get_type_hints(type(section))
    values: dict[str, Any] = {}
    for name, value in changes.items():
        place = f"{where}.{name}" if where else name
        if name not in hints:
            raise UsageError(f"There is no setting {place}. Known here: {', '.join(hints)}.")
        old = getattr(section, name)
        if dataclasses.is_dataclass(old) or isinstance(old, Mapping):
            if not isinstance(value, Mapping):
                raise UsageError(f"{place} is a table, not {value!r}.")
            values[name] = {**old, **value} if isinstance(old, Mapping) else change(old, value, place)
        else:
            values[name] = _converted(value, hints[name], place)
    return dataclasses.replace(section, **values)  # type: ignore[type-var]


def _converted(value: Any, hint: Any, place: str) -> Any:
    if get_origin(hint) in (Union, UnionType):
        hint = next(kind for kind in get_args(hint) if kind is not type(None))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if value not in list(hint):
            raise UsageError(f"{place} cannot be {value!r}. Known: {', '.join(hint)}.")
        return hint(value)
    fits = isinstance(value, int | float if hint is float else hint) and isinstance(value, bool) == (
        hint is bool
    )
    if not fits:
        raise UsageError(f"{place} must be of type {hint.__name__}, not {value!r}.")
    return hint(value)
