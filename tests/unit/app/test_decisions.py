"""Decisions through the presenter and a real small project: stored at once, undone, redone, warned about."""

from __future__ import annotations

import pytest

from app.foresight import objection
from app.loading import load_snapshot
from app.presenters.decisions import DecisionsPresenter, redo_label, undo_label
from app.presenters.search import SearchPresenter
from app.result_list import image_node
from app.views.results import Described
from app.workspace import QueryState, Workspace
from reid_core.store.project import Project
from reid_core.types import Verdict
from tests.fakes.lanes import ImmediateLane
from tests.unit.app.test_search_presenter import FakeView, HeldLane
from tests.unit.reid_core.store.build import SPACE, made, vector


class FakeWarning:
    def __init__(self) -> None:
        self.text = self.button = ""

    def show_warning(self, text, button="Accept anyway"):
        self.text, self.button = text, button


class Desk:
    """A project with its presenters, refreshed after each write."""

    def __init__(self, project, lane=None) -> None:
        self.project, self.view, self.warning = project, FakeView(), FakeWarning()
        self.workspace = Workspace()
        self.refresh()
        self.engine_answers = []
        self.search = SearchPresenter(self.view, self.workspace, ImmediateLane(project), self)
        self.decisions = DecisionsPresenter(
            self.warning, self.workspace, self.search, lane or ImmediateLane(project), self.refresh
        )

    def describe(self, picture, box, then, failed):
        then(Described(SPACE.key, vector("c2s1t2"), b""))

    def cancel(self):
        pass

    def refresh(self) -> None:
        self.workspace.snapshot.set(load_snapshot(self.project))

    @property
    def verdicts(self) -> dict[str, Verdict]:
        return {name: held for name, held in self.view.shown.verdicts.items() if name in self.view.shown.ids}

    @property
    def undo_text(self) -> str:
        return undo_label(self.workspace.snapshot.value)


@pytest.fixture
def project(tmp_path):
    """Three cameras; the second tracklet of each person follows the first."""
    with made(tmp_path / "case.sightline", ("gate", "hall", "yard"), people=(0, 1), cuts=(25,)) as opened:
        yield opened


@pytest.fixture
def desk(project):
    made_ = Desk(project)
    made_.search.search_tracklets(["c1s1t1"])
    return made_


def test_each_decision_is_stored_at_once_and_the_next_row_is_taken(desk, project):
    first, second, third, fourth = desk.view.shown.ids[:4]
    desk.search.select(first)
    desk.decisions.accept()
    assert desk.view.current == second
    (judgement,) = project.judgements()[0]
    assert (judgement.a, judgement.b, judgement.verdict) == ("c1s1t1", first, Verdict.SAME)
    desk.decisions.reject()
    desk.decisions.confirm()
    desk.decisions.unsure()
    assert desk.view.current == fourth
    assert desk.verdicts == {first: Verdict.SAME, second: Verdict.DIFFERENT, third: Verdict.UNSURE}


def test_the_row_shows_its_state_before_it_is_on_disk(project):
    lane = HeldLane(project)
    desk = Desk(project, lane)
    desk.search.search_tracklets(["c1s1t1"])
    first = desk.view.current
    desk.decisions.reject()
    assert desk.verdicts == {first: Verdict.DIFFERENT}
    assert desk.view.current != first
    assert not project.log()
    lane.release()
    assert desk.verdicts == {first: Verdict.DIFFERENT}
    assert not desk.search.pending.value
    assert len(project.log()) == 1


def test_a_decision_that_cannot_be_stored_is_taken_back_and_explained(desk, monkeypatch):
    first = desk.view.current
    monkeypatch.setattr(Project, "decide", _full)
    desk.decisions.reject()
    assert first not in desk.verdicts
    assert desk.workspace.notice.value.text == "The disk is full."


def _full(*_, **__):
    from reid_core.store.failures import StoreError

    raise StoreError("The disk is full.")


def test_skip_and_previous_decide_nothing(desk, project):
    first, second, third = desk.view.shown.ids[:3]
    desk.decisions.skip()
    assert desk.view.current == second
    desk.decisions.skip()
    assert desk.view.current == third
    desk.decisions.previous()
    desk.decisions.previous()
    assert desk.view.current == first
    desk.search.select(third)
    desk.decisions.previous()
    assert desk.view.current == second
    assert not project.log()


def test_deciding_goes_to_what_is_undecided_and_says_when_all_is_done(desk, project):
    n = desk.view.shown.n_shown
    for _ in range(n):
        desk.decisions.reject()
    assert set(desk.verdicts.values()) == {Verdict.DIFFERENT}
    assert desk.workspace.notice.value.text == f"Nothing undecided is left among the {n} shown."


def test_with_the_filter_for_undecided_the_row_goes_and_the_next_is_in_hand(desk):
    desk.search.set_verdicts(frozenset({None}))
    first, second = desk.view.shown.ids[:2]
    desk.decisions.reject()
    assert first not in desk.view.shown.ids
    assert desk.view.current == second


def test_deciding_again_replaces_the_verdict(desk, project):
    first = desk.view.current
    desk.decisions.accept()
    desk.search.select(first)
    desk.decisions.reject()
    assert not desk.warning.text
    (judgement,) = project.judgements()[0]
    assert (judgement.b, judgement.verdict) == (first, Verdict.DIFFERENT)
    assert not desk.workspace.snapshot.value.conflicts


