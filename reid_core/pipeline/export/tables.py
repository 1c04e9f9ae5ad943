"""Everything that is exported, gathered once: groups of tracklets that are one person, and their boxes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np

from reid_core.pipeline.identities import identities
from reid_core.store.events import Decided, Event
from reid_core.store.project import Project
from reid_core.store.records import Boxes, Tracklet
from reid_core.types import Anchor, FloatArray

Watch = Callable[[int, int], None]


def unwatched(done: int, total: int) -> None:
    """Nobody watches the export."""


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
        is_whole: Nothing of the project was left out.
        watch: Called with the number of tracklets written and their total; what it raises ends the export.
    """

    persons: tuple[Person, ...]
    frame_offsets: dict[int, int]
    is_whole: bool = True
    watch: Watch = unwatched

    def tracklets(self) -> Iterator[tuple[Person, Tracklet]]:
        """Every tracklet with its person."""
        for person in self.persons:
            for tracklet in person.tracklets:
                yield person, tracklet

    def watched(self) -> Iterator[tuple[Person, Tracklet]]:
        """The same for the loop that takes the time: whoever watches hears of each."""
        total = sum(len(person.tracklets) for person in self.persons)
        for done, pair in enumerate(self.tracklets()):
            self.watch(done, total)
            yield pair
        self.watch(total, total)

    def decisions(self, project: Project) -> Iterator[tuple[Event, Decided]]:
        """The decisions that hold; in a part of the project, those about one of its tracklets."""
        ids = {tracklet.id for _, tracklet in self.tracklets()}
        for event in project.active_events(Decided.kind):
            decided = event.payload
            if isinstance(decided, Decided) and (self.is_whole or _concerns(project, decided, ids)):
                yield event, decided


def _concerns(project: Project, decided: Decided, ids: set[str]) -> bool:
    places = [place for place in (decided.a, decided.b) if isinstance(place, Anchor)]
    return any(project.resolve(place) in ids for place in places)


def gather(project: Project, keep: Collection[str] | None = None, watch: Watch = unwatched) -> Tables:
    """Read the project's tracklets and identities.

    Args:
        project: An open project.
        keep: Ids of the tracklets that are wanted, or None for all. Persons keep the numbers that they have
            in an export of everything.
        watch: See `Tables`.
    """
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
    if keep is not None:
        wanted = frozenset(keep)
        parts = (replace(p, tracklets=tuple(t for t in p.tracklets if t.id in wanted)) for p in persons)
        persons = [part for part in parts if part.tracklets]
    return Tables(tuple(persons), _frame_offsets(project), keep is None, watch)


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
