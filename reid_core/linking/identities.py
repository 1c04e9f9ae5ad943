"""From pair decisions to identities: components of "same", and the contradictions with "different".

Pure functions on plain data: nodes are strings (tracklet ids, query pictures, places that are lost), and only
the decisions that hold now are passed in. Decisions are evidence, never edited; an identity is what follows.
A contradiction does not break an identity apart, since nobody knows which of its decisions is wrong: it is
reported with the shortest chain of decisions that makes it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from reid_core.types import Verdict


@dataclass(frozen=True, slots=True)
class Span:
    """A tracklet's place and time.

    Attributes:
        id: Tracklet id; a node of the graph.
        camera: Camera name.
        start_ms: First box on the common clock, ms.
        end_ms: Last box on the common clock, ms.
    """

    id: str
    camera: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict that holds about two nodes.

    Attributes:
        id: The event that recorded it.
        number: Its place among all verdicts ever recorded, 1-based, unique and never changing.
        a: One node.
        b: The other.
        verdict: same joins, different parts, unsure does neither.
    """

    id: int
    number: int
    a: str
    b: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Name:
    """A name given to whoever holds a node; the later of two names for one identity holds.

    Attributes:
        number: As in `Decision`, from the same count.
        node: The node.
        name: The name; empty takes an earlier one away.
        color: A colour, or empty.
    """

    number: int
    node: str
    name: str
    color: str = ""


class ConflictKind(StrEnum):
    """Why an identity cannot be right."""

    DIFFERENT = "different"
    """Two of its nodes were decided to be different people."""
    ITSELF = "itself"
    """A decision says that a tracklet differs from itself: its two places were merged or tracked as one."""
    OVERLAP = "overlap"
    """One person twice in one camera at one time."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A contradiction, and the decisions that make it.

    Attributes:
        kind: Why.
        a: One node.
        b: The other.
        decision: The "different" that is contradicted; None for an overlap.
        chain: "Same" decisions that lead from ``a`` to ``b``, in that order: the fewest that do.
        camera: Where the overlap is, or empty.
        from_ms: Start of the overlap on the common clock, or 0.
        to_ms: End of the overlap, or 0.
    """

    kind: ConflictKind
    a: str
    b: str
    decision: Decision | None
    chain: tuple[Decision, ...]
    camera: str = ""
    from_ms: float = 0.0
    to_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Identity:
    """A person across cameras.

    Attributes:
        id: ``P7``: the number of the first decision or name that makes it, so no other changes it.
        tracklets: Tracklet ids by start on the common clock.
        cameras: Names of the cameras where the person was seen, in order of first appearance.
        others: Nodes that are no tracklets now: query pictures and lost places.
        name: Name given by people, or empty.
        color: Colour, or empty.
        first_ms: First appearance on the common clock, or None without tracklets.
        last_ms: Last appearance, or None.
        decisions: Events of the "same" decisions inside it, rising.
        conflicted: Whether some conflict lies inside it.
    """

    id: str
    tracklets: tuple[str, ...]
    cameras: tuple[str, ...]
    others: tuple[str, ...]
    name: str
    color: str
    first_ms: float | None
    last_ms: float | None
    decisions: tuple[int, ...]
    conflicted: bool


@dataclass(frozen=True, slots=True)
class Identities:
    """What the decisions amount to.

    Attributes:
        identities: By number.
        conflicts: Every contradiction.
        different: Pairs that were decided to be different people, by event.
        unsure: Pairs that somebody was unsure about, by event.
    """

    identities: tuple[Identity, ...]
    conflicts: tuple[Conflict, ...]
    different: tuple[Decision, ...]
    unsure: tuple[Decision, ...]

    def of(self, node: str) -> Identity | None:
        """The identity that holds a node, if any."""
        return next((i for i in self.identities if node in i.tracklets or node in i.others), None)


def fold(tracklets: Iterable[Span], decisions: Iterable[Decision], names: Iterable[Name] = ()) -> Identities:
    """Identities and conflicts of the decisions that hold.

    Of several decisions about one pair that are passed in, all count: leave superseded ones out. The order of
    the arguments changes nothing.
    """
    spans = {span.id: span for span in tracklets}
    known = sorted(decisions, key=lambda d: d.number)
    given = sorted(names, key=lambda n: n.number)
    same = [d for d in known if d.verdict is Verdict.SAME and d.a != d.b]
    different = [d for d in known if d.verdict is Verdict.DIFFERENT]
    groups = _components(same, [name.node for name in given])
    conflicts = _contradictions(different, same, groups)
    for members in _by_root(groups).values():
        conflicts += _overlaps([spans[node] for node in members if node in spans], same)
    identities = _identities(groups, spans, same, given, {groups[c.a] for c in conflicts if c.a in groups})
    return Identities(
        identities,
        tuple(conflicts),
        tuple(different),
        tuple(d for d in known if d.verdict is Verdict.UNSURE),
    )


