"""Taking footage out of a project with all that was found in it; its number stays taken."""

from __future__ import annotations

from pathlib import Path

from reid_core.errors import UsageError
from reid_core.store import forget
from reid_core.store.catalog import IS_HERE
from reid_core.store.current import clear
from reid_core.store.database import Database
from reid_core.store.events import Event, SourceRemoved
from reid_core.store.log import Log
from reid_core.store.records import STREAM, SegmentState

_TABLES = ("vector", "crop", "member", "tracklet", "appearance", "detection", "frame")


def take_out(database: Database, log: Log, source_id: int, actor: str = "") -> Event:
    """Delete what the engine made of a source, and note what is to be overwritten; in a transaction.

    The rows of source and segment stay, hidden: numbers and tracklet ids are never given to other footage,
    and the same file finds its old place when it is added again.
    """
    found = database.row(
        f"""SELECT camera.name, source.fingerprint, source.path, source.kind FROM source
            JOIN camera ON source.camera_id = camera.id WHERE source.id = ? AND {IS_HERE}""",  # noqa: S608
        (source_id,),
    )
    if found is None:
        raise UsageError(f"There is no source {source_id} in this project any more.")
    camera, fingerprint, path, kind = found
    file = path if kind == STREAM else Path(path).name
    event = log.append(SourceRemoved(camera, fingerprint, file), actor)
    for (segment_id,) in database.rows("SELECT id FROM segment WHERE source_id = ?", (source_id,)):
        forget.note_segment(database, segment_id)
        clear(database, segment_id)
        for table in _TABLES:
            database.run(f"DELETE FROM {table} WHERE segment_id = ?", (segment_id,))  # noqa: S608
        database.run(
            """UPDATE segment SET detections_key = '', tracklets_key = '', state = ?, reason = '',
                 generation = generation + 1 WHERE id = ?""",
            (SegmentState.OPEN, segment_id),
        )
    database.run(
        "UPDATE source SET info = json_set(info, '$.removed', json('true')) WHERE id = ?", (source_id,)
    )
    return event
