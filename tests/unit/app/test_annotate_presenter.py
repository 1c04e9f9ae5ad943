"""The annotate mode through its presenter and a real small project, with views that only note."""

from __future__ import annotations

import pytest

from app.actions import ACTIONS, ANNOTATE, conflicts
from app.loading import load_snapshot
from app.playback.composer import Composer
from app.playback.decoder import Look, Seen
from app.presenters.annotate import NEED_ONE, NEED_TWO, AnnotatePresenter
from app.presenters.decisions import DecisionsPresenter, place_of_action
from app.presenters.search import SearchPresenter
from app.views.annotate import AnnotateState
from app.workspace import Workspace
from reid_core.pipeline import annotate
from reid_core.pipeline.targets import TargetKind
from reid_core.store.project import Project
from tests.fakes.decoders import shot as picture
from tests.fakes.lanes import ImmediateLane
from tests.unit.app.test_search_presenter import FakeView
from tests.unit.reid_core.store.build import box, made


class FakeBar:
    def __init__(self) -> None:
        self.state = AnnotateState()
        self.n_asked = 0

    def show_annotate(self, state):
        self.state = state

    def ask_kind(self):
        self.n_asked += 1


class FakePanes:
    """Every camera's pane shows the frame of the playhead."""

    def __init__(self, bench) -> None:
        self._bench = bench
        self.is_editing = self.is_drawing = False
        self.in_hand = self.refusal = ""
        self.n_settled = 0
        self.hidden: set[str] = set()

    def set_editing(self, is_on):
        self.is_editing = is_on

    def set_in_hand(self, tracklet):
        self.in_hand = tracklet

    def set_drawing(self, is_on):
        self.is_drawing = is_on

    def settle(self):
        self.n_settled += 1

    def show_refusal(self, text):
        self.refusal = text

    def shown_frame(self, camera):
        if camera in self.hidden:
            return None
        return self._bench.source(camera), self._bench.frame_idx


class FakeStage:
    """What of `Stage` the mode uses, with a real composer."""

    def __init__(self, workspace, lane) -> None:
        self.composer = Composer(workspace, lane, lambda: None)
        self.n_touched = 0

    def touch(self):
        self.n_touched += 1


class LateLane(ImmediateLane):
    """Works when it is told to."""

    def __init__(self, project) -> None:
        super().__init__(project)
        self.waiting = []

    def ask(self, work, then, failed=None, *, topic=""):
        self.waiting.append((work, then, failed))

    def work(self):
        waiting, self.waiting = self.waiting, []
        for request in waiting:
            super().ask(*request)


class Bench:
    def __init__(self, project: Project, lane=None) -> None:
        self.project, self.workspace = project, Workspace()
        self.bar, self.panes = FakeBar(), FakePanes(self)
        reading = ImmediateLane(project)
        self.stage = FakeStage(self.workspace, reading)
        self.refresh()
        self.workspace.active_camera.set("gate")
        self.at(10)
        self.presenter = AnnotatePresenter(
            self.bar, self.panes, self.workspace, self.stage, lane or reading, reading, self.refresh
        )
        self.presenter.set_on(True)

    def refresh(self) -> None:
        self.workspace.snapshot.set(load_snapshot(self.project))

    @property
    def frame_idx(self) -> int:
        return round(self.workspace.playhead_ms.value / 40)

    def at(self, frame_idx: int) -> None:
        self.workspace.playhead_ms.set(frame_idx * 40.0)

    def source(self, camera: str = "gate") -> int:
        return self.project.sources(camera)[0].id

    def choose(self, *tracklets: str) -> None:
        for n, tracklet in enumerate(tracklets):
            self.presenter.choose(tracklet, n > 0)

    def do(self, verb: str) -> None:
        self.presenter.do(f"annotate.{verb}")

    def frames(self, tracklet: str) -> tuple[int, int]:
        found = self.project.tracklet(tracklet)
        return found.start_idx, found.end_idx

    @property
    def undo_text(self) -> str:
        return self.workspace.snapshot.value.undo_text

    def boxes(self, camera: str = "gate") -> dict[str, tuple[float, ...]]:
        """What a pane would show now."""
        snapshot, composer = self.workspace.snapshot.value, self.stage.composer
        shot = picture(self.source(camera), self.frame_idx, self.frame_idx * 40.0)
        now_ms = self.workspace.playhead_ms.value
        composer.refresh()
        for _ in range(2):  # asks for boxes, then has them
            composer.gather(snapshot, (camera,), now_ms, 0.0)
        scene = composer.scene(snapshot, camera, Look(shot, Seen.EXACT, True, "", True), shot, now_ms)
        return {shape.mark.tracklet: tuple(round(v, 1) for v in shape.xyxy) for shape in scene.boxes}