def test_undo_and_redo_name_the_action_and_show_the_place(desk, project):
    desk.search.select("c2s1t2")
    desk.decisions.accept()
    assert desk.undo_text == "Undo accept T-2.2 as Person 1"
    desk.search.select("c3s1t1")
    desk.decisions.reject()
    assert desk.undo_text == "Undo reject T-3.1 for Person 1"
    desk.decisions.undo()
    assert desk.view.current == "c3s1t1"
    assert desk.workspace.selected.value == ("c3s1t1", "c1s1t1")
    assert desk.workspace.active_camera.value == "yard"
    assert desk.workspace.playhead_ms.value == 0.0
    desk.decisions.undo()
    assert desk.view.current == "c2s1t2"
    assert desk.workspace.playhead_ms.value == 1000.0
    assert desk.undo_text == "Undo"
    assert desk.verdicts == {}
    assert redo_label(desk.workspace.snapshot.value) == "Redo accept T-2.2 as T-1.1"
    desk.decisions.redo()
    assert desk.verdicts == {"c2s1t2": Verdict.SAME}
    assert desk.workspace.notice.value.text == "Done again: accept T-2.2 as T-1.1"
    desk.decisions.redo()
    desk.decisions.redo()
    assert desk.workspace.notice.value.text == "There is nothing to redo."


def test_undo_works_after_a_restart_and_without_a_query(desk, project):
    desk.search.select("c2s1t2")
    desk.decisions.accept()
    with Project.open(project.path) as again:
        later = Desk(again)
        assert later.undo_text == "Undo accept T-2.2 as Person 1"
        later.decisions.undo()
        assert later.workspace.playhead_ms.value == 1000.0
        assert later.workspace.selected.value == ("c2s1t2", "c1s1t1")
        assert not later.workspace.snapshot.value.persons


def test_one_person_twice_in_one_picture_is_asked_about(desk, project):
    desk.search.select("c2s1t1")
    desk.decisions.accept()
    desk.search.select("c2s1t3")
    desk.decisions.accept()
    assert desk.warning.text == (
        "T-2.1 and T-2.3 are both in hall at 00:00:00.0. One person cannot be twice in one picture."
    )
    assert len(project.log()) == 1
    desk.decisions.cancel()
    assert not desk.warning.text
    desk.decisions.confirm()
    assert len(project.log()) == 1
    desk.decisions.accept()
    desk.decisions.confirm()
    assert project.log()[-1].payload.note.startswith("decided in spite of the warning: T-2.1 and T-2.3")
    assert len(desk.workspace.snapshot.value.conflicts) == 1


def test_the_warning_goes_when_another_row_is_taken(desk):
    desk.search.select("c2s1t1")
    desk.decisions.accept()
    desk.search.select("c2s1t3")
    desk.decisions.accept()
    desk.search.select("c3s1t1")
    assert not desk.warning.text


def test_quick_decisions_are_warned_about_before_the_first_is_stored(project):
    desk = Desk(project, HeldLane(project))
    desk.search.search_tracklets(["c1s1t1"])
    desk.search.select("c2s1t1")
    desk.decisions.accept()
    desk.search.select("c2s1t3")
    desk.decisions.accept()
    assert "both in hall" in desk.warning.text


def test_contradictions_with_other_decisions_are_asked_about(project):
    project.decide("c2s1t1", "c3s1t1", Verdict.SAME)
    project.decide("c1s1t1", "c3s1t1", Verdict.DIFFERENT)
    snapshot = load_snapshot(project)
    query = QueryState(("c1s1t1",))
    text = objection(query, "c2s1t1", Verdict.SAME, "c1s1t1", snapshot, {})
    assert text in (
        "T-1.1 and T-3.1 were decided to be different people.",
        "T-3.1 and T-1.1 were decided to be different people.",
    )
    assert objection(query, "c2s1t1", Verdict.UNSURE, "c1s1t1", snapshot, {}) == ""
    project.undo()
    project.decide("c1s1t1", "c3s1t1", Verdict.SAME)
    text = objection(query, "c2s1t1", Verdict.DIFFERENT, "c1s1t1", load_snapshot(project), {})
    assert text == "T-2.1 is Person 1 by other decisions, which this one contradicts."


def test_a_person_is_decided_about_through_the_example_that_is_most_like_the_hit(project):
    project.decide("c1s1t1", "c1s1t2", Verdict.SAME)
    desk = Desk(project)
    desk.search.search_person(1)
    hit = desk.view.current
    best = max(("c1s1t1", "c1s1t2"), key=lambda name: float(vector(name) @ vector(hit)))
    desk.decisions.accept()
    assert {project.judgements()[0][-1].a, project.judgements()[0][-1].b} == {best, hit}


def test_a_picture_is_kept_and_decided_about(project):
    desk = Desk(project)
    desk.search.search_picture(b"picture bytes", label="who.jpg")
    assert desk.view.current == "c2s1t2"
    desk.decisions.accept()
    (judgement,) = project.judgements()[0]
    assert judgement.a == image_node(b"picture bytes")
    assert project.image(judgement.places[0]) == b"picture bytes"
    assert desk.verdicts == {"c2s1t2": Verdict.SAME}
    assert desk.undo_text == "Undo accept T-2.2 as Person 1"


def test_accepted_by_way_of_others_counts_as_accepted(project):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    project.decide("c2s1t1", "c3s1t1", Verdict.SAME)
    project.decide("c3s1t1", "c3s1t3", Verdict.DIFFERENT)
    desk = Desk(project)
    desk.search.search_tracklets(["c1s1t1"])
    assert desk.verdicts == {
        "c2s1t1": Verdict.SAME,
        "c3s1t1": Verdict.SAME,
        "c3s1t3": Verdict.DIFFERENT,
    }


def test_after_close_nothing_is_heard(desk):
    desk.decisions.close()
    desk.search.select("c2s1t1")
    desk.decisions.accept()
    desk.workspace.current.set("c3s1t1")
    assert not desk.warning.text
