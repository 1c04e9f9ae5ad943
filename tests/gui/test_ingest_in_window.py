"""From footage to tracklets through the real window and the real engine; and what can go wrong there."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from app.application import Application
from app.options import WindowOptions
from app.settings import Settings
from app.workspace import Page
from reid_core.store.project import Project
from tests.fakes.footage import TWO_WALKERS, write_boxes, write_clip
from tests.gui.support import dress

N_FRAMES = 900
LONG_MS = 60_000
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")]


@pytest.fixture(scope="module")
def footage(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    (folder / "clips").mkdir()
    for n, camera in enumerate(("gate", "hall")):  # footage of the same content would be one recording
        write_clip(folder / "clips" / f"{camera}.mp4", TWO_WALKERS, N_FRAMES + n)
        write_boxes(folder / "boxes", camera, TWO_WALKERS, N_FRAMES)
    return folder


class Window:
    """The application, driven as a user would."""

    def __init__(self, qtbot, tmp_path):
        dress("light")
        self.qtbot = qtbot
        self.settings = Settings(tmp_path / "settings.ini")
        self.app = Application(WindowOptions(size=(1280, 800)), self.settings)
        qtbot.addWidget(self.app.window, before_close_func=lambda _: self.app.jobs.shutdown())
        self.app.start()

    def press(self, name):
        self.qtbot.mouseClick(self.find(name), Qt.MouseButton.LeftButton)

    def find(self, name):
        found = [widget for widget in self.app.window.findChildren(object, name) if widget.isVisible()]
        assert len(found) == 1, f"{name}: {len(found)}"
        return found[0]

    def wait(self, condition, timeout=LONG_MS):
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=timeout)

    @property
    def jobs(self):
        return self.app.workspace.jobs.value

    @property
    def states(self):
        return [line.state for line in self.app.pages.sources.presenter._lines]

    def add(self, project, footage):
        """Make a project of footage that is dropped on the window."""
        self.app.new_project(project)
        self.wait(lambda: self.app.workspace.snapshot.value is not None)
        self.app.pages.drop([footage / "clips"])
        self.wait(lambda: self.app.window.findChild(object, "adding.camera.2") is not None)
        self.press("adding.add")
        self.wait(lambda: len(self.app.workspace.snapshot.value.sources) == 2)
        self.app.pages.sources.presenter.choose("detector", f"replay:{footage / 'boxes'}")


@pytest.fixture
def window(qtbot, tmp_path):
    window = Window(qtbot, tmp_path)
    yield window
    if window.app.window.isVisible():
        window.app.jobs.shutdown()
        window.app.window.close()


def test_footage_is_processed_although_the_engine_is_killed(window, footage, tmp_path):
    window.add(tmp_path / "trial.sightline", footage)
    assert window.app.workspace.page.value is Page.SOURCES
    assert window.states == ["Not processed", "Not processed"]
    window.press("sources.ingest")
    window.wait(lambda: window.jobs[0].done > 0)
    os.kill(window.app.jobs._jobs[window.jobs[0].id].child.pid, signal.SIGKILL)
    window.wait(lambda: window.jobs[0].status == "failed")
    assert "Resume" in window.find("jobs.0.message").text()
    assert window.app.window.isVisible()
    window.press("jobs.0.retry")
    window.wait(lambda: window.jobs[0].status == "done")
    window.wait(lambda: all(state.startswith("Ready") for state in window.states))
    assert len(window.app.workspace.snapshot.value.tracklets) == 4
    assert not window.find("sources.ingest").isEnabled()
    assert window.app.window.close()
    assert Settings(tmp_path / "settings.ini").unclean_project() == ""


def test_cancel_and_closing_with_a_job_running(window, footage, tmp_path, monkeypatch):
    window.add(tmp_path / "trial.sightline", footage)
    window.press("sources.ingest")
    window.wait(lambda: window.jobs)
    window.press("jobs.0.cancel")
    window.wait(lambda: not window.jobs, timeout=1500)
    window.press("sources.ingest")
    window.wait(lambda: window.jobs and window.jobs[0].status == "running")
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Close]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    assert not window.app.window.close()
    assert window.app.window.isVisible()
    assert window.app.window.close()
    assert not window.app.jobs.is_running
    assert answers == []


def test_files_that_moved_are_found_and_the_clock_is_set_and_undone(window, footage, tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    for n, name in enumerate(("gate", "hall")):
        write_clip(clips / f"{name}.mp4", TWO_WALKERS, 30 + n)
    window.add(tmp_path / "trial.sightline", tmp_path)
    clips.rename(tmp_path / "elsewhere")
    window.app.refresh()
    window.wait(lambda: window.app.workspace.snapshot.value.sources[0].is_missing)
    assert window.find("sources.find").isEnabled()
    window.app.pages.sources.page.search_asked.emit(tmp_path)
    window.wait(lambda: not any(facts.is_missing for facts in window.app.workspace.snapshot.value.sources))
    window.wait(lambda: window.find("clock.own.mark").isEnabled())
    window.press("clock.nudge.plus_100")
    window.press("clock.apply")
    window.wait(lambda: any(c.offset_ms == 100 for c in window.app.workspace.snapshot.value.cameras))
    window.app.window.actions_by_id["edit.undo"].trigger()
    window.wait(lambda: all(c.offset_ms == 0 for c in window.app.workspace.snapshot.value.cameras))


def test_a_window_that_was_killed_says_so_at_the_next_start(qtbot, footage, tmp_path):
    settings = Settings(tmp_path / "settings.ini")
    project = tmp_path / "trial.sightline"
    with Project.create(project) as made:
        made.add_camera("gate")
        made.set_clock("gate", 40.0)
    settings.keep_recent(project)
    settings.begin_project(project)
    window = Window(qtbot, tmp_path)
    window.wait(lambda: window.app.window.findChild(object, "start.recovery").isVisible())
    assert "“set the clock of gate”" in window.find("start.recovery").accessibleName()
    window.press("start.recovery.open")
    window.wait(lambda: window.app.workspace.snapshot.value is not None)
    window.app.show_page(Page.START)
    window.wait(lambda: not window.app.window.findChild(object, "start.recovery").isVisible())
    window.app.window.close()
