"""What a decision would contradict, said before it is stored, by the rules that find conflicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.result_list import members, query_nodes, query_persons
from app.snapshot import Snapshot, short_name
from app.wording import clock_label
from app.workspace import QueryState
from reid_core.linking.identities import Conflict, ConflictKind, Decision, Span, fold
from reid_core.types import Verdict


def objection(
    query: QueryState,
    tracklet_id: str,
    verdict: Verdict,
    side: str,
    snapshot: Snapshot,
    pending: Mapping[str, Verdict],
) -> str:
    """Why the decision cannot be right, or nothing.

    Args:
        query: Who is searched for.
        tracklet_id: The hit.
        verdict: What is about to be decided about it.
        side: The example (a tracklet, or ``image:...``) that the decision joins it with.
        snapshot: The project.
        pending: Verdicts about other hits that are on their way into the project.
    """
    if verdict is Verdict.UNSURE:
        return ""
    nodes = set(query_nodes(query))
    people = set(query_persons(query, snapshot))
    other = snapshot.person_of(tracklet_id)
    involved = nodes | members(people | ({other.number} if other is not None else set()), snapshot)
    involved |= {tracklet_id, *(name for name, held in pending.items() if held is Verdict.SAME)}
    spans = _spans(involved, snapshot)
    joined = [(a, b, held) for (a, b), held in snapshot.verdicts.items() if a < b and {a, b} <= involved]
    joined += [(side, name, held) for name, held in pending.items() if name != tracklet_id]
    replaced = {frozenset((node, tracklet_id)) for node in nodes}
    kept = [edge for edge in joined if frozenset(edge[:2]) not in replaced]
    before = {_key(conflict) for conflict in fold(spans, _decisions(joined)).conflicts}
    after = fold(spans, _decisions([*kept, (side, tracklet_id, verdict)])).conflicts
    fresh = [conflict for conflict in after if _key(conflict) not in before]
    return _words(fresh[0], tracklet_id, verdict, snapshot) if fresh else ""


def _spans(names: set[str], snapshot: Snapshot) -> list[Span]:
    tracklets = snapshot.tracklets
    rows = [tracklets.row_of[name] for name in sorted(names) if name in tracklets.row_of]
    return [
        Span(
            tracklets.ids[row],
            snapshot.cameras[int(tracklets.camera[row])].name,
            float(tracklets.start_ms[row]),
            float(tracklets.end_ms[row]),
        )
        for row in rows
    ]


def _decisions(edges: Sequence[tuple[str, str, Verdict]]) -> list[Decision]:
    return [Decision(number, number, a, b, verdict) for number, (a, b, verdict) in enumerate(edges, start=1)]


def _key(conflict: Conflict) -> tuple[ConflictKind, frozenset[str]]:
    return conflict.kind, frozenset((conflict.a, conflict.b))


def _words(conflict: Conflict, tracklet_id: str, verdict: Verdict, snapshot: Snapshot) -> str:
    a, b = (
        "the picture" if name.startswith("image:") else short_name(name) for name in (conflict.a, conflict.b)
    )
    if conflict.kind is ConflictKind.OVERLAP:
        return (
            f"{a} and {b} are both in {conflict.camera} at {clock_label(conflict.from_ms)}. "
            "One person cannot be twice in one picture."
        )
    if verdict is Verdict.DIFFERENT:
        person = snapshot.person_of(tracklet_id)
        name = person.name if person is not None else "this person"
        return f"{short_name(tracklet_id)} is {name} by other decisions, which this one contradicts."
    return f"{a} and {b} were decided to be different people."
