"""Reads a `Snapshot` out of a project; called off the GUI thread."""

from __future__ import annotations

import numpy as np

from app.snapshot import (
    UNASSIGNED,
    Person,
    Snapshot,
    SourceFacts,
    SourceState,
    StreamFacts,
    Tracklets,
    short_name,
)
from app.wording_events import describe
from reid_core.linking.identities import Identities
from reid_core.pipeline.identities import identities
from reid_core.pipeline.link_travel import travel_table
from reid_core.pipeline.notes import notes, notes_of
from reid_core.pipeline.start_times import clock_day
from reid_core.store.decisions import Judgement, node_of
from reid_core.store.events import LinksAccepted, Place
from reid_core.store.lock import has_engine
from reid_core.store.places import is_missing
from reid_core.store.project import Project
from reid_core.store.records import STREAMS, Segment, Source, Tracklet
from reid_core.streams.live_view import NOTE
from reid_core.types import ImageAnchor, Verdict


def load_snapshot(project: Project) -> Snapshot:
    """The project as it is now."""
    cameras = tuple(project.cameras())
    rows = {camera.name: row for row, camera in enumerate(cameras)}
    tracklets = sorted(project.tracklets(), key=lambda t: (rows[t.camera], t.start_ms, t.id))
    folded = identities(project)
    persons = _persons(folded, tracklets)
    undo_text, redo_text = _history(project, folded, persons)
    segments = project.segments()
    judgements, _ = project.judgements()
    names = project.camera_names()
    return Snapshot(
        path=str(project.path),
        name=project.path.stem,
        cameras=cameras,
        sources=tuple(_facts(source, segments) for source in project.sources()),
        tracklets=_columns(tracklets, rows, persons),
        persons=persons,
        conflicts=folded.conflicts,
        verdicts=_verdicts(judgements),
        different=folded.different,
        spaces=tuple((space.key, space.name) for space in project.spaces()),
        log_head=project.log_head()[0],
        undo_text=undo_text,
        redo_text=redo_text,
        by_hand=_by_hand(judgements),
        travel=travel_table(project),
        notes=notes_of(folded, notes(project)),
        streams=tuple(
            StreamFacts(names.get(name, name), str(known["address"]), known["quota"] is not None)
            for name, known in project.setting(STREAMS, {}).items()
        ),
        is_watched=is_watched(project),
        former_names=names,
        day=clock_day(project),
    )


def is_watched(project: Project) -> bool:
    """Whether an engine, of this window or not, watches the project's live cameras now."""
    return (project.sidecar / NOTE).exists() and has_engine(project.sidecar)


def _facts(source: Source, segments: list[Segment]) -> SourceFacts:
    segment = next((segment for segment in segments if segment.source_id == source.id), None)
    return SourceFacts(
        source=source,
        segment=segment,
        state=SourceState.WAITING if segment is None else SourceState(str(segment.state)),
        reason="" if segment is None else segment.reason,
        n_tracklets=0 if segment is None else segment.n_tracklets,
        n_frames=0 if segment is None else segment.n_frames,
        is_missing=is_missing(source),
    )


def _persons(folded: Identities, tracklets: list[Tracklet]) -> tuple[Person, ...]:
    row_of = {tracklet.id: row for row, tracklet in enumerate(tracklets)}
    return tuple(
        Person(
            id=identity.id,
            number=number,
            name=identity.name or f"Person {number}",
            tracklets=tuple(row_of[tracklet_id] for tracklet_id in identity.tracklets),
            cameras=identity.cameras,
            first_ms=identity.first_ms or 0.0,
            last_ms=identity.last_ms or 0.0,
            cover=identity.tracklets[0],
            is_conflicted=identity.conflicted,
        )
        for number, identity in enumerate((i for i in folded.identities if i.tracklets), start=1)
    )


def _columns(tracklets: list[Tracklet], rows: dict[str, int], persons: tuple[Person, ...]) -> Tracklets:
    person = np.full(len(tracklets), UNASSIGNED, np.int64)
    for entry in persons:
        person[list(entry.tracklets)] = entry.number
    return Tracklets(
        ids=tuple(t.id for t in tracklets),
        camera=np.array([rows[t.camera] for t in tracklets], np.int64),
        source_id=np.array([t.source_id for t in tracklets], np.int64),
        start_ms=np.array([t.start_ms for t in tracklets], np.float64),
        end_ms=np.array([t.end_ms for t in tracklets], np.float64),
        start_idx=np.array([t.start_idx for t in tracklets], np.int64),
        end_idx=np.array([t.end_idx for t in tracklets], np.int64),
        n_boxes=np.array([t.n_boxes for t in tracklets], np.int64),
        person=person,
        revision=np.array([t.revision for t in tracklets], np.int64),
    )


def _verdicts(judgements: list[Judgement]) -> dict[tuple[str, str], Verdict]:
    found: dict[tuple[str, str], Verdict] = {}
    for judgement in sorted(judgements, key=lambda judgement: judgement.number):
        found[judgement.a, judgement.b] = found[judgement.b, judgement.a] = judgement.verdict
    return found


def _by_hand(judgements: list[Judgement]) -> frozenset[str]:
    """Tracklets that a person joined with another; an accepted batch of links counts as the rule's."""
    joined = (
        j for j in judgements if j.verdict is Verdict.SAME and not isinstance(j.event.payload, LinksAccepted)
    )
    return frozenset(node for judgement in joined for node in (judgement.a, judgement.b))


def _history(project: Project, folded: Identities, persons: tuple[Person, ...]) -> tuple[str, str]:
    """What undo and redo would do now, in words."""
    names = {person.id: person.name for person in persons}
    named = {
        node: names[identity.id]
        for identity in folded.identities
        if identity.id in names
        for node in (*identity.tracklets, *identity.others)
    }

    def tracklet(place: Place) -> str:
        if isinstance(place, ImageAnchor):
            return "a picture"
        found = project.resolve(place)
        return short_name(found) if found is not None else f"a lost place in {place.camera}"

    def person(place: Place) -> str:
        return named.get(node_of(place, project.resolve), "")

    cursor = project.cursor()
    undo = describe(project.event(cursor.done[-1]), tracklet, person) if cursor.done else ""
    redo = describe(project.event(cursor.undone[-1][0]), tracklet, person) if cursor.undone else ""
    return undo, redo
