"""A plan of links: every merge that clustering would make, to be cut at any threshold and previewed at all.

Nothing here is applied. A threshold takes the merges down to a height; what they join are the proposals. A
group in which somebody would have come too late for the travel window is cut there, unless people decided
that it is one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from reid_core.linking.calibration import Calibration
from reid_core.linking.cluster import Merge, labels_after
from reid_core.linking.constraints import Constraints
from reid_core.linking.identities import Span
from reid_core.linking.reasons import explain
from reid_core.linking.travel import TravelTable
from reid_core.types import FloatArray, IntArray

DEFAULT_PROBABILITY = 0.8
"""Probability from which links are proposed where there is a calibration."""


class Scale(StrEnum):
    """What the thresholds of a plan are."""

    PROBABILITY = "probability"
    """Decided pairs calibrate the similarity."""
    SIMILARITY = "similarity"
    """Too few pairs are decided; thresholds are similarities of the model, travel times weighed in."""


@dataclass(frozen=True, slots=True)
class Link:
    """A pair that would be recorded as one person.

    Attributes:
        a: A tracklet.
        b: Another.
        similarity: Of the two, in -1..1.
        probability: That they are one person, or None without a calibration.
    """

    a: str
    b: str
    similarity: float
    probability: float | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Tracklets that are proposed to be one person.

    Attributes:
        tracklets: All of them by time, those of identities that it joins included.
        cameras: Where they are, in order of first appearance.
        probability: Of its weakest join, or None without a calibration.
        similarity: Likeness of its weakest join, travel times weighed in: it holds up to this threshold.
        reasons: Why, in words.
        links: The fewest new pairs that make it one; the most alike ones.
        identities: Identities that it joins or adds to.
    """

    tracklets: tuple[str, ...]
    cameras: tuple[str, ...]
    probability: float | None
    similarity: float
    reasons: tuple[str, ...]
    links: tuple[Link, ...]
    identities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What accepting everything above a threshold would leave.

    Attributes:
        threshold: The threshold.
        n_identities: Persons: identities, and proposals that join none yet.
        n_proposals: Proposals at or above the threshold.
        n_links: Pairs that would be recorded.
        n_unassigned: Tracklets that would belong to nobody.
    """

    threshold: float
    n_identities: int
    n_proposals: int
    n_links: int
    n_unassigned: int


@dataclass(frozen=True, slots=True)
class Groups:
    """What there was before linking: N tracklets in G groups that can be joined, and others that cannot.

    Attributes:
        spans: The N tracklets.
        vectors: ``(N, D)`` float32 unit vectors; zeros where there is none.
        members: Rows of each group.
        names: Identity of each group, or an empty string for a lone tracklet.
        n_identities_beside: Identities that take no part.
        n_unassigned_beside: Tracklets of nobody that take no part, for want of a vector.
        unsure: Pairs of tracklets that somebody was unsure about.
    """

    spans: Sequence[Span]
    vectors: FloatArray
    members: Sequence[IntArray]
    names: Sequence[str]
    n_identities_beside: int = 0
    n_unassigned_beside: int = 0
    unsure: frozenset[frozenset[str]] = frozenset()


class LinkPlan:
    """The links that could be made, at every threshold. Immutable.

    Attributes:
        scale: What thresholds are.
        calibration: From similarity to probability, or None.
        strangers: How alike two different people are here.
        default_threshold: Where proposals begin unless asked otherwise.
        n_tracklets: Tracklets of the project.
        n_undescribed: Of these, without a vector of the model: they are not linked.
        n_left_out: Identities that contradict themselves: they are not linked before that is solved.
        n_decided: Decided pairs that can calibrate; `Calibration` says how many are needed.
    """

    def __init__(
        self,
        groups: Groups,
        merges: Sequence[Merge],
        constraints: Constraints,
        table: TravelTable,
        *,
        strangers: float,
        default_similarity: float,
        calibration: Calibration | None = None,
        n_undescribed: int = 0,
        n_left_out: int = 0,
        n_decided: int = 0,
    ) -> None:
        """Put a plan together; `pipeline.link.plan_links` does it for a project."""
        self.calibration = calibration
        self.scale = Scale.SIMILARITY if calibration is None else Scale.PROBABILITY
        self.strangers = strangers
        self.default_threshold = default_similarity if calibration is None else DEFAULT_PROBABILITY
        self.n_tracklets, self.n_undescribed = len(groups.spans), n_undescribed
        self.n_left_out, self.n_decided = n_left_out, n_decided
        self._groups, self._merges = groups, tuple(merges)
        self._constraints, self._table = constraints, table
        self._heights = np.array([merge.height for merge in merges], np.float64)
        self._origin = np.full(len(groups.spans), -1, np.int64)
        for number, rows in enumerate(groups.members):
            self._origin[rows] = number

    @cached_property
    def thresholds(self) -> tuple[float, ...]:
        """Falling: where the proposals change."""
        return tuple(self._on_scale(height) for height in np.unique(self._heights)[::-1].tolist())

    def preview(self, threshold: float | None = None) -> Preview:
        """What accepting all at or above a threshold would leave; quick enough for every slider move."""
        chosen = self.default_threshold if threshold is None else threshold
        identities, proposals, links, unassigned = self._tallies[self._n_merges(chosen)].tolist()
        return Preview(chosen, identities, proposals, links, unassigned)

    @property
    def before(self) -> Preview:
        """What there is now, with nothing accepted."""
        identities, _, _, unassigned = self._tallies[0].tolist()
        return Preview(math.inf, identities, 0, 0, unassigned)

    def proposals(self, threshold: float | None = None) -> tuple[Proposal, ...]:
        """The proposals at or above a threshold (by default the plan's own), the surest first."""
        chosen = self.default_threshold if threshold is None else threshold
        merges = self._merges[: self._n_merges(chosen)]
        labels = labels_after(len(self._groups.members), merges)
        lowest = {int(labels[merge.a]): merge.height for merge in merges}  # the last, so the least, of each
        together: dict[int, list[int]] = {}
        for number, label in enumerate(labels.tolist()):
            if label in lowest:
                together.setdefault(label, []).append(number)
        found = [
            self._propose(rows, lowest[label])
            for label, numbers in together.items()
            for rows in self._pieces(np.concatenate([self._groups.members[number] for number in numbers]))
            if len(np.unique(self._origin[rows])) > 1
        ]
        return tuple(sorted(found, key=lambda p: (-p.similarity, self._row_of(p.tracklets[0]))))

    def _n_merges(self, threshold: float) -> int:
        height = threshold if self.calibration is None else self.calibration.similarity(threshold)
        return int(np.searchsorted(-self._heights, -height + 1e-9, side="right"))

    def _on_scale(self, height: float) -> float:
        return height if self.calibration is None else self.calibration.probability(height)

    def _row_of(self, tracklet_id: str) -> int:
        return self._rows[tracklet_id]

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {span.id: row for row, span in enumerate(self._groups.spans)}

    def _pieces(self, rows: IntArray) -> list[IntArray]:
        """A group by time, cut where somebody would have come too late."""
        order, cuts = self._constraints.late_cuts(rows, self._origin)
        return np.split(order, cuts)

    @cached_property
    def _tallies(self) -> IntArray:
        """``(K + 1, 4)`` identities, proposals, links, unassigned tracklets after each number of merges."""
        groups = self._groups
        members = list(groups.members)
        alone = [self._tally([rows]) for rows in members]
        now = np.array([groups.n_identities_beside, 0, 0, groups.n_unassigned_beside], np.int64)
        for counts in alone:
            now += counts
        tallies = [now]
        for merge in self._merges:
            members[merge.a] = np.concatenate([members[merge.a], members[merge.b]])
            joined = self._tally(self._pieces(members[merge.a]))
            now = now - alone[merge.a] - alone[merge.b] + joined
            alone[merge.a] = joined
            tallies.append(now)
        return np.array(tallies, np.int64)

    def _tally(self, pieces: Sequence[IntArray]) -> IntArray:
        """Identities, proposals, links and unassigned tracklets in the pieces of a group."""
        counts = np.zeros(4, np.int64)
        for rows in pieces:
            inside = np.unique(self._origin[rows])
            if len(inside) > 1:
                counts += (1, 1, len(inside) - 1, 0)
            elif self._groups.names[inside[0]]:
                counts[0] += 1
            else:
                counts[3] += 1
        return counts

    def _propose(self, rows: IntArray, height: float) -> Proposal:
        """The proposal that some sightings, by time, are one person."""
        spans = [self._groups.spans[row] for row in rows.tolist()]
        links = tuple(self._link(a, b) for a, b in self._spanning_pairs(rows))
        names = tuple(
            dict.fromkeys(filter(None, (self._groups.names[n] for n in self._origin[rows].tolist())))
        )
        return Proposal(
            tracklets=tuple(span.id for span in spans),
            cameras=tuple(dict.fromkeys(span.camera for span in spans)),
            probability=None if self.calibration is None else self.calibration.probability(height),
            similarity=height,
            reasons=explain(
                spans,
                [link.similarity for link in links],
                self.strangers,
                self._table,
                names,
                [
                    pair
                    for pair in ((link.a, link.b) for link in links)
                    if frozenset(pair) in self._groups.unsure
                ],
                None if self.calibration is None else self.calibration.n_pairs,
            ),
            links=links,
            identities=names,
        )

    def _link(self, a: int, b: int) -> Link:
        similarity = float(self._groups.vectors[a] @ self._groups.vectors[b])
        probability = None if self.calibration is None else self.calibration.probability(similarity)
        return Link(self._groups.spans[a].id, self._groups.spans[b].id, similarity, probability)

    def _spanning_pairs(self, rows: IntArray) -> Iterator[tuple[int, int]]:
        """The most alike pairs that join the groups of some sightings: a maximum spanning tree (Prim, 1957).

        Pairs within reach of each other come first, so that what is recorded is a crossing that could be
        seen.
        """
        rows = rows[self._groups.vectors[rows].any(axis=1)]
        origin = self._origin[rows]
        vectors = self._groups.vectors[rows]
        inside = origin == origin[0]
        best = np.full(len(rows), -np.inf)
        best_from = np.zeros(len(rows), np.int64)
        fresh = np.flatnonzero(inside)
        while True:
            for place in fresh.tolist():
                worth = vectors @ vectors[place]
                worth -= 4.0 * ~self._constraints.in_time(rows, rows[place])
                nearer = worth > best
                best[nearer], best_from[nearer] = worth[nearer], place
            if inside.all():
                return
            place = int(np.argmax(np.where(inside, -np.inf, best)))
            yield int(rows[best_from[place]]), int(rows[place])
            fresh = np.flatnonzero(origin == origin[place])
            inside[fresh] = True
