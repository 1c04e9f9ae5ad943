"""Split, take out, move, merge in a real project: one event each, and one undo brings all back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reid_core.errors import UsageError
from reid_core.pipeline.identities import identities
from reid_core.pipeline.regroup import NEW_NAME, merge, move, split, take_out
from reid_core.store.events import IdentityNamed
from reid_core.store.project import Project
from reid_core.types import Verdict
from tests.unit.reid_core.store.build import made

A, B, C, D = "c1s1t1", "c2s1t1", "c3s1t1", "c4s1t1"
E, F = "c1s1t2", "c2s1t2"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A, B, C, D are one person around A, called Ann; E and F are another."""
    with made(tmp_path / "case.sightline", ("one", "two", "three", "four"), people=(0, 1)) as opened:
        for other in (B, C, D):
            opened.decide(A, other, Verdict.SAME)
        opened.append(IdentityNamed(opened.anchor(A), "Ann"))
        opened.decide(E, F, Verdict.SAME)
        yield opened


def people(project: Project) -> set[tuple[str, ...]]:
    return {tuple(sorted(identity.tracklets)) for identity in identities(project).identities}


def name_of(project: Project, tracklet_id: str) -> str:
    identity = identities(project).of(tracklet_id)
    return "" if identity is None else identity.name


def test_a_split_takes_the_middle_and_the_rest_stays_together(project: Project) -> None:
    before, n_events = people(project), project.log_head()[0]
    split(project, [A, B])
    assert people(project) == {(A, B), (C, D), (E, F)}
    assert name_of(project, C) == "Ann"
    assert name_of(project, A) == ""
    assert project.log_head()[0] == n_events + 1
    assert identities(project).conflicts == ()
    project.undo()
    assert people(project) == before
    assert name_of(project, A) == "Ann"
    project.redo()
    assert people(project) == {(A, B), (C, D), (E, F)}


def test_one_tracklet_that_is_split_off_has_a_name(project: Project) -> None:
    split(project, [D])
    assert people(project) == {(A, B, C), (D,), (E, F)}
    assert name_of(project, D) == NEW_NAME
    assert name_of(project, A) == "Ann"


def test_tracklets_of_nobody_become_somebody(project: Project) -> None:
    split(project, ["c3s1t2", "c4s1t2"])
    assert ("c3s1t2", "c4s1t2") in people(project)


def test_what_is_taken_out_belongs_to_nobody_and_differs(project: Project) -> None:
    take_out(project, [A, B])
    assert people(project) == {(C, D), (E, F)}
    assert name_of(project, C) == "Ann"
    different = identities(project).different
    assert {(d.a, d.b) for d in different} == {(C, A), (C, B)}
    project.undo()
    assert people(project) == {(A, B, C, D), (E, F)}


def test_a_moved_tracklet_changes_sides(project: Project) -> None:
    move(project, [A], E)
    assert people(project) == {(B, C, D), tuple(sorted((A, E, F)))}
    assert name_of(project, B) == "Ann"
    assert name_of(project, A) == ""
    assert len(identities(project).different) == 1


def test_moving_ends_an_earlier_rejection_in_between(project: Project) -> None:
    project.decide(E, B, Verdict.DIFFERENT)
    move(project, [B], E)
    found = identities(project)
    assert B in found.of(E).tracklets
    assert [(c.kind, c.a, c.b) for c in found.conflicts if c.decision is not None] == []
    project.undo()
    assert any({d.a, d.b} == {E, B} for d in identities(project).different)


def test_the_target_keeps_its_name(project: Project) -> None:
    project.append(IdentityNamed(project.anchor(E), "Bob"))
    move(project, [A], E)
    assert name_of(project, A) == name_of(project, F) == "Bob"
    assert name_of(project, B) == "Ann"


def test_merged_people_are_called_as_the_first(project: Project) -> None:
    project.append(IdentityNamed(project.anchor(E), "Bob"))
    merge(project, A, [E])
    assert len(people(project)) == 1
    assert name_of(project, F) == "Ann"
    project.undo()
    assert name_of(project, F) == "Bob"


def test_a_query_picture_goes_with_what_it_is_joined_with(project: Project) -> None:
    picture = project.add_image(b"a picture")
    project.decide(picture, D, Verdict.SAME)
    split(project, [D])
    assert identities(project).of(D).others == (f"image:{picture.sha256}",)
    assert identities(project).of(A).others == ()


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda p: split(p, [A, B, C, D]), "must stay"),
        (lambda p: split(p, [A, E]), "several people"),
        (lambda p: split(p, []), "No tracklet"),
        (lambda p: take_out(p, ["c3s1t2"]), "belong to nobody"),
        (lambda p: move(p, [A], B), "already"),
        (lambda p: merge(p, A, [B]), "already"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(project: Project, act, sentence: str) -> None:
    n_events = project.log_head()[0]
    with pytest.raises(UsageError, match=sentence):
        act(project)
    assert project.log_head()[0] == n_events


def test_accepted_links_can_be_split_too(project: Project) -> None:
    from reid_core.store.events import LinkedPair, LinksAccepted

    links = (LinkedPair(project.anchor(A), project.anchor(E), 0.9),)
    project.append(LinksAccepted(links))
    assert len(people(project)) == 1
    split(project, [E, F])
    assert people(project) == {(A, B, C, D), (E, F)}
