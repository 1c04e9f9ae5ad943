"""Frames with their detections, to and from rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from reid_core.store.database import Database
from reid_core.store.records import FrameRow, HalfArray
from reid_core.types import Detections

_CHUNK = 256
"""Frames that are read at a time: the memory of `read_frames`."""


def write_frames(database: Database, segment_id: int, rows: Sequence[FrameRow]) -> None:
    """Store frames, replacing those that are stored already; inside a transaction."""
    if not rows:
        return
    first, last = rows[0].frame_idx, rows[-1].frame_idx
    if any(b.frame_idx <= a.frame_idx for a, b in pairwise(rows)):
        raise ValueError("frames must be written in rising order")
    if database.value(
        "SELECT 1 FROM frame WHERE segment_id = ? AND frame_idx BETWEEN ? AND ?", (segment_id, first, last)
    ):
        span = (segment_id, first, last)
        for table in ("appearance", "detection"):
            database.run(f"DELETE FROM {table} WHERE segment_id = ? AND frame_idx BETWEEN ? AND ?", span)  # noqa: S608
    database.run_many(
        """INSERT INTO frame VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (segment_id, frame_idx) DO UPDATE SET
             pts = excluded.pts, t_ms = excluded.t_ms, processed = excluded.processed, cut = excluded.cut,
             motion = excluded.motion""",
        [
            (
                segment_id,
                r.frame_idx,
                r.pts,
                r.t_ms,
                r.processed,
                r.cut,
                None if r.motion is None else _bytes(r.motion, "<f4"),
            )
            for r in rows
        ],
    )
    database.run_many(
        "INSERT INTO detection VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _detection_rows(segment_id, rows)
    )
    database.run_many(
        "INSERT INTO appearance VALUES (?, ?, ?, ?)",
        [
            (segment_id, r.frame_idx, r.appearance.shape[1], _bytes(r.appearance, "<f2"))
            for r in rows
            if r.appearance is not None
        ],
    )


def _detection_rows(segment_id: int, rows: Sequence[FrameRow]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        columns = zip(
            row.detections.xyxy.tolist(), row.detections.scores.tolist(), row.quality.tolist(), strict=True
        )
        for idx, (box, score, quality) in enumerate(columns):
            yield (segment_id, row.frame_idx, idx, *box, score, quality)


def _bytes(array: np.ndarray[Any, Any], dtype: str) -> bytes:
    return np.ascontiguousarray(array, dtype).tobytes()


def read_frames(database: Database, segment_id: int, start_idx: int) -> Iterator[FrameRow]:
    """Stored frames from ``start_idx`` on, in order; a chunk at a time, so that no transaction stays open."""
    while True:
        frames = database.rows(
            """SELECT frame_idx, pts, t_ms, processed, cut, motion FROM frame
               WHERE segment_id = ? AND frame_idx >= ? ORDER BY frame_idx LIMIT ?""",
            (segment_id, start_idx, _CHUNK),
        )
        if not frames:
            return
        span = (segment_id, frames[0][0], frames[-1][0])
        columns = np.array(
            database.rows(
                """SELECT frame_idx, x1, y1, x2, y2, score, quality FROM detection
                   WHERE segment_id = ? AND frame_idx BETWEEN ? AND ? ORDER BY frame_idx, detection_idx""",
                span,
            ),
            np.float64,
        ).reshape(-1, 7)
        appearance: dict[int, HalfArray] = {
            frame_idx: np.frombuffer(vectors, "<f2").reshape(-1, dim)
            for frame_idx, dim, vectors in database.rows(
                """SELECT frame_idx, dim, vectors FROM appearance
                   WHERE segment_id = ? AND frame_idx BETWEEN ? AND ?""",
                span,
            )
        }
        edges = np.searchsorted(columns[:, 0], [frame[0] for frame in frames] + [frames[-1][0] + 1])
        values = columns[:, 1:].astype(np.float32)
        for frame, first, last in zip(frames, edges, edges[1:], strict=False):
            frame_idx, pts, t_ms, processed, cut, motion = frame
            part = values[first:last]
            yield FrameRow(
                frame_idx=frame_idx,
                pts=pts,
                t_ms=t_ms,
                processed=bool(processed),
                cut=bool(cut),
                motion=None if motion is None else np.frombuffer(motion, "<f4").reshape(2, 3),
                detections=Detections(np.ascontiguousarray(part[:, :4]), np.ascontiguousarray(part[:, 4])),
                quality=np.ascontiguousarray(part[:, 5]),
                appearance=appearance.get(frame_idx),
            )
        start_idx = span[2] + 1
