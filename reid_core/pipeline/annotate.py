"""Corrections of boxes and tracklets by tracklet id and frame, as people make them looking at a picture.

Each is one event and one undo step. Decisions stay with the pixels: places go with their boxes, and
deleting boxes never deletes the tracklet. `reid_core.store.edits` does the same by timestamp.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.errors import UsageError
from reid_core.store import edits
from reid_core.store.events import Box, Event
from reid_core.store.project import Project
from reid_core.store.records import Boxes, Source, Tracklet
from reid_core.store.stored import FrameTime

FILL_MS = 2000.0
"""Frames between a box that is drawn into a tracklet and a detected one are filled when no longer ago."""
KEY_MS = 10_000.0
"""The same between two boxes that a person placed: key frames, as annotators call them."""
ON_LINE_PX = 0.1
"""So near to the line between two boxes lies what was filled in between."""
LEAST_PX = 2.0
"""A box that is narrower or lower was not meant."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A correction that was recorded.

    Attributes:
        event: The event.
        tracklets: Ids of the tracklets that it is about, as they are called now; the one to look at first.
        n_filled: Frames between boxes that were filled, or that follow a moved box.
    """

    event: Event
    tracklets: tuple[str, ...]
    n_filled: int = 0


def draw(
    project: Project,
    source_id: int,
    frame_idx: int,
    xyxy: Box,
    tracklet_id: str | None = None,
    *,
    actor: str = "",
) -> Edit:
    """Draw a box: a new tracklet, or into one that has none in that frame.

    Between the box and the tracklet's nearest ones the frames are filled evenly: at most `FILL_MS` to a box
    that was detected, `KEY_MS` to one that a person placed.

    Args:
        project: An open project.
        source_id: Source of the frame.
        frame_idx: Rank of the frame.
        xyxy: The box, pixels; what lies outside the picture is cut off.
        tracklet_id: Draw into this tracklet; None makes a new one.
        actor: Who; default: the person at this computer.

    Raises:
        UsageError: The frame was not processed, or the box or the tracklet does not fit it.
    """
    source = _source(project, source_id)
    box = _inside(source, xyxy)
    frame = _frame(project, source_id, frame_idx)
    if tracklet_id is None:
        event = edits.draw(project, source.camera, source.fingerprint, [(frame.pts, box)], actor=actor)
        segment = next(segment for segment in project.segments() if segment.source_id == source_id)
        return Edit(event, (f"{segment.name}e{event.id}",))
    tracklet = project.tracklet(tracklet_id)
    if tracklet.source_id != source_id:
        raise UsageError(f"{tracklet_id} lies in another recording, so no box can be drawn into it here.")
    boxes = project.boxes(tracklet_id)
    if frame_idx in boxes.frame_idx:
        raise UsageError(f"{tracklet_id} has a box in frame {frame_idx} already. Move that one.")
    filled = [*_filled(project, tracklet, boxes, frame, box)]
    placed = sorted([(frame.pts, box), *filled])
    return Edit(edits.edit_boxes(project, tracklet_id, placed, actor=actor), (tracklet_id,), len(filled))


def place(project: Project, tracklet_id: str, frame_idx: int, xyxy: Box, *, actor: str = "") -> Edit:
    """Move or resize the box of a tracklet in a frame.

    Boxes that only lie on the line between this one and another follow: those that tracking or `draw` filled
    in. Detections stay where they are.
    """
    tracklet, boxes = project.tracklet(tracklet_id), project.boxes(tracklet_id)
    row = _row(tracklet_id, boxes, frame_idx)
    box = _inside(_source(project, tracklet.source_id), xyxy)
    if np.allclose(boxes.xyxy[row], box, atol=1e-3):
        raise UsageError(f"The box of {tracklet_id} in frame {frame_idx} lies there already.")
    following = [*_following(boxes, row, box)]
    placed = sorted([(int(boxes.pts[row]), box), *following])
    return Edit(edits.edit_boxes(project, tracklet_id, placed, actor=actor), (tracklet_id,), len(following))


def delete_boxes(
    project: Project, tracklet_id: str, first_idx: int, last_idx: int | None = None, *, actor: str = ""
) -> Edit:
    """Delete a tracklet's boxes from one frame to another, both included; its last box always stays."""
    boxes = project.boxes(tracklet_id)
    last_idx = first_idx if last_idx is None else last_idx
    inside = np.flatnonzero((boxes.frame_idx >= first_idx) & (boxes.frame_idx <= last_idx))
    if not len(inside):
        where = f"frame {first_idx}" if first_idx == last_idx else f"frames {first_idx} to {last_idx}"
        raise UsageError(f"{tracklet_id} has no box in {where}.")
    if len(inside) == len(boxes):
        raise UsageError(
            f"This would take {tracklet_id} its last box. Delete the tracklet itself if that is meant."
        )
    span = int(boxes.pts[inside[0]]), int(boxes.pts[inside[-1]])
    return Edit(edits.edit_boxes(project, tracklet_id, deleted=[span], actor=actor), (tracklet_id,))


