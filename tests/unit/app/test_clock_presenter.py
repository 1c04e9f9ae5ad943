"""Marked events give offset and drift; what is shown can be nudged, stored, undone."""

from dataclasses import dataclass

import pytest

from app.clock_marks import Clock, Mark, needed_span_ms, solve
from app.loading import load_snapshot
from app.presenters.clock import ClockPresenter
from app.views.clock import OWN, REFERENCE, Shown
from app.workspace import Workspace
from reid_core.errors import SourceError
from reid_core.store.project import Project
from tests.fakes.lanes import ImmediateLane

FPS = 10.0


class View:
    def __init__(self):
        self.panes, self.pictures, self.active = {}, {}, None

    def show_clock(self, form):
        self.form = form

    def show_pane(self, pane, state):
        self.panes[pane] = state

    def show_picture(self, pane, picture):
        self.pictures[pane] = picture

    def show_active(self, pane):
        self.active = pane


@dataclass
class Pictures:
    """Every source has a frame each 100 ms."""

    error: str = ""
    is_slow: bool = False

    def show_rank(self, pane, source, rank, then, failed):
        if self.error:
            failed(SourceError(self.error))
        elif not self.is_slow:
            then(Shown(rank, rank * 100.0, int(source.info["n_frames"]), f"{source.camera} {rank}"))

    def show_time(self, pane, source, t_ms, then, failed):
        last = int(source.info["n_frames"]) - 1
        self.show_rank(pane, source, min(round(t_ms / 100), last), then, failed)


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "trial.sightline") as project:
        for name, n_files in (("a", 1), ("b", 2), ("c", 1)):
            project.add_camera(name)
            for n in range(n_files):
                project.add_source(
                    name,
                    {
                        "path": f"/x/{name}{n}.mp4",
                        "kind": "video",
                        "fingerprint": f"{name}{n}",
                        "width": 64,
                        "height": 48,
                        "fps": FPS,
                        "duration_ms": 300_000.0,
                        "n_frames": 3000,
                    },
                )
        yield project


class Tool:
    def __init__(self, project):
        self.project, self.view, self.workspace, self.pictures = project, View(), Workspace(), Pictures()
        self.refresh()
        self.presenter = ClockPresenter(
            self.view, self.workspace, ImmediateLane(project), self.pictures, self.refresh
        )
        self.workspace.active_camera.set("b")

    def refresh(self):
        self.workspace.snapshot.set(load_snapshot(self.project))

    def mark(self, reference_frame, own_frame):
        self.presenter._ask_rank(REFERENCE, self.presenter._sources(REFERENCE)[0], reference_frame)
        self.presenter._ask_rank(OWN, self.presenter._sources(OWN)[0], own_frame)
        self.presenter.mark(REFERENCE)
        self.presenter.mark(OWN)


@pytest.fixture
def tool(project):
    return Tool(project)


def test_one_mark_gives_the_offset():
    assert solve([Mark(1000.0, 1120.0)], 5.0, 1000.0).common_ms(1120.0) == pytest.approx(1000.0)
    assert solve([Mark(1000.0, 1120.0)], 5.0, 1000.0).drift_ppm == 5.0


def test_two_marks_give_the_drift():
    truth = Clock(-120.0, 40.0)
    marks = [Mark(truth.common_ms(own), own) for own in (10_000.0, 400_000.0, 900_000.0)]
    found = solve(marks, 0.0, 120_000.0)
    assert found.offset_ms == pytest.approx(-120.0)
    assert found.drift_ppm == pytest.approx(40.0)


def test_marks_that_are_close_keep_the_drift():
    found = solve([Mark(1000.0, 1000.0), Mark(3100.0, 3000.0)], 7.0, 120_000.0)
    assert found.drift_ppm == 7.0
    assert found.common_ms(2000.0) == pytest.approx(2050.0)


def test_short_footage_needs_less_between_its_marks():
    assert needed_span_ms(26_800) == 13_400
    assert needed_span_ms(3_600_000) == 120_000


def test_the_clock_is_inverted():
    clock = Clock(-120.0, 40.0)
    assert clock.own_ms(clock.common_ms(1234.5)) == pytest.approx(1234.5)


def test_the_selected_camera_is_set_by_the_first_other_one(tool):
    assert (tool.view.form.camera, tool.view.form.reference) == ("b", "a")
    assert tool.view.form.references == ("a", "c")
    tool.workspace.active_camera.set("a")
    assert (tool.view.form.camera, tool.view.form.reference) == ("a", "b")
    tool.presenter.set_reference("c")
    assert tool.view.panes[REFERENCE].camera == "c"


