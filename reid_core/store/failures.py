"""What can go wrong with a project beyond unreadable and busy, and SQLite's errors in plain words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reid_core.errors import ProjectBusyError, ProjectUnreadableError, ReidError


class StoreError(ReidError):
    """The project cannot be written (disk full, read-only, ...), or a part of it is lost."""


class NothingToUndoError(ReidError):
    """There is no action left to undo."""


class NothingToRedoError(ReidError):
    """There is no undone action to redo."""


def damaged(path: Path, detail: str) -> ProjectUnreadableError:
    """The error for a damaged project file."""
    return ProjectUnreadableError(
        f"The project {path} is damaged ({detail}). Nothing was changed. Put back a copy from a backup "
        f"(look in {path.name}.d/backups), or ingest the footage into a new project."
    )


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors about the project at ``path`` into sentences for the user."""
    try:
        yield
    except sqlite3.Error as error:
        explained = _explain(path, error)
        if explained is None:
            raise
        raise explained from error
    except OSError as error:
        raise StoreError(
            f"The folder of {path} cannot be used: {error.strerror or error}. What was committed before is "
            f"kept; put this right and run the same command again."
        ) from error


def _explain(path: Path, error: sqlite3.Error) -> ReidError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # extended codes carry the plain one in the low byte
    kept = "What was committed before is kept"
    match code:
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return damaged(path, str(error))
        case sqlite3.SQLITE_FULL:
            return StoreError(
                f"The disk is full, so {path} cannot grow. {kept}; free some space and run again."
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return ProjectBusyError(
                f"Another program has been writing to {path} for more than 5 seconds. Try again in a moment."
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return read_only(path)
        case sqlite3.SQLITE_CANTOPEN:
            return ProjectUnreadableError(
                f"The project {path} cannot be opened: its file or folder may not be read or written by you. "
                f"Check the permissions, or copy the project (file and .d folder) to a folder of your own."
            )
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_NOLFS:
            return StoreError(
                f"The disk under {path} reports an error ({error}). {kept}; check the disk, then run again."
            )
    return None


def read_only(path: Path) -> StoreError:
    """The error for a write into a project that cannot be written."""
    return StoreError(
        f"The project {path} is read-only here. Copy it and its .d folder to a folder that you may write."
    )
