"""From a command line to a run: lock, data, preflight, training, and what the folder says meanwhile."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reid_core.device import choose_device, n_cores
from reid_core.errors import ReidError, UsageError
from training.config import TrainingConfig
from training.engine.checkpoints import LAST
from training.engine.control import StopRequest, run_lock
from training.engine.journal import STATE_FILE, Echo, Journal
from training.engine.material import PREFLIGHT_FILE, check, material_of, read_source
from training.engine.settings import CONFIG_FILE, RunSettings, read_run, write_run
from training.engine.trainer import train
from training.engine.world import World, open_world

_ENDED = frozenset({"failed", "stopped", "done"})


def start(
    config: TrainingConfig,
    settings: RunSettings,
    out: Path,
    *,
    n_workers: int | None = None,
    echo: Echo | None = None,
    is_checked: bool = True,
) -> Path:
    """Start a run, or go on with one.

    Args:
        config: What to do.
        settings: On what.
        out: The run's folder.
        n_workers: Processes that load pictures; None chooses.
        echo: Hears of every row of the log.
        is_checked: Examine the data first; a run that goes on has been examined.

    Returns:
        The bundle.

    Raises:
        ReidError: See `training.engine.trainer.train`, and the data or the folder is not what it should be.
    """
    device = choose_device(settings.device).kind
    if device not in ("cpu", "cuda"):
        device = "cpu"
    n_workers = default_workers(device) if n_workers is None else n_workers
    stop = StopRequest(out)
    with open_world(device) as world:
        if not world.is_first:
            with stop.listening():
                world.wait()
                return _train(config, settings, out, device, n_workers, world, None, stop)
        with run_lock(out):
            try:
                with stop.listening():
                    _prepare(config, settings, out, is_checked)
                    world.wait()
                    return _train(config, settings, out, device, n_workers, world, echo, stop)
            except OSError as error:
                failure = ReidError(
                    f"{error.strerror or error}: {error.filename or out}. Run it again to go on."
                )
                _say_failure(out, failure)
                raise failure from error
            except ReidError as error:
                _say_failure(out, error)
                raise


def default_workers(device: str) -> int:
    """How many processes load pictures: on a CPU the network needs the cores, before a GPU loading does."""
    spare = n_cores() - 1
    return max(0, min(16, spare)) if device == "cuda" else max(0, min(4, spare // 4))


def _prepare(config: TrainingConfig, settings: RunSettings, out: Path, is_checked: bool) -> None:
    if (out / CONFIG_FILE).exists():
        old_config, old_settings = read_run(out / CONFIG_FILE)
        if (old_config.key, old_settings) != (config.key, settings):
            raise UsageError(
                f"{out} holds a run of another config, data, first weights or seed: choose another folder "
                f"with --out, or go on with that run by `python -m training resume {out}`."
            )
    journal = Journal(out)
    journal.state(at_once=True, status="preflight", message="", exit_code=None)
    found = read_source(settings, out)
    write_run(out / CONFIG_FILE, config, settings)
    if is_checked and not (out / PREFLIGHT_FILE).exists() and not (out / LAST).exists():
        report = check(found, config, settings, out)
        for finding in report.findings:
            sys.stderr.write(f"{finding.level}: {finding.sentence} {finding.advice}\n")


def _train(
    config: TrainingConfig,
    settings: RunSettings,
    out: Path,
    device: str,
    n_workers: int,
    world: World,
    echo: Echo | None,
    stop: StopRequest,
) -> Path:
    material = material_of(read_source(settings, out), settings)
    return train(
        config, material, out, settings, device=device, n_workers=n_workers, world=world, echo=echo, stop=stop
    )


def _say_failure(out: Path, error: ReidError) -> None:
    """Leave the reason in ``state.json`` where training itself has not."""
    try:
        state: dict[str, Any] = json.loads((out / STATE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        state = {}
    if state.get("status") not in _ENDED:
        journal = Journal(out)
        journal.state(at_once=True, **{**state, "status": "failed", "message": str(error)})
        journal.state(at_once=True, exit_code=error.exit_code)


class ProgressLine:
    """Tells people how a run goes: a line at most every second, and each epoch, validation and notice."""

    def __init__(self, n_epochs: int) -> None:
        self._n_epochs, self._said_s = n_epochs, 0.0

    def __call__(self, row: Mapping[str, Any]) -> None:
        """Hear of a row of the log."""
        kind = row["row"]
        if kind == "step":
            if time.monotonic() - self._said_s < 1 or row["images_per_s"] is None:
                return
            self._said_s = time.monotonic()
            left = _clock(row["eta_s"]) if row["eta_s"] is not None else "?"
            text = (
                f"epoch {row['epoch'] + 1} of {self._n_epochs}, step {row['iteration'] + 1}: loss "
                f"{row['loss']:.4f}, {row['images_per_s']:.1f} pictures/s, {left} left"
            )
        elif kind == "epoch":
            text = f"epoch {row['epoch']} of {self._n_epochs} done: mean loss {row['loss']:.4f}"
        elif kind == "validation":
            text = f"validation: rank-1 {row['rank1']:.4f}, mAP {row['map']:.4f}" + (
                ", the best so far" if row["is_best"] else ""
            )
        elif kind == "notice":
            text = row["text"]
        else:
            return
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def print_row(row: Mapping[str, Any]) -> None:
    """A row of the log as a line of JSON."""
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
