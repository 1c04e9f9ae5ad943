"""Tracklets, their boxes and crops as they stand now: engine output below, the caches of the fold above."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from reid_core.errors import UsageError
from reid_core.store.database import Database
from reid_core.store.failures import StoreError
from reid_core.store.records import Boxes, Camera, Crop, Tracklet
from reid_core.types import FloatArray, Member

CROPS_FILE = "crops.pack"

_ENGINE_TRACKLETS = """
SELECT t.id, t.segment_id, t.start_idx, t.end_idx, t.start_pts, t.end_pts, t.start_t_ms, t.end_t_ms,
  t.n_detections, t.n_boxes, 0
FROM tracklet t WHERE t.id NOT IN (SELECT id FROM current_tracklet)"""
_OWN = "FROM current_box WHERE tracklet_id = c.id"
# Cross joins and subqueries, so that each step is a look into an index: SQLite knows no sizes of these tables
# and otherwise reads every frame for every box.
_EDITED_TRACKLETS = f"""
SELECT c.id, c.segment_id, first.frame_idx, last.frame_idx, first.pts, last.pts, first.t_ms, last.t_ms,
  (SELECT sum(edited OR detection_idx IS NOT NULL) {_OWN}), (SELECT count(*) {_OWN}), c.revision
FROM current_tracklet c
CROSS JOIN frame first ON first.segment_id = c.segment_id
  AND first.frame_idx = (SELECT min(frame_idx) {_OWN})
CROSS JOIN frame last ON last.segment_id = c.segment_id
  AND last.frame_idx = (SELECT max(frame_idx) {_OWN})