def delete(project: Project, tracklet_id: str, *, actor: str = "") -> Edit:
    """Delete a whole tracklet."""
    project.tracklet(tracklet_id)
    return Edit(edits.delete(project, tracklet_id, actor=actor), ())


def start_here(project: Project, tracklet_id: str, frame_idx: int, *, actor: str = "") -> Edit:
    """Trim: delete a tracklet's boxes before a frame."""
    boxes = project.boxes(tracklet_id)
    if frame_idx <= boxes.frame_idx[0]:
        raise UsageError(f"{tracklet_id} has no box before frame {frame_idx}, so there is nothing to trim.")
    if frame_idx > boxes.frame_idx[-1]:
        raise UsageError(f"{tracklet_id} is over before frame {frame_idx}: all its boxes would go.")
    return delete_boxes(project, tracklet_id, int(boxes.frame_idx[0]), frame_idx - 1, actor=actor)


def end_here(project: Project, tracklet_id: str, frame_idx: int, *, actor: str = "") -> Edit:
    """Delete a tracklet's boxes behind a frame."""
    boxes = project.boxes(tracklet_id)
    if frame_idx >= boxes.frame_idx[-1]:
        raise UsageError(f"{tracklet_id} has no box behind frame {frame_idx}, so it ends here already.")
    if frame_idx < boxes.frame_idx[0]:
        raise UsageError(f"{tracklet_id} begins behind frame {frame_idx}: all its boxes would go.")
    return delete_boxes(project, tracklet_id, frame_idx + 1, int(boxes.frame_idx[-1]), actor=actor)


def split(project: Project, tracklet_id: str, frame_idx: int, *, actor: str = "") -> Edit:
    """Make two tracklets of one; what lies at and behind the frame is the new one."""
    boxes = project.boxes(tracklet_id)
    if not boxes.frame_idx[0] < frame_idx <= boxes.frame_idx[-1]:
        raise UsageError(
            f"{tracklet_id} cannot be split at frame {frame_idx}: it goes from frame {boxes.frame_idx[0]} to "
            f"{boxes.frame_idx[-1]}, and both parts need a box."
        )
    after = int(boxes.pts[np.searchsorted(boxes.frame_idx, frame_idx)])
    event = edits.split(project, tracklet_id, after, actor=actor)
    segment = next(s for s in project.segments() if s.id == project.tracklet(tracklet_id).segment)
    return Edit(event, (f"{segment.name}e{event.id}", tracklet_id))


def merge(project: Project, tracklet_ids: Sequence[str], *, actor: str = "") -> Edit:
    """Make one tracklet of several; where two have a box, that of the first one named stays."""
    for tracklet_id in tracklet_ids:
        project.tracklet(tracklet_id)
    return Edit(edits.merge(project, tracklet_ids, actor=actor), (tracklet_ids[0],))


def swap(project: Project, a: str, b: str, frame_idx: int, *, actor: str = "") -> Edit:
    """Let two tracklets change places from a frame to their ends."""
    if a == b:
        raise UsageError("Name two different tracklets to swap.")
    first, second = project.tracklet(a), project.tracklet(b)
    if first.source_id != second.source_id:
        raise UsageError(f"{a} and {b} lie in different recordings, so they cannot be swapped.")
    late = [t.id for t in (first, second) if t.start_idx >= frame_idx]
    if late or max(first.end_idx, second.end_idx) < frame_idx:
        why = f"{late[0]} begins no earlier" if late else "both are over before it"
        raise UsageError(f"{a} and {b} cannot be swapped from frame {frame_idx} on: {why}.")
    pts = _frame(project, first.source_id, frame_idx).pts
    return Edit(edits.swap(project, a, b, pts, actor=actor), (a, b))


