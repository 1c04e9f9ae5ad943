"""The boxes of tracklets around the playhead, loaded through a lane and kept within a bound of memory.

What runs with every picture looks things up with `bisect`, not with numpy: on single values that is as fast,
and it does not give the interpreter lock away to the decoding threads each time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np

from app.playback.picture import Shot
from app.ports import ProjectLane
from app.snapshot import Tracklets
from reid_core.errors import ReidError
from reid_core.store.project import Project
from reid_core.store.records import Boxes
from reid_core.types import IntArray

MAX_BYTES = 64 * 2**20
MAX_REQUEST_BOXES = 20_000
"""Boxes that are loaded in one go: so that pictures do not wait long for the first of them."""
TRAIL_MS = 3000.0
TRAIL_STEP_MS = 120.0

Key = tuple[str, int]
"""Tracklet id and revision: another revision means other boxes."""


class BoxCache:
    """Boxes by tracklet; used in the GUI thread.

    Args:
        lane: Loads them.
        arrived: Called when some have come.
        max_bytes: Bound of what is kept; what was longest unused goes first.
    """

    def __init__(self, lane: ProjectLane, arrived: Callable[[], None], *, max_bytes: int = MAX_BYTES) -> None:
        self._lane, self._arrived, self._max_bytes = lane, arrived, max_bytes
        self._boxes: OrderedDict[Key, Boxes] = OrderedDict()
        self._n_bytes = 0
        self._asked: frozenset[Key] = frozenset()
        self._failed: set[Key] = set()

    def get(self, key: Key) -> Boxes | None:
        """The boxes, if they are here."""
        boxes = self._boxes.get(key)
        if boxes is not None:
            self._boxes.move_to_end(key)
        return boxes

    def want(self, tracklets: Tracklets, rows: Iterable[int]) -> None:
        """Load what is missing of these tracklets; what was wanted before and has not come is given up."""
        wanted: list[Key] = []
        n_boxes = 0
        for row in rows:
            key = (tracklets.ids[row], int(tracklets.revision[row]))
            if key in self._boxes or key in self._failed:
                continue
            n_boxes += int(tracklets.n_boxes[row])
            if wanted and n_boxes > MAX_REQUEST_BOXES:
                break
            wanted.append(key)
        asked = frozenset(wanted)
        if not asked or asked == self._asked:
            return
        self._asked = asked
        self._lane.ask(
            partial(_load, wanted), self._take_asked, partial(self._give_up, asked), topic="boxes in panes"
        )

    def put(self, key: Key, boxes: Boxes) -> None:
        """Keep boxes that came by another way."""
        self._failed.discard(key)
        self._take([(key, boxes)])

    def clear(self) -> None:
        """Forget everything."""
        self._boxes.clear()
        self._failed.clear()
        self._asked, self._n_bytes = frozenset(), 0

    def _take_asked(self, loaded: list[tuple[Key, Boxes | None]]) -> None:
        self._asked = frozenset()
        self._take(loaded)

    def _take(self, loaded: Sequence[tuple[Key, Boxes | None]]) -> None:
        for key, boxes in loaded:
            if boxes is None:
                self._failed.add(key)
            elif key not in self._boxes:
                self._boxes[key] = boxes
                self._n_bytes += _size(boxes)
        while self._n_bytes > self._max_bytes and len(self._boxes) > len(loaded):
            self._n_bytes -= _size(self._boxes.popitem(last=False)[1])
        self._arrived()

    def _give_up(self, asked: frozenset[Key], _error: ReidError) -> None:
        self._failed |= asked
        self._asked = frozenset()
        self._arrived()


def _load(keys: list[Key], project: Project) -> list[tuple[Key, Boxes | None]]:
    loaded: list[tuple[Key, Boxes | None]] = []
    for key in keys:
        try:
            loaded.append((key, project.boxes(key[0])))
        except ReidError:  # an edit has taken the tracklet away since
            loaded.append((key, None))
    return loaded


def _size(boxes: Boxes) -> int:
    columns = (boxes.frame_idx, boxes.pts, boxes.t_ms, boxes.xyxy, boxes.detection_idx, boxes.scores)
    return sum(column.nbytes for column in columns)


def alive_rows(tracklets: Tracklets, camera_row: int, from_ms: float, to_ms: float) -> IntArray:
    """Rows of a camera's tracklets that are there within a stretch of the common clock, by start."""
    first, last = np.searchsorted(tracklets.camera, (camera_row, camera_row + 1))
    end = first + np.searchsorted(tracklets.start_ms[first:last], to_ms, "right")
    rows: IntArray = first + np.flatnonzero(tracklets.end_ms[first:end] >= from_ms)
    return rows


def box_in(boxes: Boxes, shot: Shot) -> tuple[float, float, float, float] | None:
    """The box in the frame that is shown, or None."""
    place = bisect_left(boxes.frame_idx, shot.frame_idx)
    if place == len(boxes) or boxes.frame_idx[place] != shot.frame_idx:
        return None
    x1, y1, x2, y2 = boxes.xyxy[place].tolist()
    return x1, y1, x2, y2


def trail_to(boxes: Boxes, frame_idx: int) -> tuple[tuple[float, float], ...]:
    """Foot points of the `TRAIL_MS` up to a frame, one in `TRAIL_STEP_MS`, oldest first."""
    end = bisect_right(boxes.frame_idx, frame_idx)
    if end == 0:
        return ()
    first = bisect_left(boxes.t_ms, float(boxes.t_ms[end - 1]) - TRAIL_MS)
    step = max(round((end - first) * TRAIL_STEP_MS / TRAIL_MS), 1)
    xyxy = boxes.xyxy[first:end][::-step][::-1].tolist()
    return tuple(((x1 + x2) / 2, y2) for x1, _, x2, y2 in xyxy)
