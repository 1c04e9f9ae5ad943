"""Who may write engine output: one engine at a time, named for everybody else.

The operating system's lock on ``engine.lock`` decides, so a killed engine blocks nobody and a reused process
number means nothing. ``engine.json`` beside it only says who it is.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from reid_core.errors import ProjectBusyError
from reid_core.store.failures import StoreError

NOTE = "engine.json"
_SECRET = re.compile(r"(?<=://)[^/\s]*@|(?<=password=)[^&\s]+|(?<=pass=)[^&\s]+", re.IGNORECASE)


@contextmanager
def engine_lock(path: Path, sidecar: Path) -> Iterator[None]:
    """Hold the right to write engine output of the project at ``path``.

    Raises:
        ProjectBusyError: another engine holds it; the message says which.
        StoreError: the folder knows no locks or cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        sidecar.mkdir(exist_ok=True)
        lock = FileLock(sidecar / "engine.lock", timeout=0, thread_local=False)
        lock.acquire()
    except Timeout:
        raise ProjectBusyError(f"Another engine works on {path}: {_holder(sidecar)}.") from None
    except (OSError, NotImplementedError) as error:
        raise StoreError(
            f"The folder {sidecar} cannot be locked ({error}). "
            f"Put the project on a local disk that you may write."
        ) from error
    note = sidecar / NOTE
    try:
        with suppress(OSError):  # without the note the lock holds as well
            note.write_text(json.dumps(_me()))
        yield
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)
        lock.release()


def has_engine(sidecar: Path) -> bool:
    """Whether an engine of this computer works on the project now, as far as its note tells.

    The note of an engine that was killed stays; it names a process that is no more.
    """
    from psutil import pid_exists

    try:
        note = json.loads((sidecar / NOTE).read_text())
        return note["host"] == socket.gethostname() and bool(pid_exists(note["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _me() -> dict[str, str | int]:
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]) if sys.argv else ""
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "command": redact(command),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def redact(text: str) -> str:
    """The text without user names and passwords in addresses."""
    return _SECRET.sub("***", text)


def _holder(sidecar: Path) -> str:
    try:
        note = json.loads((sidecar / NOTE).read_text())
        return (
            f'process {note["pid"]} on {note["host"]}, running "{note["command"]}" since {note["since"]}. '
            f"Wait for it to end, or stop it"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "it has just started. Wait for it to end, or stop it"
