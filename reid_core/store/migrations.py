"""The schema, as ordered named steps: every project ever released opens in every later version.

A step is one transaction; the file as it was before is kept in ``.d/backups`` first. A released step is
never edited again: append a new one, and leave a small project of the release before in
``tests/fixtures/projects``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reid_core.store import schema
from reid_core.store.failures import damaged, read_only
from reid_core.store.header import APPLICATION_ID

if TYPE_CHECKING:
    from reid_core.store.database import Database


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema.

    Attributes:
        version: ``user_version`` after it, rising by one.
        name: What it does, for people.
        apply: Does it; runs inside a transaction.
    """

    version: int
    name: str
    apply: Callable[[Database], None]


def _first_release(database: Database) -> None:
    for statement in schema.STATEMENTS:
        database.run(statement)
    database.run("INSERT INTO project VALUES (1, ?)", (uuid.uuid4().hex,))


MIGRATIONS: tuple[Migration, ...] = (Migration(1, "first release", _first_release),)


def migrate(database: Database, migrations: Sequence[Migration]) -> None:
    """Bring an open project to the newest version, with a backup of what it was."""
    version = _version(database)
    if version >= migrations[-1].version:
        return
    if database.read_only:
        raise read_only(database.path)
    if version:
        database.back_up(backup_path(database.path, database.sidecar, version))
    for migration in migrations:
        with database.transaction():
            if _version(database) >= migration.version:  # done already, perhaps by another process just now
                continue
            migration.apply(database)
            database.run(f"PRAGMA user_version = {migration.version:d}")


def backup_path(path: Path, sidecar: Path, version: int) -> Path:
    """Where the project as of a version is kept when it is brought to the next."""
    return sidecar / "backups" / f"{path.stem}-format{version}.sightline"


def check_schema(database: Database) -> None:
    """Refuse a file that carries our name but lacks our tables."""
    present = {
        name for (name,) in database.rows("SELECT name FROM sqlite_schema WHERE type IN ('table', 'trigger')")
    }
    if lacking := sorted(set(schema.NAMES) - present):
        raise damaged(database.path, f"it lacks {', '.join(lacking)}")
    if database.value("PRAGMA application_id") != APPLICATION_ID:
        raise damaged(database.path, "it is marked as another program's")
    if database.value("SELECT count(*) FROM project") != 1:
        raise damaged(database.path, "it has no name of its own")


def _version(database: Database) -> int:
    return int(database.value("PRAGMA user_version"))
