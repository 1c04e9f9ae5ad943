"""What is exported, where to, how it is stopped, and that a real export comes out right."""

import csv
from dataclasses import replace
from datetime import datetime

import pytest

from app.loading import load_snapshot
from app.presenters.export import ExportPresenter
from app.views.export import What
from app.workspace import Workspace
from reid_core.pipeline.export.base import Result
from reid_core.types import Verdict
from tests.fakes.lanes import ImmediateLane
from tests.unit.reid_core.store.build import made


class View:
    opened = 0

    def show_export(self, state):
        self.state = state
        self.seen = [*getattr(self, "seen", []), state.progress]

    def open_export(self):
        self.opened += 1


class LaterLane(ImmediateLane):
    """Does the work when told to."""

    def __init__(self, project):
        super().__init__(project)
        self.waiting = []

    def ask(self, work, then, failed=None, *, topic=""):
        self.waiting.append((work, then, failed))

    def go_on(self):
        waiting, self.waiting = self.waiting, []
        for work, then, failed in waiting:
            super().ask(work, then, failed)


@pytest.fixture
def project(tmp_path):
    with made(tmp_path / "case.sightline") as opened:
        opened.decide("c1s1t1", "c2s1t1", Verdict.SAME)
        yield opened


NOON = datetime(2026, 11, 21, 12, 5)


def join(project, lane=None):
    view, workspace = View(), Workspace()
    lane = lane or ImmediateLane(project)
    presenter = ExportPresenter(view, workspace, lane, now=lambda: NOON)
    workspace.snapshot.set(load_snapshot(project))
    return view, workspace, presenter, lane


def test_at_first_everything_beside_the_project(project, tmp_path):
    view, _, presenter, _ = join(project)
    presenter.open()
    state = view.state
    assert view.opened == 1
    assert (state.what, state.folder) == (What.ALL, str(tmp_path / "case_mot_2026-11-21_1205"))
    assert state.files == ("gate.txt", "hall.txt")
    assert state.scopes[What.ALL] == "Everything: 6 tracklets"
    assert set(state.why_not) == {What.SELECTED, What.RANGE}
    assert state.can_start


def test_selection_and_range_can_be_chosen_when_there_are_any(project):
    view, workspace, presenter, _ = join(project)
    workspace.selected.set(("c1s1t1", "c2s1t1"))
    workspace.range_ms.set((0.0, 1000.0))
    presenter.open()
    assert view.state.what is What.SELECTED
    assert view.state.scopes[What.SELECTED] == "Person 1: 2 tracklets"
    assert view.state.scopes[What.RANGE] == "Only 00:00:00.0 – 00:00:01.0: 6 tracklets"
    assert view.state.why_not == {}
    workspace.selected.set(("c1s1t2", "c1s1t3", "gone"))
    assert view.state.scopes[What.SELECTED] == "The selection: 2 tracklets"
    workspace.selected.set(())
    assert view.state.what is What.ALL
    workspace.range_ms.set((1e6, 2e6))
    assert view.state.why_not[What.RANGE] == "Nobody is there in the marked range"


@pytest.mark.parametrize("name", ["mot", "csv", "json"])
def test_the_files_are_written_as_announced(project, tmp_path, name):
    view, _, presenter, _ = join(project)
    presenter.open()
    presenter.set_format(name)
    presenter.set_folder(str(tmp_path / "out"))
    announced = view.state.files
    presenter.start()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(announced)
    assert view.state.message.endswith(f"written to {tmp_path / 'out'}")
    assert (view.state.level, view.state.progress) == ("ok", None)


def test_only_the_selection_is_written(project, tmp_path):
    _, workspace, presenter, _ = join(project)
    workspace.selected.set(("c1s1t2",))
    presenter.open()
    presenter.set_format("csv")
    presenter.set_folder(str(tmp_path / "out"))
    presenter.start()
    with (tmp_path / "out" / "tracklets.csv").open(newline="") as file:
        assert [row["tracklet"] for row in csv.DictReader(file)] == ["c1s1t2"]


def test_existing_files_are_asked_about(project, tmp_path):
    view, _, presenter, _ = join(project)
    presenter.open()
    presenter.start()
    assert view.state.message.endswith("2 files written to " + str(tmp_path / "case_mot_2026-11-21_1205"))
    target = tmp_path / "case_mot_2026-11-21_1205" / "gate.txt"
    target.write_text("mine")
    presenter.open()
    assert view.state.present == ("gate.txt", "hall.txt")
    assert not view.state.can_start
    presenter.start()
    assert target.read_text() == "mine"
    presenter.set_replacing(True)
    assert view.state.can_start
    presenter.start()
    assert target.read_text() != "mine"
    assert not view.state.is_replacing


def test_a_stopped_export_leaves_nothing_and_says_so(project, tmp_path):
    view, _, presenter, lane = join(project, LaterLane(project))
    presenter.open()
    lane.go_on()
    presenter.start()
    assert view.state.progress == (0, 6)
    assert not view.state.can_start
    presenter.cancel()
    assert view.state.is_stopping
    lane.go_on()
    assert view.state.message == "The export was stopped. Nothing was written."
    assert (view.state.level, view.state.progress, view.state.is_stopping) == ("warn", None, False)
    assert not (tmp_path / "case_mot_2026-11-21_1205").exists()
    lane.go_on()
    presenter.start()
    lane.go_on()
    assert (tmp_path / "case_mot_2026-11-21_1205" / "gate.txt").exists()