def _source(project: Project, source_id: int) -> Source:
    found = next((source for source in project.sources() if source.id == source_id), None)
    if found is None:
        raise UsageError(f"There is no source {source_id} in this project.")
    return found


def _frame(project: Project, source_id: int, frame_idx: int) -> FrameTime:
    found = project.stored.frames(source_id, frame_idx, frame_idx)
    if not found:
        raise UsageError(f"Frame {frame_idx} was not processed yet. Ingest it first, then correct it.")
    return found[0]


def _row(tracklet_id: str, boxes: Boxes, frame_idx: int) -> int:
    row = int(np.searchsorted(boxes.frame_idx, frame_idx))
    if row == len(boxes) or boxes.frame_idx[row] != frame_idx:
        raise UsageError(f"{tracklet_id} has no box in frame {frame_idx}. Draw one there.")
    return row


def _inside(source: Source, xyxy: Box) -> Box:
    """The box as far as it lies in the picture."""
    x1, y1, x2, y2 = (float(v) for v in xyxy)
    box = max(x1, 0.0), max(y1, 0.0), min(x2, float(source.width)), min(y2, float(source.height))
    if not (box[2] - box[0] >= LEAST_PX and box[3] - box[1] >= LEAST_PX):  # NaN as well
        raise UsageError(
            f"The box {x1:.0f},{y1:.0f},{x2:.0f},{y2:.0f} does not lie in the picture "
            f"({source.width} x {source.height}), or is smaller than {LEAST_PX:.0f} pixels."
        )
    return box


def _filled(
    project: Project, tracklet: Tracklet, boxes: Boxes, frame: FrameTime, box: Box
) -> Iterator[tuple[int, Box]]:
    """``(pts, box)`` for the frames between a new box and the tracklet's nearest ones on both sides."""
    behind = int(np.searchsorted(boxes.frame_idx, frame.frame_idx))
    for row in (behind - 1, behind):
        if not 0 <= row < len(boxes):
            continue
        if abs(float(boxes.t_ms[row]) - frame.t_ms) > (KEY_MS if boxes.edited[row] else FILL_MS):
            continue
        near_ms, near = float(boxes.t_ms[row]), boxes.xyxy[row].astype(np.float64)
        low, high = sorted((int(boxes.frame_idx[row]), frame.frame_idx))
        for between in project.stored.frames(tracklet.source_id, low + 1, high - 1):
            share = (between.t_ms - near_ms) / (frame.t_ms - near_ms)
            x1, y1, x2, y2 = (near + share * (np.array(box) - near)).tolist()
            yield between.pts, (x1, y1, x2, y2)


def _following(boxes: Boxes, row: int, box: Box) -> Iterator[tuple[int, Box]]:
    """``(pts, box)`` of what was filled in beside a box that moves, on the new lines."""
    xyxy, t_ms = boxes.xyxy.astype(np.float64), boxes.t_ms
    for side in (-1, 1):
        end = _line_end(boxes, row, side)
        for between in range(row + side, end, side):
            share = (t_ms[between] - t_ms[row]) / (t_ms[end] - t_ms[row])
            x1, y1, x2, y2 = (np.array(box) + share * (xyxy[end] - np.array(box))).tolist()
            yield int(boxes.pts[between]), (x1, y1, x2, y2)


def _line_end(boxes: Boxes, row: int, side: int) -> int:
    """The last box on one side to which a straight line leads, over boxes that no detection stands behind."""
    end = row + side
    if not 0 <= end < len(boxes) or abs(boxes.frame_idx[end] - boxes.frame_idx[row]) > 1:
        return row
    xyxy, t_ms = boxes.xyxy.astype(np.float64), boxes.t_ms
    speed = (xyxy[end] - xyxy[row]) / (t_ms[end] - t_ms[row])
    while 0 <= end + side < len(boxes) and (boxes.edited[end] or boxes.detection_idx[end] < 0):
        following = end + side
        expected = xyxy[row] + speed * (t_ms[following] - t_ms[row])
        if abs(boxes.frame_idx[following] - boxes.frame_idx[end]) > 1:
            break
        if np.abs(xyxy[following] - expected).max() > ON_LINE_PX:
            break
        end = following
    return end
