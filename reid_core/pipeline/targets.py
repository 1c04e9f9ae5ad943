"""Places worth a look while tracklets are corrected: starts, ends, gaps, crossings, low scores, undecided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from reid_core import geometry
from reid_core.pipeline.identities import identities
from reid_core.progress import CancelToken
from reid_core.store.project import Project
from reid_core.store.records import Boxes, Tracklet
from reid_core.types import BoolArray, FloatArray, IntArray

GAP_MS = 400.0
"""So long without a detected or drawn box is a gap."""
LOW_SCORE = 0.5
"""Detector scores below this are low."""
CROSSING_IOU = 0.3
"""Boxes of two tracklets that overlap so much cross."""


class TargetKind(StrEnum):
    """What is looked for."""

    START = "start"
    END = "end"
    GAP = "gap"
    CROSSING = "crossing"
    LOW_SCORE = "low score"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Target:
    """One place.

    Attributes:
        camera: Camera name.
        at_ms: Moment on the common clock.
        frame_idx: Rank of the frame in its source.
        tracklets: Whom it is about; two for a crossing.
    """

    camera: str
    at_ms: float
    frame_idx: int
    tracklets: tuple[str, ...]


def find_targets(project: Project, kind: TargetKind, cancel: CancelToken | None = None) -> list[Target]:
    """Every place of a kind, by camera in the order of adding, then by time.

    Args:
        project: An open project.
        kind: What is looked for.
        cancel: Stops between two segments.

    Raises:
        CancelledError: It was asked to stop.
    """
    cameras = {camera.name: row for row, camera in enumerate(project.cameras())}
    everyone = project.tracklets()
    if kind in (TargetKind.START, TargetKind.END):
        found = [_edge(tracklet, kind is TargetKind.START) for tracklet in everyone]
    elif kind is TargetKind.UNDECIDED:
        decided = {name for identity in identities(project).identities for name in identity.tracklets}
        found = [_edge(tracklet, True) for tracklet in everyone if tracklet.id not in decided]
    else:
        found = []
        for segment_id in dict.fromkeys(tracklet.segment for tracklet in everyone):
            if cancel is not None:
                cancel.raise_if_cancelled()
            own = [tracklet for tracklet in everyone if tracklet.segment == segment_id]
            boxes = dict(project.stored.boxes_of(segment_id))
            found += _SEARCHES[kind]([(t, boxes[t.id]) for t in own if t.id in boxes])
    return sorted(found, key=lambda target: (cameras[target.camera], target.at_ms, target.tracklets))


Walk = tuple[Tracklet, Boxes]


def _edge(tracklet: Tracklet, is_start: bool) -> Target:
    at_ms, frame_idx = (
        (tracklet.start_ms, tracklet.start_idx) if is_start else (tracklet.end_ms, tracklet.end_idx)
    )
    return Target(tracklet.camera, at_ms, frame_idx, (tracklet.id,))


def _at(walk: Walk, row: int, *others: str) -> Target:
    """A tracklet's box as a target; a clock is linear, so its ends give the moment between them."""
    tracklet, boxes = walk
    span_ms = tracklet.end_t_ms - tracklet.start_t_ms
    share = (float(boxes.t_ms[row]) - tracklet.start_t_ms) / span_ms if span_ms > 0 else 0.0
    at_ms = tracklet.start_ms + share * (tracklet.end_ms - tracklet.start_ms)
    return Target(tracklet.camera, at_ms, int(boxes.frame_idx[row]), (tracklet.id, *others))


def _gaps(walks: Sequence[Walk]) -> list[Target]:
    """The last real box before each stretch that only has interpolated boxes, or none."""
    found = []
    for walk in walks:
        boxes = walk[1]
        real = np.flatnonzero((boxes.detection_idx >= 0) | boxes.edited)
        wide = np.flatnonzero(np.diff(boxes.t_ms[real]) > GAP_MS)
        found += [_at(walk, int(real[place])) for place in wide]
    return found


def _low_scores(walks: Sequence[Walk]) -> list[Target]:
    """The lowest score of each stretch of detections that score low."""
    found = []
    for walk in walks:
        boxes = walk[1]
        real = np.flatnonzero(boxes.detection_idx >= 0)
        for run in _runs(boxes.scores[real] < LOW_SCORE):
            rows = real[run]
            found.append(_at(walk, int(rows[boxes.scores[rows].argmin()])))
    return found


def _crossings(walks: Sequence[Walk]) -> list[Target]:
    """The closest moment of each stretch in which two tracklets overlap."""
    found = []
    ordered = sorted(walks, key=lambda walk: walk[0].start_idx)
    open_walks: list[Walk] = []
    for walk in ordered:
        open_walks = [other for other in open_walks if other[0].end_idx >= walk[0].start_idx]
        for other in open_walks:
            _, mine, theirs = np.intersect1d(
                walk[1].frame_idx, other[1].frame_idx, assume_unique=True, return_indices=True
            )
            shared = _overlaps(walk[1].xyxy[mine], other[1].xyxy[theirs])
            for run in _runs(shared >= CROSSING_IOU):
                closest = int(run[shared[run].argmax()])
                found.append(_at(other, int(theirs[closest]), walk[0].id))
        open_walks.append(walk)
    return found


def _overlaps(a: FloatArray, b: FloatArray) -> FloatArray:
    """``(N,)`` intersection over union of each of N boxes with the one in the same row."""
    width = np.minimum(a[:, 2], b[:, 2]) - np.maximum(a[:, 0], b[:, 0])
    height = np.minimum(a[:, 3], b[:, 3]) - np.maximum(a[:, 1], b[:, 1])
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    ratio: FloatArray = shared / np.maximum(geometry.area(a) + geometry.area(b) - shared, 1e-6)
    return ratio


def _runs(mask: BoolArray) -> Iterator[IntArray]:
    """Places of each unbroken stretch of True."""
    places = np.flatnonzero(mask)
    if len(places):
        yield from np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)


_SEARCHES: dict[TargetKind, Callable[[Sequence[Walk]], list[Target]]] = {
    TargetKind.GAP: _gaps,
    TargetKind.LOW_SCORE: _low_scores,
    TargetKind.CROSSING: _crossings,
}
