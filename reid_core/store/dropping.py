"""Dropping the vectors of one model: they can be made again from the stored crops at any time."""

from __future__ import annotations

from contextlib import suppress

from reid_core.store import vectors
from reid_core.store.database import Database
from reid_core.store.records import Space


def take_out(database: Database, space: Space) -> None:
    """Delete a space and its vectors from the database; in a transaction."""
    database.run("DELETE FROM vector WHERE space_id = ?", (space.id,))
    database.run("DELETE FROM space WHERE id = ?", (space.id,))
    for name in vectors.file_names(space):
        database.run("DELETE FROM sidecar WHERE name = ?", (name,))


def remove_files(database: Database, space: Space) -> None:
    """Delete the files of a space that was taken out; one that is being read elsewhere stays until then."""
    for name in vectors.file_names(space):
        with suppress(OSError):  # Windows keeps what is open; a space that comes back begins the file anew
            (database.sidecar / name).unlink(missing_ok=True)
