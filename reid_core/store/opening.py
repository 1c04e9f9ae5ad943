"""Making and opening project files: nothing is trusted before its bytes were looked at."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from reid_core.store.database import Database, writable
from reid_core.store.examine import check_whole, remember_whole
from reid_core.store.failures import StoreError, plain_errors, read_only
from reid_core.store.header import check_header, has_wal
from reid_core.store.migrations import MIGRATIONS, Migration, check_schema, migrate
from reid_core.store.sidecar import sync_folder

# POSIX drops a process's locks on a file as soon as *any* of its descriptors of that file is closed
# (sqlite.org/howtocorrupt.html, 2.2.1). So the bytes of a file that this process has open already must not be
# looked at with a descriptor of our own: the one thing that the whole process has to know.
_guard = threading.Lock()
_n_open: Counter[tuple[int, int]] = Counter()


def sidecar_of(path: Path) -> Path:
    """The folder that belongs to a project file: ``name.sightline.d`` beside ``name.sightline``."""
    return path.with_name(path.name + ".d")


def open_database(path: Path, *, migrations: Sequence[Migration] = MIGRATIONS) -> Database:
    """Open a project file and bring it to the newest format; close it with `close_database`.

    Raises:
        ProjectUnreadableError: absent, empty, foreign, newer, truncated or damaged. Nothing was changed.
        StoreError: it needs to be written (recovered, brought to the newest format) and cannot be.
    """
    sidecar = sidecar_of(path)
    with _guard:
        if _n_open[_key(path)] == 0:
            check_header(path, migrations[-1].version)
            check_whole(path, sidecar)
        read_only_here = not (writable(path) and writable(path.parent))
        if read_only_here and has_wal(path):
            raise read_only(path)
        database = Database(path, sidecar, read_only=read_only_here)
        try:
            migrate(database, migrations)
            check_schema(database)
        except BaseException:
            database.close()
            raise
        _n_open[_key(path)] += 1
    return database


def is_current(path: Path) -> bool:
    """Whether a project file is of the newest format, so that opening it changes nothing.

    Raises:
        ProjectUnreadableError: absent, empty, foreign, newer or truncated.
    """
    newest = MIGRATIONS[-1].version
    with _guard:
        return _n_open[_key(path)] > 0 or check_header(path, newest).user_version == newest


def close_database(database: Database) -> None:
    """Close; the last one to close leaves the file whole, without a log beside it."""
    with _guard:
        key = _key(database.path)
        database.close()
        _n_open[key] -= 1
        if _n_open[key] <= 0:
            del _n_open[key]
            if not database.read_only:
                remember_whole(database.path, database.sidecar)


def create_database(path: Path) -> None:
    """Make a new, empty project file; it appears under its name only when it is whole.

    Raises:
        StoreError: something lies there already, or the folder cannot be written.
    """
    sidecar = sidecar_of(path)
    if path.exists():
        raise StoreError(f"{path} exists already. Open it, or choose another name.")
    if (sidecar / "crops.pack").exists() or (sidecar / "vectors").exists():
        raise StoreError(
            f"The folder {sidecar} holds the pictures of another project. "
            f"Move it away, or choose another name."
        )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with plain_errors(path):
        part.unlink(missing_ok=True)
        part.touch(exist_ok=False)
    try:
        database = Database(part, sidecar)
        try:
            database.use_log()
            migrate(database, MIGRATIONS)
        finally:
            database.close()
        with plain_errors(path):
            _publish(part, path)
            sidecar.mkdir(exist_ok=True)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _publish(part: Path, path: Path) -> None:
    """Give a finished file its name, unless somebody else just took it."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise StoreError(f"{path} exists already. Open it, or choose another name.") from None
    except OSError:  # a file system without hard links
        if path.exists():
            raise StoreError(f"{path} exists already. Open it, or choose another name.") from None
        part.rename(path)
    sync_folder(path.parent)


def _key(path: Path) -> tuple[int, int]:
    """What tells one file from another, whatever it is called; zeros while it does not exist."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_dev, status.st_ino)
