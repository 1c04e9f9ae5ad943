"""What the engine does about pictures and vectors that the database knows and the disk has lost."""

from __future__ import annotations

from reid_core.store import catalog, vectors
from reid_core.store.database import Database
from reid_core.store.records import SegmentState
from reid_core.store.sidecar import CROPS, HEADER_BYTES, SidecarKind, available_bytes
from reid_core.store.tracks import CROPS_FILE


def find_losses(database: Database) -> list[str]:
    """What is lost, a sentence for each file, with the way to get it again. Changes nothing."""
    losses = []
    for name, kind, n_bytes, way_back in _known_files(database):
        usable = available_bytes(database.sidecar / name, kind)
        if usable < n_bytes:
            found = (
                f"only {usable} of {n_bytes} bytes are left"
                if usable
                else "it is missing or another project's"
            )
            losses.append(f"{database.sidecar / name} is not whole ({found}). {way_back}")
    return losses


def repair(database: Database) -> tuple[str, ...]:
    """Forget what is lost, so that the next ingest or embed makes it again; returns what was lost."""
    losses = find_losses(database)
    if not losses:
        return ()
    with database.transaction():
        for name, kind, n_bytes, _ in _known_files(database):
            usable = available_bytes(database.sidecar / name, kind)
            if usable < n_bytes:
                n_rows = max(usable - HEADER_BYTES, 0) // kind.row_bytes
                left = HEADER_BYTES + n_rows * kind.row_bytes
                database.run("UPDATE sidecar SET n_bytes = ? WHERE name = ?", (left, name))
                if name == CROPS_FILE:
                    _forget_crops(database, left)
        for space in catalog.spaces(database):
            rows = [
                vectors.n_rows(database.sidecar / name, kind)
                for name, kind in zip(vectors.file_names(space), vectors.kinds(database, space), strict=True)
            ]
            database.run(
                "DELETE FROM vector WHERE space_id = ? AND (row >= ? OR crop_row + n_crops > ?)",
                (space.id, *rows),
            )
    return tuple(losses)


def _forget_crops(database: Database, size: int) -> None:
    """Have segments with lost pictures tracked again from their stored frames, which cuts them anew."""
    database.run(
        f"""UPDATE segment
            SET tracklets_key = '', state = '{SegmentState.OPEN}', reason = 'pictures were lost'
            WHERE id IN (SELECT segment_id FROM crop WHERE offset + n_bytes > ?)""",  # noqa: S608
        (size,),
    )
    database.run("DELETE FROM crop WHERE offset + n_bytes > ?", (size,))


def _known_files(database: Database) -> list[tuple[str, SidecarKind, int, str]]:
    """``(name, kind, committed bytes, how to get it again)`` of every file that the database knows."""
    committed = dict(database.rows("SELECT name, n_bytes FROM sidecar"))
    uuid = database.value("SELECT uuid FROM project")
    known = [
        (
            CROPS_FILE,
            SidecarKind(CROPS, uuid),
            f"Put the folder back beside the project, or cut the pictures again with: "
            f"sightline ingest {database.path}",
        )
    ]
    for space in catalog.spaces(database):
        way_back = (
            f"Put the folder back beside the project, or compute the vectors again with: "
            f"sightline embed {database.path} --model {space.name}"
        )
        known += [
            (name, kind, way_back)
            for name, kind in zip(vectors.file_names(space), vectors.kinds(database, space), strict=True)
        ]
    return [(name, kind, committed[name], way_back) for name, kind, way_back in known if name in committed]
