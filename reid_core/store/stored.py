"""What correcting tracklets needs besides the tracklets: frames, qualities, what is out of date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from reid_core.errors import UsageError
from reid_core.store import catalog, tracks, vectors
from reid_core.store.database import Database
from reid_core.store.events import EDITS
from reid_core.store.failures import plain_errors
from reid_core.store.records import Boxes
from reid_core.types import FloatArray


@dataclass(frozen=True, slots=True)
class FrameTime:
    """A stored frame: rank in its source, timestamp, ms since the source's first frame."""

    frame_idx: int
    pts: int
    t_ms: float


class Stored:
    """Reads of one open project; made by `Project.stored`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def frames(self, source_id: int, first_idx: int, last_idx: int) -> list[FrameTime]:
        """The stored frames of a source between two ranks, both included, in order."""
        rows = self._database.rows(
            """SELECT f.frame_idx, f.pts, f.t_ms FROM segment s JOIN frame f ON f.segment_id = s.id
               WHERE s.source_id = ? AND f.frame_idx BETWEEN ? AND ? ORDER BY f.frame_idx""",
            (source_id, first_idx, last_idx),
        )
        return [FrameTime(*row) for row in rows]

    def time_at(self, source_id: int, pts: int) -> float | None:
        """``t_ms`` of the stored frame of a source that is nearest to a timestamp; None without frames."""
        found: float | None = self._database.value(
            """SELECT f.t_ms FROM segment s JOIN frame f ON f.segment_id = s.id
               WHERE s.source_id = ? ORDER BY abs(f.pts - ?) LIMIT 1""",
            (source_id, pts),
        )
        return found

    def revision(self, tracklet_id: str) -> int | None:
        """The revision of a tracklet as it stands now; None when there is none of that id any more."""
        try:
            return tracks.require(self._database, tracklet_id)[1]
        except UsageError:
            return None

    def qualities(self, tracklet_id: str) -> FloatArray:
        """``(n,)`` quality in 0..1 of the detection behind each of `Project.boxes`; NaN where none is."""
        segment_id, _ = tracks.require(self._database, tracklet_id)
        boxes = tracks.boxes(self._database, tracklet_id)
        first, last = int(boxes.frame_idx[0]), int(boxes.frame_idx[-1])
        known = {
            (frame_idx, detection_idx): quality
            for frame_idx, detection_idx, quality in self._database.rows(
                """SELECT frame_idx, detection_idx, quality FROM detection
                   WHERE segment_id = ? AND frame_idx BETWEEN ? AND ?""",
                (segment_id, first, last),
            )
        }
        places = zip(boxes.frame_idx.tolist(), boxes.detection_idx.tolist(), strict=True)
        return np.array([known.get(place, np.nan) for place in places], np.float32)

    def boxes_of(self, segment_id: int) -> Iterator[tuple[str, Boxes]]:
        """Every current tracklet of a segment with its boxes, by id."""
        ids = [
            tracklet_id
            for (tracklet_id,) in self._database.rows(
                """SELECT id FROM tracklet
                   WHERE segment_id = ?1 AND id NOT IN (SELECT id FROM current_tracklet)
                   UNION ALL SELECT id FROM current_tracklet WHERE segment_id = ?1 AND NOT gone""",
                (segment_id,),
            )
        ]
        for tracklet_id in sorted(ids, key=lambda name: (len(name), name)):
            yield tracklet_id, tracks.boxes(self._database, tracklet_id)

    def outdated_crops(self) -> list[tuple[str, int]]:
        """``(tracklet id, revision)`` of edited tracklets that were not cropped anew since, by id."""
        rows: list[tuple[Any, ...]] = self._database.rows(
            """SELECT id, revision FROM current_tracklet c
               WHERE NOT gone AND NOT EXISTS
                 (SELECT 1 FROM crop WHERE tracklet_id = c.id AND revision = c.revision)
               ORDER BY segment_id, length(id), id"""
        )
        return [(row[0], row[1]) for row in rows]

    def outdated_vectors(self, space_key: str) -> list[str]:
        """Ids of tracklets that were edited at some time and lack the vectors of their crops as they are."""
        touched = {
            tracklet_id
            for (tracklet_id,) in self._database.rows(
                """SELECT id FROM current_tracklet
                   UNION SELECT tracklet_id FROM crop WHERE revision <> 0
                   UNION SELECT tracklet_id FROM vector WHERE revision <> 0"""
            )
        }
        if not touched:
            return []
        space = catalog.space(self._database, space_key)
        with plain_errors(self._database.path):
            missing = vectors.undescribed(self._database, space)
        return [tracklet_id for tracklet_id in missing if tracklet_id in touched]

    def outdated(self) -> list[tuple[str, int]]:
        """``(tracklet id, revision)`` of everything that `reid_core.pipeline.refresh` has to do, by id."""
        marks = ", ".join("?" * len(EDITS))
        if not self._database.value(f"SELECT 1 FROM event WHERE kind IN ({marks}) LIMIT 1", EDITS):  # noqa: S608
            return []
        found = dict(self.outdated_crops())
        for space in catalog.spaces(self._database):
            for tracklet_id in self.outdated_vectors(space.key):
                found.setdefault(tracklet_id, tracks.require(self._database, tracklet_id)[1])
        return sorted(found.items())
