"""Pairs through the presenter and a small project: verdicts, undo to the pair, scrubbing, linked looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from app.loading import load_snapshot
from app.pairing import nearest_examples, sight_of, smoothed
from app.presenters.verify import VerifyPresenter
from app.result_list import image_node
from app.views.clock import Shown
from app.views.verify import LEFT, NOTHING, RIGHT, Pair
from app.workspace import QueryState, ResultRow, Workspace
from reid_core.errors import ReidError
from reid_core.linking.travel import TravelTable, TravelWindow
from reid_core.types import Verdict
from tests.fakes.lanes import ImmediateLane
from tests.unit.reid_core.store.build import made

A, B, C = "c1s1t1", "c2s1t1", "c3s1t1"
OTHER = "c2s1t2"


@dataclass
class FakeView:
    shown: dict[str, Any] = field(default_factory=dict)
    ticking: bool = False

    def show_look(self, side, look, *, is_linked):
        self.shown["look", side], self.shown["linked"] = look, is_linked

    def show_warning(self, text, button="Accept anyway"):
        self.shown["warning"], self.shown["anyway"] = text, button

    def show_message(self, title, text):
        self.shown["message"] = title

    def set_ticking(self, is_on):
        self.ticking = is_on

    def __getattr__(self, name):
        if not name.startswith("show_"):
            raise AttributeError(name)
        key = name.removeprefix("show_")

        def keep(*values):
            self.shown[(key, values[0]) if len(values) > 1 else key] = values[-1]

        return keep


class FakeFrames:
    """Gives each picture as its source and rank, or fails."""

    def __init__(self) -> None:
        self.problem = ""
        self.held: list[Any] | None = None
        self.asked: list[tuple[int, int]] = []

    def show_rank(self, pane, source, rank, then, failed):
        self.asked.append((pane, rank))
        if self.problem:
            failed(ReidError(self.problem))
        elif self.held is not None:
            self.held.append(lambda: then(Shown(rank, rank * 40.0, 50, (source.camera, rank))))
        else:
            then(Shown(rank, rank * 40.0, 50, (source.camera, rank)))


class Desk:
    def __init__(self, project) -> None:
        self.project, self.view, self.frames, self.workspace = project, FakeView(), FakeFrames(), Workspace()
        self.refresh()
        lane = ImmediateLane(project)
        self.verify = VerifyPresenter(self.view, self.workspace, lane, lane, self.frames, self.refresh)

    def refresh(self) -> None:
        self.workspace.snapshot.set(load_snapshot(self.project))

    def __getitem__(self, key):
        return self.view.shown[key]

    @property
    def verdicts(self) -> list[Verdict | None]:
        return [row.verdict for row in self["rows"]]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr("app.pairing.is_there", lambda _: True)
    with made(tmp_path / "case.sightline", ("gate", "hall", "yard"), people=(0, 1)) as opened:
        yield opened


@pytest.fixture
def desk(project):
    return Desk(project)


@pytest.fixture
def opened(desk):
    desk.verify.open_pairs("Proposals", [Pair(A, B, 0.9, 0.8), Pair(A, C, 0.7), Pair(A, OTHER, 0.4)])
    return desk


def test_without_pairs_it_says_where_to_get_some(desk):
    assert desk["message"] == NOTHING
    assert desk["head"].count == ""


def test_both_pictures_appear_together_at_the_best_crops(opened):
    left, right = opened["still", LEFT], opened["still", RIGHT]
    assert (left.picture[0], right.picture[0]) == ("gate", "hall")
    assert left.frame[2] == pytest.approx(80)
    assert opened["side", LEFT].role == "Query"
    assert opened["side", RIGHT].label == "T-2.1"
    assert opened["head"].count == "Pair 1 of 3"
    assert opened["message"] == ""


def test_one_picture_waits_for_the_other(desk):
    desk.frames.held = []
    desk.verify.open_pairs("", [Pair(A, B)])
    assert not desk.verify.is_settled
    desk.frames.held.pop(0)()
    assert ("still", LEFT) not in desk.view.shown
    desk.frames.held.pop(0)()
    assert desk["still", LEFT] is not None
    assert desk["still", RIGHT] is not None
    assert desk.verify.is_settled


def test_each_verdict_is_stored_and_the_next_pair_is_taken(opened, project):
    opened.verify.same()
    assert opened["current"] == 1
    opened.verify.different()
    opened.verify.confirm()
    opened.verify.unsure()
    assert opened.verdicts == [Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSURE]
    head = opened["head"]
    assert (head.n_same, head.n_different, head.n_unsure, head.done) == (1, 1, 1, 1.0)
    assert opened["message"] == "All 3 are decided"
    assert [j.verdict for j in project.judgements()[0]] == opened.verdicts


def test_undo_goes_back_to_that_pair(opened, project):
    opened.verify.same()
    opened.verify.unsure()
    assert opened["current"] == 2
    project.undo()
    opened.refresh()
    opened.verify.revisit((C, A))
    assert opened["current"] == 1
    assert opened.verdicts == [Verdict.SAME, None, None]
    assert opened["side", RIGHT].label == "T-3.1"


def test_skip_decides_nothing_and_previous_goes_back(opened, project):
    opened.verify.skip()
    opened.verify.skip()
    assert opened["current"] == 2
    opened.verify.previous()
    assert opened["current"] == 1
    opened.verify.previous()
    assert opened["current"] == 0
    assert project.log_head()[0] == 0


def test_what_is_impossible_is_asked_about_first(opened, project):
    opened.verify.same()
    opened.verify.select(2)
    opened.verify.same()  # B and OTHER are in one picture at the same time
    assert "One person cannot be twice" in opened["warning"]
    assert len(project.judgements()[0]) == 1
    assert any(fact.state == "warn" for fact in opened["facts"])
    opened.verify.cancel()
    assert opened["warning"] == ""
    opened.verify.same()
    opened.verify.confirm()
    (_, second) = project.judgements()[0]
    assert second.event.payload.note.startswith("decided in spite of the warning")


def test_a_verdict_that_cannot_be_stored_is_taken_back(opened, monkeypatch):
    def fail(*_, **__):
        raise ReidError("The disk is full.")

    monkeypatch.setattr(type(opened.project), "decide", fail)
    opened.verify.same()
    assert opened.verdicts[0] is None
    assert opened.workspace.notice.value.text == "The disk is full."


def test_scrubbing_stays_within_the_tracklet(opened):
    opened.verify.scrub(LEFT, 10)
    assert opened["still", LEFT].picture == ("gate", 10)
    assert opened["scrub", LEFT].place == 10
    opened.verify.scrub_by(1)
    opened.verify.scrub_by(500)
    assert opened["still", LEFT].picture == ("gate", 49)
    assert opened["scrub", LEFT].text == "2.0 / 2.0 s"


def test_playing_shows_the_moments_as_they_come_and_begins_anew(opened):
    opened.verify.scrub(LEFT, 0)
    opened.verify.scrub(RIGHT, 0)
    opened.verify.play()
    assert opened.view.ticking
    opened.verify.tick(100.0)
    opened.verify.tick(100.4)
    assert opened["scrub", LEFT].place == opened["scrub", RIGHT].place == 10
    opened.verify.tick(103.0)
    assert opened["scrub", LEFT].place == 0
    opened.verify.play()
    assert not opened.view.ticking


def test_without_footage_the_stored_crop_is_shown_and_the_reason(opened, monkeypatch):
    from app.views.verify import Still

    crop = Still(b"png", 40, 80, (0, 0, 40, 80), (20, 40, 80))
    monkeypatch.setattr("app.presenters.scrubbing.crop_still", lambda *_: crop)
    opened.frames.problem = "gate1.mp4 is gone. If it moved, add it again."
    opened.verify.scrub(LEFT, 3)
    assert opened["still", LEFT] is crop
    assert opened["side", LEFT].problem == "gate1.mp4 is gone: stored crops instead"


def test_views_are_linked_until_they_are_not(opened):
    looks = opened.verify.looks
    looks.zoom(2.0, LEFT)
    looks.set_brightness(30)
    assert opened["look", LEFT] == opened["look", RIGHT]
    assert opened["look", LEFT].zoom == 2.0
    looks.toggle_linked()
    looks.activate(LEFT)
    looks.set_contrast(-40)
    assert (opened["look", LEFT].contrast, opened["look", RIGHT].contrast) == (-40, 0)
    looks.set_linked(True)
    assert opened["look", RIGHT].contrast == -40
    looks.shift(0.5, 0.1)
    opened.verify.skip()
    assert opened["look", RIGHT].dx == 0
    assert opened["look", RIGHT].brightness == 30
    looks.zoom(100)
    assert opened["look", LEFT].zoom == 6.0
    looks.toggle_whole()
    assert opened["look", LEFT].is_whole
    looks.reset()
    assert opened["look", LEFT] == type(opened["look", LEFT])()


def rows(*names) -> list[ResultRow]:
    return [ResultRow(name, "hall", 0.0, 1000.0, 0.9 - n / 10) for n, name in enumerate(names)]


def test_results_are_verified_best_first_with_their_nearest_example(desk, project):
    worst_first = list(reversed(rows(B, C)))
    desk.verify.open_results(QueryState((A,)), worst_first)
    assert [row.right for row in desk["rows"]] == [B, C]
    assert desk["head"].title == "Results for T-1.1"
    project.decide(A, B, Verdict.SAME)
    desk.refresh()
    assert desk.verdicts == [Verdict.SAME, None]
    assert desk["head"].title == "Results for Person 1"
    assert desk["head"].number == 1


def test_no_result_says_so(desk):
    desk.verify.open_results(QueryState((A,)), [])
    assert desk.workspace.notice.value.text == "There is no result to verify."


def test_a_query_picture_is_compared_and_decided_about(desk, project):
    query = QueryState(image=b"a picture", label="person.jpg")
    desk.verify.open_results(query, rows(B), b"the crop")
    assert desk["still", LEFT].picture == b"the crop"
    assert desk["side", LEFT].camera == "person.jpg"
    desk.verify.same()
    (judgement,) = project.judgements()[0]
    assert judgement.a == image_node(b"a picture")


def test_another_project_forgets_the_pairs(opened):
    opened.workspace.snapshot.set(None)
    assert opened["message"] == NOTHING
    assert len(opened["rows"]) == 0


def test_a_pair_outside_the_travel_times_says_so(opened):
    from dataclasses import replace

    snapshot = opened.workspace.snapshot.value
    travel = TravelTable([TravelWindow("gate", "hall", min_ms=60_000)])
    opened.workspace.snapshot.set(replace(snapshot, travel=travel))
    (time,) = [fact for fact in opened["facts"] if fact.name == "Time"]
    assert time.state == "warn"


def test_the_nearest_example_is_chosen_for_each_hit(project):
    space = project.spaces()[0]
    ids, matrix = project.descriptors(space.key)
    vectors = dict(zip(ids, np.asarray(matrix, np.float32), strict=True))
    examples = (A, OTHER)
    found = nearest_examples(project, QueryState(examples), [B, C, "c9s1t1"])
    wanted = [max(examples, key=lambda e, hit=hit: float(vectors[e] @ vectors[hit])) for hit in (B, C)]
    assert found == (*wanted, A)


def test_a_sight_knows_its_boxes_crops_and_times(project):
    sight = sight_of(project, B)
    assert len(sight.t_ms) == len(sight.frames) == 50
    assert sight.start in sight.crop_places
    assert sight.common_ms[-1] == pytest.approx(49 * 40)


def test_the_view_follows_the_mean_not_each_box():
    t_ms = np.arange(100) * 40.0
    boxes = np.tile(np.array([[0, 0, 10, 20]], np.float32), (100, 1))
    boxes[50] = (0, 0, 10, 60)
    heights = smoothed(boxes, t_ms)[:, 2]
    assert heights[0] == pytest.approx(20)
    assert 20 < heights[50] < 25
