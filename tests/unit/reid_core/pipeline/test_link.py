"""From a project to proposals, and back into its log in one step."""

from __future__ import annotations

import pytest

from reid_core.errors import CancelledError, UsageError
from reid_core.linking.plan import Scale
from reid_core.linking.travel import TravelTable, TravelWindow
from reid_core.pipeline.identities import identities
from reid_core.pipeline.link import accept_links, plan_links
from reid_core.pipeline.link_travel import learn_travel, set_travel, travel_table
from reid_core.pipeline.search import SearchOptions, search, tracklet_query
from reid_core.progress import CancelToken
from reid_core.store.project import Project
from reid_core.types import Verdict
from tests.unit.reid_core.pipeline.link_site import SPACE, site


@pytest.fixture
def project(tmp_path):
    with site(tmp_path / "case.sightline") as opened:
        yield opened


def groups(plan, threshold=None) -> list[list[str]]:
    return sorted(sorted(proposal.tracklets) for proposal in plan.proposals(threshold))


EVERYBODY = [[f"c{camera}s1t{who}" for camera in (1, 2, 3)] for who in (1, 2, 3)]


def test_everybody_is_proposed_and_nothing_is_applied(project):
    head = project.log_head()
    plan = plan_links(project)
    assert groups(plan) == EVERYBODY
    assert plan.preview().n_identities == 3
    assert project.log_head() == head
    assert identities(project).identities == ()


def test_accepting_is_one_step_that_can_be_undone(project):
    plan = plan_links(project, SPACE.key)
    event = accept_links(
        project, plan.proposals(), threshold=plan.default_threshold, model="fake", actor="ana"
    )
    assert (event.kind, event.actor) == ("links_accepted", "ana")
    assert (event.payload.threshold, event.payload.note) == (plan.default_threshold, "linked with fake")
    assert len(event.payload.links) == plan.preview().n_links == 6
    assert sorted(sorted(i.tracklets) for i in identities(project).identities) == EVERYBODY
    assert plan_links(project).proposals() == ()
    project.undo()
    assert identities(project).identities == ()
    assert groups(plan_links(project)) == EVERYBODY
    project.redo()
    assert len(identities(project).identities) == 3


def test_some_proposals_can_be_accepted_alone(project):
    proposal = plan_links(project).proposals()[1]
    accept_links(project, [proposal])
    (identity,) = identities(project).identities
    assert sorted(identity.tracklets) == sorted(proposal.tracklets)


def test_links_that_newer_decisions_contradict_are_refused_whole(project):
    plan = plan_links(project)
    project.decide("c1s1t1", "c3s1t1", Verdict.DIFFERENT)
    head = project.log_head()
    with pytest.raises(UsageError, match="Link again"):
        accept_links(project, plan.proposals())
    assert project.log_head() == head
    again = plan_links(project)
    assert not any({"c1s1t1", "c3s1t1"} <= set(group) for group in groups(again, again.strangers))
    with pytest.raises(UsageError, match="no link"):
        accept_links(project, [])


def test_verdicts_of_pictures_hold_for_the_tracklets_behind_them(project):
    picture = project.add_image(b"a picture")
    project.decide("c1s1t1", picture, Verdict.SAME)
    project.decide("c2s1t1", picture, Verdict.DIFFERENT)
    for group in groups(plan_links(project), 0.0):
        assert not {"c1s1t1", "c2s1t1"} <= set(group)


def test_batches_do_not_calibrate_but_decisions_by_hand_do(tmp_path):
    with site(tmp_path / "many.sightline", 12, noise=0.4) as project:
        accept_links(project, plan_links(project).proposals())
        plan = plan_links(project)
        assert (plan.scale, plan.n_decided) == (Scale.SIMILARITY, 0)
        project.undo()
        for who in range(1, 13):
            project.decide(f"c1s1t{who}", f"c2s1t{who}", Verdict.SAME)
            project.decide(f"c1s1t{who}", f"c2s1t{who % 12 + 1}", Verdict.DIFFERENT)
            project.decide(f"c2s1t{who}", f"c3s1t{who % 12 + 1}", Verdict.DIFFERENT)
        plan = plan_links(project)
        assert (plan.scale, plan.n_decided) == (Scale.PROBABILITY, 36)
        proposals = plan.proposals()
        assert len(proposals) == 12
        event = accept_links(project, proposals, threshold=0.8)
        assert all(0.8 <= link.probability <= 1 for link in event.payload.links)


