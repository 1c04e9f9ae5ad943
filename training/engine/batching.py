"""Which pictures come when: the batches of every epoch, a pure function of the seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from reid_core.types import IntArray
from training.config import Sampling, TrainingConfig
from training.datasets.loading import BatchPlan, plan_epoch, share_of
from training.datasets.market import Picture
from training.engine.world import ALONE, World
from training.samplers.balanced import balanced_batches
from training.samplers.identity import identity_batches


def count_batches(config: TrainingConfig, n_pictures: int) -> int:
    """Iterations of an epoch, as schedules count them; the identity sampler may give a few more or less."""
    return max(1, n_pictures // (config.batch.n_ids * config.batch.n_images))


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


def plan_run(
    config: TrainingConfig,
    pictures: Sequence[Picture],
    seed: int,
    *,
    epoch: int = 0,
    batch: int = 0,
    world: World = ALONE,
) -> Iterator[BatchPlan]:
    """The batches from a place in a run to its end.

    Args:
        config: Of the run.
        pictures: Of the training part.
        seed: Of the run.
        epoch: The first one, 0-based.
        batch: The first one in it, 0-based.
        world: The processes that share each batch; gives this one's part.
    """
    n_batches = count_batches(config, len(pictures))
    for number in range(epoch, config.schedule.n_epochs):
        rows = [found.tolist() for found in batches(config, pictures, number, n_batches, seed)]
        for plan in plan_epoch(number, rows, seed)[batch if number == epoch else 0 :]:
            yield share_of(plan, world.rank, world.size)
