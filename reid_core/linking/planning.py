"""From what is known of a project to a plan of its links. Pure: no store, no model, nothing is applied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reid_core.index.base import Matrix, VectorIndex, widened
from reid_core.linking.calibration import calibrate
from reid_core.linking.candidates import find_pairs
from reid_core.linking.cluster import Start, agglomerate
from reid_core.linking.constraints import Constraints, constrain
from reid_core.linking.identities import Decision, Identities, Span
from reid_core.linking.plan import Groups, LinkPlan
from reid_core.linking.strangers import (
    ASSUMED,
    TRAVEL_WEIGHT,
    default_threshold,
    floor_threshold,
    stranger_likeness,
)
from reid_core.linking.travel import TravelTable
from reid_core.types import BoolArray, IntArray, Verdict

EXACT_ROWS = 20_000
"""Up to so many tracklets neighbours are found exactly; beyond, in a graph, whose cost rises more slowly."""
GRAPH_DEPTH = 64
"""Rows that the graph proposes for each tracklet before they are compared exactly."""


@dataclass(frozen=True, slots=True)
class Known:
    """What linking rests on.

    Attributes:
        spans: All tracklets.
        ids: ``(N,)`` the tracklet of each vector; others may be among them.
        matrix: ``(N, D)`` unit vectors.
        identities: What the decisions amount to.
        decisions: The verdicts that hold.
        by_hand: Numbers of those that somebody gave looking at the pair; only these can calibrate, since
            accepted batches would prove themselves.
        table: The travel windows.
        assumed_strangers: How alike strangers are taken to be where nothing tells.
    """

    spans: Sequence[Span]
    ids: Sequence[str]
    matrix: Matrix
    identities: Identities
    decisions: Sequence[Decision] = ()
    by_hand: Collection[int] = frozenset()
    table: TravelTable = field(default_factory=TravelTable)
    assumed_strangers: float = ASSUMED


def make_plan(known: Known, proceed: Callable[[], None] = lambda: None) -> LinkPlan:
    """What could be linked, at every threshold.

    Args:
        known: What it rests on.
        proceed: Called again and again; may raise to stop.
    """
    return _Planning(known).run(proceed)


class _Planning:
    """The groups that linking begins with: identities that can be joined, and tracklets of nobody."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._row_of = {span.id: row for row, span in enumerate(known.spans)}
        self._rows = np.array([self._row_of.get(name, -1) for name in known.ids], np.int64)
        self._vectors = np.zeros((len(known.spans), known.matrix.shape[1]), np.float32)
        self._vectors[self._rows[self._rows >= 0]] = widened(known.matrix)[self._rows >= 0]
        self._described: BoolArray = np.any(self._vectors != 0, axis=1)
        self._number_of: dict[str, int] = {}
        self._members: list[IntArray] = []
        self._names: list[str] = []
        self._n_torn = self._n_identities_beside = self._n_unassigned_beside = 0
        torn = _torn_nodes(known.identities)
        decided: set[str] = set()
        for identity in known.identities.identities:
            decided.update(identity.tracklets)
            is_torn = not torn.isdisjoint(nodes := (*identity.tracklets, *identity.others))
            self._n_torn += is_torn
            self._n_identities_beside += is_torn or not self._add(nodes, identity.id)
        for span in known.spans:
            if span.id not in decided:
                self._n_unassigned_beside += span.id in torn or not self._add((span.id,), "")

    def _add(self, nodes: Sequence[str], name: str) -> bool:
        """Take nodes of one person as a group, if any of them has a vector."""
        rows = np.array([self._row_of[node] for node in nodes if node in self._row_of], np.int64)
        if not self._described[rows].any():
            return False
        self._number_of.update(dict.fromkeys(nodes, len(self._members)))
        self._members.append(rows)
        self._names.append(name)
        return True

    def run(self, proceed: Callable[[], None]) -> LinkPlan:
        """Find candidates, cluster them, and calibrate."""
        known, described = self._known, np.flatnonzero(self._described)
        constraints = constrain(known.spans, known.table)
        strangers = stranger_likeness(
            self._vectors[described], described, constraints, known.assumed_strangers
        )
        merges = agglomerate(
            self._start(),
            self._pairs(constraints, proceed),
            constraints,
            floor=floor_threshold(strangers, len(described)),
            travel_weight=TRAVEL_WEIGHT * (1.0 - strangers),
            proceed=proceed,
        )
        similarities, same = self._decided_pairs()
        groups = Groups(
            known.spans,
            self._vectors,
            self._members,
            self._names,
            n_identities_beside=self._n_identities_beside,
            n_unassigned_beside=self._n_unassigned_beside,
            unsure=frozenset(frozenset((d.a, d.b)) for d in known.identities.unsure),
        )
        return LinkPlan(
            groups,
            merges,
            constraints,
            known.table,
            strangers=strangers,
            default_similarity=default_threshold(strangers, len(described)),
            calibration=calibrate(similarities, same),
            n_undescribed=len(known.spans) - len(described),
            n_left_out=self._n_torn,
            n_decided=len(same),
        )

    def _start(self) -> Start:
        n_groups, n_dims = len(self._members), self._vectors.shape[1]
        sums = np.zeros((n_groups, n_dims), np.float32)
        sizes = np.zeros(n_groups, np.int64)
        for number, rows in enumerate(self._members):
            sums[number] = self._vectors[rows].sum(axis=0)
            sizes[number] = np.count_nonzero(self._described[rows])
        numbers = [
            (self._number_of.get(d.a), self._number_of.get(d.b)) for d in self._known.identities.different
        ]
        different = [(a, b) for a, b in numbers if a is not None and b is not None and a != b]
        return Start(self._members, sums, sizes, different)

    def _pairs(self, constraints: Constraints, proceed: Callable[[], None]) -> IntArray:
        """``(P, 2)`` groups that are worth a look."""
        group_of = np.full(len(self._known.spans), -1, np.int64)
        for number, rows in enumerate(self._members):
            group_of[rows] = number
        taking_part = np.flatnonzero(self._rows >= 0)
        taking_part = taking_part[group_of[self._rows[taking_part]] >= 0]
        if len(taking_part) < 2:
            return np.zeros((0, 2), np.int64)
        rows = np.full(len(self._rows), -1, np.int64)
        rows[taking_part] = self._rows[taking_part]
        matrix = self._known.matrix
        pairs = group_of[find_pairs(_open_index(matrix), matrix, rows, constraints, proceed)]
        found: IntArray = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
        return found

    def _decided_pairs(self) -> tuple[NDArray[np.float64], BoolArray]:
        """Similarity and verdict of the pairs that can calibrate."""
        decided = [
            (self._row_of[d.a], self._row_of[d.b], d.verdict is Verdict.SAME)
            for d in self._known.decisions
            if d.number in self._known.by_hand
            and d.verdict is not Verdict.UNSURE
            and d.a in self._row_of
            and d.b in self._row_of
        ]
        table = np.array(decided, np.int64).reshape(-1, 3)
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
