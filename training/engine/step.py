"""One optimiser step: forward, losses of the whole batch, backward, update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from reid_core.errors import UsageError
from training.config import TrainingConfig
from training.distillation.ema import follow
from training.engine.failures import NotFiniteError
from training.engine.rates import rate_at
from training.engine.run import Run
from training.engine.schedule import is_backbone_frozen
from training.engine.teachers import Lesson
from training.engine.teaching import View, distillation_terms, view_of
from training.engine.world import ALONE, World, gather, gather_plain, map_output
from training.losses.objectives import total
from training.losses.pairwise import at_least_float32

_RANK_STRIDE = 1_000_003


def take_step(
    run: Run,
    config: TrainingConfig,
    images: Tensor,
    labels: Tensor,
    iterations_per_epoch: int,
    world: World = ALONE,
) -> dict[str, float]:
    """One optimiser step.

    Args:
        run: Changed.
        config: Of the run.
        images: ``(B, 3, H, W)`` normalised, on the run's device: this process's share of the batch.
        labels: ``(B,)`` classes.
        iterations_per_epoch: For the schedule.
        world: The processes that share the batch.

    Returns:
        The weighted terms of the loss, and the rate under ``lr``.

    Raises:
        NotFiniteError: The loss or its gradient is no number; the weights are as they were.
    """
    rate = rate_at(config.schedule, run.epoch, run.iteration, iterations_per_epoch)
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    torch.manual_seed(run.seed + run.iteration + world.rank * _RANK_STRIDE)
    frozen = _set_modes(run, config)
    run.optimizer.zero_grad(set_to_none=True)
    sums: dict[str, float] = {}
    seen: list[tuple[Tensor, Tensor]] = []
    parts = split_batch(images, labels, config.batch.n_images, run.accumulation)
    for part_images, part_labels in parts:
        terms, metric, gathered = compute_terms(run, config, part_images, part_labels, world)
        loss = total(terms) / len(parts)
        if not torch.isfinite(loss):
            raise NotFiniteError(f"The loss is {loss.item()} at iteration {run.iteration}")
        run.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        if run.centers is not None:
            seen.append((metric, gathered))
        for name, term in terms.items():
            sums[name] = sums.get(name, 0.0) + float(term.detach()) / len(parts)
    for part in frozen:
        part.zero_grad(set_to_none=True)
    _update(run)
    if run.centers is not None:
        run.centers.update(torch.cat([m for m, _ in seen]), torch.cat([found for _, found in seen]))
    if run.ema is not None:
        follow(run.ema, run.network, config.engine.ema)
    run.iteration += 1
    return sums | {"lr": rate}


def compute_terms(
    run: Run, config: TrainingConfig, images: Tensor, labels: Tensor, world: World = ALONE
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """The weighted terms of the loss of the batch that all processes have together.

    Returns:
        The terms, equal in all processes; the gathered metric features without gradient (empty where there
        are no centres); the gathered labels.
    """
    if config.engine.channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    kind = images.device.type
    with torch.autocast(kind, run.dtype, enabled=run.dtype is not torch.float32):
        lessons = [teacher(images) for teacher in run.teachers]
        maps = [lesson.maps for lesson in lessons if len(lesson.maps)]
        output, features, overhaul = run.learner(images, maps)
    labels = gather_plain(labels, world) if world.size > 1 else labels
    output = map_output(output, lambda x, axis: gather(at_least_float32(x), world, axis))
    centers = run.centers.values if run.centers is not None else None
    terms = dict(run.objective(output, labels, centers))
    if lessons:
        given = config.distillation
        scale = config.loss.scale if config.loss.identity.needs_cosines else 1.0
        student = view_of(output, scale, None if features is None else gather(features.float(), world))
        terms |= distillation_terms(given, student, [_gathered(lesson, world) for lesson in lessons])
        if overhaul is not None:
            terms["overhaul"] = given.overhaul * overhaul
    metric = output.metric.detach() if run.centers is not None else labels.new_empty(0)
    return terms, metric, labels


def _gathered(lesson: Lesson, world: World) -> View:
    features, logits = lesson.view
    features, logits = features.float(), None if logits is None else logits.float()
    if world.size == 1:
        return View(features, logits)
    return View(gather_plain(features, world), None if logits is None else gather_plain(logits, world))


def split_batch(images: Tensor, labels: Tensor, n_images: int, n_parts: int) -> list[tuple[Tensor, Tensor]]:
    """A batch in about equal parts that cut no person's pictures apart.

    Args:
        images: ``(B, 3, H, W)``, the pictures of one person side by side.
        labels: ``(B,)``.
        n_images: Of each person.
        n_parts: Wanted.
    """
    if n_parts == 1:
        return [(images, labels)]
    n_ids = max(1, len(labels) // n_images)
    sizes = [(n_ids * (k + 1) // n_parts - n_ids * k // n_parts) * n_images for k in range(n_parts)]
    return list(zip(torch.split(images, sizes), torch.split(labels, sizes), strict=True))


def _set_modes(run: Run, config: TrainingConfig) -> Sequence[nn.Module]:
    """Training mode, but for what stands still; the parts whose gradient is thrown away."""
    run.learner.train()
    if config.engine.has_frozen_norms:
        for module in run.network.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
    if not is_backbone_frozen(run.iteration, config.schedule.n_frozen):
        return []
    frozen = frozen_parts(run.network)
    for part in frozen:
        part.eval()
    return frozen


def frozen_parts(network: nn.Module) -> list[nn.Module]:
    """What stands still while a backbone is frozen.

    Raises:
        UsageError: The network has no backbone apart.
    """
    parts: list[Any] = [getattr(network, name) for name in ("backbone", "branches") if hasattr(network, name)]
    if not parts:
        raise UsageError("This network has no backbone apart that could be frozen: set schedule.n_frozen=0.")
    return parts


def _update(run: Run) -> None:
    """Step, unless the gradient is no number; in fp16 such a step is skipped and the scale halved."""
    if not run.scaler.is_enabled():
        gradients = [
            p.grad for group in run.optimizer.param_groups for p in group["params"] if p.grad is not None
        ]
        norm = torch.nn.utils.get_total_norm(gradients)
        if not torch.isfinite(norm):
            raise NotFiniteError(f"The gradient is {norm.item()} at iteration {run.iteration}")
    run.scaler.step(run.optimizer)
    run.scaler.update()
