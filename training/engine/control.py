"""How a run is asked to stop, and that only one process trains in a folder."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from reid_core.errors import ReidError
from training.engine.failures import RunBusyError

STOP_FILE, LOCK_FILE = "stop", ".lock"


class StopRequest:
    """Set by Ctrl-C, SIGTERM, or a file named ``stop`` in the run's folder.

    Args:
        folder: Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / STOP_FILE
        self._asked = False

    def ask(self) -> None:
        """Ask from inside this process."""
        self._asked = True

    @property
    def is_asked(self) -> bool:
        """Whether somebody asked."""
        return self._asked or self._file.exists()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear signals meanwhile; a second Ctrl-C ends the process at once. An old stop file is removed."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        heard = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._hear) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            with suppress(OSError):
                self._file.unlink(missing_ok=True)

    def _hear(self, number: int, _frame: FrameType | None) -> Any:
        if self._asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._asked = True
        sys.stderr.write("Stopping after this batch; once more stops at once, without a checkpoint.\n")


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Hold the right to train in a folder.

    Raises:
        RunBusyError: Another process holds it; the message says which.
        ReidError: The folder cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK_FILE, timeout=0, thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise RunBusyError(f"Another process trains in {folder}{_holder(folder)}: stop it first.") from None
    except (OSError, NotImplementedError) as error:
        raise ReidError(f"The folder {folder} cannot be written ({error}): choose another --out.") from error
    try:
        yield
    finally:
        lock.release()


def _holder(folder: Path) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return f" (process {json.loads((folder / 'state.json').read_text(encoding='utf-8'))['pid']})"
    return ""
