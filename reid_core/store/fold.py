"""Current tracklets as a fold: what the engine found, with everybody's active edits applied in order.

Pure: it reads engine output through `Base` and gives back the tracklets that differ from it. Edits name
places in the footage. Each is a statement about pixels ("these two boxes are two people"), so it applies to
the tracklets that hold those pixels after re-tracking, and does nothing where it is true already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

import numpy as np

from reid_core import geometry
from reid_core.store.events import (
    BoxesEdited,
    Event,
    Forgotten,
    TrackletsMerged,
    TrackletSplit,
    TracksSwapped,
)
from reid_core.types import Anchor

Box = tuple[float, float, float, float]

MIN_IOU = 0.3
"""A box that overlaps an anchor less is not taken for the anchor's."""
NEAR_MS = 1000.0
"""How far from an anchor's frame its tracklet is looked for when no box lies at the frame itself."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A box of a tracklet at a frame.

    Attributes:
        xyxy: The box.
        detection_idx: Row in the frame's detections, or None.
        edited: A person drew or moved it.
    """

    xyxy: Box
    detection_idx: int | None = None
    edited: bool = False


@dataclass(slots=True)
class Track:
    """A tracklet that differs from engine output.

    Attributes:
        id: Tracklet id.
        boxes: Its boxes by frame.
        ghosts: ``(frame, box)`` places that it answers for though no box of it is there any more (deleted,
            moved away, or covered by another in a merge): anchors that pointed there still find it.
        touched: Events that changed it.
        gone: It is no tracklet any more: merged into another, deleted, or forgotten.
    """

    id: str
    boxes: dict[int, Placed]
    ghosts: list[tuple[int, Box]] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    gone: bool = False

    @property
    def revision(self) -> int:
        """A number that stands for exactly these changes; the same changes give the same number."""
        if not self.touched:
            return 0
        digest = sha256(",".join(map(str, sorted(self.touched))).encode()).digest()
        return int.from_bytes(digest[:6], "big") + 1

    def take_off(self, frame_idx: int) -> None:
        """Remove the box at a frame; its place stays a ghost."""
        placed = self.boxes.pop(frame_idx, None)
        if placed is not None:
            self.ghosts.append((frame_idx, placed.xyxy))

    def cut_from(self, frame_idx: int) -> tuple[dict[int, Placed], list[tuple[int, Box]]]:
        """Remove and return boxes and ghosts at and behind a frame."""
        boxes = {f: self.boxes.pop(f) for f in [f for f in self.boxes if f >= frame_idx]}
        ghosts = [g for g in self.ghosts if g[0] >= frame_idx]
        self.ghosts = [g for g in self.ghosts if g[0] < frame_idx]
        return boxes, ghosts


Near = tuple[str, int, float, Box, bool]
"""``(tracklet id, frame, t_ms, box, whether it is a ghost)``: a box that may be an anchor's."""


class Base(Protocol):
    """Engine output of one segment, as the fold reads it."""

    name: str

    def frame_at(self, pts: int) -> tuple[int, float] | None:
        """``(frame index, t_ms)`` of the stored frame nearest to a timestamp; None outside them."""

    def frames_between(self, first_pts: int, last_pts: int) -> tuple[int, int] | None:
        """First and last frame index within timestamps, or None when there is none."""

    def frames_near(self, frame_idx: int, t_ms: float) -> dict[int, float]:
        """``t_ms`` by frame index of the frames around one, within `NEAR_MS` of its time."""

    def members(self, first_idx: int, last_idx: int) -> list[tuple[str, int, Box]]:
        """``(tracklet id, frame, box)`` of engine tracklets between two frames, both included."""

    def load(self, tracklet_id: str) -> dict[int, Placed]:
        """The boxes of an engine tracklet by frame."""


