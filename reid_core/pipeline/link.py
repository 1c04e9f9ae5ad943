"""From a project to link proposals, the job behind ``sightline link``; `accept_links` records them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reid_core.errors import UsageError
from reid_core.index.base import Matrix, VectorIndex, widened
from reid_core.linking.calibration import calibrate
from reid_core.linking.candidates import find_pairs
from reid_core.linking.cluster import Start, agglomerate
from reid_core.linking.constraints import Constraints, constrain
from reid_core.linking.identities import Conflict, Decision, Identities, Span, fold
from reid_core.linking.plan import Groups, LinkPlan, Proposal
from reid_core.linking.strangers import (
    ASSUMED,
    ASSUMED_BY_MODEL,
    TRAVEL_WEIGHT,
    default_threshold,
    stranger_likeness,
)
from reid_core.linking.travel import TravelTable
from reid_core.pipeline.identities import identities
from reid_core.pipeline.link_travel import travel_table
from reid_core.pipeline.models import search_space
from reid_core.progress import CancelToken
from reid_core.store.decisions import Judgement
from reid_core.store.events import Decided, Event, LinkedPair, LinksAccepted
from reid_core.store.project import Project
from reid_core.store.records import Space
from reid_core.types import BoolArray, IntArray, Verdict

EXACT_ROWS = 20_000
"""Up to so many tracklets neighbours are found exactly; beyond, in a graph, whose cost rises more slowly."""
GRAPH_DEPTH = 64
"""Rows that the graph proposes for each tracklet before they are compared exactly."""


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
        known, table = identities(project), travel_table(project)
        judgements, _ = project.judgements()
    plan = _Planning(spans, ids, matrix, known, judgements)
    return plan.run(table, ASSUMED_BY_MODEL.get(space.name, ASSUMED), cancel or CancelToken())


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


class _Planning:
    """The tracklets of a project, and the groups that linking begins with."""

    def __init__(
        self,
        spans: Sequence[Span],
        ids: Sequence[str],
        matrix: Matrix,
        known: Identities,
        judgements: Sequence[Judgement],
    ) -> None:
        self._spans, self._matrix = spans, matrix
        row_of = {span.id: row for row, span in enumerate(spans)}
        self._rows = np.array([row_of.get(name, -1) for name in ids], np.int64)
        self._vectors = np.zeros((len(spans), matrix.shape[1]), np.float32)
        taken = self._rows >= 0
        self._vectors[self._rows[taken]] = widened(matrix)[taken]
        self._described: BoolArray = np.any(self._vectors != 0, axis=1)
        self._judgements = judgements
        self._row_of = row_of
        self._torn = _torn_nodes(known)
        self._number_of: dict[str, int] = {}
        self._members: list[IntArray] = []
        self._names: list[str] = []
        self._n_torn = self._n_beside = 0
        for identity in known.identities:
            nodes = (*identity.tracklets, *identity.others)
            self._n_torn += not self._torn.isdisjoint(nodes)
            self._add(nodes, identity.id)
        decided = {node for identity in known.identities for node in identity.tracklets}
        self._n_alone = len(spans) - len(decided)
        for span in spans:
            if span.id not in decided:
                self._add((span.id,), "")

    def _add(self, nodes: Sequence[str], name: str) -> None:
        rows = np.array([self._row_of[node] for node in nodes if node in self._row_of], np.int64)
        if not self._torn.isdisjoint(nodes) or not self._described[rows].any():
            self._n_beside += bool(name)
            return
        self._number_of.update(dict.fromkeys(nodes, len(self._members)))
        self._members.append(rows)
        self._names.append(name)

    def run(self, table: TravelTable, assumed: float, cancel: CancelToken) -> LinkPlan:
        """Find candidates, cluster them, and calibrate."""
        constraints = constrain(self._spans, table)
        described = np.flatnonzero(self._described)
        strangers = stranger_likeness(self._vectors[described], described, constraints, assumed)
        pairs = self._pairs(constraints, cancel)
        start = Start(
            self._members,
            np.array([self._vectors[rows].sum(axis=0) for rows in self._members], np.float32).reshape(
                len(self._members), -1
            ),
            np.array([np.count_nonzero(self._described[rows]) for rows in self._members], np.int64),
            self._different(),
        )
        weight = TRAVEL_WEIGHT * (1.0 - strangers)
        merges = []
        for merge in agglomerate(start, pairs, constraints, floor=strangers, travel_weight=weight):
            cancel.raise_if_cancelled()
            merges.append(merge)
        similarities, same = self._decided_pairs()
        n_lone = sum(not name for name in self._names)
        groups = Groups(
            self._spans,
            self._vectors,
            self._members,
            self._names,
            n_identities_beside=self._n_beside,
            n_unassigned_beside=self._n_alone - n_lone,
            unsure=frozenset(frozenset((j.a, j.b)) for j in self._judgements if j.verdict is Verdict.UNSURE),
        )
        return LinkPlan(
            groups,
            merges,
            constraints,
            table,
            strangers=strangers,
            default_similarity=default_threshold(strangers, len(described)),
            calibration=calibrate(similarities, same),
            n_undescribed=len(self._spans) - len(described),
            n_left_out=self._n_torn,
            n_decided=len(same),
        )

    def _pairs(self, constraints: Constraints, cancel: CancelToken) -> IntArray:
        """``(P, 2)`` groups that are worth a look."""
        group_of = np.full(len(self._spans), -1, np.int64)
        for number, rows in enumerate(self._members):
            group_of[rows] = number
        rows = np.where((self._rows >= 0) & (group_of[self._rows] >= 0), self._rows, -1)
        if np.count_nonzero(rows >= 0) < 2:
            return np.zeros((0, 2), np.int64)

        def proceed(n_done: int) -> None:
            cancel.raise_if_cancelled()

        pairs = group_of[find_pairs(_open_index(self._matrix), self._matrix, rows, constraints, proceed)]
        pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
        return np.unique(pairs, axis=0)

    def _different(self) -> list[tuple[int, int]]:
        numbers = [
            (self._number_of.get(j.a), self._number_of.get(j.b))
            for j in self._judgements
            if j.verdict is Verdict.DIFFERENT
        ]
        return [(a, b) for a, b in numbers if a is not None and b is not None and a != b]

    def _decided_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Similarity and verdict of pairs that people looked at; accepted batches would prove themselves."""
        looked_at = [
            (self._row_of[j.a], self._row_of[j.b], j.verdict is Verdict.SAME)
            for j in self._judgements
            if isinstance(j.event.payload, Decided)
            and j.verdict is not Verdict.UNSURE
            and j.a in self._row_of
            and j.b in self._row_of
        ]
        table = np.array(looked_at, np.int64).reshape(-1, 3)
        table = table[self._described[table[:, 0]] & self._described[table[:, 1]]]
        first, second = self._vectors[table[:, 0]], self._vectors[table[:, 1]]
        return np.einsum("nd,nd->n", first, second).astype(np.float64), table[:, 2] == 1


def _torn_nodes(known: Identities) -> set[str]:
    """Nodes of identities that contradict themselves: nobody knows yet which of their decisions is wrong.

    One that is in two places at once is not meant: people can see why, and may insist.
    """
    torn: set[str] = set()
    for conflict in known.conflicts:
        if conflict.decision is not None:
            identity = known.of(conflict.a)
            torn |= {conflict.a} if identity is None else {*identity.tracklets, *identity.others}
    return torn


def _open_index(matrix: Matrix) -> VectorIndex:
    if len(matrix) <= EXACT_ROWS:
        from reid_core.index.exact import ExactIndex

        return ExactIndex(matrix)
    from reid_core.index.faiss_index import HnswIndex

    return HnswIndex.build(matrix, n_rescored=GRAPH_DEPTH)