def _components(same: Sequence[Decision], named: Sequence[str]) -> dict[str, str]:
    """Root of each node's component (union-find with path halving); the smallest node is the root."""
    parent: dict[str, str] = {node: node for node in named}

    def root(node: str) -> str:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for decision in same:
        first, second = sorted((root(decision.a), root(decision.b)))
        parent[second] = first
    return {node: root(node) for node in list(parent)}


def _by_root(groups: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in sorted(groups):
        found.setdefault(groups[node], []).append(node)
    return found


def _contradictions(
    different: Sequence[Decision], same: Sequence[Decision], groups: Mapping[str, str]
) -> list[Conflict]:
    conflicts = []
    for decision in different:
        a, b = decision.a, decision.b
        if a == b:
            conflicts.append(Conflict(ConflictKind.ITSELF, a, b, decision, ()))
        elif a in groups and groups[a] == groups.get(b):
            conflicts.append(Conflict(ConflictKind.DIFFERENT, a, b, decision, find_chain(same, a, b)))
    return conflicts


def find_chain(same: Iterable[Decision], a: str, b: str) -> tuple[Decision, ...]:
    """The fewest "same" decisions that lead from one node to another (breadth first), or none."""
    edges: dict[str, list[Decision]] = {}
    for decision in same:
        edges.setdefault(decision.a, []).append(decision)
        edges.setdefault(decision.b, []).append(decision)
    came_by: dict[str, Decision | None] = {a: None}
    waiting = deque([a])
    while waiting and b not in came_by:
        node = waiting.popleft()
        for decision in edges.get(node, ()):
            other = decision.b if decision.a == node else decision.a
            if other not in came_by:
                came_by[other] = decision
                waiting.append(other)
    chain: list[Decision] = []
    node = b
    while (step := came_by.get(node)) is not None:
        chain.append(step)
        node = step.b if step.a == node else step.a
    return tuple(reversed(chain))


def _overlaps(spans: Sequence[Span], same: Sequence[Decision]) -> list[Conflict]:
    """Pairs of one identity's tracklets that share a moment in one camera."""
    conflicts: list[Conflict] = []
    ordered = sorted(spans, key=lambda s: (s.camera, s.start_ms, s.end_ms, s.id))
    for camera, own in groupby(ordered, key=lambda s: s.camera):
        open_spans: list[Span] = []
        for span in own:
            open_spans = [other for other in open_spans if other.end_ms >= span.start_ms]
            conflicts += [
                Conflict(
                    ConflictKind.OVERLAP,
                    other.id,
                    span.id,
                    None,
                    find_chain(same, other.id, span.id),
                    camera,
                    span.start_ms,
                    min(other.end_ms, span.end_ms),
                )
                for other in open_spans
            ]
            open_spans.append(span)
    return conflicts


def _identities(
    groups: Mapping[str, str],
    spans: Mapping[str, Span],
    same: Sequence[Decision],
    names: Sequence[Name],
    conflicted: set[str],
) -> tuple[Identity, ...]:
    numbers: dict[str, int] = {}
    events: dict[str, set[int]] = {}
    held: dict[str, Name] = {}
    for decision in same:
        root = groups[decision.a]
        numbers[root] = min(decision.number, numbers.get(root, decision.number))
        events.setdefault(root, set()).add(decision.id)
    for name in names:  # in order: the last one holds
        root = groups[name.node]
        numbers[root] = min(name.number, numbers.get(root, name.number))
        held[root] = name
    found = []
    for root, members in _by_root(groups).items():
        own = sorted((spans[n] for n in members if n in spans), key=lambda s: (s.start_ms, s.end_ms, s.id))
        name = held.get(root, Name(0, root, ""))
        identity = Identity(
            id=f"P{numbers[root]}",
            tracklets=tuple(span.id for span in own),
            cameras=tuple(dict.fromkeys(span.camera for span in own)),
            others=tuple(node for node in members if node not in spans),
            name=name.name,
            color=name.color,
            first_ms=own[0].start_ms if own else None,
            last_ms=max(span.end_ms for span in own) if own else None,
            decisions=tuple(sorted(events.get(root, ()))),
            conflicted=root in conflicted,
        )
        if len(members) > 1 or name.name:
            found.append((numbers[root], identity))
    return tuple(identity for _, identity in sorted(found, key=lambda pair: pair[0]))
