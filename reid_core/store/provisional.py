"""Provisional tracklets of live cameras: which there are, and which bytes beside the database are theirs."""

from __future__ import annotations

from collections.abc import Iterator

from reid_core.store import catalog, vectors
from reid_core.store.database import Database
from reid_core.store.records import PROVISIONAL_ORDER
from reid_core.store.sidecar import CROPS, HEADER_BYTES, SidecarKind
from reid_core.store.tracks import CROPS_FILE


def tracklets(database: Database, segment_id: int) -> list[tuple[int, str]]:
    """``(order, id)`` of the provisional tracklets of a segment."""
    return database.rows(
        "SELECT ord, id FROM tracklet WHERE segment_id = ? AND ord >= ?", (segment_id, PROVISIONAL_ORDER)
    )


def crops_kind(database: Database) -> SidecarKind:
    """What the file of the crops must be."""
    return SidecarKind(CROPS, database.value("SELECT uuid FROM project"))


def spans(database: Database, tracklet_id: str) -> Iterator[tuple[str, SidecarKind, int, int]]:
    """``(file, kind, offset, bytes)`` of a tracklet's own crops and vectors."""
    kind = crops_kind(database)
    for offset, n_bytes in database.rows(
        "SELECT offset, n_bytes FROM crop WHERE tracklet_id = ?", (tracklet_id,)
    ):
        yield CROPS_FILE, kind, offset, n_bytes
    for space in catalog.spaces(database):
        found = database.row(
            "SELECT row, crop_row, n_crops FROM vector WHERE space_id = ? AND tracklet_id = ?",
            (space.id, tracklet_id),
        )
        if found is None:
            continue
        row, crop_row, n_crops = found
        own, of_crops = vectors.kinds(database, space)
        name, crops_name = vectors.file_names(space)
        yield name, own, HEADER_BYTES + row * own.row_bytes, own.row_bytes
        yield crops_name, of_crops, HEADER_BYTES + crop_row * of_crops.row_bytes, n_crops * of_crops.row_bytes
