"""Training by a config: one run, which can be cut off at any time and goes on where it was saved."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from reid_core.errors import UsageError
from reid_core.models.embedder import Preprocessing
from reid_core.models.methods import build_network
from reid_core.models.networks import describe
from reid_core.types import IntArray
from reid_core.weights.safetensors_file import save_bundle
from training.config import Sampling, TrainingConfig, as_dict
from training.datasets.augmentations import Augmenter
from training.datasets.market import Picture, load_picture, relabel
from training.engine.first_weights import load_backbone
from training.engine.objective import make_objective, network_spec
from training.engine.rates import rate_at
from training.engine.schedule import is_backbone_frozen
from training.losses.center import Centers
from training.losses.objectives import total
from training.samplers.balanced import balanced_batches
from training.samplers.identity import identity_batches

log = logging.getLogger(__name__)
BUNDLE, CHECKPOINT = "model.safetensors", "checkpoint.pt"


@dataclass(slots=True)
class Run:
    """Everything that changes while training.

    Attributes:
        network: Being trained.
        optimizer: Of all its parameters.
        centers: Of the centre loss, if there is one.
        epoch: The current one, 0-based.
        iteration: Next one, over the whole run.
    """

    network: Any
    optimizer: torch.optim.Optimizer
    centers: Centers | None
    epoch: int = 0
    iteration: int = 0


def start_run(
    config: TrainingConfig,
    num_classes: int,
    *,
    seed: int = 0,
    weights: Path | None = None,
    device: str = "cpu",
) -> Run:
    """A fresh run, a pure function of its arguments.

    Raises:
        UsageError: The network cannot be built so.
        ModelRefusedError: The first weights do not fit its backbone.
    """
    torch.manual_seed(seed)
    network = build_network(network_spec(config), num_classes)
    if weights is not None:
        load_backbone(network, weights)
    network.to(device)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=config.schedule.lr, weight_decay=config.schedule.weight_decay)
    width = getattr(network, "dim", 0)
    has_centers = config.loss.center_weight > 0
    centers = Centers(num_classes, width).to(device) if has_centers else None
    return Run(network, optimizer, centers)


def take_step(
    run: Run, config: TrainingConfig, images: Tensor, labels: Tensor, iterations_per_epoch: int
) -> dict[str, float]:
    """One optimiser step.

    Args:
        run: Changed.
        config: Of the run.
        images: ``(B, 3, H, W)`` normalised, on the run's device.
        labels: ``(B,)`` classes.
        iterations_per_epoch: For the schedule.

    Returns:
        The weighted terms of the loss, and the rate.

    Raises:
        FloatingPointError: The loss is not finite.
    """
    rate = rate_at(config.schedule, run.epoch, run.iteration, iterations_per_epoch)
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    run.network.train()
    is_frozen = is_backbone_frozen(run.iteration, config.schedule.n_frozen)
    frozen = frozen_parts(run.network) if is_frozen else []
    for part in frozen:
        part.eval()
    run.optimizer.zero_grad(set_to_none=True)
    with torch.autocast(images.device.type, torch.bfloat16, enabled=images.device.type == "cuda"):
        output = run.network.learn(images)
    values = run.centers.values if run.centers is not None else None
    terms = make_objective(config)(output, labels, values)
    loss = total(terms)
    if not torch.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss.item()} at iteration {run.iteration}")
    loss.backward()  # type: ignore[no-untyped-call]
    for part in frozen:
        part.zero_grad(set_to_none=True)
    run.optimizer.step()
    if run.centers is not None:
        run.centers.update(output.metric.detach(), labels)
    run.iteration += 1
    return {name: float(term.detach()) for name, term in terms.items()} | {"rate": rate}


def frozen_parts(network: nn.Module) -> list[nn.Module]:
    """What stands still while a backbone is frozen.

    Raises:
        UsageError: The network has no backbone apart.
    """
    parts = [getattr(network, name) for name in ("backbone", "branches") if hasattr(network, name)]
    if not parts:
        raise UsageError("This network has no backbone apart that could be frozen: set schedule.n_frozen=0.")
    return parts


def batches(
    config: TrainingConfig, pictures: Sequence[Picture], epoch: int, n_batches: int, seed: int
) -> Iterator[IntArray]:
    """The batches of an epoch, a pure function of seed and epoch."""
    rng = np.random.default_rng((seed, epoch))
    pids = [picture.pid for picture in pictures]
    n_ids, n_images = config.batch.n_ids, config.batch.n_images
    if config.batch.sampling is Sampling.BALANCED:
        endless = balanced_batches(pids, [p.camid for p in pictures], n_ids, n_images, rng)
        for _ in range(n_batches):
            yield next(endless)
        return
    yield from identity_batches(pids, n_ids, n_images, rng)


def train(
    config: TrainingConfig,
    pictures: Sequence[Picture],
    out: Path,
    *,
    seed: int = 0,
    weights: Path | None = None,
    device: str = "cpu",
) -> Path:
    """Run a config to its end, or go on with a run that was cut off.

    Args:
        config: What to do.
        pictures: Of the training part.
        out: Folder for ``checkpoint.pt``, ``curve.jsonl`` and, at the end, ``model.safetensors``.
        seed: Decides the first weights and every batch.
        weights: First weights of the backbone, for instance of a classifier of ImageNet.
        device: ``cpu`` or ``cuda``.

    Returns:
        The bundle, which `python -m training evaluate --model` and the application take.

    Raises:
        UsageError: There are fewer people than a batch holds, or ``out`` has a run of another config.
    """
    classes = relabel(pictures)
    if len(classes) < config.batch.n_ids:
        raise UsageError(
            f"{len(classes)} people do not fill a batch of {config.batch.n_ids}: lower batch.n_ids."
        )
    out.mkdir(parents=True, exist_ok=True)
    run = start_run(config, len(classes), seed=seed, weights=weights, device=device)
    done = _resume(run, config, out / CHECKPOINT, device)
    size = config.batch.n_ids * config.batch.n_images
    n_batches = max(1, len(pictures) // size)
    for epoch in range(done, config.schedule.n_epochs):
        run.epoch = epoch
        augment = Augmenter(config.batch)
        rng = np.random.default_rng((seed, epoch, 1))
        for rows in batches(config, pictures, epoch, n_batches, seed):
            chosen = [pictures[int(row)] for row in rows]
            pixels = np.stack([augment(load_picture(picture), rng) for picture in chosen])
            labels = torch.tensor([classes[picture.pid] for picture in chosen], device=device)
            terms = take_step(run, config, torch.from_numpy(pixels).to(device), labels, n_batches)
            with (out / "curve.jsonl").open("a", encoding="utf-8") as curve:
                curve.write(json.dumps({"epoch": epoch, "iteration": run.iteration - 1} | terms) + "\n")
        log.info("epoch %d of %d, %s", epoch + 1, config.schedule.n_epochs, terms)
        _save(run, config, out / CHECKPOINT, epoch + 1)
    return export(run.network, config, out / BUNDLE)


def export(network: nn.Module, config: TrainingConfig, path: Path) -> Path:
    """Write the network, without its classifiers, as a bundle; returns ``path``."""
    state = {name: value.cpu() for name, value in network.state_dict().items() if "classifier" not in name}
    size = Preprocessing(config.batch.height, config.batch.width)
    save_bundle(path, state, describe(config.model, size))
    return path


def _resume(run: Run, config: TrainingConfig, path: Path, device: str) -> int:
    """The epochs that are done."""
    if not path.exists():
        return 0
    state: Mapping[str, Any] = torch.load(path, map_location=device, weights_only=True)
    if state["config"] != config.key:
        raise UsageError(f"{path.parent} holds a run of another config: choose another folder with --out.")
    run.network.load_state_dict(state["network"])
    run.optimizer.load_state_dict(state["optimizer"])
    if run.centers is not None:
        run.centers.load_state_dict(state["centers"])
    run.iteration = state["iteration"]
    return int(state["epoch"])


def _save(run: Run, config: TrainingConfig, path: Path, epoch: int) -> None:
    """Write beside, then rename: a kill leaves the old or the new checkpoint, whole."""
    state = {
        "config": config.key,
        "settings": json.dumps(as_dict(config)),
        "network": run.network.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "centers": run.centers.state_dict() if run.centers is not None else {},
        "iteration": run.iteration,
        "epoch": epoch,
    }
    beside = path.with_suffix(".tmp")
    torch.save(state, beside)
    beside.replace(path)
