"""Bookkeeping: which runs there are, which are done, and their results, one JSON file each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reid_core.errors import ReidError
from training.ablation.grid import BASE, CELLS, SEEDS, Cell, merge

PROTOCOL = 1
"""Counts changes of the people, the start and the scoring: results of another number are not used."""


class ResultError(ReidError):
    """A file among the results is none."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run on one kind of query; fractions."""

    rank1: float
    mean_ap: float
    mean_inp: float


@dataclass(frozen=True, slots=True)
class Result:
    """What is kept of a run.

    Attributes:
        key: Of its setting, see `key_of`.
        seed: Of the run.
        settings: The setting, nested.
        clean: With whole queries.
        occluded: With the lower 40 % of each query hidden.
        n_iterations: Optimiser steps.
        cpu_s: Processor time of training and scoring, s; of a run that was cut off, since it went on.
        start_sha256: Of the common first weights.
    """

    key: str
    seed: int
    settings: Mapping[str, Any]
    clean: Figures
    occluded: Figures
    n_iterations: int
    cpu_s: float
    start_sha256: str


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A setting and a seed; `cell` is the first of the cells that share the setting."""

    key: str
    seed: int
    group: str
    cell: str
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Of its folder and of its result."""
        return f"{self.key}-s{self.seed}"


def settings_of(cell: Cell) -> dict[str, Any]:
    """Everything that a cell sets, nested, without what it only repeats from the defaults of its method."""
    return merge(BASE, cell.changes)


def key_of(cell: Cell) -> str:
    """Twelve digits that equal settings share, whatever their cell is called."""
    text = json.dumps({"protocol": PROTOCOL, **settings_of(cell)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def plan_runs(groups: Iterable[str], seeds: Iterable[int] = SEEDS) -> list[PlannedRun]:
    """Every run of some groups, each setting once: group by group, all seeds of a cell together."""
    runs: dict[str, PlannedRun] = {}
    for group in groups:
        for cell in CELLS[group]:
            for seed in seeds:
                run = PlannedRun(key_of(cell), seed, group, cell.name, settings_of(cell))
                runs.setdefault(run.name, run)
    return list(runs.values())


class Results:
    """The folder of finished runs.

    Args:
        folder: Made when the first result is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, run: PlannedRun) -> bool:
        """Whether a run is done."""
        return self._path(run.name).exists()

    def add(self, result: Result) -> None:
        """Write a result, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(f"{result.key}-s{result.seed}")
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")
        beside.replace(path)

    def of(self, cell: Cell, seeds: Iterable[int] = SEEDS) -> list[Result]:
        """The results of a cell, by seed; those that are there.

        Raises:
            ResultError: A file is damaged, or another setting's.
        """
        key = key_of(cell)
        paths = [self._path(f"{key}-s{seed}") for seed in seeds]
        return [read_result(path, key) for path in paths if path.exists()]

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def read_result(path: Path, key: str) -> Result:
    """A result from its file.

    Raises:
        ResultError: It is damaged, or another setting's.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        clean, occluded = Figures(**content.pop("clean")), Figures(**content.pop("occluded"))
        result = Result(**content, clean=clean, occluded=occluded)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ResultError(f"{path} is no result of a run: delete it, and run the cell again.") from error
    if result.key != key:
        raise ResultError(f"{path} belongs to another setting: delete it, and run the cell again.")
    return result
