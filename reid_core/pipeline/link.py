"""From a project to link proposals, the job behind ``sightline link``; `accept_links` records them."""

from __future__ import annotations

from collections.abc import Sequence

from reid_core.errors import UsageError
from reid_core.linking.identities import Conflict, Decision, Name, Span, fold
from reid_core.linking.plan import LinkPlan, Proposal
from reid_core.linking.planning import Known, make_plan
from reid_core.linking.strangers import ASSUMED, ASSUMED_BY_MODEL
from reid_core.pipeline.link_travel import travel_table
from reid_core.pipeline.models import search_space
from reid_core.progress import CancelToken
from reid_core.store.events import Decided, Event, LinkedPair, LinksAccepted
from reid_core.store.project import Project
from reid_core.store.records import Space
from reid_core.types import Verdict


def plan_links(
    project: Project, space_key: str | None = None, *, cancel: CancelToken | None = None
) -> LinkPlan:
    """What could be linked in a project, at every threshold.

    Args:
        project: An open project; it is only read.
        space_key: The space whose vectors are compared; None for the one that is searched.
        cancel: Stops the job.

    Raises:
        UsageError: The project holds no vectors.
        CancelledError: The job was asked to stop.
    """
    with project.reading():
        space = space_of(project, space_key)
        spans = [Span(t.id, t.camera, t.start_ms, t.end_ms) for t in project.tracklets()]
        ids, matrix = project.descriptors(space.key)
        judgements, namings = project.judgements()
        table = travel_table(project)
    decisions = [Decision(j.event.id, j.number, j.a, j.b, j.verdict) for j in judgements]
    known = Known(
        spans,
        ids,
        matrix,
        fold(spans, decisions, [Name(n.number, n.node, n.name, n.color) for n in namings]),
        decisions,
        frozenset(j.number for j in judgements if isinstance(j.event.payload, Decided)),
        table,
        ASSUMED_BY_MODEL.get(space.name, ASSUMED),
    )
    return make_plan(known, (cancel or CancelToken()).raise_if_cancelled)


def space_of(project: Project, space_key: str | None) -> Space:
    """A space by its key; None for the one that is searched."""
    if space_key is None:
        return search_space(project, None)
    found = next((space for space in project.spaces() if space.key == space_key), None)
    if found is None:
        raise UsageError("The project has no vectors of that model. Make them with: sightline embed PROJECT")
    return found


def accept_links(
    project: Project,
    proposals: Sequence[Proposal],
    *,
    threshold: float | None = None,
    model: str = "",
    actor: str = "",
) -> Event:
    """Record proposals as decided: one event, so one step to undo.

    Args:
        project: An open project.
        proposals: Of a plan for it.
        threshold: From which they were accepted, or None when they were picked by hand.
        model: Name of the model that they rest on.
        actor: Who accepts them.

    Raises:
        UsageError: Nothing to accept, a tracklet is gone, or what was decided since contradicts a link.
    """
    links = [link for proposal in proposals for link in proposal.links]
    if not links:
        raise UsageError("There is no link to accept.")
    names = sorted({name for link in links for name in (link.a, link.b)})
    places = {name: project.anchor(name) for name in names}
    if (conflict := _first_conflict(project, [(link.a, link.b) for link in links])) is not None:
        raise UsageError(
            f"Since these links were proposed, something was decided that contradicts them "
            f"({conflict.a} and {conflict.b} would be one person). Link again."
        )
    accepted = tuple(LinkedPair(places[link.a], places[link.b], link.probability) for link in links)
    return project.append(LinksAccepted(accepted, threshold, model and f"linked with {model}"), actor=actor)


def _first_conflict(project: Project, pairs: Sequence[tuple[str, str]]) -> Conflict | None:
    """A contradiction that these links would make and that is not there already."""
    known, _ = project.judgements()
    spans = [Span(t.id, t.camera, t.start_ms, t.end_ms) for t in project.tracklets()]
    held = [Decision(j.event.id, j.number, j.a, j.b, j.verdict) for j in known]
    more = [
        Decision(0, len(held) + 1 + number + max((d.number for d in held), default=0), a, b, Verdict.SAME)
        for number, (a, b) in enumerate(pairs)
    ]
    before = {(c.kind, c.a, c.b) for c in fold(spans, held).conflicts}
    after = fold(spans, [*held, *more]).conflicts
    return next((c for c in after if (c.kind, c.a, c.b) not in before), None)
