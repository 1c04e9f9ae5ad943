"""Verdicts in the store: places, what replaces what, numbers that never change."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reid_core.errors import UsageError
from reid_core.store import Project, current, edits
from reid_core.store.events import Decided, IdentityNamed, LinkedPair, LinksAccepted
from reid_core.store.failures import StoreError
from reid_core.types import ImageAnchor, Verdict
from tests.unit.reid_core.store.build import PTS, fill, made


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with made(tmp_path / "p.sightline") as project:
        yield project


def holding(project: Project) -> list[tuple[int, str, str, str]]:
    judgements, _ = project.judgements()
    return [(j.event.id, j.a, j.b, j.verdict.value) for j in judgements]


def test_decide(project: Project) -> None:
    event = project.decide("c1s1t1", "c2s1t1", Verdict.SAME, actor="Ana", note="same coat")
    assert event.payload.a == project.anchor("c1s1t1")
    assert event.payload.note == "same coat"
    assert holding(project) == [(1, "c1s1t1", "c2s1t1", "same")]


@pytest.mark.parametrize("verdict", ["same", "different", "unsure"])
def test_verdicts_as_words(project: Project, verdict: str) -> None:
    assert project.decide("c1s1t1", "c2s1t1", verdict).payload.verdict is Verdict(verdict)


def test_an_unknown_verdict(project: Project) -> None:
    with pytest.raises(UsageError, match="same, different or unsure"):
        project.decide("c1s1t1", "c2s1t1", "perhaps")
    assert project.log() == []


def test_a_later_decision_on_the_same_pair_replaces_the_earlier(project: Project) -> None:
    project.decide("c1s1t1", "c2s1t1", "same")
    second = project.decide("c2s1t1", "c1s1t1", "different")
    assert second.payload.supersedes == (1,)
    assert holding(project) == [(2, "c2s1t1", "c1s1t1", "different")]
    third = project.decide("c1s1t1", "c2s1t1", "unsure")
    assert third.payload.supersedes == (1, 2)
    assert [v for *_, v in holding(project)] == ["unsure"]
    project.undo()
    assert [v for *_, v in holding(project)] == ["different"]
    project.undo()
    assert [v for *_, v in holding(project)] == ["same"]
    project.undo()
    assert holding(project) == []


def test_withdrawing_a_replaced_decision_changes_nothing(project: Project) -> None:
    project.decide("c1s1t1", "c2s1t1", "same")
    project.decide("c1s1t1", "c2s1t1", "different")
    project.withdraw(1)
    assert [v for *_, v in holding(project)] == ["different"]
    project.withdraw(2)
    assert holding(project) == []


def test_decisions_that_meet_only_after_a_merge_do_not_replace_each_other(tmp_path: Path) -> None:
    """They were made about different pixels; silently dropping one would hide that the merge is wrong."""
    with made(tmp_path / "p.sightline", cuts=[25]) as project:
        project.decide("c1s1t1", "c2s1t1", "same")
        project.decide("c1s1t2", "c2s1t1", "different")
        edits.merge(project, ["c1s1t1", "c1s1t2"])
        assert [(a, b, v) for _, a, b, v in holding(project)] == [
            ("c1s1t1", "c2s1t1", "same"),
            ("c1s1t1", "c2s1t1", "different"),
        ]


def test_both_sides_the_same(project: Project) -> None:
    with pytest.raises(UsageError, match="same tracklet"):
        project.decide("c1s1t1", "c1s1t1", "same")
    place = project.anchor_at("c1s1t1", 30)
    with pytest.raises(UsageError, match="same tracklet"):
        project.decide("c1s1t1", place, "same")
    with pytest.raises(UsageError, match="no tracklet"):
        project.decide("c1s1t1", "c5s1t1", "same")


def test_query_pictures(project: Project) -> None:
    picture = project.add_image(b"a picture")
    project.decide(picture, "c1s1t1", "same")
    assert holding(project) == [(1, f"image:{picture.sha256}", "c1s1t1", "same")]
    assert project.decide("c1s1t1", picture, "different").payload.supersedes == (1,)
    with pytest.raises(StoreError, match="no query picture"):
        project.decide(ImageAnchor("0" * 64), "c1s1t1", "same")


def test_numbers_never_change(project: Project) -> None:
    project.decide("c1s1t1", "c2s1t1", "same")
    project.append(
        LinksAccepted(
            (
                LinkedPair(project.anchor("c1s1t2"), project.anchor("c2s1t2"), 0.9),
                LinkedPair(project.anchor("c1s1t3"), project.anchor("c2s1t3")),
            ),
            0.8,
        )
    )
    project.append(IdentityNamed(project.anchor("c1s1t1"), "Ana"))
    project.set_clock("gate", 5.0)
    project.decide("c1s1t1", "c1s1t2", "different")
    judgements, names = project.judgements()
    assert [j.number for j in judgements] == [1, 2, 3, 5]
    assert [j.probability for j in judgements] == [None, 0.9, None, None]
    assert [(n.number, n.node, n.name) for n in names] == [(4, "c1s1t1", "Ana")]
    project.withdraw(2)
    judgements, _ = project.judgements()
    assert [j.number for j in judgements] == [1, 5]


def test_accepted_links_are_one_step(project: Project) -> None:
    links = tuple(LinkedPair(project.anchor(f"c1s1t{n}"), project.anchor(f"c2s1t{n}")) for n in (1, 2, 3))
    project.append(LinksAccepted(links))
    assert len(holding(project)) == 3
    project.undo()
    assert holding(project) == []


def test_resolving_sees_what_others_did(project: Project) -> None:
    """Resolved places are remembered; edits and new tracking, also of other processes, are noticed."""
    place = project.anchor_at("c1s1t1", 30)
    assert project.resolve(place) == "c1s1t1"
    with Project.open(project.path) as other:
        event = edits.split(other, "c1s1t1", 1000 + 20 * PTS)
        assert project.resolve(place) == f"c1s1e{event.id}"
        other.undo()
        assert project.resolve(place) == "c1s1t1"
        with other.engine() as engine:
            fill(other, engine, 1, cuts=[10], tracklets_key="again")
        assert project.resolve(place) == "c1s1t2"


def test_a_decision_about_an_accepted_link_replaces_that_link_only(project: Project) -> None:
    links = tuple(LinkedPair(project.anchor(f"c1s1t{n}"), project.anchor(f"c2s1t{n}")) for n in (1, 2, 3))
    project.append(LinksAccepted(links))
    assert project.decide("c1s1t2", "c2s1t2", "different").payload.supersedes == (2,)
    assert [(a, v) for _, a, _, v in holding(project)] == [
        ("c1s1t1", "same"),
        ("c1s1t3", "same"),
        ("c1s1t2", "different"),
    ]


def test_a_decision_that_was_withdrawn_and_comes_back_stays_replaced(project: Project) -> None:
    project.decide("c1s1t1", "c2s1t1", "same")
    withdrawn = project.withdraw(1)
    project.decide("c1s1t1", "c2s1t1", "different")
    project.withdraw(withdrawn.id + 1)
    assert [v for *_, v in holding(project)] == ["different"]


def test_deciding_looks_only_at_decisions_about_the_same_sources(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = project.anchor("c1s1t1"), project.anchor("c2s1t1")
    for i in range(50):
        project.append(Decided(replace(a, source=f"{i}"), b, Verdict.SAME))
    calls = []
    real = current.resolve
    monkeypatch.setattr(current, "resolve", lambda *x: calls.append(x) or real(*x))
    project.decide("c1s1t2", "c2s1t2", "same")
    assert len(calls) == 2
    assert len(holding(project)) == 51
