"""Everything that is exported, gathered once: groups of tracklets that are one person, and their boxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reid_core.pipeline.identities import identities
from reid_core.store.project import Project
from reid_core.store.records import Boxes, Tracklet
from reid_core.types import FloatArray


@dataclass(frozen=True, slots=True)
class Person:
    """Tracklets that count as one person: an identity, or a tracklet that nobody linked.

    Attributes:
        number: 1-based, the id in formats that know only numbers.
        identity: The identity's id, or None for a tracklet without one.
        name: Its name, or an empty string.
        tracklets: Its tracklets in the project's order.
    """

    number: int
    identity: str | None
    name: str
    tracklets: tuple[Tracklet, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """What every format is made from.

    Attributes:
        persons: Identities and single tracklets, by their first tracklet in the project's order.
        frame_offsets: Frames of its camera that lie before each source, by source id.
    """

    persons: tuple[Person, ...]
    frame_offsets: dict[int, int]

    def tracklets(self) -> Iterator[tuple[Person, Tracklet]]:
        """Every tracklet with its person."""
        for person in self.persons:
            for tracklet in person.tracklets:
                yield person, tracklet


def gather(project: Project) -> Tables:
    """Read the project's tracklets and identities."""
    tracklets = {tracklet.id: tracklet for tracklet in project.tracklets()}
    identity_of = {
        tracklet_id: identity
        for identity in identities(project).identities
        for tracklet_id in identity.tracklets
    }
    persons: list[Person] = []
    placed: set[str] = set()
    for tracklet_id, tracklet in tracklets.items():
        if tracklet_id in placed:
            continue
        identity = identity_of.get(tracklet_id)
        ids = [i for i in identity.tracklets if i in tracklets] if identity else [tracklet_id]
        placed.update(ids)
        persons.append(
            Person(
                number=len(persons) + 1,
                identity=identity.id if identity else None,
                name=identity.name if identity else "",
                tracklets=tuple(tracklets[i] for i in ids) if identity else (tracklet,),
            )
        )
    return Tables(tuple(persons), _frame_offsets(project))


def _frame_offsets(project: Project) -> dict[int, int]:
    offsets: dict[int, int] = {}
    n_frames: dict[str, int] = {}
    for source in project.sources():
        offsets[source.id] = n_frames.get(source.camera, 0)
        counted = source.info.get("n_frames") or round(source.duration_ms * source.fps / 1000)
        n_frames[source.camera] = offsets[source.id] + int(counted)
    return offsets


def filled_scores(boxes: Boxes) -> FloatArray:
    """``(n,)`` scores in which interpolated boxes have their neighbours' score, linear in the frame rank."""
    seen = np.flatnonzero((boxes.detection_idx >= 0) | boxes.edited)
    if not len(seen):
        return boxes.scores
    filled = np.interp(boxes.frame_idx, boxes.frame_idx[seen], boxes.scores[seen])
    return filled.astype(np.float32)