@pytest.fixture
def project(tmp_path):
    """Two cameras of 50 frames, three people in each."""
    with made(tmp_path / "p.sightline") as opened:
        yield opened


@pytest.fixture
def bench(project):
    return Bench(project)


# --- the mode


def test_the_mode_stops_the_clock_and_lets_go_when_it_is_left(bench):
    bench.workspace.is_playing.set(True)
    bench.presenter.set_on(False)
    bench.presenter.set_on(True)
    assert not bench.workspace.is_playing.value
    assert bench.panes.is_editing
    bench.choose("c1s1t1")
    assert bench.panes.in_hand == "c1s1t1"
    bench.workspace.is_playing.set(True)
    assert bench.panes.in_hand == ""
    bench.workspace.is_playing.set(False)
    bench.presenter.set_on(False)
    assert (bench.panes.in_hand, bench.panes.is_editing, bench.bar.state.is_on) == ("", False, False)


def test_another_project_ends_the_mode(bench):
    bench.workspace.snapshot.set(None)
    assert not bench.presenter.is_on


def test_escape_lets_go_of_the_box_first(bench):
    bench.choose("c1s1t1")
    assert bench.presenter.escape()
    assert bench.workspace.selected.value == ()
    assert not bench.presenter.escape()


def test_its_letters_clash_among_themselves_nowhere():
    assert conflicts(tuple(action for action in ACTIONS if action.page == ANNOTATE or not action.page)) == []


# --- corrections


@pytest.mark.parametrize(
    ("verb", "chosen", "undo", "spans"),
    [
        ("split", ["c1s1t1"], "split T-1.1", {"c1s1t1": (0, 9), "c1s1e1": (10, 49)}),
        ("trim", ["c1s1t1"], "delete boxes of T-1.1", {"c1s1t1": (10, 49)}),
        ("end", ["c1s1t1"], "delete boxes of T-1.1", {"c1s1t1": (0, 10)}),
        ("merge", ["c1s1t1", "c1s1t2"], "merge 2 tracklets", {"c1s1t1": (0, 49)}),
        ("swap", ["c1s1t1", "c1s1t2"], "swap T-1.1 and T-1.2", {"c1s1t1": (0, 49), "c1s1t2": (0, 49)}),
        ("delete_box", ["c1s1t1"], "delete boxes of T-1.1", {"c1s1t1": (0, 49)}),
    ],
)
def test_a_correction_is_one_step_at_the_frame_that_is_shown(bench, verb, chosen, undo, spans):
    bench.choose(*chosen)
    bench.do(verb)
    assert len(bench.project.log()) == 1
    assert bench.undo_text == undo
    assert {name: bench.frames(name) for name in spans} == spans
    assert not bench.panes.refusal


def test_after_a_split_the_part_that_is_shown_is_in_hand(bench):
    bench.choose("c1s1t1")
    bench.do("split")
    assert bench.workspace.selected.value == ("c1s1e1",)
    assert bench.panes.in_hand == "c1s1e1"


def test_a_deleted_tracklet_is_gone_and_nothing_is_in_hand(bench):
    bench.choose("c1s1t1")
    bench.do("delete_tracklet")
    assert "c1s1t1" not in bench.workspace.snapshot.value.tracklets.row_of
    assert bench.workspace.selected.value == ()


