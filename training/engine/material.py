"""The pictures of a run: a data set, a project's identities or both, examined, with people held out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from reid_core.errors import UsageError
from training.config import TrainingConfig
from training.datasets.holding_out import hold_out
from training.datasets.joining import join
from training.datasets.known import read_dataset
from training.datasets.market import MarketSet, read_market
from training.datasets.preflight import Level, Report, examine
from training.datasets.project import write_project_set
from training.engine.failures import PreflightError
from training.engine.settings import RunSettings

DATA_FOLDER, PREFLIGHT_FILE = "data", "preflight.json"


def read_source(settings: RunSettings, out: Path) -> MarketSet:
    """The set that a run was started with; a project's crops are written into the run's folder once.

    Raises:
        UsageError: Neither data nor project was named.
        ReidError: They cannot be read.
    """
    if not settings.data and not settings.project:
        raise UsageError("Name what to train on: --data FOLDER, --project FILE.sightline, or both.")
    found = read_dataset(settings.dataset, Path(settings.data).expanduser()) if settings.data else None
    if found is not None and not settings.project:
        return found
    folder = out / DATA_FOLDER
    if not folder.exists():
        write_project_set(
            Path(settings.project).expanduser(), folder, share=settings.validate, seed=settings.seed
        )
    own = read_market(folder)
    return own if found is None else join(own, found.train)


def material_of(found: MarketSet, settings: RunSettings) -> MarketSet:
    """Training pictures, and queries and gallery of the people who are held out.

    A data set's own queries and gallery are its test: nothing is chosen by them. Of a project and a data set
    together the project's people are held out; where those are too few, people of both.
    """
    if settings.project and (found.query or not settings.data):
        return found
    return hold_out(found.train, settings.validate, settings.seed)


def check(
    found: MarketSet,
    config: TrainingConfig,
    settings: RunSettings,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Examine a set and write ``preflight.json``.

    Raises:
        PreflightError: Something is fatal; says what first.
    """
    report = examine(
        found,
        data=settings.source,
        dataset=settings.layout,
        n_ids=config.batch.n_ids,
        n_images=config.batch.n_images,
        progress=progress,
    )
    (out / PREFLIGHT_FILE).write_text(json.dumps(report.as_dict(), indent=1) + "\n", encoding="utf-8")
    fatal = [finding for finding in report.findings if finding.level is Level.FATAL]
    if fatal:
        more = f" {len(fatal) - 1} more faults are in {out / PREFLIGHT_FILE}." if len(fatal) > 1 else ""
        example = f" For instance: {fatal[0].examples[0]}." if fatal[0].examples else ""
        raise PreflightError(f"{fatal[0].sentence}{example} {fatal[0].advice}{more}")
    return report