def test_a_job_that_is_stopped_stops(project):
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        plan_links(project, cancel=token)


def test_a_project_without_vectors_says_what_to_do(tmp_path):
    with Project.create(tmp_path / "empty.sightline") as project, pytest.raises(UsageError, match="ingest"):
        plan_links(project)
    with site(tmp_path / "case.sightline") as project, pytest.raises(UsageError, match="embed"):
        plan_links(project, "no such key")


def test_the_table_of_travel_times_survives_and_can_be_undone(tmp_path):
    table = TravelTable([TravelWindow("gate", "hall", 5_000.0, 20_000.0, 90_000.0)])
    with site(tmp_path / "case.sightline") as project:
        assert travel_table(project) == TravelTable()
        event = set_travel(project, table, actor="ana")
        assert (event.kind, event.actor) == ("topology_set", "ana")
    with Project.open(tmp_path / "case.sightline") as project:
        assert travel_table(project) == table
        set_travel(project, TravelTable())
        assert travel_table(project) == TravelTable()
        project.undo()
        assert travel_table(project) == table
        project.undo()
        assert travel_table(project) == TravelTable()
        with pytest.raises(UsageError, match="cellar"):
            set_travel(project, table.with_window(TravelWindow("gate", "cellar")))
        with pytest.raises(UsageError, match="rise"):
            set_travel(project, table.with_window(TravelWindow("gate", "hall", 9.0, 5.0)))


def test_travel_times_decide_what_can_be_linked(project):
    set_travel(project, TravelTable([TravelWindow("gate", "hall", 30_000.0)]))
    for group in groups(plan_links(project), 0.0):
        assert not {"c1", "c2"} <= {name[:2] for name in group}  # they took 18 s from the gate to the hall
    set_travel(project, TravelTable([TravelWindow("gate", "hall", max_ms=10_000.0)]))
    assert [p for p in plan_links(project).proposals(0.0) if {"gate", "hall"} <= set(p.cameras)] == []


def test_accepted_links_teach_travel_times(project):
    accept_links(project, plan_links(project).proposals())
    table = learn_travel(project)
    assert travel_table(project) == TravelTable()  # nothing is applied
    learnt = table.between("gate", "hall")
    assert learnt.n_learnt == 3
    assert learnt.min_ms < 18_040 == learnt.typical_ms < learnt.max_ms
    set_travel(project, table)
    assert travel_table(project) == table
    assert table.between("gate", "yard") is None


def test_hits_outside_the_travel_window_say_why_and_can_be_left_out(project):
    set_travel(project, TravelTable([TravelWindow("gate", "hall", 30_000.0, 40_000.0, 90_000.0)]))
    query = tracklet_query(project, SPACE.key, ["c1s1t1"])
    every = search(project, SPACE.key, query, SearchOptions())
    reasons = {hit.span.tracklet: hit.reason for hit in every.hits}
    assert set(reasons.values()) == {"gate to hall in 0:18, minimum 0:30", ""}
    assert {name for name, reason in reasons.items() if reason} == {"c2s1t1", "c2s1t2", "c2s1t3"}
    reachable = search(project, SPACE.key, query, SearchOptions(reachable=True))
    assert {hit.span.camera for hit in reachable.hits} == {"yard"}
    assert reachable.n_unreachable == 3
    impossible = search(project, SPACE.key, query, SearchOptions(impossible=True))
    assert {h.reason for h in impossible.hits if h.span.camera == "gate"} == {
        "both are in gate at the same time"
    }
