"""Keeps the caches of the fold in step with the log, and the last segment's fold for the next edit of it."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.store.current import add, check_applied, refold, segments_of_edit
from reid_core.store.database import Database
from reid_core.store.events import EDITS, CameraRenamed, Event
from reid_core.store.fold import Fold
from reid_core.store.log import Log
from reid_core.store.naming import renew_name

MAX_KEPT_BOXES = 500_000
"""A fold that holds more boxes is made anew each time, to bound the memory."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A fold, and what must still be so in the project for it to hold.

    Attributes:
        segment_id: Its segment.
        generation: Of the segment: any other write to its tracklets counts it up.
        event_id: The last edit in it.
        event_hash: Hash of that event: it was really committed.
        fold: The fold.
    """

    segment_id: int
    generation: int
    event_id: int
    event_hash: str
    fold: Fold


class Folding:
    """Of one open project; every call lies inside a transaction."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database, self._log = database, log
        self._kept: _Kept | None = None

    def append(self, event: Event) -> None:
        """An event was added at the end of the log.

        Only the tracklets that it changes are written anew: people who correct a long segment make thousands
        of edits, and each must be as quick as the first.

        Raises:
            UsageError: It is an edit that changes nothing, or takes a tracklet its last box.
        """
        if isinstance(event.payload, CameraRenamed):
            renew_name(self._database, self._log, event.payload)
        if event.kind not in EDITS:
            return
        kept, self._kept = self._kept, None
        segments = sorted(segments_of_edit(self._database, event))
        if kept is not None and segments == [kept.segment_id] and self._holds(kept):
            folds = [add(self._database, kept.fold, kept.segment_id, event)]
        else:
            folds = [refold(self._database, self._log, segment_id) for segment_id in segments]
        check_applied(folds, event)
        if len(folds) == 1 and sum(len(t.boxes) for t in folds[0].tracks.values()) <= MAX_KEPT_BOXES:
            generation = self._generation(segments[0])
            self._kept = _Kept(segments[0], generation, event.id, event.hash, folds[0])

    def renew(self, event: Event) -> None:
        """An event was taken back or brought again: fold its segments from the start."""
        self._kept = None
        while event.undoes is not None:  # a withdrawal changes what it takes back
            event = self._log.event(event.undoes)
        if isinstance(event.payload, CameraRenamed):
            renew_name(self._database, self._log, event.payload)
        if event.kind in EDITS:
            for segment_id in sorted(segments_of_edit(self._database, event)):
                refold(self._database, self._log, segment_id)

    def _holds(self, kept: _Kept) -> bool:
        is_stored = self._database.value(
            "SELECT 1 FROM event WHERE id = ? AND hash = ?", (kept.event_id, kept.event_hash)
        )
        return bool(is_stored) and self._generation(kept.segment_id) == kept.generation

    def _generation(self, segment_id: int) -> int:
        return int(self._database.value("SELECT generation FROM segment WHERE id = ?", (segment_id,)) or 0)
