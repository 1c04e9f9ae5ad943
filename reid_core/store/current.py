"""The caches of the fold: which tracklets differ from engine output, and how."""

from __future__ import annotations

from collections.abc import Sequence

from reid_core.errors import UsageError
from reid_core.store.catalog import IS_HERE
from reid_core.store.database import Database
from reid_core.store.events import (
    EDITS,
    BoxesEdited,
    Event,
    Forgotten,
    TrackletsMerged,
    TrackletSplit,
    TracksSwapped,
)
from reid_core.store.fold import NEAR_MS, Box, Fold, Near, Placed, Track, find_holder
from reid_core.store.log import Log
from reid_core.store.naming import present_name
from reid_core.types import Anchor


class SegmentBase:
    """Engine output of one segment, for the fold.

    Attributes:
        id: Key of the segment.
        name: ``c1s2``.
    """

    def __init__(self, database: Database, segment_id: int, name: str) -> None:
        self._database, self.id, self.name = database, segment_id, name

    def frame_at(self, pts: int) -> tuple[int, float] | None:
        """See `fold.Base`."""
        sides = [
            self._database.row(
                f"SELECT pts, frame_idx, t_ms FROM frame WHERE segment_id = ? AND pts {side} LIMIT 1",  # noqa: S608
                (self.id, pts),
            )
            for side in ("<= ? ORDER BY pts DESC", ">= ? ORDER BY pts")
        ]
        below, above = sides
        if below is None or above is None:
            return None
        nearest = below if pts - below[0] <= above[0] - pts else above
        return nearest[1], nearest[2]

    def frames_between(self, first_pts: int, last_pts: int) -> tuple[int, int] | None:
        """See `fold.Base`."""
        found = self._database.row(
            "SELECT min(frame_idx), max(frame_idx) FROM frame WHERE segment_id = ? AND pts BETWEEN ? AND ?",
            (self.id, first_pts, last_pts),
        )
        return None if found is None or found[0] is None else (found[0], found[1])

    def frames_near(self, frame_idx: int, t_ms: float) -> dict[int, float]:
        """See `fold.Base`."""
        frames = {frame_idx: t_ms}
        for side, order in (("<", "DESC"), (">", "ASC")):
            rows = self._database.rows(
                f"""SELECT frame_idx, t_ms FROM frame WHERE segment_id = ? AND frame_idx {side} ?
                    ORDER BY frame_idx {order} LIMIT 300""",  # noqa: S608
                (self.id, frame_idx),
            )
            frames.update((f, t) for f, t in rows if abs(t - t_ms) <= NEAR_MS)
        return frames

    def members(self, first_idx: int, last_idx: int) -> list[tuple[str, int, Box]]:
        """See `fold.Base`."""
        return [
            (tracklet_id, frame_idx, (x1, y1, x2, y2))
            for tracklet_id, frame_idx, x1, y1, x2, y2 in self._database.rows(
                """SELECT t.id, m.frame_idx, m.x1, m.y1, m.x2, m.y2
                   FROM member m INDEXED BY member_by_frame JOIN tracklet t USING (segment_id, ord)
                   WHERE m.segment_id = ? AND m.frame_idx BETWEEN ? AND ?""",
                (self.id, first_idx, last_idx),
            )
        ]

    def load(self, tracklet_id: str) -> dict[int, Placed]:
        """See `fold.Base`."""
        return {
            frame_idx: Placed((x1, y1, x2, y2), detection_idx)
            for frame_idx, detection_idx, x1, y1, x2, y2 in self._database.rows(
                """SELECT frame_idx, detection_idx, x1, y1, x2, y2
                   FROM member JOIN tracklet t USING (segment_id, ord) WHERE t.id = ? ORDER BY frame_idx""",
                (tracklet_id,),
            )
        }


def refold(database: Database, log: Log, segment_id: int) -> Fold:
    """Make the caches of one segment again from engine output and the log; inside a transaction."""
    name = database.value("SELECT name FROM segment WHERE id = ?", (segment_id,))
    fold = Fold(SegmentBase(database, segment_id, name))
    for event in log.active(EDITS):
        if segment_id in segments_of_edit(database, event):
            fold.apply(event)
    clear(database, segment_id)
    _write(database, segment_id, fold.changed())
    return fold


def add(database: Database, fold: Fold, segment_id: int, event: Event) -> Fold:
    """Apply one more edit to a fold that holds all before it, and write what it changes."""
    fold.apply(event)
    changed = [track for track in fold.changed() if event.id in track.touched]
    for track in changed:
        for table in ("current_ghost", "current_box"):
            database.run(
                f"DELETE FROM {table} WHERE segment_id = ? AND tracklet_id = ?",  # noqa: S608
                (segment_id, track.id),
            )
        database.run("DELETE FROM current_tracklet WHERE id = ?", (track.id,))
    _write(database, segment_id, changed)
    return fold


