"""Everything that changes while a network is trained."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from training.config import EngineConfig, Optimizer, Precision, ScheduleConfig, TrainingConfig
from training.engine.checkpoints import load_network
from training.engine.first_weights import FirstWeights, load_first
from training.engine.objective import Objective, make_objective, network_spec
from training.engine.teachers import Teacher, load_teachers
from training.engine.teaching import Learner
from training.engine.world import ALONE, World
from training.losses.center import Centers

_DTYPES = {Precision.FP32: torch.float32, Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}


@dataclass(slots=True)
class Run:
    """A run in memory.

    Attributes:
        network: Being trained.
        learner: The network with what distillation needs, as processes share it.
        optimizer: Of all its parameters.
        objective: What is minimised.
        centers: Of the centre loss, if there is one.
        ema: Running mean of the weights, if there is one: then it is the model.
        scaler: Of the gradient; it does nothing but in half precision (fp16).
        precision: Arithmetic of the network.
        device: ``cpu`` or ``cuda``.
        pids: Persons of the classes.
        init: What the weights came from.
        teachers: Of a student.
        seed: Decides everything that is drawn.
        epoch: The current one, 0-based.
        batch: The next one in the epoch, 0-based.
        iteration: The next one, over the whole run.
        accumulation: Parts that a batch is computed in.
        best: Figures of the best validation so far.
        elapsed_s: Time spent training, over all sessions.
    """

    network: Any
    learner: Any
    optimizer: torch.optim.Optimizer
    objective: Objective
    centers: Centers | None
    ema: Any
    scaler: torch.amp.GradScaler
    precision: Precision
    device: str
    pids: Sequence[int]
    init: FirstWeights
    teachers: list[Teacher]
    seed: int = 0
    epoch: int = 0
    batch: int = 0
    iteration: int = 0
    accumulation: int = 1
    best: dict[str, float] = field(default_factory=dict)
    elapsed_s: float = 0.0

    @property
    def model(self) -> Any:
        """The network that validation and export see."""
        return self.network if self.ema is None else self.ema

    @property
    def dtype(self) -> torch.dtype:
        """Of autocast."""
        return _DTYPES[self.precision]

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        return {
            "network": self.network.state_dict(),
            "overhauls": _bare(self.learner).overhauls.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "centers": self.centers.state_dict() if self.centers is not None else {},
            "ema": self.ema.state_dict() if self.ema is not None else {},
            "scaler": self.scaler.state_dict(),
            "rng": torch.get_rng_state(),
            "pids": list(self.pids),
            "seed": self.seed,
            "epoch": self.epoch,
            "batch": self.batch,
            "iteration": self.iteration,
            "accumulation": self.accumulation,
            "best": dict(self.best),
            "elapsed_s": self.elapsed_s,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        load_network(self.network, state["network"])
        _bare(self.learner).overhauls.load_state_dict(state["overhauls"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.centers is not None:
            self.centers.load_state_dict(state["centers"])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
        self.scaler.load_state_dict(state["scaler"])
        self.epoch, self.batch, self.iteration = state["epoch"], state["batch"], state["iteration"]
        self.accumulation, self.best = state["accumulation"], dict(state["best"])
        self.elapsed_s = state["elapsed_s"]


def start_run(
    config: TrainingConfig,
    classes: int | Sequence[int],
    *,
    seed: int = 0,
    init: str = "none",
    device: str = "cpu",
    world: World = ALONE,
) -> Run:
    """A fresh run, a pure function of its arguments.

    Args:
        config: What to do.
        classes: The persons in the order of their classes, or how many there are.
        seed: Decides the first weights, and everything later.
        init: ``none``, a file, or ``bundled:NAME``.
        device: ``cpu`` or ``cuda``.
        world: The processes that share it.

    Raises:
        UsageError: The network cannot be built so.
        ModelRefusedError: The first weights do not fit it.
    """
    pids = list(range(classes)) if isinstance(classes, int) else list(classes)
    torch.manual_seed(seed)
    network = build_for(config, len(pids))
    first = load_first(network, init, config)
    place = torch.device(device, world.local_rank) if device == "cuda" else torch.device(device)
    network.to(place)
    if device == "cuda" and world.size > 1:
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
    if config.engine.channels_last:
        network.to(memory_format=torch.channels_last)
    ema = copy.deepcopy(network).requires_grad_(False) if config.engine.ema else None
    teachers = load_teachers(config, pids, ema, device)
    learner: Any = Learner(network, [t.stages for t in teachers if t.stages is not None]).to(place)
    trained = [parameter for parameter in learner.parameters() if parameter.requires_grad]
    optimizer = make_optimizer(config.schedule, trained)
    if world.size > 1:
        ids = [world.local_rank] if device == "cuda" else None
        learner = nn.parallel.DistributedDataParallel(learner, device_ids=ids)
    width = getattr(network, "dim", 0)
    centers = Centers(len(pids), width).to(place) if config.loss.center_weight > 0 else None
    precision = choose_precision(config.engine, device)
    scaler = torch.amp.GradScaler(device, enabled=precision is Precision.FP16)
    return Run(
        network, learner, optimizer, make_objective(config), centers, ema, scaler, precision, device, pids,
        first, teachers, seed, accumulation=config.engine.accumulation,
    )  # fmt: skip


def build_for(config: TrainingConfig, n_classes: int) -> nn.Module:
    """The network of a config with classifiers, random weights."""
    from reid_core.models.methods import build_network

    return build_network(network_spec(config), n_classes)


def make_optimizer(config: ScheduleConfig, parameters: Sequence[nn.Parameter]) -> torch.optim.Optimizer:
    """The optimiser; Adam decays everything, as the papers' code, the others spare biases and norms."""
    if config.optimizer is Optimizer.ADAM:
        return torch.optim.Adam(parameters, lr=config.lr, weight_decay=config.weight_decay)
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if config.optimizer is Optimizer.ADAMW:
        return torch.optim.AdamW(groups, lr=config.lr)
    return torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum)


def choose_precision(config: EngineConfig, device: str) -> Precision:
    """The arithmetic that a setting means on a device."""
    if config.precision is not Precision.AUTO:
        return config.precision
    return Precision.BF16 if device == "cuda" else Precision.FP32


def _bare(learner: Any) -> Any:
    """The learner without the wrapper that processes share it by."""
    return getattr(learner, "module", learner)
