"""People through the presenter and a small project: renamed, split, moved, merged; each one undo step."""

from __future__ import annotations

import pytest

from app.loading import load_snapshot
from app.presenters.people import PeoplePresenter, Ways
from app.views.people import NEW, NOBODY
from app.workspace import Page, Workspace
from reid_core.errors import ReidError
from reid_core.store.events import IdentityNamed
from reid_core.types import Verdict
from tests.fakes.lanes import ImmediateLane
from tests.unit.app.test_verify_presenter import FakeFrames, FakeView
from tests.unit.reid_core.store.build import made

A, B, C, D = "c1s1t1", "c2s1t1", "c3s1t1", "c4s1t1"
E, F = "c1s1t2", "c2s1t2"


class View(FakeView):
    def show_story(self, clips, total, *, is_best):
        self.shown["story"], self.shown["total"] = clips, total

    def show_person(self, head):
        self.shown["person"] = head

    def show_cards(self, cards, order):
        self.shown["cards"], self.shown["order"] = cards, order

    def show_people(self, entries, count):
        self.shown["people"], self.shown["count"] = entries, count

    def ask_person(self, title, entries, *, with_new):
        self.shown["asked"] = title, [entry.number for entry in entries], with_new


class Desk:
    def __init__(self, project) -> None:
        self.project, self.view, self.workspace = project, View(), Workspace()
        self.searched, self.verified = [], []
        self.workspace.page.set(Page.IDENTITIES)
        self.refresh()
        lane = ImmediateLane(project)
        ways = Ways(self.searched.append, lambda title, pairs: self.verified.append((title, pairs)))
        self.people = PeoplePresenter(self.view, self.workspace, lane, lane, FakeFrames(), ways, self.refresh)

    def refresh(self) -> None:
        self.workspace.snapshot.set(load_snapshot(self.project))

    def __getitem__(self, key):
        return self.view.shown[key]

    @property
    def members(self) -> set[tuple[str, ...]]:
        snapshot = self.workspace.snapshot.value
        return {tuple(sorted(snapshot.tracklets.ids[row] for row in p.tracklets)) for p in snapshot.persons}

    def number_of(self, tracklet) -> int:
        return self.workspace.snapshot.value.person_of(tracklet).number


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A, B, C, D are Ann; E and F are another person."""
    monkeypatch.setattr("app.pairing.is_there", lambda _: True)
    with made(tmp_path / "p.sightline", ("one", "two", "three", "four"), people=(0, 1)) as project:
        for other in (B, C, D):
            project.decide(A, other, Verdict.SAME)
        project.append(IdentityNamed(project.anchor(A), "Ann"))
        project.decide(E, F, Verdict.SAME)
        yield Desk(project)


def test_the_first_person_is_looked_at_with_story_and_tracklets(desk):
    assert desk["person"].name == "Ann"
    assert desk["count"] == "2 people"
    assert desk["person"].verified == "4 of 4 by hand"
    assert len(desk["cards"]) == 4
    assert desk["order"] == "farthest from the rest first"
    values = [float(card.fit.replace("−", "-")) for card in desk["cards"]]
    assert values == sorted(values)
    assert desk["story"][0].camera == "one"
    assert desk["still"].number == 1


def test_nobody_at_all_shows_nobody(tmp_path):
    with made(tmp_path / "p.sightline", ("one",), people=(0,)) as project:
        empty = Desk(project)
        assert empty["person"] is None
        empty.people.choose(NOBODY)
        assert empty["person"].name == "Unassigned"
        assert [card.tracklet for card in empty["cards"]] == [A]


def test_a_name_is_shown_at_once_and_stored(desk):
    desk.people.rename(1, "  Anna   Berg ")
    assert desk["person"].name == "Anna Berg"
    assert desk["people"][0].name == "Anna Berg"
    desk.project.undo()
    desk.refresh()
    assert desk["person"].name == "Ann"


def test_selected_tracklets_are_split_off_and_looked_at(desk):
    desk.people.select([B, C])
    desk.people.split()
    assert desk.members == {(A, D), (B, C), (E, F)}
    assert desk["person"].number == desk.number_of(B)
    desk.project.undo()
    desk.refresh()
    assert len(desk.members) == 2


def test_a_tracklet_is_moved_with_the_keyboard(desk):
    desk.people.select([D])
    desk.people.ask_move()
    assert desk["asked"] == ("Move T-4.1 to", [2], True)
    desk.people.answer(2)
    assert desk.members == {(A, B, C), tuple(sorted((D, E, F)))}
    assert desk["person"].name == "Ann"
    desk.people.answer(2)  # nothing is asked any more
    assert len(desk.members) == 2


def test_a_drop_onto_a_person_who_is_in_the_same_picture_asks_first(desk):
    desk.people.drop([A], 2)
    assert "One person cannot be twice" in desk["warning"]
    assert desk["anyway"] == "Move anyway"
    before = desk.project.log_head()[0]
    desk.people.corrections.cancel()
    assert desk["warning"] == ""
    assert desk.project.log_head()[0] == before
    desk.people.drop([A], 2)
    desk.people.corrections.confirm()
    assert desk.members == {(B, C, D), tuple(sorted((A, E, F)))}
    assert desk.project.log()[-1].payload.decisions[-1].note.startswith("decided in spite")


def test_drops_on_new_on_nobody_and_on_the_own_person(desk):
    desk.people.drop([D], NEW)
    assert desk.members == {(A, B, C), (D,), (E, F)}
    desk.people.choose(desk.number_of(A))
    desk.people.drop([C], NOBODY)
    assert desk.members == {(A, B), (D,), (E, F)}
    before = desk.project.log_head()[0]
    desk.people.drop([B], desk.number_of(A))
    assert desk.project.log_head()[0] == before


def test_taken_out_tracklets_belong_to_nobody(desk):
    desk.people.select([C])
    desk.people.take_out()
    assert desk.members == {(A, B, D), (E, F)}
    assert desk["person"].name == "Ann"
    desk.people.choose(NOBODY)
    assert C in [card.tracklet for card in desk["cards"]]


def test_people_are_merged_under_the_first_name(desk):
    desk.people.ask_merge()
    assert desk["asked"] == ("Ann is the same as", [2], False)
    desk.people.answer(2)
    assert desk["anyway"] == "Merge anyway"
    desk.people.corrections.confirm()
    assert len(desk.members) == 1
    assert desk["person"].name == "Ann"
    assert desk["person"].problem


def test_without_a_selection_it_says_so(desk):
    desk.people.split()
    assert desk.workspace.notice.value.text == "Select tracklets of the person first."


def test_what_is_refused_becomes_a_notice(desk):
    desk.people.select([A, B, C, D])
    desk.people.split()
    assert "must stay" in desk.workspace.notice.value.text
    assert len(desk.members) == 2


def test_notes_and_tags_are_stored_and_found(desk):
    desk.people.annotate("Carries a bag", "bag, red")
    assert (desk["person"].note, desk["person"].tags) == ("Carries a bag", "bag, red")
    assert desk["person"].note_by.endswith("UTC")
    before = desk.project.log_head()[0]
    desk.people.annotate("Carries a bag", "bag,red")
    assert desk.project.log_head()[0] == before
    desk.people.find("red")
    assert [entry.name for entry in desk["people"]] == ["Ann"]


def test_a_failed_write_takes_the_name_back(desk, monkeypatch):
    def fail(*_):
        raise ReidError("The disk is full.")

    monkeypatch.setattr("app.presenters.corrections.store_name", fail)
    desk.people.rename(1, "Bea")
    assert desk["person"].name == "Ann"
    assert desk.workspace.notice.value.text == "The disk is full."


def test_search_and_verify_take_the_person_elsewhere(desk):
    desk.people.search()
    assert desk.searched == [1]
    desk.people.verify()
    ((title, pairs),) = desk.verified
    assert title == "Tracklets of Ann"
    assert {pair.right for pair in pairs} == {B, C, D}
    assert {pair.left for pair in pairs} == {A}


def test_the_story_plays_through_all_clips_and_stops_at_the_end(desk):
    desk.people.set_best(False)
    story, now = desk.people.story, 10.0
    assert len(desk["story"]) == 4
    story.toggle()
    seen = []
    while story.is_playing and now < 60:
        now += 0.04
        story.tick(now)
        seen.append(desk["story_state"].clip)
    assert sorted(set(seen)) == [0, 1, 2, 3]
    assert not desk.view.ticking
    assert 8.0 <= now - 10.0 < 10.0  # four clips of two seconds
    story.toggle()
    assert desk["story_state"].clip == 0
    story.step(1)
    assert desk["story_state"].clip == 1
    story.stop()
    desk.people.choose(2)
    assert desk["story_state"].clip == 0


def test_behind_another_page_no_footage_is_read_and_nothing_plays(desk):
    desk.people.story.toggle()
    desk.workspace.page.set(Page.INVESTIGATE)
    assert not desk.people.story.is_playing
    desk.project.decide(A, E, Verdict.DIFFERENT)
    desk.project.append(IdentityNamed(desk.project.anchor(A), "Bea"))
    desk.refresh()
    assert desk["person"].name == "Ann"
    desk.workspace.page.set(Page.IDENTITIES)
    assert desk["person"].name == "Bea"


def test_another_project_shows_nobody(desk):
    desk.workspace.snapshot.set(None)
    assert desk["person"] is None
    assert desk["cards"] == ()
