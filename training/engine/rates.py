"""The learning rate of a config at any point of a run; see `training.engine.schedule`."""

from __future__ import annotations

from training.config import Rate, ScheduleConfig
from training.engine import schedule


def rate_at(config: ScheduleConfig, epoch: int, iteration: int, iterations_per_epoch: int) -> float:
    """The rate of an iteration.

    Args:
        config: The schedule; its `has_warmup` off starts at the base rate.
        epoch: 0-based.
        iteration: 0-based, over the whole run.
        iterations_per_epoch: Length of an epoch.
    """
    n_warmup = config.n_warmup if config.has_warmup else 0
    match config.rate:
        case Rate.BOT:
            return schedule.bot(epoch + 1, config.lr, warmup_factor=0.01 if config.has_warmup else 1.0)
        case Rate.BOT_PRINTED:
            printed = schedule.bot_printed(epoch + 1, config.lr)
            return printed if config.has_warmup else max(printed, config.lr if epoch < 10 else 0.0)
        case Rate.FASTREID_MULTI_STEP:
            return schedule.fastreid_multi_step(
                epoch, iteration, iterations_per_epoch, config.lr, n_warmup=n_warmup
            )
        case Rate.FASTREID_DELAYED_COSINE:
            return schedule.fastreid_delayed_cosine(
                epoch,
                iteration,
                iterations_per_epoch,
                config.lr,
                n_epochs=config.n_epochs,
                delay=config.delay,
                n_warmup=n_warmup,
            )
        case Rate.CBDB:
            return schedule.cbdb(epoch)
        case Rate.CONSTANT:
            return config.lr
