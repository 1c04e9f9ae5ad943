"""One headless command in a child process: its events, and how to pause, stop and outlive it."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

KILL_AFTER_MS = 5000
NICENESS, LOWEST = 10, 19
"""How much the child steps back for the window, and how far that can go; Windows has a class for it."""
N_LOG_LINES = 400
WAIT_POLICY = "OMP_WAIT_POLICY"

log = logging.getLogger(__name__)


class ChildJob(QObject):
    """A run of our own Python at lower priority; its JSON lines become events.

    Args:
        arguments: What follows the interpreter; see `engine_arguments`.
        stop_file: File that asks it to stop, where the system has no signal for that.
        patience_ms: How long it may take to stop before it is killed.
    """

    said = Signal(dict)
    """One line that the child printed, as a dictionary with ``event``."""
    ended = Signal(int, bool)
    """Exit code, and whether the child was killed or crashed; after the last event."""

    def __init__(
        self, arguments: Sequence[str], *, stop_file: Path | None = None, patience_ms: int = KILL_AFTER_MS
    ) -> None:
        super().__init__()
        self._stop_file, self._patience_ms = stop_file, patience_ms
        self._log: deque[str] = deque(maxlen=N_LOG_LINES)
        self._rest = b""
        self._is_over = False
        self._process = QProcess(self)
        self._process.setProgram(sys.executable)
        self._process.setArguments(list(arguments))
        self._process.setProcessEnvironment(considerate_environment())
        self._process.started.connect(self._step_back)
        self._process.readyReadStandardOutput.connect(self._read_events)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._end)
        self._process.errorOccurred.connect(self._refuse)
        self._killer = QTimer(self)
        self._killer.setSingleShot(True)
        self._killer.timeout.connect(self._process.kill)

    def start(self) -> None:
        """Start the child; returns at once."""
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process number; 0 when it does not run."""
        return self._process.processId()

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines that it wrote for people."""
        return tuple(self._log)

    def pause(self) -> None:
        """Halt it; it keeps its memory and its lock on the project."""
        self._each(psutil.Process.suspend)

    def resume(self) -> None:
        """Let it go on."""
        self._each(psutil.Process.resume)

    def cancel(self) -> None:
        """Ask it to stop after what is in hand; where it does not, it is killed. What it committed stays."""
        self.resume()  # a halted process hears nothing
        if sys.platform == "win32":
            if self._stop_file is None:
                self._process.kill()  # a console program there knows no polite way; each commit is whole
                return
            with contextlib.suppress(OSError):
                self._stop_file.touch()
        else:
            self._process.terminate()
        self._killer.start(self._patience_ms)

    def wait(self, timeout_ms: int) -> bool:
        """Wait for its end, blocking; kill it where it takes longer. For the end of the program only."""
        if not self._process.waitForFinished(timeout_ms):
            self._process.kill()
            return bool(self._process.waitForFinished(KILL_AFTER_MS))
        return True

    def _family(self) -> Iterator[psutil.Process]:
        if self.pid:
            with contextlib.suppress(psutil.Error):
                own = psutil.Process(self.pid)
                yield own
                yield from own.children(recursive=True)

    def _each(self, do: Callable[[psutil.Process], object]) -> None:
        for process in self._family():
            with contextlib.suppress(psutil.Error):
                do(process)

    def _step_back(self) -> None:
        if sys.platform == "win32":
            value = psutil.BELOW_NORMAL_PRIORITY_CLASS
        else:
            value = min(psutil.Process().nice() + NICENESS, LOWEST)
        self._each(lambda process: process.nice(value))

    def _read_events(self) -> None:
        self._rest += bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = self._rest.split(b"\n")
        for found in parse_events(lines):
            if found.get("event") == "Notice":
                self._log.append(f"{found.get('part', '')} {found.get('text', '')}".strip())
            self.said.emit(found)

    def _read_errors(self) -> None:
        text = bytes(self._process.readAllStandardError().data()).decode(errors="replace")
        self._log.extend(line.rstrip() for line in text.splitlines() if line.strip())

    def _end(self, code: int, status: QProcess.ExitStatus) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._killer.stop()
        self._read_events()
        self._read_errors()
        self.ended.emit(code, status == QProcess.ExitStatus.CrashExit)

    def _refuse(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and not self._is_over:
            self._is_over = True
            self._log.append(f"The engine could not be started: {self._process.errorString()}.")
            self.ended.emit(1, False)


def considerate_environment() -> QProcessEnvironment:
    """Ours, but threads of OpenMP that wait do not spin: beside playback and an ingest that costs everybody.

    Measured with three tiny epochs on 2 cores that others used as well: a third of the processor time.
    """
    environment = QProcessEnvironment.systemEnvironment()
    if not environment.contains(WAIT_POLICY):
        environment.insert(WAIT_POLICY, "PASSIVE")
    return environment


def engine_arguments(command: Sequence[str], module: str = "reid_core") -> list[str]:
    """The interpreter's arguments for a headless command of a module.

    With ``-P``, a module in the folder that the window was started from is not taken for one of ours.
    """
    return ["-P", "-m", module, *command]


def parse_events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The events among lines; what is none is logged and left out.

    >>> list(parse_events([b'{"event": "Progress", "done": 3}', b"warning: x", b""]))
    [{'event': 'Progress', 'done': 3}]
    """
    for line in lines:
        try:
            found = json.loads(line) if line.strip() else None
        except ValueError:
            found = line
        if isinstance(found, dict) and "event" in found:
            yield found
        elif found is not None:
            log.debug("the engine printed %r", line)
