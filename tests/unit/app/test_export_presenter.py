"""What is exported, where to, how it is stopped, and that a real export comes out right."""

import csv
from dataclasses import replace

import pytest

from app.loading import load_snapshot
from app.presenters.export import ExportPresenter
from app.views.export import What
from app.workspace import Workspace
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


def join(project, lane=None):
    view, workspace = View(), Workspace()
    lane = lane or ImmediateLane(project)
    presenter = ExportPresenter(view, workspace, lane)
    workspace.snapshot.set(load_snapshot(project))
    return view, workspace, presenter, lane


def test_at_first_everything_beside_the_project(project, tmp_path):
    view, _, presenter, _ = join(project)
    presenter.open()
    state = view.state
    assert view.opened == 1
    assert (state.what, state.folder) == (What.ALL, str(tmp_path / "case-export"))
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
    assert view.state.scopes[What.RANGE] == "Whoever is there at 00:00:00.0 – 00:00:01.0: 6 tracklets"
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
    target = tmp_path / "case-export" / "gate.txt"
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
    assert not (tmp_path / "case-export").exists()
    lane.go_on()
    presenter.start()
    lane.go_on()
    assert (tmp_path / "case-export" / "gate.txt").exists()


def test_progress_is_shown_at_ticks(project):
    view, _, presenter, lane = join(project, LaterLane(project))
    presenter.open()
    lane.go_on()
    presenter.start()
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

    monkeypatch.setattr("reid_core.pipeline.export.write.export", broken)
    presenter.start()
    assert view.state.message == "The export failed: oops. Nothing was written."


def test_closing_stops_an_export(project, tmp_path):
    _, _, presenter, lane = join(project, LaterLane(project))
    presenter.open()
    lane.go_on()
    presenter.start()
    presenter.close()
    lane.go_on()
    assert not (tmp_path / "case-export").exists()


def test_without_tracklets_nothing_can_be_exported(project):
    view, workspace, presenter, _ = join(project)
    empty = type(workspace.snapshot.value.tracklets).none()
    workspace.snapshot.set(replace(workspace.snapshot.value, tracklets=empty, persons=()))
    presenter.open()
    assert not view.state.can_start
    assert view.state.why_not[What.ALL] == "Nobody has been found in the footage yet"
