"""Constrained agglomerative clustering: again and again the two most alike groups become one person.

Average linkage (Sokal and Michener, 1958) over a sparse graph of candidates. The likeness of two groups is
the mean similarity of all pairs across them. Similarities are inner products, so that is the inner product of
the groups' sums divided by both sizes: exact, although few pairs were ever compared. The candidates only say
which groups are worth a look. Travel times add to it or take away. A group is constrained as its members are:
whatever one of them cannot be joined with, the group cannot.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.linking.constraints import MOST_EVIDENCE, Constraints, Times
from reid_core.types import BoolArray, FloatArray, IntArray

_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class Start:
    """The groups to begin with: what people decided, everybody else alone.

    Attributes:
        members: Sightings (rows of the constraints) of each of G groups, those without a vector too.
        sums: ``(G, D)`` float32, sum of the members' unit vectors.
        sizes: ``(G,)`` int64, how many vectors each sum holds, at least 1.
        different: Pairs of groups that are different people.
    """

    members: Sequence[IntArray]
    sums: FloatArray
    sizes: IntArray
    different: Iterable[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    """Two groups that became one, which keeps the lower number.

    Attributes:
        a: Group that stays.
        b: Group that goes into it.
        height: Likeness of the two with the travel times weighed in, or that of an earlier merge if that was
            less: where a threshold cuts. Never rises from merge to merge.
    """

    a: int
    b: int
    height: float


def agglomerate(
    start: Start,
    pairs: IntArray,
    constraints: Constraints,
    *,
    floor: float,
    travel_weight: float = 0.0,
    proceed: Callable[[], None] = lambda: None,
) -> list[Merge]:
    """All merges down to a likeness, best first.

    Args:
        start: The groups.
        pairs: ``(P, 2)`` groups that may be one person, lower number first, each pair once.
        constraints: Which members can be joined.
        floor: Least likeness at which groups are merged.
        travel_weight: What a crossing that takes the usual time adds to the likeness.
        proceed: Called at each merge; may raise to stop.
    """
    groups = _Groups(start, constraints)
    waiting = _Waiting(groups, pairs, floor, travel_weight if constraints.has_windows else 0.0)
    merges: list[Merge] = []
    height = np.inf
    while (found := waiting.pop()) is not None:
        proceed()
        likeness, a, b = found
        groups.join(a, b)
        waiting.push_around(a, b)
        height = min(height, likeness)
        merges.append(Merge(a, b, height))
    return merges


def labels_after(n_groups: int, merges: Sequence[Merge]) -> IntArray:
    """``(G,)`` group of each starting group after merges; a group is called by its lowest number."""
    labels = np.arange(n_groups)
    for merge in reversed(merges):  # the last first: then one pass settles all
        labels[merge.b] = labels[merge.a]
    return labels


class _Groups:
    """The groups as they stand."""

    def __init__(self, start: Start, constraints: Constraints) -> None:
        self._constraints = constraints
        self._members = list(start.members)
        self._sums = start.sums.copy()
        self._sizes = start.sizes.astype(np.float32)
        self._parent = np.arange(len(self._members))
        self._apart: dict[int, set[int]] = {}
        for a, b in start.different:
            self._apart.setdefault(a, set()).add(b)
            self._apart.setdefault(b, set()).add(a)
        self.version = [0] * len(self._members)

    def likeness(self, a: IntArray, b: IntArray) -> FloatArray:
        """Mean similarity across groups ``a`` and ``b``, row by row."""
        products = np.einsum("nd,nd->n", self._sums[a], self._sums[b])
        found: FloatArray = products / (self._sizes[a] * self._sizes[b])
        return found

    def evidence(self, a: int, b: int) -> float | None:
        """What travel times say for two groups being one; None when they cannot be."""
        ours, theirs = self._members[a], self._members[b]
        if b in self._apart.get(a, ()) or not self._constraints.all_possible(ours, theirs):
            return None
        return self._constraints.evidence(ours, theirs) if self._constraints.has_windows else 0.0

    def evidence_of_lone(self, pairs: IntArray) -> tuple[Times, BoolArray]:
        """`evidence` of the pairs of groups that are one sighting each (NaN: cannot be one), and which."""
        lone = np.array([len(rows) == 1 for rows in self._members], np.bool_)
        settled: BoolArray = lone[pairs[:, 0]] & lone[pairs[:, 1]]
        evidence = np.zeros(len(pairs))
        chosen = pairs[settled]
        first = np.array([rows[0] for rows in self._members], np.int64)
        a, b = first[chosen[:, 0]], first[chosen[:, 1]]
        weights = self._constraints.crossing_weights(a, b)
        apart = np.array([two in self._apart.get(one, ()) for one, two in chosen.tolist()], np.bool_)
        evidence[settled] = np.where(self._constraints.possible(a, b) & ~apart, weights, np.nan)
        return evidence, settled

    def join(self, a: int, b: int) -> None:
        """Put group ``b`` into ``a``."""
        self._members[a] = np.concatenate([self._members[a], self._members[b]])
        self._members[b] = self._members[b][:0]
        self._sums[a] += self._sums[b]
        self._sizes[a] += self._sizes[b]
        self._parent[b] = a
        self.version[a] += 1
        self.version[b] = -1
        for other in self._apart.pop(b, ()):
            self._apart[other].discard(b)
            self._apart[other].add(a)
            self._apart.setdefault(a, set()).add(other)

    def current(self, groups: IntArray) -> IntArray:
        """The groups that hold these starting groups now, each once."""
        found = self._parent[groups]
        while not np.array_equal(further := self._parent[found], found):
            found = further
        return np.unique(found)


class _Waiting:
    """Pairs of groups that may be joined, best first.

    The pairs to begin with wait in one sorted array, later ones in a heap. Both hold what a pair could be
    worth at best; constraints and travel times are looked at when a pair comes up, and one that is worth less
    then waits again. A pair of which a group has changed since is told by the groups' versions.
    """

    def __init__(self, groups: _Groups, pairs: IntArray, floor: float, travel_weight: float) -> None:
        self._groups, self._floor, self._weight = groups, floor, travel_weight
        self._bound = MOST_EVIDENCE * travel_weight
        likeness = np.empty(len(pairs), np.float32)
        for at in range(0, len(pairs), _BLOCK):
            likeness[at : at + _BLOCK] = groups.likeness(*pairs[at : at + _BLOCK].T)
        evidence, settled = groups.evidence_of_lone(pairs)
        likeness += np.where(settled, travel_weight * evidence, self._bound).astype(np.float32)
        kept = likeness >= floor  # NaN is not
        pairs, likeness, settled = pairs[kept], likeness[kept], settled[kept]
        order = np.lexsort((pairs[:, 1], pairs[:, 0], -likeness))
        self._pairs, self._likeness, self._settled = pairs[order], likeness[order], settled[order]
        self._next = 0
        self._heap: list[tuple[float, int, int, int, int, bool]] = []
        self._neighbours = _adjacency(pairs, len(groups.version))

    def pop(self) -> tuple[float, int, int] | None:
        """Likeness and numbers of the next pair to join, or None when none is left."""
        version = self._groups.version
        while True:
            entry = self._best()
            if entry is None:
                return None
            negative, a, b, version_a, version_b, settled = entry
            if (version[a], version[b]) != (version_a, version_b):
                continue
            if settled:
                return -negative, a, b
            evidence = self._groups.evidence(a, b)
            if evidence is None:
                continue
            likeness = -negative - self._bound + self._weight * evidence
            if likeness >= self._floor:
                heapq.heappush(self._heap, (-likeness, a, b, version_a, version_b, True))

    def _best(self) -> tuple[float, int, int, int, int, bool] | None:
        if self._next < len(self._pairs):
            likeness = float(self._likeness[self._next])
            if not self._heap or -likeness < self._heap[0][0]:
                a, b = self._pairs[self._next].tolist()
                settled = bool(self._settled[self._next])
                self._next += 1
                return -likeness, a, b, 0, 0, settled
        return heapq.heappop(self._heap) if self._heap else None

    def push_around(self, a: int, b: int) -> None:
        """Let group ``a``, which has just taken in ``b``, wait with all neighbours of both."""
        around = self._groups.current(np.concatenate([self._neighbours[a], self._neighbours[b]]))
        self._neighbours[a] = around = around[around != a]
        self._neighbours[b] = around[:0]
        version = self._groups.version
        best = self._groups.likeness(around, np.full(len(around), a)) + self._bound
        for other, likeness in zip(around.tolist(), best.tolist(), strict=True):
            if likeness >= self._floor:
                first, second = min(a, other), max(a, other)
                entry = (-likeness, first, second, version[first], version[second], False)
                heapq.heappush(self._heap, entry)


def _adjacency(pairs: IntArray, n_groups: int) -> list[IntArray]:
    """Neighbours of each group."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    return np.split(np.ascontiguousarray(both[:, 1]), np.searchsorted(both[:, 0], np.arange(1, n_groups)))