def test_progress_is_shown_at_ticks(project):
    view, _, presenter, lane = join(project, LaterLane(project))
    presenter.open()
    lane.go_on()
    presenter.start()
    presenter._run.watch(0, 0)
    presenter._run.watch(4, 6)
    presenter.tick()
    assert view.state.progress == (4, 6)


def test_what_goes_wrong_is_said(project, tmp_path):
    view, _, presenter, _ = join(project)
    presenter.open()
    (tmp_path / "file").touch()
    presenter.set_folder(str(tmp_path / "file"))
    presenter.start()
    assert "is a file" in view.state.message
    assert view.state.level == "bad"
    presenter.set_folder("  ")
    assert not view.state.can_start


def test_a_programming_error_ends_the_export_too(project, monkeypatch):
    view, _, presenter, _ = join(project)
    presenter.open()

    def broken(*_, **__):
        raise ValueError("oops")

    monkeypatch.setattr("app.presenters.export.export", broken)
    presenter.start()
    assert view.state.message == "The export failed: oops. Nothing was written."


def test_closing_stops_an_export(project, tmp_path):
    _, _, presenter, lane = join(project, LaterLane(project))
    presenter.open()
    lane.go_on()
    presenter.start()
    presenter.close()
    lane.go_on()
    assert not (tmp_path / "case_mot_2026-11-21_1205").exists()


def test_without_tracklets_nothing_can_be_exported(project):
    view, workspace, presenter, _ = join(project)
    empty = type(workspace.snapshot.value.tracklets).none()
    workspace.snapshot.set(replace(workspace.snapshot.value, tracklets=empty, persons=()))
    presenter.open()
    assert not view.state.can_start
    assert view.state.why_not[What.ALL] == "Nobody has been found in the footage yet"


def test_the_preflight_is_shown_and_what_stops_it_stops_it(project):
    project.undo()
    view, _, presenter, _ = join(project)
    presenter.open()
    kept = {(point.what, point.number) for point in view.state.points}
    assert ("Boxes", 300) in kept
    assert view.state.can_start
    presenter.set_format("market")
    assert view.state.points[0].result is Result.STOPS
    assert view.state.stop.startswith("Identities: nobody has one yet")
    assert not view.state.can_start
    presenter.start()
    assert view.state.message == ""
    presenter.set_format("csv")
    assert (view.state.stop, view.state.can_start) == ("", True)


def test_nothing_starts_before_it_is_counted_and_old_counts_are_dropped(project):
    view, workspace, presenter, lane = join(project, LaterLane(project))
    presenter.open()
    assert view.state.is_checking
    assert not view.state.can_start
    presenter.set_format("csv")
    lane.go_on()
    assert view.state.files == ("identities.csv", "tracklets.csv", "boxes.csv", "decisions.csv", "notes.csv")
    assert (view.state.is_checking, view.state.can_start) == (False, True)
    presenter.rest()
    workspace.selected.set(("c1s1t1",))
    presenter.set_what(What.SELECTED)
    assert lane.waiting == []  # out of sight, nothing is counted
    presenter.open()
    assert len(lane.waiting) == 1


def test_decisions_made_meanwhile_are_counted(project):
    view, workspace, presenter, _ = join(project)
    presenter.open()
    assert {p.what: p.number for p in view.state.points}["Decisions"] == 1
    project.decide("c1s1t2", "c2s1t2", Verdict.UNSURE)
    workspace.snapshot.set(load_snapshot(project))
    assert {p.what: p.number for p in view.state.points}["Decisions"] == 2


def test_a_range_cuts_the_boxes(project, tmp_path):
    view, workspace, presenter, _ = join(project)
    workspace.range_ms.set((400.0, 800.0))
    presenter.open()
    presenter.set_what(What.RANGE)
    presenter.set_format("csv")
    assert {p.what: p.number for p in view.state.points}["Tracklets over the ends of the range"] == 6
    presenter.set_folder(str(tmp_path / "out"))
    presenter.start()
    with (tmp_path / "out" / "boxes.csv").open(newline="") as file:
        times = [float(row["t_ms"]) for row in csv.DictReader(file)]
    assert (min(times), max(times), len(times)) == (400, 800, 66)


def test_options_and_the_way_out_of_limits_are_passed_on(project):
    view, _, presenter, _ = join(project)
    presenter.open()
    presenter.set_format("clips")
    presenter.set_option("blur", True)
    presenter.set_option("nonsense", 1)
    assert "Everybody else" in {p.what for p in view.state.points}
    presenter.set_option("test_share", 0.2)
    assert (view.state.blur, view.state.test_share) == (True, 0.2)
    assert view.state.stop.startswith("Footage")  # the footage of this project does not exist


def test_a_folder_of_ones_own_stays_when_the_format_changes(project):
    view, _, presenter, _ = join(project)
    presenter.open()
    presenter.set_format("csv")
    assert view.state.folder.endswith("case_csv_2026-11-21_1205")
    presenter.set_folder("/somewhere")
    presenter.set_format("json")
    assert view.state.folder == "/somewhere"
