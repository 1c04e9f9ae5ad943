"""The project's table of travel times: kept as an event, so that it can be undone and stands in the log."""

from __future__ import annotations

from reid_core.errors import UsageError
from reid_core.linking.identities import Span
from reid_core.linking.travel import TravelTable, TravelWindow, learn_windows
from reid_core.pipeline.identities import identities
from reid_core.store.events import Event, TopologySet, TravelTime
from reid_core.store.project import Project


def travel_table(project: Project) -> TravelTable:
    """The travel windows that hold now; empty when none was ever set."""
    events = project.active_events(TopologySet.kind)
    payload = events[-1].payload if events else None
    if not isinstance(payload, TopologySet):
        return TravelTable()
    names = project.camera_names()
    return TravelTable(
        TravelWindow(
            names.get(p.a, p.a),
            names.get(p.b, p.b),
            p.min_ms,
            p.typical_ms,
            p.max_ms,
            p.overlapping,
            p.n_learnt,
        )
        for p in payload.pairs
    )


def set_travel(project: Project, table: TravelTable, *, actor: str = "") -> Event:
    """Make this the project's table: one undoable action.

    Raises:
        UsageError: A camera is unknown, or times do not rise from minimum over typical to maximum.
    """
    known = [camera.name for camera in project.cameras()]
    for window in table.windows:
        for name in (window.a, window.b):
            if name not in known:
                raise UsageError(f"There is no camera {name!r}; the project has: {', '.join(known)}.")
    pairs = tuple(
        TravelTime(w.a, w.b, w.min_ms, w.typical_ms, w.max_ms, w.overlapping, w.n_learnt)
        for w in table.windows
    )
    return project.append(TopologySet(pairs), actor=actor)


def learn_travel(project: Project, table: TravelTable | None = None) -> TravelTable:
    """A table with what the project's identities teach; windows set by hand stay, and nothing is applied.

    Identities that contradict themselves teach nothing.

    Args:
        project: An open project.
        table: What is known; None for the project's table.
    """
    spans = {t.id: Span(t.id, t.camera, t.start_ms, t.end_ms) for t in project.tracklets()}
    journeys = [
        [spans[tracklet_id] for tracklet_id in identity.tracklets]
        for identity in identities(project).identities
        if not identity.conflicted
    ]
    return learn_windows(travel_table(project) if table is None else table, journeys)
