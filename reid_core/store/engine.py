"""Writing engine output: frames, tracklets, crops, vectors. One engine at a time, one writer thread."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from reid_core.store import catalog, dropping, forget, frames, provisional, tracks, vectors
from reid_core.store.current import clear, refold, segments_of_edit
from reid_core.store.database import Database
from reid_core.store.events import EDITS, Event, Forgotten, Place
from reid_core.store.failures import StoreError, plain_errors
from reid_core.store.log import Log
from reid_core.store.records import (
    PROVISIONAL_ORDER,
    CropRow,
    FrameRow,
    HalfArray,
    Segment,
    SegmentState,
    Space,
    SpaceLike,
    TrackletRow,
)
from reid_core.store.repair import repair
from reid_core.store.sidecar import HEADER_BYTES, SidecarKind, SidecarWriter
from reid_core.types import FloatArray


class Engine:
    """Writes engine output; made by `Project.engine`, which holds the engine lock.

    Every write may be repeated: the same rows again change nothing, so a killed run simply runs again.
    A write outside `transaction` is its own transaction.

    Attributes:
        notices: What was found lost when the engine started, and how it comes back, for the user.
    """

    def __init__(self, database: Database, log: Log) -> None:
        self._database, self._log = database, log
        self._writers: dict[str, SidecarWriter] = {}
        self._changed: set[int] = set()
        with plain_errors(database.path):
            self.notices = repair(database)
            forget.overwrite(database)

    def close(self) -> None:
        """Close the sidecar files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside are committed together, or none; keep it under 50 ms of work."""
        if self._database.in_transaction:
            yield
            return
        try:
            with self._database.transaction():
                yield
                self._before_commit()
        except BaseException:
            for writer in self._writers.values():
                writer.roll_back()
            raise
        finally:
            self._changed.clear()
        for writer in self._writers.values():
            writer.commit()
        with plain_errors(self._database.path):
            forget.overwrite(self._database)

    def _before_commit(self) -> None:
        """Pictures and vectors reach the disk before the database knows them; edits meet new tracklets."""
        for name, writer in self._writers.items():
            if not writer.pending:
                continue
            with plain_errors(self._database.path):
                writer.flush()
            self._database.run(
                """INSERT INTO sidecar VALUES (?, ?)
                   ON CONFLICT (name) DO UPDATE SET n_bytes = excluded.n_bytes""",
                (name, writer.size),
            )
        if self._changed:
            self._database.run_many(
                "UPDATE segment SET generation = generation + 1 WHERE id = ?",
                [(s,) for s in sorted(self._changed)],
            )
            edits = self._log.active(EDITS)
            edited = {s for event in edits for s in segments_of_edit(self._database, event)}
            folds = [refold(self._database, self._log, s) for s in sorted(self._changed & edited)]
            if folds:
                forget.take_out(self._database, folds, edits)

    def _writer(self, name: str, kind: SidecarKind) -> SidecarWriter:
        if name not in self._writers:
            committed = self._database.value("SELECT n_bytes FROM sidecar WHERE name = ?", (name,))
            with plain_errors(self._database.path):
                self._writers[name] = SidecarWriter(self._database.sidecar / name, kind, committed or 0)
        return self._writers[name]

    # --- segments

    def begin_segment(
        self, source_id: int, detections_key: str, tracklets_key: str, *, number: int | None = None
    ) -> Segment:
        """The segment of a source, to be filled or resumed.

        Another ``detections_key`` wipes what was stored of the segment; another ``tracklets_key`` wipes its
        tracklets, crops and vectors and keeps the frames.

        Args:
            source_id: The source.
            detections_key: Cache key of detections.
            tracklets_key: Cache key of tracklets, given the detections.
            number: Segment number in the camera, 1-based; default: the source's number in its camera.
        """
        with self.transaction():
            place = self._database.row("SELECT camera_id, number FROM source WHERE id = ?", (source_id,))
            if place is None:
                raise ValueError(f"there is no source {source_id}")
            camera_id, source_number = place
            number = number or source_number
            segment_id = camera_id << 20 | number
            keys = (detections_key, tracklets_key)
            known = self._database.row(
                "SELECT source_id, detections_key, tracklets_key FROM segment WHERE id = ?", (segment_id,)
            )
            if known is None:
                self._database.run(
                    """INSERT INTO segment (id, name, source_id, detections_key, tracklets_key, state, reason)
                       VALUES (?, ?, ?, ?, ?, ?, '')""",
                    (segment_id, f"c{camera_id}s{number}", source_id, *keys, SegmentState.OPEN),
                )
            elif known != (source_id, *keys):
                self._wipe_tracklets(segment_id)
                if known[:2] != (source_id, detections_key):
                    self._wipe_frames(segment_id)
                self._database.run(
                    """UPDATE segment SET source_id = ?, detections_key = ?, tracklets_key = ?, state = ?,
                         reason = '' WHERE id = ?""",
                    (source_id, *keys, SegmentState.OPEN, segment_id),
                )
        return self._segment(segment_id)

    def finish_segment(self, segment_id: int, state: str, reason: str = "") -> None:
        """Record how a segment ended: ``done``, ``partial`` or ``failed`` (see `SegmentState`)."""
        with self.transaction():
            self._database.run(
                "UPDATE segment SET state = ?, reason = ? WHERE id = ?",
                (SegmentState(state), reason, segment_id),
            )

    def extend_source(self, source_id: int, duration_ms: float, info: Mapping[str, Any]) -> None:
        """Renew the length of a source that is still coming in (a live camera), and add to its ``info``."""
        with self.transaction():
            catalog.extend_source(self._database, source_id, duration_ms, info)

    def withdraw_provisional(self, segment_id: int, orders: Collection[int] | None = None) -> None:
        """Take back provisional tracklets with their crops and vectors; all of the segment by default."""
        with self.transaction():
            for order, tracklet_id in provisional.tracklets(self._database, segment_id):
                if orders is None or order in orders:
                    self._wipe_tracklet((segment_id, order), tracklet_id)
                    self._changed.add(segment_id)

    def segment_of(self, source_id: int) -> Segment:
        """The (last) segment of a source."""
        segment_id = self._database.value("SELECT max(id) FROM segment WHERE source_id = ?", (source_id,))
        if segment_id is None:
            raise ValueError(f"source {source_id} has no segment yet")
        return self._segment(segment_id)

    def count_frames(self, segment_id: int) -> int:
        """Stored frames of a segment."""
        return int(self._database.value("SELECT count(*) FROM frame WHERE segment_id = ?", (segment_id,)))

    def count_tracklets(self, segment_id: int) -> int:
        """Stored tracklets of a segment (engine output, before edits), without provisional ones."""
        sql = "SELECT count(*) FROM tracklet WHERE segment_id = ? AND ord < ?"
        return int(self._database.value(sql, (segment_id, PROVISIONAL_ORDER)))

    def _segment(self, segment_id: int) -> Segment:
        return catalog.segments(self._database, segment_id)[0]

    def _wipe_tracklets(self, segment_id: int) -> None:
        clear(self._database, segment_id)
        for table in ("vector", "crop", "member", "tracklet"):
            self._database.run(f"DELETE FROM {table} WHERE segment_id = ?", (segment_id,))  # noqa: S608
        self._changed.add(segment_id)

    def _wipe_frames(self, segment_id: int) -> None:
        for table in ("appearance", "detection", "frame"):
            self._database.run(f"DELETE FROM {table} WHERE segment_id = ?", (segment_id,))  # noqa: S608

    # --- frames, tracklets, crops

    def write_frames(self, segment_id: int, rows: Sequence[FrameRow]) -> None:
        """Store frames, in rising order; those that are stored already are replaced."""
        with self.transaction():
            frames.write_frames(self._database, segment_id, rows)

    def write_tracklet(self, segment_id: int, row: TrackletRow) -> str:
        """Store a tracklet whose frames are stored, and its crops; returns its id.

        A tracklet of that order with the same members is left as it is; with other members it is replaced.
        """
        with self.transaction():
            name = self._database.value("SELECT name FROM segment WHERE id = ?", (segment_id,))
            tracklet_id = f"{name}t{row.order}"
            detections = [None if d < 0 else d for d in row.detection_idx.tolist()]
            members = [
                (frame_idx, detection_idx, *box)
                for frame_idx, detection_idx, box in zip(
                    row.frame_idx.tolist(), detections, row.xyxy.tolist(), strict=True
                )
            ]
            key = (segment_id, row.order)
            stored = self._database.rows(
                """SELECT frame_idx, detection_idx, x1, y1, x2, y2 FROM member
                   WHERE segment_id = ? AND ord = ? ORDER BY frame_idx""",
                key,
            )
            if stored == members:
                return tracklet_id
            if stored:
                self._wipe_tracklet(key, tracklet_id)
            first, last = self._ends(segment_id, members[0][0], members[-1][0])
            self._database.run(
                "INSERT INTO tracklet VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *key,
                    tracklet_id,
                    members[0][0],
                    members[-1][0],
                    first[0],
                    last[0],
                    first[1],
                    last[1],
                    sum(d is not None for d in detections),
                    len(members),
                ),
            )
            self._database.run_many(
                "INSERT INTO member VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [(*key, *m) for m in members]
            )
            self._insert_crops(segment_id, tracklet_id, 0, row.crops)
            self._changed.add(segment_id)
        return tracklet_id

    def write_crops(self, tracklet_id: str, crops: Sequence[CropRow]) -> None:
        """Replace the crops of a tracklet as it stands now (after edits); its vectors become invalid."""
        with self.transaction():
            segment_id, revision = tracks.require(self._database, tracklet_id)
            self._database.run(
                "DELETE FROM crop WHERE tracklet_id = ? AND revision = ?", (tracklet_id, revision)
            )
            self._database.run("DELETE FROM vector WHERE tracklet_id = ?", (tracklet_id,))
            self._insert_crops(segment_id, tracklet_id, revision, crops)

    def _insert_crops(
        self, segment_id: int, tracklet_id: str, revision: int, crops: Sequence[CropRow]
    ) -> None:
        pack = self._writer(tracks.CROPS_FILE, provisional.crops_kind(self._database))
        self._database.run_many(
            "INSERT INTO crop VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(tracklet_id, revision, rank, segment_id, crop.frame_idx),
                    None if crop.detection_idx < 0 else crop.detection_idx,
                    *(pack.append(crop.png), len(crop.png), zlib.crc32(crop.png)),
                    *map(float, crop.inner),
                    float(crop.quality),
                )
                for rank, crop in enumerate(crops)
            ],
        )

    def _wipe_tracklet(self, key: tuple[int, int], tracklet_id: str) -> None:
        if key[1] >= PROVISIONAL_ORDER:
            for name, kind, offset, n_bytes in provisional.spans(self._database, tracklet_id):
                self._writer(name, kind).give_up(offset, n_bytes)
        self._database.run("DELETE FROM vector WHERE tracklet_id = ?", (tracklet_id,))
        self._database.run("DELETE FROM crop WHERE tracklet_id = ?", (tracklet_id,))
        for table in ("member", "tracklet"):
            self._database.run(f"DELETE FROM {table} WHERE segment_id = ? AND ord = ?", key)  # noqa: S608

    def _ends(
        self, segment_id: int, first_idx: int, last_idx: int
    ) -> tuple[tuple[int, float], tuple[int, float]]:
        ends = [
            self._database.row(
                "SELECT pts, t_ms FROM frame WHERE segment_id = ? AND frame_idx = ?", (segment_id, idx)
            )
            for idx in (first_idx, last_idx)
        ]
        if ends[0] is None or ends[1] is None:
            raise ValueError("the frames of a tracklet must be stored before it")
        return (ends[0][0], ends[0][1]), (ends[1][0], ends[1][1])

    def forget(self, places: Sequence[Place], reason: str = "", actor: str = "") -> Event:
        """Erase the tracklets and query pictures at these places for good; it cannot be undone."""
        with self.transaction():
            event = self._log.append(Forgotten(tuple(places), reason), actor)
            segments = sorted(segments_of_edit(self._database, event))
            folds = [refold(self._database, self._log, segment_id) for segment_id in segments]
            forget.take_out(self._database, folds, [event])
        return event

    # --- vectors

    def ensure_space(self, space: SpaceLike, *, descriptor_dim: int | None = None) -> Space:
        """The space of a model, added when new.

        Args:
            space: The model's space; its ``dim`` is that of the crop embeddings.
            descriptor_dim: Dimension of the descriptors that are searched; default: the same.
        """
        dim = descriptor_dim or space.dim
        with self.transaction():
            self._database.run(
                """INSERT INTO space SELECT coalesce(max(id), 0) + 1, ?, ?, ?, ?, ?, ? FROM space
                   WHERE true ON CONFLICT (key) DO NOTHING""",
                (space.key, space.name, dim, space.dim, space.height, space.width),
            )
        found = catalog.space(self._database, space.key)
        if (found.dim, found.crop_dim) != (dim, space.dim):
            raise StoreError(
                f"The vectors of {found.name} in this project have {found.dim} numbers, the model "
                f"gives {dim}. Use the model that made them."
            )
        return found

    def drop_space(self, space: Space) -> None:
        """Delete every vector of a space; its model makes them again from the crops."""
        for name in vectors.file_names(space):
            if (writer := self._writers.pop(name, None)) is not None:
                writer.close()
        with self.transaction():
            dropping.take_out(self._database, space)
        dropping.remove_files(self._database, space)

    def write_vectors(
        self,
        space: Space,
        tracklet_id: str,
        crop_vectors: FloatArray | HalfArray,
        descriptor: FloatArray | HalfArray,
    ) -> bool:
        """Store the vectors of a tracklet as it stands now, in place of those that it had.

        Args:
            space: Their space.
            tracklet_id: The tracklet.
            crop_vectors: ``(K, crop_dim)`` embeddings of its crops, in the order of `Project.crops`.
            descriptor: ``(dim,)``, what is searched.

        Returns:
            Whether they were kept: False when an edit has changed the tracklet's crops in the meantime.
        """
        half = np.ascontiguousarray(crop_vectors, "<f2"), np.ascontiguousarray(descriptor, "<f2")
        if half[0].ndim != 2 or half[0].shape[1] != space.crop_dim or half[1].shape != (space.dim,):
            raise ValueError(
                f"crop vectors {half[0].shape} and descriptor {half[1].shape} do not fit {space}"
            )
        if not (np.isfinite(half[0]).all() and np.isfinite(half[1]).all()):
            raise StoreError(
                f"The model {space.name} gave numbers that are not finite for tracklet {tracklet_id}. "
                f"Nothing was kept; try another device (--device cpu) or another model."
            )
        with self.transaction():
            segment_id, revision = tracks.require(self._database, tracklet_id)
            if revision and len(tracks.crop_rows(self._database, tracklet_id)) != len(half[0]):
                return False
            rows = []
            for name, kind, data in zip(
                vectors.file_names(space),
                vectors.kinds(self._database, space),
                (half[1][None], half[0]),
                strict=True,
            ):
                offset = self._writer(name, kind).append(data.tobytes())
                rows.append((offset - HEADER_BYTES) // kind.row_bytes)
            self._database.run(
                """INSERT INTO vector VALUES (?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT (space_id, tracklet_id) DO UPDATE SET
                     segment_id = excluded.segment_id, revision = excluded.revision, row = excluded.row,
                     crop_row = excluded.crop_row, n_crops = excluded.n_crops""",
                (space.id, tracklet_id, segment_id, revision, rows[0], rows[1], len(half[0])),
            )
        return True
