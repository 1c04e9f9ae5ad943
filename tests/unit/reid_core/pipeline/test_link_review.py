"""Contradictions: the chain of decisions that makes them, and the ways out."""

from __future__ import annotations

import pytest

from reid_core.errors import UsageError
from reid_core.linking.identities import ConflictKind
from reid_core.pipeline.identities import identities
from reid_core.pipeline.link import accept_links, plan_links
from reid_core.pipeline.link_review import Way, contradictions, keep, take_way_out
from reid_core.types import Verdict
from tests.unit.reid_core.pipeline.link_site import site


@pytest.fixture
def project(tmp_path):
    with site(tmp_path / "case.sightline") as opened:
        yield opened


def test_without_a_contradiction_there_is_none(project):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    assert contradictions(project) == ()


def test_a_chain_against_a_different(project):
    first = project.decide("c1s1t1", "c2s1t1", Verdict.SAME, actor="ana")
    wrong = project.decide("c2s1t1", "c3s1t2", Verdict.SAME, actor="bo")
    against = project.decide("c1s1t1", "c3s1t2", Verdict.DIFFERENT)
    (found,) = contradictions(project)
    assert found.conflict.kind is ConflictKind.DIFFERENT
    assert found.identity == "P1"
    assert "decided to be different people" in found.sentence
    assert [(step.event, step.actor, step.n_beside) for step in found.steps] == [
        (first.id, "ana", 0),
        (wrong.id, "bo", 0),
    ]
    assert found.weakest == 1
    assert found.steps[1].similarity < found.steps[0].similarity
    assert found.against.event == against.id
    assert [(way.way, way.event) for way in found.ways] == [
        (Way.WITHDRAW, wrong.id),
        (Way.WITHDRAW, first.id),
        (Way.WITHDRAW, against.id),
    ]
    assert found.ways[0].text == f"Withdraw decision {wrong.id}"


def test_both_can_be_kept_with_a_reason_which_is_undone_like_anything_else(project):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    project.decide("c2s1t1", "c3s1t2", Verdict.SAME)
    project.decide("c1s1t1", "c3s1t2", Verdict.DIFFERENT)
    (found,) = contradictions(project)
    assert (found.bearer, found.reason) == (found.against, "")
    with pytest.raises(UsageError, match="Say why"):
        keep(project, found, "  ")
    keep(project, found, " a mirror ", actor="ana")
    (kept,) = contradictions(project)
    assert (kept.reason, kept.against.actor, kept.sentence) == ("a mirror", "ana", found.sentence)
    project.decide("c1s1t3", "c2s1t3", Verdict.SAME)
    project.decide("c2s1t3", "c3s1t3", Verdict.SAME)
    project.decide("c1s1t3", "c3s1t3", Verdict.DIFFERENT)
    assert [one.reason for one in contradictions(project)] == ["", "a mirror"]
    for _ in range(4):
        project.undo()
    assert [one.reason for one in contradictions(project)] == [""]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_every_way_out_solves_it_and_can_be_undone(project, which):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    project.decide("c2s1t1", "c3s1t2", Verdict.SAME)
    project.decide("c1s1t1", "c3s1t2", Verdict.DIFFERENT)
    (found,) = contradictions(project)
    take_way_out(project, found.ways[which], actor="ana")
    assert contradictions(project) == ()
    project.undo()
    assert len(contradictions(project)) == 1


def test_one_link_of_a_batch_is_taken_back_alone(project):
    batch = accept_links(project, plan_links(project).proposals())
    n_links = len(batch.payload.links)
    link = batch.payload.links[0]
    a, b = project.resolve(link.a), project.resolve(link.b)
    project.decide(a, b, Verdict.DIFFERENT)
    assert contradictions(project) == ()  # a new verdict about the same pair replaces the old one
    project.undo()
    identity = identities(project).of(a)
    ends = identity.tracklets[0], identity.tracklets[-1]
    other = next(i for i in identities(project).identities if i.id != identity.id)
    wrong = project.decide(ends[0], other.tracklets[0], Verdict.SAME)
    overlaps = contradictions(project)
    assert {found.conflict.kind for found in overlaps} == {ConflictKind.OVERLAP}
    assert all("One person cannot be in one camera twice" in found.sentence for found in overlaps)
    assert all(found.ways[0].event == wrong.id for found in overlaps)
    part = next(way for found in overlaps for way in found.ways if way.way is Way.PART)
    assert part.event == batch.id
    assert f"of {n_links} in decision {batch.id}" in part.text
    take_way_out(project, part)
    assert all(way != part for found in contradictions(project) for way in found.ways)
    assert (
        len(project.judgements()[0]) == n_links + 1
    )  # the others of the batch, the pair as unsure, the wrong one


def test_a_way_out_that_is_gone_is_refused(project):
    project.decide("c1s1t1", "c1s1t2", Verdict.SAME)
    (found,) = contradictions(project)
    take_way_out(project, found.ways[0])
    with pytest.raises(UsageError):
        take_way_out(project, found.ways[0])
