"""Learning rates: pure functions of time, one a recipe. Nothing is stepped, so nothing is lost on resume."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence


def linear_warmup(step: float, n_steps: int, start: float) -> float:
    """Factor that rises linearly from ``start`` at step 0 to 1 at ``n_steps``, and stays there."""
    if step >= n_steps:
        return 1.0
    done = step / n_steps
    return start * (1 - done) + done


def multi_step(epoch: int, milestones: Sequence[int], gamma: float = 0.1) -> float:
    """Factor ``gamma^n`` with n the milestones (ascending) that are at or before ``epoch``."""
    return float(gamma ** bisect_right(milestones, epoch))


def bot_printed(epoch: int, base: float = 3.5e-4) -> float:
    """BoT as its text says: warm-up over epochs 1..10, a tenth after 40 and after 70.

    Args:
        epoch: 1-based, as printed.
        base: The rate after warm-up. (The paper's seed says 0.0035; text, code and FastReID say 0.00035.)

    Source: BoT, warm-up equation with its printed slip corrected; reconstruction.
    """
    return base * min(epoch / 10, 1.0) * multi_step(epoch - 1, (40, 70))


def bot(
    epoch: int,
    base: float = 3.5e-4,
    *,
    warmup_factor: float = 0.01,
    n_warmup: int = 10,
    milestones: Sequence[int] = (40, 70),
) -> float:
    """BoT as its code runs it: the scheduler is stepped at the start of each epoch.

    Args:
        epoch: 0-based ``last_epoch`` of the released scheduler; its first trained epoch is 1.
        base: The rate after warm-up.
        warmup_factor: Share of ``base`` at epoch 0; 1 switches the warm-up off.
        n_warmup: Epochs of warm-up.
        milestones: Epochs at which the rate falls to a tenth.

    Source: reid-strong-baseline ``WarmupMultiStepLR``; verified.
    """
    return base * linear_warmup(epoch, n_warmup, warmup_factor) * multi_step(epoch, milestones)


def fastreid_warmup(
    iteration: int, base: float = 3.5e-4, *, factor: float = 0.1, n_warmup: int = 2000
) -> float:
    """FastReID's warm-up, per iteration: ``factor * base`` at 0, ``base`` from ``n_warmup`` on; verified."""
    return base * linear_warmup(iteration, n_warmup, factor)


def fastreid_multi_step(
    epoch: int,
    iteration: int,
    iterations_per_epoch: int,
    base: float = 3.5e-4,
    *,
    milestones: Sequence[int] = (40, 90),
    n_warmup: int = 2000,
) -> float:
    """Bagtricks and AGW: warm-up per iteration, then steps whose epochs count from the end of warm-up.

    FastReID steps its epoch scheduler only after an epoch that ends beyond the warm-up, so that on Market the
    milestones come about 10 epochs later than written.

    Args:
        epoch: 0-based.
        iteration: 0-based, over the whole run.
        iterations_per_epoch: Length of an epoch.
        base: The rate after warm-up.
        milestones: As written in the config.
        n_warmup: Iterations of warm-up.

    Source: FastReID ``LRScheduler`` hook; reconstruction from its description.
    """
    stepped = max(0, epoch - n_warmup // iterations_per_epoch)
    return fastreid_warmup(iteration, base, n_warmup=n_warmup) * multi_step(stepped, milestones)


def cosine(step: float, n_steps: int, base: float = 3.5e-4, least: float = 7e-7) -> float:
    """Half a cosine from ``base`` at step 0 to ``least`` at ``n_steps``, and flat after it; verified."""
    done = min(max(step / n_steps, 0.0), 1.0)
    return least + (base - least) * (1 + math.cos(math.pi * done)) / 2


def fastreid_delayed_cosine(
    epoch: int,
    iteration: int,
    iterations_per_epoch: int,
    base: float = 3.5e-4,
    *,
    n_epochs: int = 60,
    delay: int = 30,
    n_warmup: int = 2000,
    least: float = 7e-7,
) -> float:
    """SBS: warm-up, flat until the delay is over, then a cosine to the end.

    The cosine takes ``n_epochs - max(ceil(n_warmup / iterations_per_epoch), delay)`` epochs.

    Args:
        epoch: 0-based.
        iteration: 0-based, over the whole run.
        iterations_per_epoch: Length of an epoch.
        base: The rate between warm-up and cosine.
        n_epochs: Of the whole run.
        delay: Epochs before the cosine.
        n_warmup: Iterations of warm-up.
        least: The rate at the end.

    Source: FastReID SBS; the cosine is verified, its start is reconstructed from the code's description.
    """
    start = max(math.ceil(n_warmup / iterations_per_epoch), delay)
    if epoch < start:
        return fastreid_warmup(iteration, base, n_warmup=n_warmup)
    return cosine(epoch - start, max(n_epochs - start, 1), base, least)


def cbdb(epoch: int) -> float:
    """The helper that CBDB-Net releases and leaves off by default: a staircase up, flat, two steps down.

    Args:
        epoch: 0-based; 1e-4 to 1e-3 over 50 epochs, 1e-3 to 200, 1e-4 to 300, 1e-5 after.

    Source: CBDB-Net's code (inherited from BDB); read there, not run.
    """
    if epoch < 50:
        return 1e-4 * (epoch // 5 + 1)
    return 1e-3 if epoch < 200 else 1e-4 if epoch < 300 else 1e-5


def is_backbone_frozen(iteration: int, n_frozen: int) -> bool:
    """Whether the backbone still stands still: in the first ``n_frozen`` iterations only the head learns.

    Its batch norms run in eval mode meanwhile. The paper freezes 2000 iterations, FastReID's SBS config 1000,
    its vehicle config 3000.
    """
    return iteration < n_frozen