def test_marking_in_both_pictures_sets_the_offset_to_be_applied(tool):
    tool.mark(100, 112)
    assert tool.view.form.offset == "−1,200 ms"
    assert tool.view.form.marks == (("Event 1", "00:00:10.00", "00:00:11.20", "−1,200 ms"),)
    assert tool.view.form.is_changed
    assert tool.project.cameras()[1].offset_ms == 0
    tool.presenter.apply()
    assert tool.project.cameras()[1].offset_ms == pytest.approx(-1200)
    assert not tool.view.form.is_changed
    assert tool.view.form.marks == ()
    tool.project.undo()
    tool.refresh()
    assert tool.view.form.offset == "0 ms"


def test_the_first_mark_leads_to_the_other_picture(tool):
    tool.presenter.mark(REFERENCE)
    assert tool.view.active == OWN
    assert tool.view.panes[REFERENCE].is_marked
    assert tool.view.form.hint.startswith("Now mark")


def test_two_far_marks_set_the_drift_and_one_can_be_removed(tool):
    tool.mark(0, 0)
    tool.mark(2001, 2000)
    assert tool.view.form.drift == "+30.0 ms/min"
    assert tool.view.form.drift_note == ""
    tool.presenter.remove_mark(1)
    assert tool.view.form.drift == "0 ms/min"
    assert len(tool.view.form.marks) == 1


def test_close_marks_are_called_so(tool):
    tool.mark(100, 100)
    tool.mark(201, 200)
    assert tool.view.form.drift_note == "marks too close for a drift"
    assert tool.view.form.drift == "0 ms/min"
    assert tool.view.form.offset == "+50 ms"


def test_nudges(tool):
    tool.presenter.do("playback.clock_nudge_forward_100")
    tool.presenter.do("playback.clock_nudge_back")
    assert tool.view.form.offset == "0 ms"
    tool.presenter.do("playback.clock_nudge_forward")
    assert tool.view.form.offset == "+100 ms"
    assert tool.view.panes[OWN].time == "00:00:00.10"
    tool.presenter.reset()
    assert not tool.view.form.is_changed


def test_steps_go_on_in_the_next_file(tool):
    first, second = tool.presenter._sources(OWN)
    tool.presenter._ask_rank(OWN, first, 2999)
    tool.presenter.activate(OWN)
    tool.presenter.do("playback.clock_frame_forward")
    assert tool.view.panes[OWN].time == "00:05:00.00"
    assert tool.presenter._panes[OWN].source == second
    tool.presenter.do("playback.clock_frame_back")
    assert tool.view.panes[OWN].frame == "frame 2,999"
    tool.presenter._ask_rank(REFERENCE, tool.presenter._sources(REFERENCE)[0], 0)
    tool.presenter.step(REFERENCE, -1)
    assert tool.view.panes[REFERENCE].frame == "frame 0"


def test_seek_and_same_moment(tool):
    tool.presenter.nudge(-5000)
    tool.presenter.seek(REFERENCE, 0.5)
    assert tool.view.panes[REFERENCE].time == "00:02:30.00"
    assert tool.view.panes[REFERENCE].place == pytest.approx(0.5)
    tool.presenter.show_same_moment(OWN)
    assert tool.view.panes[OWN].time == "00:02:30.00"
    assert tool.view.panes[OWN].frame == "frame 1,550"


def test_what_cannot_be_decoded_says_so(tool):
    tool.pictures.error = "The file is gone."
    tool.presenter.seek(OWN, 0.2)
    assert tool.view.panes[OWN].problem == "The file is gone."
    assert tool.view.pictures[OWN] is None
    tool.pictures.error = ""
    tool.presenter.seek(OWN, 0.2)
    assert tool.view.panes[OWN].problem == ""


def test_a_file_that_is_found_again_is_shown_again(tool, tmp_path):
    tool.pictures.error = "The file is gone."
    tool.presenter.seek(OWN, 0.2)
    tool.pictures.error = ""
    (tmp_path / "b0.mp4").touch()
    tool.project.add_source("b", {"path": str(tmp_path / "b0.mp4"), "fingerprint": "b0"})
    tool.refresh()
    assert tool.view.panes[OWN].problem == ""
    assert tool.view.panes[OWN].can_mark


def test_a_picture_that_is_on_its_way_is_announced(tool):
    tool.pictures.is_slow = True
    tool.presenter.seek(OWN, 0.5)
    assert tool.view.panes[OWN].frame == "reading"
    assert not tool.view.panes[OWN].can_mark
    tool.presenter.mark(OWN)  # the picture that is shown is not the one that was asked for
    assert not tool.view.panes[OWN].is_marked


def test_one_camera_has_nothing_to_be_set_by(tmp_path):
    with Project.create(tmp_path / "one.sightline") as project:
        project.add_camera("only")
        tool = Tool(project)
    assert "two cameras" in tool.view.form.empty


def test_its_keys_are_in_the_table_of_actions(tool):
    from app.actions import BY_ID

    assert tool.presenter.actions
    assert {BY_ID[action_id].page for action_id in tool.presenter.actions} == {"sources"}
