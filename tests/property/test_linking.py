"""Whatever the footage, table and decisions: no proposal breaks a constraint, and the preview is right."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.linking.constraints import constrain
from reid_core.linking.identities import Span, fold
from reid_core.linking.plan import LinkPlan
from reid_core.linking.travel import MisfitKind, TravelTable, TravelWindow
from tests.unit.reid_core.linking.sites import (
    DIFFERENT,
    SAME,
    UNSURE,
    decisions_of,
    planned,
    vectors_of,
)

CAMERAS = ("gate", "hall", "yard", "roof")
seconds = st.integers(0, 60)


@st.composite
def tables(draw: st.DrawFn) -> TravelTable:
    windows = []
    for a, b in combinations(CAMERAS, 2):
        kind = draw(st.sampled_from(["unknown", "unknown", "window", "window", "overlapping", "apart"]))
        if kind == "unknown":
            continue
        times = sorted(draw(st.tuples(seconds, seconds, seconds)))
        chosen = [t * 1000.0 if kind != "apart" and draw(st.booleans()) else None for t in times]
        windows.append(TravelWindow(a, b, *chosen, overlapping=kind == "overlapping"))
    return TravelTable(windows)


@dataclass(frozen=True)
class Case:
    """A site; it is planned by the test, not while it is drawn."""

    spans: list[Span]
    who: list[int]
    noise: float
    seed: int
    verdicts: list
    table: TravelTable
    undescribed: list[str]

    def link(self) -> LinkPlan:
        vectors = vectors_of(self.who, noise=self.noise, seed=self.seed)
        return planned(self.spans, vectors, self.verdicts, self.table, undescribed=self.undescribed)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    n = draw(st.integers(2, 14))
    spans = []
    for row in range(n):
        start = draw(st.integers(0, 120))
        camera = draw(st.sampled_from(CAMERAS))
        spans.append(Span(f"t{row:02}", camera, start * 1000.0, (start + draw(st.integers(0, 20))) * 1000.0))
    names = [one.id for one in spans]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from([*names, "image:1"])).filter(
        lambda p: p[0] != p[1]
    )
    verdicts = draw(
        st.lists(
            st.tuples(pairs, st.sampled_from([SAME, SAME, DIFFERENT, DIFFERENT, UNSURE])),
            max_size=6,
            unique_by=lambda v: frozenset(v[0]),
        )
    )
    verdicts = [(a, b, verdict) for (a, b), verdict in verdicts]
    return Case(
        spans,
        who=[draw(st.integers(0, 2)) for _ in range(n)],
        noise=draw(st.sampled_from([0.05, 0.3, 0.6])),
        seed=draw(st.integers(0, 1000)),
        verdicts=verdicts,
        table=draw(tables()),
        undescribed=draw(st.lists(st.sampled_from(names), max_size=2)),
    )


def thresholds_of(plan: LinkPlan) -> list[float]:
    """Above all, the default, below all, and some of those between."""
    return [1.5, plan.default_threshold, *plan.thresholds[:: max(len(plan.thresholds) // 3, 1)], -1.0]


@given(cases())
@settings(max_examples=60)
def test_no_proposal_joins_what_cannot_be_one_person(case):
    spans = {one.id: one for one in case.spans}
    known = fold(case.spans, decisions_of(case.verdicts))
    person = {name: identity.id for identity in known.identities for name in identity.tracklets}
    plan = case.link()
    for threshold in thresholds_of(plan):
        seen: set[str] = set()
        for proposal in plan.proposals(threshold):
            assert seen.isdisjoint(proposal.tracklets)
            seen.update(proposal.tracklets)
            for a, b in combinations(proposal.tracklets, 2):
                if person.get(a, a) != person.get(b, b):  # what people decided is theirs
                    misfit = case.table.misfit(spans[a], spans[b])
                    assert misfit is None or misfit.kind is MisfitKind.TOO_SLOW
            for identity in known.identities:
                inside = set(identity.tracklets) & set(proposal.tracklets)
                assert not inside or inside == set(identity.tracklets)


@given(cases())
@settings(max_examples=60)
def test_nobody_comes_too_late_unless_people_decided_so(case):
    spans = {one.id: one for one in case.spans}
    known = fold(case.spans, decisions_of(case.verdicts))
    plan = case.link()
    for threshold in thresholds_of(plan):
        for proposal in plan.proposals(threshold):
            for place, name in enumerate(proposal.tracklets[1:], start=1):
                before = [spans[other] for other in proposal.tracklets[:place]]
                last = max(before, key=lambda one: one.end_ms)
                misfit = case.table.misfit(last, spans[name])
                if misfit is None or misfit.kind is not MisfitKind.TOO_SLOW:
                    continue
                earlier, later = set(proposal.tracklets[:place]), set(proposal.tracklets[place:])
                tied = [spans[other] for other in earlier if spans[other].end_ms == last.end_ms]
                assert any(
                    earlier & set(identity.tracklets) and later & set(identity.tracklets)
                    for identity in known.identities
                ) or any(case.table.misfit(one, spans[name]) != misfit for one in tied)


@given(cases())
@settings(max_examples=60)
def test_accepting_proposals_contradicts_nothing(case):
    known = fold(case.spans, decisions_of(case.verdicts))
    before = {(c.kind, c.a, c.b) for c in known.conflicts}
    plan = case.link()
    for threshold in thresholds_of(plan):
        proposals = plan.proposals(threshold)
        links = [(link.a, link.b, SAME) for proposal in proposals for link in proposal.links]
        after = fold(case.spans, decisions_of([*case.verdicts, *links]))
        assert {(c.kind, c.a, c.b) for c in after.conflicts} <= before
        for proposal in proposals:
            identity = after.of(proposal.tracklets[0])
            assert set(identity.tracklets) == set(proposal.tracklets)


@given(cases())
@settings(max_examples=60)
def test_the_preview_counts_what_accepting_would_leave(case):
    plan = case.link()
    for threshold in thresholds_of(plan):
        proposals = plan.proposals(threshold)
        links = [(link.a, link.b, SAME) for proposal in proposals for link in proposal.links]
        after = fold(case.spans, decisions_of([*case.verdicts, *links]))
        assigned = {name for identity in after.identities for name in identity.tracklets}
        preview = plan.preview(threshold)
        assert preview.n_proposals == len(proposals)
        assert preview.n_links == len(links)
        assert preview.n_identities == len(after.identities)
        assert preview.n_unassigned == len(case.spans) - len(assigned)


@given(cases())
@settings(max_examples=60)
def test_constraints_in_columns_say_what_the_table_says(case):
    constraints = constrain(case.spans, case.table)
    rows = np.arange(len(case.spans))
    possible = constraints.possible(rows[:, None], rows[None, :])
    in_time = constraints.in_time(rows[:, None], rows[None, :])
    for a, b in combinations(range(len(case.spans)), 2):
        misfit = case.table.misfit(case.spans[a], case.spans[b])
        assert possible[a, b] == possible[b, a] == (misfit is None or not misfit.impossible)
        if possible[a, b]:
            assert in_time[a, b] == (misfit is None)
