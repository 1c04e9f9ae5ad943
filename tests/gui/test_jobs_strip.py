"""The strip shows what it is given and says what was pressed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMainWindow

from app.describe import describe
from app.jobs.load import LoadMeter
from app.views.jobs import job_lines, summary
from app.widgets.jobs_strip import PANEL_MAX_PX, JobsStrip
from app.workspace import JobState, Workspace
from tests.gui.support import dress, drop

RUNNING = JobState(1, "Ingest gate.mp4", done=6100, total=98_000, rate=38, left_s=2419, status="running")
QUEUED = JobState(2, "Ingest hall.mp4", status="queued")
FAILED = JobState(3, "Ingest a", status="failed", message="The engine ended unexpectedly. " * 6)


@pytest.fixture
def window(qtbot):
    dress()
    window = QMainWindow()
    strip = JobsStrip()
    window.setStatusBar(None)
    window.setCentralWidget(strip)
    window.strip = strip
    window.resize(1600, 600)
    window.show()
    yield window
    drop(window)


def show(window, *jobs):
    window.strip.show_jobs(job_lines(jobs), summary(jobs))
    QApplication.processEvents()


def press(qtbot, window, name):
    button = window.findChild(object, name)
    assert button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_buttons_say_what_is_asked(qtbot, window):
    asked = []
    window.strip.asked.connect(lambda verb, job_id: asked.append((verb, job_id)))
    show(window, RUNNING, QUEUED)
    press(qtbot, window, "jobs.0.pause")
    press(qtbot, window, "jobs.1.cancel")
    show(window, FAILED)
    press(qtbot, window, "jobs.0.retry")
    press(qtbot, window, "jobs.0.log")
    assert asked == [("pause", 1), ("cancel", 2), ("retry", 3), ("log", 3)]


def test_nothing_runs(qtbot, window):
    assert window.findChild(object, "jobs.idle").text() == "No jobs running"
    assert not window.findChild(object, "jobs.more").isVisible()


@pytest.mark.parametrize("width", [1280, 1600])
def test_nothing_is_cut_off(qtbot, window, width):
    window.resize(width, 600)
    window.strip.show_load("CPU 100 %   Memory 1.2 GB", "")
    show(window, FAILED, RUNNING, QUEUED)
    found = describe(window)["controls"]
    assert [entry["object"] for entry in found if entry["clipped"]] == []


def test_the_panel_opens_upward_and_closes(qtbot, window):
    jobs = tuple(JobState(n, f"Ingest {n}", status="queued") for n in range(30))
    show(window, *jobs)
    window.strip.toggle_panel()
    panel = window.findChild(object, "jobs.panel")
    assert panel.isVisible()
    assert panel.height() == PANEL_MAX_PX
    assert panel.geometry().bottom() < window.strip.mapTo(window, window.strip.rect().topLeft()).y()
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    window.strip.toggle_panel()
    show(window)
    assert not panel.isVisible()


def test_the_log_is_shown(qtbot, window):
    window.strip.show_log("Ingest", "line 1\nline 2")
    log = window.findChild(object, "jobs.log")
    assert log.isVisible()
    assert log.toPlainText() == "line 1\nline 2"
    log.close()


def test_the_load_is_measured(qtbot):
    meter = LoadMeter(Workspace())
    with qtbot.waitSignal(meter.measured) as measured:
        pass
    assert measured.args[0].startswith("CPU ")
    assert "memory" in measured.args[1]
    meter.close()
