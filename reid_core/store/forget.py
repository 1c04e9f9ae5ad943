"""Erasing a person for good: pictures, vectors and appearance go, a tombstone stays in the log.

The places to be overwritten are noted in the transaction that takes the rows out, and overwritten after it;
an interrupted erasing is completed when the next engine starts. Backups of the project keep what they hold.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import numpy as np

from reid_core.store import catalog, vectors
from reid_core.store.database import Database
from reid_core.store.events import Event, Forgotten
from reid_core.store.fold import Fold
from reid_core.store.records import Space
from reid_core.store.sidecar import HEADER_BYTES
from reid_core.store.tracks import CROPS_FILE
from reid_core.types import ImageAnchor

_NOTE = "erase"
"""Setting that holds the ``[file, offset, n_bytes]`` still to be overwritten; absent when none is."""


def take_out(database: Database, folds: Iterable[Fold], forgotten: Iterable[Event]) -> None:
    """Delete the rows of what was forgotten, and note what is to be overwritten; in a transaction."""
    events = {event.id: event.payload for event in forgotten if isinstance(event.payload, Forgotten)}
    if not events:
        return
    for payload in events.values():
        for place in payload.places:
            if isinstance(place, ImageAnchor):
                database.run("DELETE FROM image WHERE sha256 = ?", (place.sha256,))
    spans: list[tuple[str, int, int]] = []
    for fold in folds:
        for track in fold.changed():
            if track.gone and track.touched & set(events):
                spans += _take_out_tracklet(database, track.id)
    _note(database, spans)


def note_segment(database: Database, segment_id: int) -> None:
    """Note where pictures and vectors of a segment lie, to be overwritten; its rows are still there."""
    crops = database.rows("SELECT offset, n_bytes FROM crop WHERE segment_id = ?", (segment_id,))
    spans = [(CROPS_FILE, offset, n_bytes) for offset, n_bytes in crops]
    for space in catalog.spaces(database):
        rows = database.rows(
            "SELECT row, crop_row, n_crops FROM vector WHERE space_id = ? AND segment_id = ?",
            (space.id, segment_id),
        )
        for places in rows:
            spans += _vector_spans(database, space, places)
    _note(database, spans)


def _note(database: Database, spans: list[tuple[str, int, int]]) -> None:
    noted = catalog.setting(database, _NOTE, [])
    catalog.set_setting(database, _NOTE, [*noted, *spans])


def _vector_spans(database: Database, space: Space, places: Sequence[int]) -> list[tuple[str, int, int]]:
    """Of one tracklet's vectors, by ``(row, crop_row, n_crops)``."""
    row, crop_row, n_crops = places
    names, kinds = vectors.file_names(space), vectors.kinds(database, space)
    return [
        (name, HEADER_BYTES + first * kind.row_bytes, n * kind.row_bytes)
        for name, kind, first, n in zip(names, kinds, (row, crop_row), (1, n_crops), strict=True)
    ]


def _take_out_tracklet(database: Database, tracklet_id: str) -> list[tuple[str, int, int]]:
    """Delete its crops, every vector that was made of them, and its appearance; returns what to overwrite."""
    boxes = database.rows(
        "SELECT segment_id, frame_idx, detection_idx FROM current_box WHERE tracklet_id = ?", (tracklet_id,)
    )
    crops = database.rows(
        """SELECT DISTINCT c.tracklet_id, c.revision, c.rank, c.offset, c.n_bytes
           FROM crop c LEFT JOIN current_box b ON b.tracklet_id = ?1 AND b.segment_id = c.segment_id
             AND b.frame_idx = c.frame_idx AND b.detection_idx IS c.detection_idx
           WHERE b.tracklet_id IS NOT NULL OR c.tracklet_id = ?1""",
        (tracklet_id,),
    )
    spans = [(CROPS_FILE, offset, n_bytes) for *_, offset, n_bytes in crops]
    database.run_many(
        "DELETE FROM crop WHERE tracklet_id = ? AND revision = ? AND rank = ?", [crop[:3] for crop in crops]
    )
    for owner in sorted({tracklet_id, *(crop[0] for crop in crops)}):
        for space in catalog.spaces(database):
            row = database.row(
                "SELECT row, crop_row, n_crops FROM vector WHERE space_id = ? AND tracklet_id = ?",
                (space.id, owner),
            )
            if row is not None:
                spans += _vector_spans(database, space, row)
        database.run("DELETE FROM vector WHERE tracklet_id = ?", (owner,))
    for segment_id, frame_idx, detection_idx in boxes:
        if detection_idx is not None:
            _blank_appearance(database, segment_id, frame_idx, detection_idx)
    return spans


def _blank_appearance(database: Database, segment_id: int, frame_idx: int, detection_idx: int) -> None:
    place = (segment_id, frame_idx)
    found = database.row("SELECT dim, vectors FROM appearance WHERE segment_id = ? AND frame_idx = ?", place)
    if found is not None:
        rows = np.frombuffer(found[1], "<f2").reshape(-1, found[0]).copy()
        rows[detection_idx] = 0
        database.run(
            "UPDATE appearance SET vectors = ? WHERE segment_id = ? AND frame_idx = ?",
            (rows.tobytes(), *place),
        )


def overwrite(database: Database) -> None:
    """Overwrite what was noted by `take_out`, and write the database anew without its free space."""
    spans = catalog.setting(database, _NOTE, None)
    if spans is None:
        return
    for name in sorted({span[0] for span in spans}):
        path = database.sidecar / name
        if not path.exists():
            continue
        with path.open("r+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            for offset, n_bytes in [span[1:] for span in spans if span[0] == name]:
                file.seek(offset)
                file.write(bytes(max(min(n_bytes, size - offset), 0)))
            os.fsync(file.fileno())
    database.rows("VACUUM")  # deleted rows leave copies in the free space of pages
    catalog.set_setting(database, _NOTE, None)
    database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
