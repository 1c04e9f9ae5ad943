"""Queries, history, stop, filters and order, with a view that only remembers."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from app.loading import load_snapshot
from app.presenters.search import SearchPresenter
from app.result_list import Order
from app.views.results import Described, SeveralPeople
from app.workspace import Results, Workspace
from reid_core.errors import ReidError
from reid_core.types import Verdict
from tests.fakes.lanes import ImmediateLane
from tests.unit.reid_core.store.build import SPACE, made, vector


class FakeView:
    """Keeps the last of everything."""

    def __init__(self) -> None:
        self.head = self.query = self.shown = self.filters = self.message = self.people = None
        self.count, self.current, self.order = "", "", None

    def show_head(self, head):
        self.head = head

    def show_query(self, query):
        self.query = query

    def show_list(self, shown):
        self.shown = shown

    def show_filters(self, filters, cameras, count):
        self.filters, self.cameras, self.count = filters, cameras, count

    def show_order(self, order, is_grouped):
        self.order = order, is_grouped

    def show_message(self, message):
        self.message = message

    def show_people(self, people):
        self.people = people

    def show_current(self, tracklet_id):
        self.current = tracklet_id


class FakeEngine:
    """Answers when told."""

    def __init__(self) -> None:
        self.asked, self.was_cancelled = [], False

    def describe(self, picture, box, then, failed):
        self.asked.append((picture, box, then, failed))

    def cancel(self):
        self.was_cancelled = True


class HeldLane(ImmediateLane):
    """Holds its answers back."""

    def __init__(self, project) -> None:
        super().__init__(project)
        self.held = []

    def ask(self, work, then, failed=None, *, topic=""):
        self.held = [entry for entry in self.held if not topic or entry[1] != topic]
        self.held.append(((work, then, failed), topic))

    def release(self) -> None:
        held, self.held = self.held, []
        for (work, then, failed), _ in held:
            super().ask(work, then, failed)


@pytest.fixture
def project(tmp_path):
    with made(tmp_path / "case.sightline") as opened:
        yield opened


@pytest.fixture
def workspace(project):
    made_ = Workspace()
    made_.snapshot.set(load_snapshot(project))
    return made_


@pytest.fixture
def view():
    return FakeView()


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def search(view, workspace, project, engine):
    return SearchPresenter(view, workspace, ImmediateLane(project), engine)


def test_nothing_is_asked_at_first(search, view):
    assert view.message.text == "Click a person in a picture"
    assert view.query is None
    assert not view.head.can_go_back


def test_a_click_searches_and_takes_the_best_hit_in_hand(search, view, workspace):
    search.search_tracklets(["c1s1t1"])
    assert workspace.query.value.tracklets == workspace.selected.value == ("c1s1t1",)
    assert set(view.shown.ids) == {"c2s1t1", "c2s1t2", "c2s1t3"}
    assert view.current == view.shown.ids[0]
    assert view.count == "3 of 3"
    assert view.head.text.startswith("3 tracklets, 0.")
    assert view.head.n_impossible == 2
    assert view.query.where == "gate · T-1.1 · 00:00:00.0 · 2.0 s"
    assert view.message is None


def test_ctrl_click_adds_an_example_and_takes_it_away_again(search, workspace):
    search.search_tracklets(["c1s1t1"])
    search.search_tracklets(["c2s1t1"], add=True)
    assert workspace.query.value.tracklets == ("c1s1t1", "c2s1t1")
    search.search_tracklets(["c1s1t1"], add=True)
    assert workspace.query.value.tracklets == ("c2s1t1",)
    search.search_tracklets(["c2s1t1"], add=True)
    assert workspace.query.value is None


def test_a_dropped_crop_searches_anew_and_can_come_back(search, view, workspace):
    search.search_tracklets(["c1s1t1"])
    before = [row.similarity for row in workspace.results.value.rows]
    search.drop_crop("c1s1t1", 0)
    assert view.query.examples[0].dropped == {0}
    assert [row.similarity for row in workspace.results.value.rows] != before
    search.drop_crop("c1s1t1", 0)
    assert workspace.query.value.dropped == frozenset()
    search.drop_crop("c9s1t1", 0)
    assert workspace.query.value.dropped == frozenset()


def test_past_searches_are_gone_through(search, view, workspace):
    for name in ("c1s1t1", "c1s1t2", "c1s1t3"):
        search.search_tracklets([name])
    search.back()
    search.back()
    assert workspace.query.value.tracklets == ("c1s1t1",)
    assert (view.head.can_go_back, view.head.can_go_forward) == (False, True)
    search.forward()
    assert workspace.query.value.tracklets == ("c1s1t2",)
    search.search_tracklets(["c2s1t1"])
    assert not view.head.can_go_forward
    search.clear()
    assert view.head.can_go_back
    search.back()
    assert workspace.query.value.tracklets == ("c2s1t1",)


def test_filters_narrow_and_say_so(search, view, workspace):
    search.search_tracklets(["c1s1t1"])
    search.set_with_impossible(True)
    assert view.shown.n_shown == 5
    search.set_cameras(frozenset({"gate"}))
    assert (view.shown.ids, view.count) == (tuple(sorted(view.shown.ids)), "2 of 5") or view.count == "2 of 5"
    search.set_min_similarity(0.99)
    assert view.message.text == "No tracklet above 0.99. 5 are hidden by filters."
    assert view.message.action == "clear_filters"
    workspace.range_ms.set((60_000.0, 120_000.0))
    assert "in 00:01:00 – 00:02:00" in view.message.text
    search.clear_filters()
    assert (view.count, view.message, workspace.range_ms.value) == ("5 of 5", None, None)
    search.set_range_around(10_000.0)
    assert view.filters.range_ms == (-5000.0, 5000.0)
    search.clear_range()
    assert view.filters.range_ms is None


def test_decided_hits_are_filtered_by_their_verdict(search, view, workspace, project):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    project.decide("c1s1t1", "c2s1t2", Verdict.DIFFERENT)
    workspace.snapshot.set(load_snapshot(project))
    search.search_tracklets(["c1s1t1"])
    assert view.current == "c2s1t3"
    for wanted, expected in (
        ({Verdict.SAME}, {"c2s1t1"}),
        ({Verdict.DIFFERENT}, {"c2s1t2"}),
        ({None}, {"c2s1t3"}),
        ({None, Verdict.SAME}, {"c2s1t1", "c2s1t3"}),
    ):
        search.set_verdicts(frozenset(wanted))
        assert set(view.shown.ids) == expected


def test_order_and_groups(search, view):
    search.search_tracklets(["c1s1t1"])
    search.set_with_impossible(True)
    assert [group.camera for group in view.shown.groups] in (["gate", "hall"], ["hall", "gate"])
    search.set_grouped(False)
    rows = view.shown.groups[0].rows
    assert [row.similarity for row in rows] == sorted((row.similarity for row in rows), reverse=True)
    search.set_order(Order.TIME)
    assert [row.start_ms for row in view.shown.groups[0].rows] == [0.0] * 5
    assert view.order == (Order.TIME, False)


def test_only_the_latest_search_is_shown_and_stop_keeps_what_was_there(view, workspace, project, engine):
    lane = HeldLane(project)
    search = SearchPresenter(view, workspace, lane, engine)
    search.search_tracklets(["c1s1t1"])
    assert view.head.is_searching
    search.search_tracklets(["c1s1t2"])
    assert len(lane.held) == 1
    lane.release()
    assert workspace.results.value.query.tracklets == ("c1s1t2",)
    assert not view.head.is_searching
    found = workspace.results.value.rows
    search.drop_crop("c1s1t2", 0)
    search.stop()
    lane.release()
    assert workspace.results.value.rows == found
    assert not view.head.is_searching
    assert engine.was_cancelled


def test_a_picture_is_described_once_and_searched(search, view, engine, workspace):
    search.search_picture(b"jpeg", label="who.jpg")
    assert view.query.crop == b""
    picture, box, then, _ = engine.asked[0]
    assert (picture, box) == (b"jpeg", None)
    then(Described(SPACE.key, np.asarray(vector("c2s1t2")), b"crop"))
    assert view.shown.ids[0] == "c2s1t2"
    assert (view.query.crop, view.query.where) == (b"crop", "who.jpg")
    search.search_tracklets(["c1s1t1"], add=True)
    assert len(engine.asked) == 1
    assert workspace.query.value.image == b"jpeg"
    assert workspace.query.value.tracklets == ("c1s1t1",)


def test_of_several_people_the_user_chooses(search, view, engine, workspace):
    search.search_picture(b"jpeg")
    people = SeveralPeople("Choose one.", [(0, 0, 10, 20), (30, 0, 40, 20)], b"", 50, 20)
    engine.asked[0][3](people)
    assert view.people is people
    search.choose_person((30, 0, 40, 20))
    assert view.people is None
    assert engine.asked[1][1] == (30, 0, 40, 20)
    engine.asked[1][2](Described(SPACE.key, vector("c2s1t1"), b"crop"))
    assert view.shown.ids[0] == "c2s1t1"


def test_a_picture_that_cannot_be_read_says_why(search, view, engine):
    search.search_picture(b"rubbish")
    engine.asked[0][3](ReidError("The picture is no picture."))
    assert (view.message.text, view.message.is_problem) == ("The picture is no picture.", True)


def test_a_late_answer_about_a_picture_is_nobodys(search, engine, workspace):
    search.search_picture(b"jpeg")
    search.search_tracklets(["c1s1t1"])
    engine.asked[0][2](Described(SPACE.key, vector("c2s1t1"), b"crop"))
    assert workspace.results.value.query.image is None


def test_a_file_is_read_in_the_lane(search, engine, tmp_path, project):
    file = tmp_path / "who.jpg"
    file.write_bytes(b"bytes")
    search.search_file(file)
    assert engine.asked[0][0] == b"bytes"


def test_a_person_is_searched_by_all_tracklets(search, workspace, project):
    project.decide("c1s1t1", "c2s1t2", Verdict.SAME)
    workspace.snapshot.set(load_snapshot(project))
    search.search_person(1)
    assert workspace.query.value.tracklets == ("c1s1t1", "c2s1t2")
    search.search_person(9)
    assert workspace.query.value.tracklets == ("c1s1t1", "c2s1t2")


def test_going_there_moves_every_pane_and_comes_back(search, workspace):
    search.search_tracklets(["c1s1t1"])
    workspace.playhead_ms.set(777.0)
    workspace.is_playing.set(True)
    search.go_to()
    assert (workspace.playhead_ms.value, workspace.is_playing.value) == (0.0, False)
    assert workspace.active_camera.value == "hall"
    assert workspace.selected.value == (workspace.current.value,)
    search.go_back()
    assert workspace.playhead_ms.value == 777.0
    search.go_back()
    assert workspace.playhead_ms.value == 777.0


def test_rows_are_stepped_through(search, view):
    search.search_tracklets(["c1s1t1"])
    first, second, third = view.shown.ids
    search.step(1)
    assert view.current == second
    search.step(1)
    search.step(1)
    assert view.current == third
    search.step(-1)
    search.step(-1)
    assert view.current == first


def test_new_tracklets_since_the_search_are_told(search, view, workspace):
    search.search_tracklets(["c1s1t1"])
    results = workspace.results.value
    workspace.results.set(replace(results, n_tracklets=4))
    workspace.snapshot.set(replace(workspace.snapshot.value))
    assert view.head.text.endswith("2 new since")
    assert view.head.can_search_again
    search.again()
    assert not view.head.can_search_again


def test_another_clock_is_another_search(search, view, workspace, project):
    search.search_tracklets(["c1s1t1"])
    search.select("c2s1t3")
    project.set_clock("gate", 60_000.0)
    workspace.snapshot.set(load_snapshot(project))
    assert {row.start_ms for row in workspace.results.value.rows} == {0.0, 60_000.0}
    assert view.current == "c2s1t3"


def without(snapshot, *names):
    tracklets = snapshot.tracklets
    kept = np.array([name not in names for name in tracklets.ids])
    changes = {"ids": tuple(name for name in tracklets.ids if name not in names)}
    for field in fields(tracklets):
        value = getattr(tracklets, field.name)
        if isinstance(value, np.ndarray) and len(value) == len(kept):
            changes[field.name] = value[kept]
    return replace(snapshot, tracklets=replace(tracklets, **changes), log_head=snapshot.log_head + 1)


def test_a_hit_that_left_the_project_means_another_search(view, workspace, project, engine):
    lane = HeldLane(project)
    search = SearchPresenter(view, workspace, lane, engine)
    search.search_tracklets(["c1s1t1"])
    lane.release()
    assert "c2s1t2" in view.shown.ids
    workspace.snapshot.set(replace(workspace.snapshot.value, log_head=workspace.snapshot.value.log_head + 1))
    assert lane.held == []
    workspace.snapshot.set(without(workspace.snapshot.value, "c2s1t2"))
    assert [topic for _, topic in lane.held] == ["search"]
    assert workspace.query.value.tracklets == ("c1s1t1",)


def test_an_example_that_left_the_project_leaves_the_query(search, view, workspace):
    search.search_tracklets(["c1s1t1"])
    search.search_tracklets(["c2s1t1"], add=True)
    workspace.snapshot.set(without(workspace.snapshot.value, "c1s1t1"))
    assert workspace.query.value.tracklets == ("c2s1t1",)
    workspace.snapshot.set(without(workspace.snapshot.value, "c2s1t1"))
    assert workspace.query.value is None
    assert view.shown.ids == ()


def test_closing_the_project_forgets_everything(search, view, workspace):
    search.search_tracklets(["c1s1t1"])
    workspace.snapshot.set(None)
    assert (workspace.query.value, workspace.results.value, view.query) == (None, None, None)
    assert not view.head.can_go_back


def test_after_close_nothing_is_heard(search, view, workspace):
    search.close()
    workspace.current.set("c2s1t1")
    assert view.current == ""


def test_a_result_without_hits_says_that_there_is_nobody_else(search, view, workspace):
    search.search_tracklets(["c1s1t1"])
    workspace.results.set(Results(workspace.query.value))
    search.set_grouped(True)
    assert view.message.text == "There is no other tracklet to compare with."
