"""What a training run is made of: a named preset, and what differs from it, in TOML or on the command line.

    preset = "bot"              # one of `training.engine.presets.PRESETS`
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
from reid_core.models.methods import NetworkSpec

Section = TypeVar("Section")


class IdentityLoss(StrEnum):
    """Losses on the classifier; ArcFace, CosFace and Circle need a cosine classifier."""

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
    UNIFIED = "unified"


class Rate(StrEnum):
    """Learning-rate schedules, see `training.engine.schedule`."""

    BOT = "bot"
    BOT_PRINTED = "bot_printed"
    FASTREID_MULTI_STEP = "fastreid_multi_step"
    FASTREID_DELAYED_COSINE = "fastreid_delayed_cosine"
    CBDB = "cbdb"
    CONSTANT = "constant"


class Optimizer(StrEnum):
    """What moves the weights; AdamW and SGD keep biases and norms free of weight decay, Adam does not."""

    ADAM = "adam"
    ADAMW = "adamw"
    SGD = "sgd"


class Precision(StrEnum):
    """Arithmetic of the network; losses are always computed in float32."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


class LogitReduction(StrEnum):
    """How absolute differences of logits are gathered; the FastReID paper does not say."""

    CLASS_SUM = "class_sum"
    SUM = "sum"
    MEAN = "mean"


class Sampling(StrEnum):
    """How batches are drawn."""

    IDENTITY = "identity"
    BALANCED = "balanced"


@dataclass(frozen=True, slots=True)
class LossConfig:
    """What is minimised.

    Attributes:
        identity: Loss on the classifier.
        smoothing: Label smoothing, 0 for none; alpha of the adaptive form.
        scale: Of a cosine classifier's logits.
        identity_margin: Of a cosine classifier.
        metric: Loss on pairs (CBDB-Net and DPTI bring theirs; the classification-loss network has none).
        is_soft_margin: Soft margin instead of the hinge.
        margin: Of the hinge, in triplet and Elastic Loss; m of the pairwise losses.
        gamma: Scale of the pairwise circle and unified losses.
        is_weighted_mining: Softmax-weighted pairs instead of the hardest.
        is_normalized: Triplet distances ``2 - 2 cos``.
        center_weight: Of the centre loss; 0 switches it off.
        is_elastic: Elastic Loss in CBDB-Net; off, the batch-hard triplet that it is compared with.
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
    is_elastic: bool = True
    detach_elastic_weights: bool = False
    diversity_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ScheduleConfig:
    """How fast it learns.

    Attributes:
        rate: The schedule.
        lr: Its base rate (CBDB's staircase has its own).
        has_warmup: Off starts at the base rate.
        n_warmup: Iterations of warm-up, in FastReID's schedules.
        n_epochs: Of the run.
        delay: Epochs in front of the delayed cosine.
        n_frozen: Iterations in which the backbone stands still.
        weight_decay: On all parameters with Adam, on weights alone with the others.
        optimizer: Which one.
        momentum: Of SGD.
    """

    rate: Rate = Rate.BOT
    lr: float = 3.5e-4
    has_warmup: bool = True
    n_warmup: int = 2000
    n_epochs: int = 120
    delay: int = 30
    n_frozen: int = 0
    weight_decay: float = 5e-4
    optimizer: Optimizer = Optimizer.ADAM
    momentum: float = 0.9


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """What a batch holds.

    Attributes:
        height: Of a picture, px.
        width: Of a picture, px.
        n_ids: P.
        n_images: K.
        sampling: ``identity`` is one group of K a person; ``balanced`` prefers other cameras.
        flip_p: Probability of mirroring.
        pad_px: Border before the random crop.
        erasing_p: Probability of random erasing; 0 switches it off.
        patch_p: Probability of random patch.
        cutout_p: Probability of a 64 x 64 square of zeros.
        auto_augment_p: Probability of AutoAugment.
        augmix_p: Probability of AugMix.
        jitter_p: Probability of colour jitter.
    """

    height: int = 256
    width: int = 128
    n_ids: int = 16
    n_images: int = 4
    sampling: Sampling = Sampling.IDENTITY
    flip_p: float = 0.5
    pad_px: int = 10
    erasing_p: float = 0.5
    patch_p: float = 0.0
    cutout_p: float = 0.0
    auto_augment_p: float = 0.0
    augmix_p: float = 0.0
    jitter_p: float = 0.0


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """How a run is computed.

    Attributes:
        precision: ``auto`` is bf16 on CUDA and fp32 on a CPU.
        channels_last: Lay pictures out with their channels innermost: the same network, half as fast again
            for small ones on a CPU (docs/adr/0032), and what the half precisions of GPUs want.
        ema: Momentum of the running mean of the weights, which then is the model; 0 keeps none.
        has_frozen_norms: Keep the statistics of batch norms as they are, for careful fine-tuning.
        is_deterministic: Same seed, same machine, same numbers; off is faster on CUDA.
        accumulation: Parts that a batch is computed in, for little memory; pairs are mined inside a part.
        validation_epochs: Epochs between two validations.
        checkpoint_s: Longest time between two checkpoints, s; each epoch ends with one.
    """

    precision: Precision = Precision.AUTO
    channels_last: bool = True
    ema: float = 0.0
    has_frozen_norms: bool = False
    is_deterministic: bool = True
    accumulation: int = 1
    validation_epochs: int = 5
    checkpoint_s: float = 300.0


@dataclass(frozen=True, slots=True)
class DistillationConfig:
    """What a student learns from its teachers; every weight of 0 switches a loss off.

    Attributes:
        teachers: Names or files of models, folders of runs, or ``self`` for the run's own running mean. The
            losses of several are averaged.
        logit_l1: Weight of the absolute differences of logits; teachers are runs on the same identities.
        logit_reduction: Of these.
        pkt: Weight of probabilistic knowledge transfer; any model can teach it.
        js: Weight of the symmetric divergence of softened logits; teachers as for ``logit_l1``.
        temperature: Of it.
        overhaul: Weight of the features before the ReLU; teachers and student are ResNets.
    """

    teachers: tuple[str, ...] = ()
    logit_l1: float = 0.0
    logit_reduction: LogitReduction = LogitReduction.CLASS_SUM
    pkt: float = 0.0
    js: float = 0.0
    temperature: float = 16.0
    overhaul: float = 0.0


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Everything that decides the numbers of a run but its data, its first weights and its seed."""

    model: NetworkSpec = field(default_factory=NetworkSpec)
    loss: LossConfig = field(default_factory=LossConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    batch: BatchConfig = field(default_factory=BatchConfig)
    engine: EngineConfig = field(default_factory=EngineConfig)
    distillation: DistillationConfig = field(default_factory=DistillationConfig)

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
        changes: By name; nested for parts. The options of a model are merged, unless its method changes.
        where: Name of the part, for messages.

    Raises:
        UsageError: A name does not exist, or a value is of a wrong kind.
    """
    hints = get_type_hints(type(section))
    values: dict[str, Any] = {}
    if "method" in changes and "options" in hints:  # another network has other options
        section = dataclasses.replace(section, options={})  # type: ignore[type-var]
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
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise UsageError(f"{place} must be a list of texts, not {value!r}.")
        return tuple(value)
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
