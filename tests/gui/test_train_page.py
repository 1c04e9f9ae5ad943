"""The Train page with a training program that learns nothing but writes what the real one writes."""

import json
import time
from pathlib import Path

import pytest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
)

from app.assembly.train import Train
from app.describe import describe
from app.jobs.asking import ChildAsker
from app.jobs.project_lane import OpenProjectLane
from app.jobs.queue import JobQueue
from app.jobs.runner import ChildJob
from app.loading import load_snapshot
from app.presenters.active_model import ActiveModelPresenter
from app.settings import Settings
from app.widgets.curve_plot import CurvePlot
from app.workspace import Page, Workspace
from reid_core.weights.library import installed_models
from tests.gui.support import dress, drop
from tests.unit.reid_core.store.build import made

FAKE = str(Path(__file__).parents[1] / "fakes" / "training_child.py")
PATIENCE_MS = 60_000


class Window:
    """The page alone, with jobs, lanes and a project behind it."""

    def __init__(self, qtbot, folder):
        self.qtbot, self.project = qtbot, folder / "case.sightline"
        with made(self.project) as project:
            snapshot = load_snapshot(project)
        self.workspace, self.settings = Workspace(), Settings(folder / "settings.ini")
        self.lane = OpenProjectLane(self.workspace, "write")
        self.lane.open(self.project)
        self.jobs = JobQueue(self.workspace, self.settings, make=self._make)
        asker = ChildAsker(command=lambda _, arguments: [FAKE, *arguments])
        self.train = Train(self.workspace, self.lane, self.jobs, self.settings, self._refresh, asker)
        self.active = ActiveModelPresenter(self.workspace, self.lane)
        self.embeds = []
        self.page = self.train.page
        self.page.resize(1536, 920)
        self.page.show()
        self.workspace.snapshot.set(snapshot)
        self.workspace.page.set(Page.TRAIN)
        self.until(lambda: self.button("train.start").isEnabled())
        self.until(lambda: self.workspace.model.value is not None)

    def _make(self, spec):
        if spec.module == "training":
            return ChildJob([FAKE, *spec.arguments], stop_file=spec.stop_file, patience_ms=spec.patience_ms)
        self.embeds.append(spec.arguments)
        return ChildJob(["-c", "pass"])

    def _refresh(self):
        self.active.refresh()

    def until(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    def button(self, name):
        return self.page.findChild(QPushButton, name)

    def text(self, name):
        label = self.page.findChild(QLabel, name)
        return getattr(label, "whole_text", label.text)() if label.isVisible() else ""

    def start(self, n_epochs=3):
        field = self.page.findChild(QSpinBox, "train.epochs")
        field.setValue(n_epochs)
        field.editingFinished.emit()
        self.until(lambda: self.train.is_settled)
        self.button("train.start").click()

    def state(self):
        run = self.train.runs.current.value
        return run.status if run is not None else ""

    def clipped(self):
        QApplication.processEvents()
        return [c["object"] for c in describe(self.page)["controls"] if c["clipped"]]

    def close(self):
        self.jobs.shutdown()
        self.train.close()
        self.lane.close()
        drop(self.page)


@pytest.fixture
def opened(qtbot, tmp_path, monkeypatch):
    windows = []

    def open_(options="step=0.005", scheme="dark"):
        monkeypatch.setenv("FAKE_TRAINING", options)
        dress(scheme)
        windows.append(Window(qtbot, tmp_path))
        return windows[-1]

    yield open_
    for window in windows:
        window.close()


def test_a_run_from_its_start_to_the_model_that_is_used(opened, qtbot):
    window = opened()
    window.start()
    window.until(
        lambda: window.state() in ("running", "done")
    )  # so short a run may be over at the first look
    window.until(lambda: window.page.findChild(CurvePlot, "train.loss")._series)
    assert [job.name for job in window.workspace.jobs.value] == ["Train Run 1"]
    window.until(lambda: window.state() == "done")
    window.until(lambda: window.button("train.comparison.use").isEnabled())
    window.until(lambda: window.train.comparison._kept.queries)
    assert [series.name for series in window.page.findChild(CurvePlot, "train.validation")._series] == [
        "mAP",
        "rank-1",
    ]
    assert "+0.04 to +0.10" in window.text("train.comparison.table.0.3")
    assert window.text("train.comparison.verdict.text").startswith("Run 1 is better")
    window.until(lambda: window.train.is_settled)
    assert window.clipped() == []
    window.button("train.comparison.use").click()
    window.until(lambda: window.embeds)
    model = Path(window.embeds[0][window.embeds[0].index("--model") + 1])
    assert [m.name for m in installed_models(model.parent) if m.is_own] == ["case run 1"]
    window.until(
        lambda: any("searched with" in (n.text if n else "") for n in [window.workspace.notice.value])
    )
    assert window.workspace.model.value.metrics == "mAP 0.71 here"


def test_it_stops_within_two_seconds_and_goes_on_from_there(opened):
    window = opened("step=0.1")
    window.start(20)
    window.until(lambda: len(window.page.findChild(CurvePlot, "train.loss")._series) == 2)
    began = time.monotonic()
    window.button("train.run.stop").click()
    assert window.text("train.run.state") == "stopping after this batch"
    window.until(lambda: window.state() == "stopped")
    assert time.monotonic() - began < 2.0
    window.until(lambda: not window.jobs.is_running)
    window.button("train.run.resume").click()
    window.until(lambda: window.state() == "running")
    folder = window.train.runs.current.value.path
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [row["resumed"] for row in rows if row["row"] == "start"] == [False, True]
    window.button("train.run.pause").click()
    window.until(lambda: "paused" in window.text("train.run.state"))
    window.button("train.run.go_on").click()
    window.until(lambda: "paused" not in window.text("train.run.state"))


def test_a_crash_is_a_message_with_the_last_lines(opened, monkeypatch):
    window = opened("step=0.005 crash=14")
    window.start()
    window.until(lambda: window.state() == "failed" and not window.jobs.is_running)
    window.until(lambda: "no number" in window.text("train.run.message.text"))
    log = window.page.findChild(QPlainTextEdit, "train.log.text")
    window.until(log.isVisible)
    assert log.toPlainText().endswith(
        "batch kept\nThe loss is no number at iteration 14: lower the learning rate."
    )
    assert window.clipped() == []
    window.button("train.run.resume").click()
    window.until(lambda: window.state() == "done")


def test_runs_are_laid_over_each_other_and_removed(opened, monkeypatch):
    window = opened()
    runs = window.train.runs
    for number in (1, 2):
        window.start(1)
        window.until(lambda number=number: runs.current.value and runs.current.value.number == number)
        window.until(lambda: window.state() == "done" and not window.jobs.is_running)
    menu = window.page.findChild(QToolButton, "train.run.compare").menu()
    menu.actions()[0].trigger()
    window.until(lambda: len(window.page.findChild(CurvePlot, "train.loss")._series) == 3)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Cancel)
    window.button("train.run.remove").click()
    assert window.train.runs.current.value.number == 2
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    window.button("train.run.remove").click()
    window.until(lambda: window.train.runs.current.value.number == 1)


def test_the_estimate_comes_from_a_few_batches(opened):
    window = opened("step=0.05")
    assert window.text("train.facts.0") == "not known yet"
    window.button("train.measure").click()
    window.until(lambda: window.text("train.facts.0").startswith("about "))
    assert window.text("train.measured") == "measured on this computer"
    assert "GB" in window.text("train.facts.1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1236, 736), (1536, 920)])
def test_nothing_is_clipped_folded_or_not(opened, scheme, size):
    window = opened(scheme=scheme)
    window.page.resize(*size)
    assert window.clipped() == []
    window.page.findChild(QToolButton, "train.settings.fold").click()
    window.page.log.open_log()
    assert window.clipped() == []
