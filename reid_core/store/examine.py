"""Finding damage before SQLite may write: in place when nothing can be changed by it, else on a copy.

A whole file that was closed properly is remembered by size and time in ``cache/checked.json``, so that it is
not read through again.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from reid_core.store.failures import StoreError, damaged
from reid_core.store.header import has_wal, wal_path

_DEAD_MAN_SWITCH = 128
"""Byte of the ``-shm`` file that every SQLite connection holds a lock on (``UNIX_SHM_DMS`` in os_unix.c)."""


def check_whole(path: Path, sidecar: Path) -> None:
    """Read a project file through, unless it is known to be whole or in use.

    Raises:
        ProjectUnreadableError: it is damaged; the file, its log and its folder are as they were.
    """
    if in_use(path) or _stamp(path) == _remembered(sidecar):
        return
    before = _state(path)
    problem = _examine_copy(path) if has_wal(path) else _examine(path, immutable=True)
    if problem is not None and _state(path) == before:  # else somebody wrote to it meanwhile: it is alive
        raise damaged(path, problem)


def remember_whole(path: Path, sidecar: Path) -> None:
    """Note that a file which was whole when opened has been closed properly by its last user."""
    if wal_path(path).exists():
        return  # somebody else still has it open, and will note it
    with suppress(OSError):
        cache = sidecar / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        part = cache / f"checked.{os.getpid()}.part"
        part.write_text(json.dumps(_stamp(path)))
        part.replace(cache / "checked.json")


def in_use(path: Path) -> bool:
    """Whether some process has the database open (where that can be asked without disturbing it)."""
    try:
        import fcntl
    except ImportError:  # Windows: examined on a copy, and again when it changes meanwhile
        return False
    try:
        shm = os.open(path.with_name(path.name + "-shm"), os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.lockf(shm, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _DEAD_MAN_SWITCH)
        fcntl.lockf(shm, fcntl.LOCK_UN, 1, _DEAD_MAN_SWITCH)
    except OSError:
        return True
    finally:
        os.close(shm)
    return False


def _stamp(path: Path) -> list[int] | None:
    """What a closed file is known by; None while a log lies beside it."""
    if has_wal(path):
        return None
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _remembered(sidecar: Path) -> object:
    try:
        return json.loads((sidecar / "cache" / "checked.json").read_text())
    except (OSError, ValueError):
        return False


def _state(path: Path) -> list[tuple[int, int] | None]:
    """Size and time of the file and its log."""
    found: list[tuple[int, int] | None] = []
    for each in (path, wal_path(path)):
        try:
            status = each.stat()
            found.append((status.st_size, status.st_mtime_ns))
        except FileNotFoundError:
            found.append(None)
    return found


def _examine_copy(path: Path) -> str | None:
    """Examine file and log together where SQLite may replay the log: in a copy."""
    try:
        with tempfile.TemporaryDirectory(prefix="sightline-check-") as folder:
            copy = Path(folder) / "copy.sightline"
            shutil.copyfile(path, copy)
            with suppress(FileNotFoundError):
                shutil.copyfile(wal_path(path), wal_path(copy))
            return _examine(copy, immutable=False)
    except OSError as error:
        raise StoreError(
            f"{path} was not closed properly and cannot be checked: {error.strerror or error}. "
            f"Free some space for temporary files (as much as the project takes), then open it again."
        ) from error


def _examine(path: Path, *, immutable: bool) -> str | None:
    """The first problem that SQLite finds, or None. With ``immutable`` nothing is locked or created."""
    uri = path.absolute().as_uri() + ("?mode=ro&immutable=1" if immutable else "")
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            (problem,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if problem == "ok" else str(problem)
