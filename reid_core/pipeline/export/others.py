"""Where everybody but one person is, at any moment of a source, and how they are made unrecognisable.

Between two boxes of a tracklet its place is linear in time, so that uneven frame rates do no harm; before its
first and behind its last box it is held for a while, since people are there before they are found. Whoever is
in front of the person hides the person: rather too much is made unrecognisable than too little. Detections
that no tracklet took are covered too, down to the weakest, but not inside the person's own box, where they
mostly are a part of the person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.geometry import iou
from reid_core.pipeline.export.tables import Tables
from reid_core.store.records import Tracklet
from reid_core.types import FloatArray, ImageArray

HOLD_MS = 600.0
"""A tracklet's first and last box are held for so long."""
LOOSE_HOLD_MS = 500.0
"""A detection without a tracklet is covered for so long before and after."""
SAME_IOU = 0.5
"""A loose detection that overlaps the person so much is the person."""
MARGIN = 0.1
"""Boxes are covered with this margin, as a share of their sides."""
MAX_CELLS = 5
"""What is covered keeps at most so many average colours across: nothing of it can be computed back."""

TimeArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Walk:
    """A tracklet's boxes by time: ``t_ms`` (n,) rising, ``xyxy`` (n, 4)."""

    t_ms: TimeArray
    xyxy: FloatArray

    def at(self, t_ms: float, hold_ms: float = HOLD_MS) -> FloatArray | None:
        """The box at a moment, or None where nobody is there."""
        if not self.t_ms[0] - hold_ms <= t_ms <= self.t_ms[-1] + hold_ms:
            return None
        place = [np.interp(t_ms, self.t_ms, self.xyxy[:, side]) for side in range(4)]
        return np.array(place, np.float32)


class Others:
    """Everybody but a person, in the frames of one source.

    Args:
        tables: The export.
        source_id: The source.
        own: Ids of all tracklets of the person.
        first_idx: First frame that is asked for.
        last_idx: Last frame that is asked for.
    """

    def __init__(
        self, tables: Tables, source_id: int, own: frozenset[str], first_idx: int, last_idx: int
    ) -> None:
        self._walks: list[_Walk] = []
        self._own: list[_Walk] = []
        taken: set[tuple[int, int]] = set()
        spare = round(2 * HOLD_MS / 1000 * tables.sources[source_id].fps) + 1
        for tracklet in tables.project.tracklets():
            if tracklet.source_id != source_id or not _near(tracklet, first_idx - spare, last_idx + spare):
                continue
            tables.watch(0, 0)
            boxes = tables.project.boxes(tracklet.id)
            walk = _Walk(boxes.t_ms, boxes.xyxy)
            (self._own if tracklet.id in own else self._walks).append(walk)
            taken.update(zip(boxes.frame_idx.tolist(), boxes.detection_idx.tolist(), strict=True))
        self._t_ms, self._loose = self._loose_detections(
            tables, source_id, taken, max(first_idx - spare, 0), last_idx + spare
        )

    def _loose_detections(
        self, tables: Tables, source_id: int, taken: set[tuple[int, int]], first: int, last: int
    ) -> tuple[TimeArray, list[FloatArray]]:
        """Times of processed frames, and their boxes that belong to no tracklet and are not the person."""
        times: list[float] = []
        loose: list[FloatArray] = []
        for segment in tables.project.segments():
            if segment.source_id != source_id:
                continue
            for row in tables.project.frame_rows(segment.id, first):
                if row.frame_idx > last:
                    break
                if not row.processed:
                    continue
                free = [n for n in range(len(row.detections)) if (row.frame_idx, n) not in taken]
                boxes = row.detections.xyxy[free]
                own = self._own_at(row.t_ms)
                if own and len(boxes):
                    boxes = boxes[(iou(boxes, np.stack(own)) < SAME_IOU).all(axis=1)]
                times.append(row.t_ms)
                loose.append(boxes)
        return np.array(times, np.float64), loose

    def at(self, t_ms: float) -> list[FloatArray]:
        """``(4,)`` boxes of the others' tracklets at a moment of the source's own clock."""
        return [box for walk in self._walks if (box := walk.at(t_ms)) is not None]

    def loose_at(self, t_ms: float) -> list[FloatArray]:
        """``(4,)`` boxes of detections around that moment that belong to no tracklet."""
        before = int(np.searchsorted(self._t_ms, t_ms, "right")) - 1
        first = min(int(np.searchsorted(self._t_ms, t_ms - LOOSE_HOLD_MS)), max(before, 0))
        last = max(int(np.searchsorted(self._t_ms, t_ms + LOOSE_HOLD_MS, "right")), before + 2)
        return [box for boxes in self._loose[first:last] for box in boxes]

    def hide(self, image: ImageArray, t_ms: float) -> None:
        """Make them all unrecognisable in the frame of that moment, in place."""
        kept = [(part, image[part].copy()) for part in map(_pixels, self._own_at(t_ms))]
        cover(image, self.loose_at(t_ms))
        for part, pixels in kept:
            image[part] = pixels
        cover(image, self.at(t_ms))

    def _own_at(self, t_ms: float) -> list[FloatArray]:
        return [box for walk in self._own if (box := walk.at(t_ms, 0.0)) is not None]


def _pixels(box: FloatArray) -> tuple[slice, slice]:
    x1, y1, x2, y2 = (max(round(float(value)), 0) for value in box)
    return slice(y1, y2), slice(x1, x2)


def _near(tracklet: Tracklet, first_idx: int, last_idx: int) -> bool:
    return tracklet.start_idx <= last_idx and tracklet.end_idx >= first_idx


def cover(image: ImageArray, boxes: Iterable[FloatArray]) -> None:
    """Replace what lies in the boxes by a few average colours, in place."""
    import cv2

    height, width = image.shape[:2]
    for box in boxes:
        x1, y1, x2, y2 = (float(value) for value in box)
        across, down = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
        left, right = max(int(x1 - across), 0), min(int(np.ceil(x2 + across)), width)
        top, bottom = max(int(y1 - down), 0), min(int(np.ceil(y2 + down)), height)
        if right <= left or bottom <= top:
            continue
        part = image[top:bottom, left:right]
        cells = max(min(MAX_CELLS, part.shape[1]), 1), max(min(2 * MAX_CELLS, part.shape[0]), 1)
        few = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
        image[top:bottom, left:right] = cv2.resize(
            few, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_LINEAR
        ).reshape(part.shape)