@pytest.mark.parametrize(("verb", "why"), [("split", NEED_ONE), ("merge", NEED_TWO), ("swap", NEED_TWO)])
def test_what_is_missing_is_said(bench, verb, why):
    assert bench.bar.state.blocked[f"annotate.{verb}"] == why
    if why == NEED_TWO:
        bench.choose("c1s1t1")
    bench.do(verb)
    assert bench.panes.refusal == f"{why}."
    assert bench.bar.state.problem == f"{why}."
    assert bench.project.log() == []


def test_a_refusal_speaks_of_tracklets_as_the_screen_does_and_goes_with_the_next_step(bench):
    bench.choose("c1s1t1")
    bench.at(0)
    bench.do("split")
    assert bench.panes.refusal.startswith("T-1.1 cannot be split at frame 0")
    bench.at(10)
    bench.do("split")
    assert bench.panes.refusal == ""


def test_a_tracklet_that_no_pane_shows_is_not_cut_blindly(bench):
    bench.choose("c2s1t1")
    bench.panes.hidden.add("hall")
    bench.do("split")
    assert "no pane shows" in bench.panes.refusal
    assert bench.project.log() == []


# --- boxes


def test_a_moved_box_is_seen_at_once_until_the_snapshot_knows_it(project):
    lane = LateLane(project)
    bench = Bench(project, lane)
    before = bench.boxes()
    bench.choose("c1s1t1")
    bench.presenter.change_box("c1s1t1", bench.source(), 10, (100, 5, 150, 95))
    assert bench.boxes() == {**before, "c1s1t1": (100, 5, 150, 95)}
    assert project.log() == []
    lane.work()
    assert bench.boxes() == {**before, "c1s1t1": (100, 5, 150, 95)}
    assert bench.undo_text == "place a box of T-1.1"
    bench.at(11)
    assert bench.boxes()["c1s1t1"] == box(0, 11)


def test_a_refused_box_jumps_back(project):
    lane = LateLane(project)
    bench = Bench(project, lane)
    before = bench.boxes()
    bench.presenter.change_box("c1s1t1", bench.source(), 10, (9000, 5, 9050, 95))
    assert bench.boxes() != before
    lane.work()
    assert bench.boxes() == before
    assert "does not lie in the picture" in bench.panes.refusal


def test_a_deleted_box_is_gone_at_once(project):
    lane = LateLane(project)
    bench = Bench(project, lane)
    bench.choose("c1s1t1")
    bench.do("delete_box")
    assert "c1s1t1" not in bench.boxes()
    lane.work()
    assert "c1s1t1" not in bench.boxes()
    bench.at(11)
    assert "c1s1t1" in bench.boxes()


def test_a_drawn_box_is_a_new_tracklet_in_hand(project):
    lane = LateLane(project)
    bench = Bench(project, lane)
    bench.presenter.draw_box("gate", bench.source(), 10, (300, 5, 350, 95))
    assert bench.boxes()[""] == (300, 5, 350, 95)
    lane.work()
    assert bench.boxes()["c1s1e1"] == (300, 5, 350, 95)
    assert "" not in bench.boxes()
    assert bench.workspace.selected.value == ("c1s1e1",)
    assert bench.undo_text == "draw a tracklet in gate"


def test_a_box_is_drawn_into_the_tracklet_in_hand_where_it_lacks_one(bench):
    bench.choose("c1s1t1")
    bench.do("end")
    bench.at(20)
    assert bench.bar.state.fact == "T-1.1. R draws a missing box of it"
    bench.presenter.draw_box("gate", bench.source(), 20, box(0, 20))
    assert bench.frames("c1s1t1") == (0, 20)
    assert bench.undo_text == "place 10 boxes of T-1.1"
    assert "9 frames between" in bench.workspace.notice.value.text


