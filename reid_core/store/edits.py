"""Corrections of tracklets, by tracklet id and timestamp; each is one event and one undo step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reid_core.errors import UsageError
from reid_core.store.events import (
    Box,
    BoxAt,
    BoxesEdited,
    Event,
    IdentityNamed,
    PtsRange,
    Tagged,
    TrackletsMerged,
    TrackletSplit,
    TracksSwapped,
)
from reid_core.store.project import Project
from reid_core.types import Anchor


def split(project: Project, tracklet_id: str, pts: int, *, actor: str = "") -> Event:
    """Make two tracklets of one; boxes from timestamp ``pts`` on go to the new one."""
    before, after = _around(project, tracklet_id, pts)
    if before is None or after is None:
        raise UsageError(f"{tracklet_id} cannot be split at {pts}: all boxes lie on one side.")
    return project.append(TrackletSplit(before, after), actor=actor)


def merge(project: Project, tracklet_ids: Sequence[str], *, actor: str = "") -> Event:
    """Make one tracklet of several of one camera segment; where two have a box, the first one's stays."""
    if len(set(tracklet_ids)) < 2:
        raise UsageError("Name at least two different tracklets to merge.")
    if len({project.tracklet(tracklet_id).segment for tracklet_id in tracklet_ids}) > 1:
        raise UsageError(
            "Tracklets of different cameras or recordings cannot be merged. "
            "Decide that they are the same person instead."
        )
    places = tuple(project.anchor(tracklet_id) for tracklet_id in tracklet_ids)
    return project.append(TrackletsMerged(places), actor=actor)


def swap(project: Project, a: str, b: str, pts: int, *, actor: str = "") -> Event:
    """Let two tracklets change places from timestamp ``pts`` to their ends."""
    a_before, b_after = _around(project, a, pts)
    b_before, a_after = _around(project, b, pts)
    if a_before is None or b_before is None or (a_after is None and b_after is None):
        raise UsageError(
            f"{a} and {b} cannot be swapped at {pts}: both need a box before it, and one of them after."
        )
    if a_before.source != b_before.source:
        raise UsageError(f"{a} and {b} lie in different recordings, so they cannot be swapped.")
    return project.append(TracksSwapped(a_before, b_before, pts, a_after, b_after), actor=actor)


def edit_boxes(
    project: Project,
    tracklet_id: str,
    boxes: Sequence[tuple[int, Box]] = (),
    deleted: Sequence[tuple[int, int]] = (),
    *,
    actor: str = "",
) -> Event:
    """Place boxes ``(pts, xyxy)`` in a tracklet and delete those between timestamps ``(first, last)``."""
    place = project.anchor(tracklet_id)
    return project.append(
        BoxesEdited(
            place,
            place.camera,
            place.source,
            tuple(BoxAt(pts, xyxy) for pts, xyxy in boxes),
            tuple(PtsRange(first, last) for first, last in deleted),
        ),
        actor=actor,
    )


def draw(
    project: Project, camera: str, source: str, boxes: Sequence[tuple[int, Box]], *, actor: str = ""
) -> Event:
    """Make a new tracklet of boxes ``(pts, xyxy)`` in a camera's source (by fingerprint)."""
    return project.append(
        BoxesEdited(None, camera, source, tuple(BoxAt(pts, xyxy) for pts, xyxy in boxes)), actor=actor
    )


def delete(project: Project, tracklet_id: str, *, actor: str = "") -> Event:
    """Delete a whole tracklet."""
    place = project.anchor(tracklet_id)
    return project.append(BoxesEdited(place, place.camera, place.source, whole=True), actor=actor)


def name(project: Project, tracklet_id: str, name: str, color: str = "", *, actor: str = "") -> Event:
    """Name the identity that holds a tracklet; an empty name takes it away."""
    return project.append(IdentityNamed(project.anchor(tracklet_id), name, color), actor=actor)


def tag(
    project: Project, target: str, tracklet_id: str, tags: Sequence[str], note: str = "", *, actor: str = ""
) -> Event:
    """Tag an ``identity`` or a ``tracklet``, named by a tracklet; this replaces its tags and note."""
    return project.append(Tagged(target, project.anchor(tracklet_id), tuple(tags), note), actor=actor)


def _around(project: Project, tracklet_id: str, pts: int) -> tuple[Anchor | None, Anchor | None]:
    """The last box of a tracklet before a timestamp, and the first at or behind it."""
    boxes = project.boxes(tracklet_id)
    cut = int(np.searchsorted(boxes.pts, pts))
    before = project.anchor_at(tracklet_id, cut - 1) if cut > 0 else None
    after = project.anchor_at(tracklet_id, cut) if cut < len(boxes) else None
    return before, after
