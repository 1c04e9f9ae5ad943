"""Who is who in imported tracks becomes decisions: one undoable step for each source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from reid_core.pipeline.identities import identities
from reid_core.pipeline.importing.labels import LabelsError
from reid_core.pipeline.importing.tracklets import SourceLabels, source_labels
from reid_core.store.events import Event, IdentityNamed
from reid_core.store.project import Project
from reid_core.store.records import Source, Tracklet
from reid_core.types import Verdict

ACTOR, WHAT, NOTE = "import", "import", "one person in the imported labels"
NEAR_PX = 0.05
"""Stored boxes lie so near to the labels that they come from."""

Person = tuple[str, int]
"""``(camera, number)``; the camera is empty for a person who is the same in all of them."""


def tell_people(project: Project, source_id: int) -> Event | None:
    """Decide that the new tracklets of a source show the people whom its labels tell apart.

    Tracklets of one person are decided to be the same, among each other and with one that is there already;
    what people decided before about tracklets of other sources is not touched.

    Returns:
        The event, or None where there is nothing to decide.
    """
    people: dict[Person, list[str]] = {}
    known: dict[Person, str] = {}
    names: dict[Person, str] = {}
    for source, labels in _labelled(project):
        for tracklet, track in _tracks(project, source, labels):
            number, name = labels.people.get(track, (0, ""))
            person = ("", number) if number else (source.camera, track)
            names[person] = name
            if source.id == source_id:
                people.setdefault(person, []).append(tracklet.id)
            else:
                known.setdefault(person, tracklet.id)
    found = identities(project)
    joins, called = [], []
    for person, new in people.items():
        members = [known[person], *new] if person in known else new
        joins += [(a, b, Verdict.SAME) for a, b in pairwise(members) if not _are_one(found.of(a), b)]
        identity = found.of(members[0])
        if names[person] and (identity is None or not identity.name):
            called.append(IdentityNamed(project.anchor(members[0]), names[person]))
    if not joins and not called:
        return None
    return project.regroup(joins, names=called, what=WHAT, actor=ACTOR, note=NOTE)


def _are_one(identity: object, tracklet_id: str) -> bool:
    return tracklet_id in getattr(identity, "tracklets", ())


def _labelled(project: Project) -> Iterator[tuple[Source, SourceLabels]]:
    """Every source whose tracklets were imported."""
    for source in project.sources():
        try:
            labels = source_labels(project, source)
        except LabelsError:  # of another camera; its own ingest says so
            continue
        if labels is not None:
            yield source, labels


def _tracks(project: Project, source: Source, labels: SourceLabels) -> Iterator[tuple[Tracklet, int]]:
    """The source's tracklets in order of time, each with the number of its track."""
    own: Iterable[Tracklet] = (t for t in project.tracklets() if t.source_id == source.id)
    for tracklet in sorted(own, key=lambda t: (t.start_idx, t.id)):
        track = _track(project, tracklet, labels)
        if track is not None:
            yield tracklet, track


def _track(project: Project, tracklet: Tracklet, labels: SourceLabels) -> int | None:
    """The track of a tracklet's first box that is one of the labels; None where none is."""
    boxes = project.boxes(tracklet.id)
    for frame_idx, xyxy in zip(boxes.frame_idx.tolist(), boxes.xyxy, strict=True):
        rows = labels.rows(frame_idx)
        near = np.abs(labels.xyxy[rows] - xyxy).max(axis=1, initial=0) < NEAR_PX
        if near.any():
            return int(labels.tracks[rows][near.argmax()])
    return None