class Fold:
    """Applies edits of one segment; `tracks` are the tracklets that differ from engine output.

    Attributes:
        tracks: By id.
        ignored: Events that could not be applied, or were true already.
    """

    def __init__(self, base: Base) -> None:
        self._base = base
        self._at: dict[int, set[str]] = {}  # which tracks ever had a box or ghost at a frame
        self._noted: dict[str, set[int]] = {}  # the same by track
        self.tracks: dict[str, Track] = {}
        self.ignored: list[int] = []

    def apply(self, event: Event) -> None:
        """Apply one edit."""
        match event.payload:
            case BoxesEdited() as edit:
                done = self._edit_boxes(event.id, edit)
            case TrackletSplit() as split:
                done = self._split(event.id, split)
            case TrackletsMerged() as merge:
                done = self._merge(event.id, merge)
            case TracksSwapped() as swap:
                done = self._swap(event.id, swap)
            case Forgotten() as forgotten:
                done = self._forget(event.id, forgotten)
            case _:
                return
        if not done:
            self.ignored.append(event.id)
        for track in self.tracks.values():
            if event.id in track.touched:
                self._note_frames(track)

    def changed(self) -> list[Track]:
        """The tracks that some event changed, by id."""
        return sorted((track for track in self.tracks.values() if track.touched), key=lambda track: track.id)

    def resolve(self, anchor: Anchor) -> str | None:
        """Id of the tracklet that holds a place now, or None; see `find_holder`."""
        holder = find_holder(anchor, self._base, self._near)
        track = self.tracks.get(holder) if holder is not None else None
        return None if track is not None and track.gone else holder

    def _near(self, frames: dict[int, float]) -> list[Near]:
        first, last = min(frames), max(frames)
        near: list[Near] = [
            (found, frame_idx, frames[frame_idx], box, False)
            for found, frame_idx, box in self._base.members(first, last)
            if found not in self.tracks
        ]
        for frame_idx, t_ms in frames.items():
            for track_id in self._at.get(frame_idx, ()):
                track = self.tracks[track_id]
                placed = track.boxes.get(frame_idx)
                if placed is not None:
                    near.append((track_id, frame_idx, t_ms, placed.xyxy, False))
                near += [
                    (track_id, frame_idx, t_ms, box, True) for at, box in track.ghosts if at == frame_idx
                ]
        return near

    def _note_frames(self, track: Track) -> None:
        noted = self._noted.setdefault(track.id, set())
        fresh = (track.boxes.keys() | {at for at, _ in track.ghosts}) - noted
        noted |= fresh
        for frame_idx in fresh:
            self._at.setdefault(frame_idx, set()).add(track.id)

    def _open(self, place: Anchor, event_id: int) -> Track | None:
        """The tracklet at a place, to be changed by an event."""
        tracklet_id = self.resolve(place)
        if tracklet_id is None:
            return None
        track = self.tracks.get(tracklet_id)
        if track is None:
            track = self.tracks[tracklet_id] = Track(tracklet_id, self._base.load(tracklet_id))
            self._note_frames(track)
        track.touched.add(event_id)
        return track

    def _edit_boxes(self, event_id: int, edit: BoxesEdited) -> bool:
        placed = [
            (frame[0], box) for box in edit.boxes if (frame := self._base.frame_at(box.pts)) is not None
        ]
        spans = [self._base.frames_between(span.first, span.last) for span in edit.deleted]
        if edit.tracklet is None:
            if not placed:
                return False
            track = self._new(event_id)
        else:
            found = self._open(edit.tracklet, event_id)
            if found is None:
                return False
            track = found
        inside = (f for span in spans if span is not None for f in range(span[0], span[1] + 1))
        gone = set(track.boxes) if edit.whole else {f for f in inside if f in track.boxes}
        for frame_idx in gone | {frame_idx for frame_idx, _ in placed}:
            track.take_off(frame_idx)
        for frame_idx, box in placed:
            track.boxes[frame_idx] = Placed(box.xyxy, edited=True)
        track.gone = not track.boxes
        if not gone and not placed:
            track.touched.discard(event_id)
            return False
        return True

    def _new(self, event_id: int) -> Track:
        track = Track(f"{self._base.name}e{event_id}", {}, touched={event_id})
        self.tracks[track.id] = track
        return track

    def _split(self, event_id: int, split: TrackletSplit) -> bool:
        cut = self._base.frame_at(split.after.pts)
        if cut is None or self.resolve(split.before) != self.resolve(split.after):
            return False
        track = self._open(split.after, event_id)
        if track is None:
            return False
        boxes, ghosts = track.cut_from(cut[0])
        if not boxes or not track.boxes:
            track.boxes.update(boxes)
            track.ghosts += ghosts
            track.touched.discard(event_id)
            return False
        new = self._new(event_id)
        new.boxes, new.ghosts, new.touched = boxes, ghosts, set(track.touched)
        return True

    def _merge(self, event_id: int, merge: TrackletsMerged) -> bool:
        first = self._open(merge.places[0], event_id)
        if first is None:
            return False
        done = False
        for place in merge.places[1:]:
            if self.resolve(place) == first.id:
                continue
            other = self._open(place, event_id)
            if other is None:
                continue
            for frame_idx, placed in other.boxes.items():
                if frame_idx in first.boxes:
                    first.ghosts.append((frame_idx, placed.xyxy))
                else:
                    first.boxes[frame_idx] = placed
            first.ghosts += other.ghosts
            first.touched |= other.touched
            other.boxes, other.ghosts, other.gone = {}, [], True
            done = True
        if not done:
            first.touched.discard(event_id)
        return done

    def _swap(self, event_id: int, swap: TracksSwapped) -> bool:
        cut = self._base.frame_at(swap.pts)
        holders = self.resolve(swap.a), self.resolve(swap.b)
        crossed = all(
            place is None or self.resolve(place) == holder
            for place, holder in ((swap.b_after, holders[0]), (swap.a_after, holders[1]))
        )
        if cut is None or not crossed or holders[0] == holders[1]:
            return False
        a, b = self._open(swap.a, event_id), self._open(swap.b, event_id)
        if a is None or b is None:
            return False
        a_boxes, a_ghosts = a.cut_from(cut[0])
        b_boxes, b_ghosts = b.cut_from(cut[0])
        a.boxes.update(b_boxes)
        b.boxes.update(a_boxes)
        a.ghosts += b_ghosts
        b.ghosts += a_ghosts
        a.touched |= b.touched
        b.touched |= a.touched
        a.gone, b.gone = not a.boxes, not b.boxes
        return True

    def _forget(self, event_id: int, forgotten: Forgotten) -> bool:
        done = False
        for place in forgotten.places:
            track = self._open(place, event_id) if isinstance(place, Anchor) else None
            if track is not None:  # its boxes stay, so that the place is never given to somebody else
                track.gone = done = True
        return done