def _write(database: Database, segment_id: int, tracks: Sequence[Track]) -> None:
    database.run("UPDATE segment SET generation = generation + 1 WHERE id = ?", (segment_id,))
    for track in tracks:
        database.run(
            "INSERT INTO current_tracklet (id, segment_id, revision, gone) VALUES (?, ?, ?, ?)",
            (track.id, segment_id, track.revision, track.gone),
        )
        database.run_many(
            "INSERT INTO current_box VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (segment_id, track.id, frame_idx, placed.detection_idx, *placed.xyxy, placed.edited)
                for frame_idx, placed in sorted(track.boxes.items())
            ],
        )
        database.run_many(
            "INSERT INTO current_ghost VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(segment_id, track.id, frame_idx, *box) for frame_idx, box in sorted(track.ghosts)],
        )


def check_applied(folds: Sequence[Fold], event: Event) -> None:
    """Refuse an edit that is about to be recorded and does nothing, or deletes a tracklet by its last box."""
    if event.kind not in EDITS or event.kind == Forgotten.kind:
        return
    if all(event.id in fold.ignored for fold in folds):
        raise UsageError("This edit changes nothing: no tracklet holds its place, or it is so already.")
    if isinstance(event.payload, BoxesEdited) and not event.payload.whole:
        for track in [track for fold in folds for track in fold.changed()]:
            if event.id in track.touched and not track.boxes:
                raise UsageError(
                    "This would delete the tracklet's last box. Delete the tracklet itself if that is meant."
                )


def clear(database: Database, segment_id: int) -> None:
    """Empty the caches of one segment."""
    for table in ("current_ghost", "current_box", "current_tracklet"):
        database.run(f"DELETE FROM {table} WHERE segment_id = ?", (segment_id,))  # noqa: S608


def segments_of_edit(database: Database, event: Event) -> set[int]:
    """The segments whose tracklets an edit changes."""
    match event.payload:
        case BoxesEdited() as edit:
            places = {(edit.source, edit.camera)}
        case TrackletSplit() as split:
            places = {(split.before.source, split.before.camera)}
        case TrackletsMerged() as merge:
            places = {(place.source, place.camera) for place in merge.places}
        case TracksSwapped() as swap:
            places = {(swap.a.source, swap.a.camera)}
        case Forgotten() as forgotten:
            places = {(p.source, p.camera) for p in forgotten.places if isinstance(p, Anchor)}
        case _:
            return set()
    return {segment for source, camera in places for segment, _ in segments_of(database, source, camera)}


def segments_of(database: Database, fingerprint: str, camera: str) -> list[tuple[int, str]]:
    """``(id, name)`` of the segments of a source; where several cameras share it, those of the named one."""
    found = database.rows(
        f"""SELECT segment.id, segment.name, camera.name FROM segment
           JOIN source ON segment.source_id = source.id JOIN camera ON source.camera_id = camera.id
           WHERE source.fingerprint = ? AND {IS_HERE} ORDER BY segment.id""",  # noqa: S608
        (fingerprint,),
    )
    if len(found) > 1:
        camera = present_name(database, camera)
    own = [(segment_id, name) for segment_id, name, of in found if of == camera]
    return own or [(segment_id, name) for segment_id, name, _ in found]


def resolve(database: Database, anchor: Anchor) -> str | None:
    """Id of the current tracklet that holds a place, or None; see `fold.find_holder`."""
    for segment_id, name in segments_of(database, anchor.source, anchor.camera):
        base = SegmentBase(database, segment_id, name)
        holder = find_holder(anchor, base, lambda frames, base=base: _near(database, base, frames))  # type: ignore[misc]
        if holder is not None:
            gone = database.value("SELECT gone FROM current_tracklet WHERE id = ?", (holder,))
            return None if gone else holder
    return None


def _near(database: Database, base: SegmentBase, frames: dict[int, float]) -> list[Near]:
    window = (base.id, min(frames), max(frames))
    changed = {
        tracklet_id
        for (tracklet_id,) in database.rows(
            "SELECT id FROM current_tracklet WHERE segment_id = ?", (base.id,)
        )
    }
    near: list[Near] = [
        (found, frame_idx, frames[frame_idx], box, False)
        for found, frame_idx, box in base.members(*window[1:])
        if found not in changed
    ]
    if changed:
        for table, ghost in (("current_box", False), ("current_ghost", True)):
            near += [
                (tracklet_id, frame_idx, frames[frame_idx], (x1, y1, x2, y2), ghost)
                for tracklet_id, frame_idx, x1, y1, x2, y2 in database.rows(
                    f"""SELECT tracklet_id, frame_idx, x1, y1, x2, y2 FROM {table}
                        WHERE segment_id = ? AND frame_idx BETWEEN ? AND ?""",  # noqa: S608
                    window,
                )
            ]
    return near
