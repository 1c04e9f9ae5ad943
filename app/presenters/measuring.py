"""How long training would take here, and in how much memory: a few batches are run. Without Qt."""

from __future__ import annotations

import contextlib
import shutil
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from app.ports import Answer, Asker, Background
from app.presenters.runs import LogReader, read_run

N_STEPS, N_WARM = 8, 2
"""Batches that are run, and those at their beginning that do not count: memory and caches settle then."""
TOPIC = "measure"


class Speeds(Protocol):
    """What this computer managed before."""

    def speed(self, key: str) -> float | None:
        """A speed under the key, or None before it was measured."""
        ...

    def keep_speed(self, key: str, frames_per_s: float) -> None:
        """Remember a measured speed."""
        ...


@dataclass(frozen=True, slots=True)
class Measured:
    """What a few batches have shown.

    Attributes:
        rate: Pictures a second.
        n_bytes: Memory of the process at its highest.
        n_pictures: Pictures of an epoch.
        n_steps: Batches that counted.
        problem: Why there is nothing, in a sentence.
    """

    rate: float = 0.0
    n_bytes: int = 0
    n_pictures: int = 0
    n_steps: int = 0
    problem: str = ""


class Trial:
    """Runs a few batches in a scratch folder; `tick` looks how far they are.

    Args:
        asker: Runs the child.
        background: Reads its log.
        done: Gets what was measured, in the GUI thread.
    """

    def __init__(self, asker: Asker, background: Background, done: Callable[[Measured], None]) -> None:
        self._asker, self._background, self._done = asker, background, done
        self._reader: LogReader | None = None
        self._n_bytes = 0
        self._is_reading = False

    @property
    def is_running(self) -> bool:
        """Whether batches are being run."""
        return self._reader is not None

    def start(self, arguments: Callable[[Path], tuple[str, ...]]) -> None:
        """Run a few batches of the command that ``arguments`` makes of a run's folder."""
        self.stop()
        folder = Path(tempfile.mkdtemp(prefix="sightline-trial-")) / "1"
        folder.mkdir()
        self._reader, self._n_bytes, self._is_reading = LogReader(folder), 0, False
        self._asker.ask("training", arguments(folder), self._ended, topic=TOPIC)

    def tick(self) -> None:
        """Look how far it is; ends it once enough is known."""
        reader = self._reader
        if reader is not None and not self._is_reading:
            self._is_reading = True
            self._background.ask(lambda: _look(reader), lambda found: self._take(reader, found), topic=TOPIC)

    def stop(self) -> None:
        """End it without a result."""
        self._asker.cancel(TOPIC)
        self._drop()

    def _take(self, reader: LogReader, found: tuple[Measured, int]) -> None:
        self._is_reading = False
        if reader is not self._reader:
            return
        measured, n_bytes = found
        self._n_bytes = max(self._n_bytes, n_bytes)
        if measured.n_steps >= N_STEPS - N_WARM:
            self._asker.cancel(TOPIC)
            self._finish(measured)

    def _ended(self, answer: Answer) -> None:
        """The child came to an end of its own: a tiny set, or something is wrong."""
        reader = self._reader
        if reader is None:
            return
        reader.read()
        measured = measure(reader)
        if measured.n_steps or answer.code == 0:
            self._finish(measured)
        else:
            text = answer.lines[-1] if answer.lines else "The training program gave no answer."
            self._finish(Measured(problem=text))

    def _finish(self, measured: Measured) -> None:
        n_bytes = self._n_bytes
        self._drop()
        self._done(Measured(measured.rate, n_bytes, measured.n_pictures, measured.n_steps, measured.problem))

    def _drop(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            folder = reader.path.parent
            self._background.ask(lambda: shutil.rmtree(folder, ignore_errors=True), lambda _: None)


def _look(reader: LogReader) -> tuple[Measured, int]:
    reader.read()
    return measure(reader), _memory(reader.path)


def measure(reader: LogReader) -> Measured:
    """What the log of a trial shows so far."""
    rates = [
        float(row["images_per_s"])
        for row in reader.rows
        if row["row"] == "step" and isinstance(row.get("images_per_s"), int | float)
    ]
    counted = rates[N_WARM:] if len(rates) > N_WARM else rates[-1:]
    start = next((row for row in reader.rows if row["row"] == "start"), {})
    rate = statistics.median(counted) if counted else 0.0
    return Measured(rate, 0, int(start.get("n_pictures") or 0), len(counted))


def _memory(folder: Path) -> int:
    """Resident memory of the process that works in a run's folder, with its workers; bytes."""
    pid = read_run(folder).state.get("pid")
    n_bytes = 0
    with contextlib.suppress(psutil.Error):
        if isinstance(pid, int) and pid > 0:
            own = psutil.Process(pid)
            for process in (own, *own.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    n_bytes += process.memory_info().rss
    return n_bytes