def find_holder(anchor: Anchor, base: Base, near: Callable[[dict[int, float]], Sequence[Near]]) -> str | None:
    """The tracklet that holds a place: the best overlap at its frame, else the nearest in time that overlaps.

    Args:
        anchor: The place.
        base: The segment that it lies in.
        near: All boxes and ghosts in the given frames (``t_ms`` by index, without a gap).
    """
    frame = base.frame_at(anchor.pts)
    if frame is None:
        return None
    holder = choose(anchor.xyxy, frame[1], near(dict([frame])))
    return holder if holder is not None else choose(anchor.xyxy, frame[1], near(base.frames_near(*frame)))


def choose(xyxy: Box, t_ms: float, near: Sequence[Near]) -> str | None:
    """The tracklet of the box that fits an anchor best, by time, then by overlap.

    A visible box that covers half of the place holds it; otherwise a ghost that fits better does, so that a
    place whose box was deleted is not given to a passer-by.
    """
    if not near:
        return None
    boxes = np.array([box for _, _, _, box, _ in near], np.float32)
    overlap = geometry.iou(np.array([xyxy], np.float32), boxes)[0]
    ranks = [
        (abs(at_ms - t_ms), ghost or shared < 0.5, -shared, ghost, tracklet_id)
        for (tracklet_id, _, at_ms, _, ghost), shared in zip(near, overlap.tolist(), strict=True)
        if shared >= MIN_IOU
    ]
    return min(ranks)[-1] if ranks else None
