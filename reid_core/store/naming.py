"""The names of cameras. A name that a camera ever had stays its own, so that every old event can be read.

`camera.name` in the database is a cache of the log: the name that the active renames give.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from reid_core.errors import UsageError
from reid_core.store.database import Database
from reid_core.store.events import CameraRenamed
from reid_core.store.log import Log


def former_names(database: Database) -> dict[str, str]:
    """The present name of each name that a camera has or had, with renames that were undone."""
    groups: dict[str, set[str]] = {}
    for old, new in _renames(database):
        merged = groups.get(old, {old}) | groups.get(new, {new})
        groups |= dict.fromkeys(merged, merged)
    present = [name for (name,) in database.rows("SELECT name FROM camera")]
    return {former: name for name in present for former in groups.get(name, {name})}


def present_name(database: Database, name: str) -> str:
    """What the camera is called now that has this name or had it; the name itself where none has."""
    return former_names(database).get(name, name)


def renaming(names: Mapping[str, str], camera: str, name: str) -> CameraRenamed:
    """The event that gives a camera another name; an undoable action.

    Args:
        names: Of the project, see `former_names`.
        camera: A name that the camera has or had.
        name: What it shall be called.

    Raises:
        UsageError: There is no such camera, or another one has that name or had it.
    """
    if camera not in names:
        raise UsageError(f"There is no camera {camera!r}.")
    name = name.strip()
    if names.get(name, names[camera]) != names[camera]:
        now = names[name]
        had = f" before it was called {now}" if now != name else ""
        raise UsageError(
            f"Another camera has the name {name}{had}: choose another, so that the log stays readable."
        )
    return CameraRenamed(names[camera], name)


def renew_name(database: Database, log: Log, renamed: CameraRenamed) -> None:
    """Give a camera the name that the log says, after a rename was recorded, undone or redone."""
    names = former_names(database)
    present = names.get(renamed.camera, names.get(renamed.name))
    own = {name for name, now in names.items() if now == present}
    active = [event.payload for event in log.active((CameraRenamed.kind,))]
    found = [p.name for p in active if isinstance(p, CameraRenamed) and p.camera in own]
    first = next(old for old, _ in _renames(database) if old in own)
    database.run("UPDATE camera SET name = ? WHERE name = ?", (found[-1] if found else first, present))


def _renames(database: Database) -> list[tuple[str, str]]:
    """``(old, new)`` of every rename ever recorded, oldest first."""
    rows = database.rows("SELECT payload FROM event WHERE kind = ? ORDER BY id", (CameraRenamed.kind,))
    payloads = [json.loads(text) for (text,) in rows]
    return [(payload["camera"], payload["name"]) for payload in payloads]