WHERE NOT c.gone"""  # noqa: S608


def tracklets(database: Database, cameras: Sequence[Camera], only: str | None = None) -> list[Tracklet]:
    """All current tracklets, or the one of an id, by segment, start and id."""
    places = {
        segment_id: (camera_id, fingerprint, source_id, start_ms)
        for segment_id, camera_id, fingerprint, source_id, start_ms in database.rows(
            """SELECT segment.id, source.camera_id, source.fingerprint, source.id, source.start_ms
               FROM segment JOIN source ON segment.source_id = source.id"""
        )
    }
    by_id = {camera.id: camera for camera in cameras}
    if only is None:
        rows = database.rows(_ENGINE_TRACKLETS) + database.rows(_EDITED_TRACKLETS)
    else:
        rows = database.rows(f"{_ENGINE_TRACKLETS} AND t.id = ?", (only,))
        rows += database.rows(f"{_EDITED_TRACKLETS} AND c.id = ?", (only,))
    rows.sort(key=lambda row: (row[1], row[2], len(row[0]), row[0]))
    found = []
    for (
        tracklet_id,
        segment_id,
        start_idx,
        end_idx,
        *pts,
        start_t_ms,
        end_t_ms,
        n_detections,
        n_boxes,
        revision,
    ) in rows:
        camera_id, fingerprint, source_id, start_ms = places[segment_id]
        camera = by_id[camera_id]
        found.append(
            Tracklet(
                tracklet_id,
                camera.name,
                fingerprint,
                source_id,
                segment_id,
                start_idx,
                end_idx,
                start_pts=pts[0],
                end_pts=pts[1],
                start_t_ms=start_t_ms,
                end_t_ms=end_t_ms,
                start_ms=camera.common_ms(start_ms + start_t_ms),
                end_ms=camera.common_ms(start_ms + end_t_ms),
                n_detections=n_detections,
                n_boxes=n_boxes,
                revision=revision,
            )
        )
    return found


def require(database: Database, tracklet_id: str) -> tuple[int, int]:
    """``(segment, revision)`` of a current tracklet.

    Raises:
        UsageError: there is none of that id now.
    """
    changed = database.row(
        "SELECT segment_id, revision, gone FROM current_tracklet WHERE id = ?", (tracklet_id,)
    )
    if changed is not None and not changed[2]:
        return changed[0], changed[1]
    if changed is None:
        segment_id = database.value("SELECT segment_id FROM tracklet WHERE id = ?", (tracklet_id,))
        if segment_id is not None:
            return segment_id, 0
    raise UsageError(f"There is no tracklet {tracklet_id!r}. List them with: sightline tracklets PROJECT")


def boxes(database: Database, tracklet_id: str) -> Boxes:
    """The boxes of a current tracklet."""
    _, revision = require(database, tracklet_id)
    if revision:
        members = """SELECT segment_id, frame_idx, detection_idx, x1, y1, x2, y2, edited
                     FROM current_box WHERE tracklet_id = ?"""
    else:
        members = """SELECT segment_id, frame_idx, detection_idx, x1, y1, x2, y2, 0 AS edited
                     FROM member JOIN tracklet USING (segment_id, ord) WHERE id = ?"""
    rows = database.rows(
        f"""SELECT m.frame_idx, frame.pts, frame.t_ms, m.x1, m.y1, m.x2, m.y2, coalesce(m.detection_idx, -1),
              CASE WHEN m.edited THEN 1.0 ELSE coalesce(d.score, 0.0) END, m.edited
            FROM ({members}) m JOIN frame USING (segment_id, frame_idx)
            LEFT JOIN detection d ON d.segment_id = m.segment_id AND d.frame_idx = m.frame_idx
              AND d.detection_idx = m.detection_idx
            ORDER BY m.frame_idx""",  # noqa: S608
        (tracklet_id,),
    )
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
    return Boxes(
        frame_idx=np.array(columns[0], np.int64),
        pts=np.array(columns[1], np.int64),
        t_ms=np.array(columns[2], np.float64),
        xyxy=np.array(columns[3:7], np.float64).T.astype(np.float32),
        detection_idx=np.array(columns[7], np.int64),
        scores=np.array(columns[8], np.float32),
        edited=np.array(columns[9], np.bool_),
    )


def boxes_at(database: Database, source_id: int, frame_idx: int) -> list[tuple[str, FloatArray]]:
    """``(tracklet id, box)`` of all current boxes in one frame of a source."""
    rows = database.rows(
        """SELECT t.id, m.x1, m.y1, m.x2, m.y2
           FROM segment s CROSS JOIN member m INDEXED BY member_by_frame ON m.segment_id = s.id
           JOIN tracklet t ON t.segment_id = m.segment_id AND t.ord = m.ord
           WHERE s.source_id = ? AND m.frame_idx = ? AND t.id NOT IN (SELECT id FROM current_tracklet)
           UNION ALL
           SELECT b.tracklet_id, b.x1, b.y1, b.x2, b.y2
           FROM segment s CROSS JOIN current_box b INDEXED BY current_box_by_frame ON b.segment_id = s.id
           JOIN current_tracklet c ON c.id = b.tracklet_id
           WHERE s.source_id = ? AND b.frame_idx = ? AND NOT c.gone""",
        (source_id, frame_idx, source_id, frame_idx),
    )
    rows.sort(key=lambda row: (len(row[0]), row[0]))
    return [(row[0], np.array(row[1:], np.float32)) for row in rows]


def crop_rows(database: Database, tracklet_id: str) -> list[tuple[Any, ...]]:
    """``(segment, frame, detection, offset, n_bytes, crc, x1, y1, x2, y2, quality)``, best crop first.

    Crops follow the pixels: an edited tracklet that was not cropped anew has those of its boxes that were
    cropped before, whichever tracklet they belonged to then.
    """
    _, revision = require(database, tracklet_id)
    columns = (
        "c.segment_id, c.frame_idx, c.detection_idx, offset, n_bytes, crc, c.x1, c.y1, c.x2, c.y2, quality"
    )
    rows = database.rows(
        f"SELECT {columns} FROM crop c WHERE tracklet_id = ? AND revision = ? ORDER BY rank",  # noqa: S608
        (tracklet_id, revision),
    )
    if rows or not revision:
        return rows
    inherited = database.rows(
        f"""SELECT {columns} FROM current_box b JOIN crop c USING (segment_id, frame_idx)
            WHERE b.tracklet_id = ? AND NOT b.edited AND c.detection_idx = b.detection_idx
            ORDER BY quality DESC, c.frame_idx, c.tracklet_id, c.revision""",  # noqa: S608
        (tracklet_id,),
    )
    seen: dict[tuple[int, int], tuple[Any, ...]] = {}
    for row in inherited:
        seen.setdefault((row[1], row[2]), row)
    return list(seen.values())


def crops(database: Database, tracklet_id: str) -> list[Crop]:
    """The stored crops of a current tracklet, best first.

    Raises:
        StoreError: pictures are lost or damaged; the message says how to get them again.
    """
    rows = crop_rows(database, tracklet_id)
    if not rows:
        return []
    found = []
    try:
        with (database.sidecar / CROPS_FILE).open("rb") as pack:
            for segment_id, frame_idx, detection_idx, offset, n_bytes, crc, *inner, quality in rows:
                pack.seek(offset)
                png = pack.read(n_bytes)
                if zlib.crc32(png) != crc:
                    if crop_rows(database, tracklet_id) != rows:  # provisional, and renewed meanwhile
                        return crops(database, tracklet_id)
                    raise pictures_lost(database, tracklet_id)
                pts, t_ms = database.row(  # type: ignore[misc]
                    "SELECT pts, t_ms FROM frame WHERE segment_id = ? AND frame_idx = ?",
                    (segment_id, frame_idx),
                )
                member = Member(frame_idx, -1 if detection_idx is None else detection_idx)
                found.append(Crop(png, (inner[0], inner[1], inner[2], inner[3]), quality, member, pts, t_ms))
    except OSError as error:
        raise pictures_lost(database, tracklet_id) from error
    return found


def pictures_lost(database: Database, tracklet_id: str) -> StoreError:
    """The error for a tracklet whose crops cannot be read."""
    return StoreError(
        f"The pictures of tracklet {tracklet_id} in {database.sidecar / CROPS_FILE} are lost or damaged. "
        f"Put the .d folder back beside the project, or cut them again from the footage with: "
        f"sightline ingest {database.path}"
    )
