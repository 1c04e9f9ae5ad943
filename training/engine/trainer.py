"""Training by a config: one run, which can be cut off at any time and goes on where it was saved."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reid_core.errors import CancelledError, ReidError, UsageError
from training.config import TrainingConfig, as_dict
from training.datasets.loading import AugmentedPictures, Batch, load_batches
from training.datasets.market import MarketSet, Picture, relabel
from training.engine.batching import count_batches, plan_run
from training.engine.checkpoints import BEST, LAST, copy_checkpoint, read_checkpoint, write_checkpoint
from training.engine.control import StopRequest
from training.engine.failures import MemoryExhaustedError, NotFiniteError, is_out_of_memory
from training.engine.first_weights import NONE, FirstWeights
from training.engine.journal import Echo, Journal
from training.engine.repeating import numbers_repeat
from training.engine.results import BUNDLE, CARD, facts_of, save_model, write_card
from training.engine.run import Run, start_run
from training.engine.settings import RunSettings
from training.engine.step import take_step
from training.engine.validation import validate
from training.engine.world import ALONE, World

NAN_FILE = "nan-batch.pt"
_RATE_WINDOW = 50


def train(
    config: TrainingConfig,
    material: MarketSet | Sequence[Picture],
    out: Path,
    settings: RunSettings | None = None,
    *,
    device: str = "cpu",
    n_workers: int = 0,
    world: World = ALONE,
    echo: Echo | None = None,
    stop: StopRequest | None = None,
) -> Path:
    """Run a config to its end, or go on with a run that was cut off.

    Args:
        config: What to do.
        material: The pictures of the training part, and perhaps queries and a gallery to validate on.
        out: Folder of the run; docs/training.md lists what is in it.
        settings: Seed and first weights; the rest is written on the card.
        device: ``cpu`` or ``cuda``.
        n_workers: Processes that load pictures; they change no number.
        world: The processes that train together.
        echo: Hears of every row of the log.
        stop: Asks the run to stop after the batch in hand.

    Returns:
        The bundle, which `python -m training evaluate --model` and the application take.

    Raises:
        UsageError: There are fewer people than a batch holds, or ``out`` has a run of another config.
        CancelledError: It was stopped; a checkpoint was written.
        NotFiniteError: The loss is no number; the batch is in ``nan-batch.pt``.
        MemoryExhaustedError: Memory does not hold the smallest part of a batch.
    """
    if not isinstance(material, MarketSet):
        material = MarketSet(tuple(material), (), ())
    settings = settings or RunSettings()
    out.mkdir(parents=True, exist_ok=True)
    journal = Journal(
        out if world.is_first else None, echo, has_tensorboard=settings.has_tensorboard and world.is_first
    )
    trainer = Trainer(config, material, out, settings, journal, stop or StopRequest(out), world)
    try:
        with numbers_repeat(config.engine.is_deterministic, device):
            return trainer.run(device, n_workers)
    except ReidError as error:
        stopped = isinstance(error, CancelledError)
        status, at = "stopped" if stopped else "failed", trainer.position()
        journal.row("end", **at, status=status, text=str(error))
        journal.state(at_once=True, status=status, message=str(error), exit_code=error.exit_code)
        raise
    finally:
        journal.close()


class Trainer:
    """One session of a run; see `train` for the arguments."""

    def __init__(
        self,
        config: TrainingConfig,
        material: MarketSet,
        out: Path,
        settings: RunSettings,
        journal: Journal,
        stop: StopRequest,
        world: World,
    ) -> None:
        self._config, self._material, self._out, self._settings = config, material, out, settings
        self._journal, self._stop, self._world = journal, stop, world
        self._classes = relabel(material.train)
        self._n_batches = count_batches(config, len(material.train))
        self._saved_s = self._began_s = time.monotonic()
        self._spans: deque[tuple[float, int]] = deque(maxlen=_RATE_WINDOW)
        self._run: Run | None = None

    def position(self) -> dict[str, int]:
        """Where the run stands, for the log."""
        run = self._run
        return {"epoch": run.epoch if run else 0, "iteration": run.iteration if run else 0}

    def run(self, device: str, n_workers: int) -> Path:
        """Train to the end; see `train`."""
        config, world = self._config, self._world
        self._check(device)
        self._journal.state(
            at_once=True, status="preparing", exit_code=None, message="", n_epochs=config.schedule.n_epochs
        )
        saved = self._saved(device)
        run = start_run(
            config,
            list(self._classes),
            seed=self._settings.seed,
            init=self._settings.init if saved is None else NONE,
            device=device,
            world=world,
        )
        if saved is not None:
            run.init = FirstWeights(**saved["init"])
            run.restore(saved)
            self._journal.cut(run.iteration)
        self._run = run
        self._say_start(run, saved is not None)
        total = config.schedule.n_epochs * self._n_batches
        losses: list[float] = []
        epoch_s = time.monotonic()
        if run.epoch < config.schedule.n_epochs:
            for batch in self._load(run, n_workers):
                terms = self._step(run, batch)
                lr = terms.pop("lr")
                loss = sum(terms.values())
                losses.append(loss)
                run.batch = batch.number + 1
                rate = self._rate(len(batch.rows) * world.size)
                eta_s = (
                    max(0, total - run.iteration) * config.batch.n_ids * config.batch.n_images / rate
                    if rate
                    else None
                )
                self._journal.step(
                    run.iteration - 1,
                    epoch=run.epoch,
                    loss=loss,
                    parts=terms,
                    lr=lr,
                    images_per_s=rate,
                    eta_s=eta_s,
                )
                self._journal.state(
                    status="running", epoch=run.epoch, iteration=run.iteration, rate=rate, eta_s=eta_s,
                    loss=loss, accumulation=run.accumulation, elapsed_s=self._elapsed(run),
                )  # fmt: skip
                if batch.is_last:
                    self._end_epoch(run, losses, time.monotonic() - epoch_s)
                    losses, epoch_s = [], time.monotonic()
                elif time.monotonic() - self._saved_s > config.engine.checkpoint_s:
                    self._save(run)
                if world.any(self._stop.is_asked):
                    if run.epoch >= config.schedule.n_epochs:
                        break
                    self._journal.state(at_once=True, status="stopping")
                    if not batch.is_last:
                        self._save(run)
                    raise CancelledError(
                        f"Stopped in epoch {run.epoch + 1} of {config.schedule.n_epochs}; "
                        f"`python -m training resume {self._out}` goes on."
                    )
        return self._finish(run)

    def _check(self, device: str) -> None:
        config, n_ids = self._config, len(self._classes)
        if n_ids < config.batch.n_ids:
            raise UsageError(
                f"{n_ids} people do not fill a batch of {config.batch.n_ids}: lower batch.n_ids."
            )
        if config.batch.n_ids % self._world.size:
            raise UsageError(
                f"{config.batch.n_ids} people do not split over {self._world.size} processes: change "
                "batch.n_ids."
            )
        if (
            config.engine.accumulation > 1
            and config.batch.n_ids // self._world.size < 2 * config.engine.accumulation
        ):
            raise UsageError(
                "engine.accumulation leaves parts of fewer than two people, which have no pairs to compare: "
                f"set it to {max(1, config.batch.n_ids // self._world.size // 2)} at most."
            )

    def _say_start(self, run: Run, resumed: bool) -> None:
        config = self._config
        facts = {
            "n_ids": len(run.pids),
            "n_pictures": len(self._material.train),
            "precision": run.precision.value,
        }
        self._journal.row(
            "start", epoch=run.epoch, iteration=run.iteration, config_key=config.key,
            method=config.model.method, backbone=config.model.backbone.name, init=run.init.spec,
            init_sha256=run.init.sha256, seed=run.seed, device=run.device,
            n_validation_ids=len({p.pid for p in self._material.query}), resumed=resumed, **facts,
        )  # fmt: skip
        self._journal.state(
            at_once=True, status="running", epoch=run.epoch, iteration=run.iteration, rate=None, eta_s=None,
            loss=None, n_iterations=config.schedule.n_epochs * self._n_batches, elapsed_s=run.elapsed_s,
            device=run.device, best=run.best or None, accumulation=run.accumulation, init=run.init.spec,
            model=BUNDLE if (self._out / BUNDLE).exists() else None, **facts,
        )  # fmt: skip

    def _load(self, run: Run, n_workers: int) -> Iterator[Batch]:
        pictures = self._material.train
        plans = plan_run(
            self._config, pictures, run.seed, epoch=run.epoch, batch=run.batch, world=self._world
        )
        source = AugmentedPictures(pictures, self._config.batch, run.seed)
        return load_batches(source, plans, n_workers=n_workers, is_pinned=run.device == "cuda")

    def _step(self, run: Run, batch: Batch) -> dict[str, float]:
        place = next(run.network.parameters()).device
        images = batch.images.to(place, non_blocking=True)
        pids = [self._material.train[row].pid for row in batch.rows.tolist()]
        labels = torch.tensor([self._classes[pid] for pid in pids], device=place)
        while True:
            try:
                return take_step(run, self._config, images, labels, self._n_batches, self._world)
            except NotFiniteError as error:
                raise self._keep(error, batch, labels) from error
            except ValueError as error:
                raise UsageError(f"The network cannot learn from such batches: {error}.") from error
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                message = str(error).splitlines()[0][:160]
            self._shrink(run, message)

    def _shrink(self, run: Run, message: str) -> None:
        """Compute batches in twice as many parts."""
        n_ids = self._config.batch.n_ids // self._world.size
        n_parts = 2 * run.accumulation
        if self._world.size > 1 or n_ids < 2 * n_parts:
            raise MemoryExhaustedError(
                f"Memory ran out ({message}): lower batch.n_ids, batch.n_images or the size of pictures, or "
                "set engine.accumulation."
            )
        run.optimizer.zero_grad(set_to_none=True)
        if run.device == "cuda":
            torch.cuda.empty_cache()
        run.accumulation = n_parts
        text = (
            f"Memory ran out: batches are computed in {n_parts} parts of about {n_ids // n_parts} people "
            "from now on. Pairs and batch norms see one part at a time."
        )
        self._journal.row("notice", iteration=run.iteration, level="warning", text=text)

    def _keep(self, error: NotFiniteError, batch: Batch, labels: torch.Tensor) -> NotFiniteError:
        """Write the batch that gave no number."""
        path = self._out / (NAN_FILE if self._world.is_first else f"{self._world.rank}-{NAN_FILE}")
        names = [self._material.train[row].name for row in batch.rows.tolist()]
        write_checkpoint(
            path, {"images": batch.images, "labels": labels.cpu(), "names": names, "error": str(error)}
        )
        return NotFiniteError(
            f"{error}; the weights before it are in {LAST}, the batch in {path}. Lower schedule.lr, or use "
            "engine.precision=fp32."
        )

    def _end_epoch(self, run: Run, losses: Sequence[float], seconds: float) -> None:
        config = self._config
        run.epoch, run.batch = run.epoch + 1, 0
        n_images = len(losses) * config.batch.n_ids * config.batch.n_images
        self._journal.row(
            "epoch", epoch=run.epoch, iteration=run.iteration, loss=float(np.mean(losses)),
            images_per_s=round(n_images / max(seconds, 1e-9), 2), seconds=round(seconds, 3),
        )  # fmt: skip
        is_due = run.epoch % config.engine.validation_epochs == 0 or run.epoch == config.schedule.n_epochs
        is_best = not self._material.query
        if self._material.query and is_due and self._world.is_first:
            is_best = self._validate(run)
        self._save(run)
        if self._world.is_first and is_best:
            save_model(run.model, config, self._out / BUNDLE, facts_of(run, config))
            if self._material.query:
                copy_checkpoint(self._out / LAST, self._out / BEST)
        self._journal.state(
            at_once=True, status="running", epoch=run.epoch, best=run.best or None,
            model=BUNDLE if (self._out / BUNDLE).exists() else None,
        )  # fmt: skip
        self._world.wait()

    def _validate(self, run: Run) -> bool:
        self._journal.state(at_once=True, status="validating")
        figures = validate(run.model, self._material, self._config.batch, run.device)
        is_best = not run.best or figures["map"] > run.best["map"]
        if is_best:
            run.best = {"epoch": run.epoch, **figures}
        self._journal.row("validation", epoch=run.epoch, iteration=run.iteration, **figures, is_best=is_best)
        return is_best

    def _finish(self, run: Run) -> Path:
        bundle = self._out / BUNDLE
        if not self._world.is_first:
            return bundle
        if not bundle.exists():
            save_model(run.model, self._config, bundle, facts_of(run, self._config))
        counts = {
            "ids": len(run.pids),
            "pictures": len(self._material.train),
            "validation_ids": len({p.pid for p in self._material.query}),
        }
        write_card(self._out / CARD, run, self._config, self._settings, counts)
        text = f"Trained {run.epoch} epochs."
        self._journal.row("end", epoch=run.epoch, iteration=run.iteration, status="done", text=text)
        self._journal.state(
            at_once=True, status="done", iteration=run.iteration, n_iterations=run.iteration, message=text,
            exit_code=0, model=BUNDLE, eta_s=0.0,
        )  # fmt: skip
        return bundle

    def _rate(self, n_images: int) -> float | None:
        """Images a second over the last steps."""
        self._spans.append((time.monotonic(), n_images))
        if len(self._spans) < 2:
            return None
        seconds = self._spans[-1][0] - self._spans[0][0]
        return round(sum(n for _, n in list(self._spans)[1:]) / max(seconds, 1e-9), 2)

    def _elapsed(self, run: Run) -> float:
        return round(run.elapsed_s + time.monotonic() - self._began_s, 3)

    def _saved(self, device: str) -> dict[str, Any] | None:
        """The checkpoint to go on from; its first weights need not be there any more."""
        path = self._out / LAST
        if not path.exists():
            return None
        state = read_checkpoint(path, device)
        found = (state["config"], state["seed"], state["pids"], state["init"]["spec"])
        if found != (self._config.key, self._settings.seed, list(self._classes), self._settings.init):
            raise UsageError(
                f"{self._out} holds a run of another config, seed, first weights or people: choose another "
                "folder with --out."
            )
        return state

    def _save(self, run: Run) -> None:
        if not self._world.is_first:
            return
        run.elapsed_s, self._began_s = self._elapsed(run), time.monotonic()
        state = run.state() | {
            "config": self._config.key,
            "settings": json.dumps(as_dict(self._config)),
            "init": asdict(run.init),
        }
        write_checkpoint(self._out / LAST, state)
        self._saved_s = time.monotonic()