def test_where_the_tracklet_in_hand_has_a_box_a_drawn_one_is_somebody_new(bench):
    bench.choose("c1s1t1")
    bench.presenter.draw_box("gate", bench.source(), 10, (300, 5, 350, 95))
    assert bench.frames("c1s1e1") == (10, 10)


def test_far_from_the_tracklet_in_hand_a_drawn_box_is_somebody_new(bench):
    bench.workspace.active_camera.set("hall")
    bench.choose("c1s1t1")
    assert bench.bar.state.fact == "T-1.1. R draws a new tracklet"


# --- undo shows the place


def test_undo_and_redo_show_where_boxes_were_edited(bench):
    view = FakeView()
    search = SearchPresenter(view, bench.workspace, ImmediateLane(bench.project), None)

    class Silent:
        def show_warning(self, text, button=""):
            pass

    decisions = DecisionsPresenter(
        Silent(), bench.workspace, search, ImmediateLane(bench.project), bench.refresh
    )
    bench.at(33)
    bench.presenter.draw_box("gate", bench.source(), 33, (300, 5, 350, 95))
    bench.at(0)
    bench.workspace.active_camera.set("hall")
    decisions.undo()
    assert (bench.frame_idx, bench.workspace.active_camera.value) == (33, "gate")
    assert bench.workspace.notice.value.text == "Undone: draw a tracklet in gate"
    bench.at(0)
    decisions.redo()
    assert bench.frame_idx == 33
    assert bench.workspace.notice.value.text == "Done again: draw a tracklet in gate"


def test_a_place_of_footage_that_is_gone_from_the_project_is_nowhere(bench):
    bench.choose("c1s1t1")
    bench.do("split")
    event = bench.project.undo()
    shown = place_of_action(bench.project, event)
    assert (shown.tracklets, shown.at_ms, shown.camera) == (("c1s1t1",), 400.0, "gate")


# --- places to look at


def test_next_and_previous_go_through_the_places_of_a_kind(bench):
    bench.presenter.choose_kind(TargetKind.END)
    bench.at(0)
    seen = []
    for _ in range(6):
        bench.do("next")
        seen.append((bench.workspace.active_camera.value, bench.workspace.selected.value[0]))
    assert seen == [(camera, f"c{n}s1t{m}") for n, camera in ((1, "gate"), (2, "hall")) for m in (1, 2, 3)]
    assert bench.bar.state.place == "6 of 6"
    bench.do("next")
    assert bench.workspace.notice.value.text == "No end after this one: 6 ends in all."
    bench.do("previous")
    assert bench.workspace.selected.value == ("c2s1t2",)
    assert bench.bar.state.place == "5 of 6"


def test_places_are_found_anew_after_a_correction(bench):
    bench.presenter.choose_kind(TargetKind.GAP)
    bench.do("next")
    assert bench.workspace.notice.value.text == "No gap after this one: there is none."
    annotate.delete_boxes(bench.project, "c1s1t2", 20, 40)
    bench.refresh()
    bench.do("next")
    assert (bench.frame_idx, bench.workspace.selected.value) == (19, ("c1s1t2",))


def test_while_places_are_looked_for_the_bar_says_so_and_another_wish_counts(project):
    bench = Bench(project)
    late = LateLane(project)
    tour = bench.presenter._tour
    tour._lane = late
    bench.do("next")
    assert bench.bar.state.place == "looking"
    bench.presenter.choose_kind(TargetKind.END)
    late.work()
    assert (bench.bar.state.place, bench.workspace.selected.value) == ("", ())
    bench.do("next")
    late.work()
    assert bench.bar.state.place == "1 of 6"


def test_from_the_middle_the_nearest_place_on_either_side_is_next(bench):
    annotate.end_here(bench.project, "c1s1t2", 20)
    bench.refresh()
    bench.presenter.choose_kind(TargetKind.END)
    bench.at(30)
    bench.do("previous")
    assert bench.workspace.selected.value == ("c1s1t2",)
    bench.do("previous")
    assert bench.workspace.notice.value.text == "No end before this one: 6 ends in all."
