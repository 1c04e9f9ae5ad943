"""Who is who in a project: the store's decisions, put through linking."""

from __future__ import annotations

from reid_core.linking.identities import Decision, Identities, Name, Span, fold
from reid_core.store.project import Project


def identities(project: Project) -> Identities:
    """Identities and conflicts of a project as its decisions stand now; times are on the common clock."""
    judgements, namings = project.judgements()
    return fold(
        [Span(t.id, t.camera, t.start_ms, t.end_ms) for t in project.tracklets()],
        [Decision(j.event.id, j.number, j.a, j.b, j.verdict) for j in judgements],
        [Name(n.number, n.node, n.name, n.color) for n in namings],
    )
