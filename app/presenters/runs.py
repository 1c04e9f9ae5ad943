"""Runs of a project as their folders tell of them: state and log. Without Qt; reads files."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from app.wording import count_label

RUNS_FOLDER = "runs"
"""Of the project's ``.sightline.d`` folder."""
STATE, LOG, MODEL, STOP = "state.json", "log.jsonl", "model.safetensors", "stop"
ACTIVE = ("preparing", "preflight", "running", "validating", "stopping")
MAX_FILE_BYTES = 1 << 20
MAX_LOG_BYTES = 256 << 20
_NUMBERS = (
    "epoch",
    "n_epochs",
    "iteration",
    "n_iterations",
    "rate",
    "eta_s",
    "elapsed_s",
    "n_ids",
    "n_pictures",
)


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its ``state.json`` tells of it.

    Attributes:
        number: Name of its folder.
        path: Its folder.
        status: As in ``state.json``; ``killed`` where its process is gone, ``queued`` where it has none yet.
        state: The whole of ``state.json``.
        start: The first row of its log.
    """

    number: int
    path: Path
    status: str
    state: Mapping[str, Any] = field(default_factory=dict)
    start: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the window calls it."""
        return f"Run {self.number}"

    @property
    def is_active(self) -> bool:
        """Whether a process works on it."""
        return self.status in ACTIVE

    @property
    def model(self) -> Path | None:
        """The model that it has made so far, or None."""
        path = self.path / MODEL
        return path if path.is_file() else None

    @property
    def epoch(self) -> int:
        """Finished epochs."""
        return int(self.state.get("epoch") or 0)

    @property
    def n_epochs(self) -> int:
        """Epochs in all; at least 1."""
        return max(int(self.state.get("n_epochs") or 1), 1)

    @property
    def about(self) -> str:
        """Method, backbone and data in a few words."""
        n_ids = int(self.state.get("n_ids") or self.start.get("n_ids") or 0)
        words = [str(self.start.get(name, "")) for name in ("method", "backbone")]
        named = list(dict.fromkeys(word for word in words if word))
        return ", ".join([*named, *([count_label(n_ids, "person", "people")] if n_ids else [])])

    @property
    def best(self) -> tuple[int, float, float] | None:
        """Epoch, rank-1 and mAP of the best validation, or None."""
        best = self.state.get("best")
        if not isinstance(best, Mapping):
            return None
        return int(best.get("epoch", 0)), float(best.get("rank1", 0.0)), float(best.get("map", 0.0))


def runs_folder(sidecar: Path) -> Path:
    """Where a project's runs lie."""
    return sidecar / RUNS_FOLDER


def read_runs(folder: Path) -> tuple[Run, ...]:
    """All runs of a project, oldest first; what is no run is left out."""
    if not folder.is_dir():
        return ()
    numbered = [path for path in folder.iterdir() if path.name.isdecimal() and path.is_dir()]
    return tuple(read_run(path) for path in sorted(numbered, key=lambda path: int(path.name)))


def read_run(path: Path) -> Run:
    """A run as it stands now; half-written or foreign files count as absent."""
    found = _read_json(path / STATE)
    state = {name: value for name, value in found.items() if name not in _NUMBERS or _is_number(value)}
    status = str(state.get("status", "queued"))
    if status in ACTIVE and not _is_alive(state.get("pid")):
        status = "killed"
    start = {}
    with contextlib.suppress(OSError), (path / LOG).open("rb") as file:
        start = next(
            (row for row in parse_rows([file.readline(MAX_FILE_BYTES)]) if row["row"] == "start"), {}
        )
    return Run(int(path.name), path, status, state, start)


def next_folder(folder: Path) -> Path:
    """A folder for another run, made; its number is one more than the highest that there is."""
    folder.mkdir(parents=True, exist_ok=True)
    number = max((int(path.name) for path in folder.iterdir() if path.name.isdecimal()), default=0)
    while True:
        number += 1
        path = folder / str(number)
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path


def remove_run(path: Path) -> None:
    """Delete a run's folder; the models that were taken from it stay."""
    shutil.rmtree(path, ignore_errors=True)


@dataclass(slots=True)
class LogReader:
    """Reads a run's log as it grows.

    Attributes:
        path: The run's folder.
        rows: What was read so far.
    """

    path: Path
    rows: list[dict[str, Any]] = field(default_factory=list)
    _offset: int = 0
    _identity: tuple[int, int] = (0, 0)

    def read(self) -> bool:
        """Read what is new; whether there was something."""
        try:
            with (self.path / LOG).open("rb") as file:
                size = file.seek(0, 2)
                if size < self._offset:  # a resume has cut rows off
                    self._offset = 0
                    self.rows.clear()
                file.seek(self._offset)
                data = file.read(min(size - self._offset, MAX_LOG_BYTES))
        except OSError:
            return False
        *lines, rest = data.split(b"\n")
        self._offset += len(data) - len(rest)
        found = parse_rows(lines)
        if any(row["row"] == "start" and row.get("resumed") for row in found):
            return self._read_again(found)
        self.rows += found
        return bool(found)

    def _read_again(self, found: list[dict[str, Any]]) -> bool:
        """A resume may have cut rows off and written others in their place: keep what is before it."""
        first = next(row for row in found if row["row"] == "start" and row.get("resumed"))
        cut = int(first.get("iteration") or 0)
        self.rows = [row for row in self.rows if int(row.get("iteration") or 0) <= cut]
        self.rows += found
        return True


def parse_rows(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """The rows of a log among lines; what is none is left out."""
    found = []
    for line in lines:
        try:
            row = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and isinstance(row.get("row"), str):
            found.append(row)
    return found


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_alive(pid: Any) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
