"""The Models page: cards, licences, hostile imports in a real child, figures from a pretended one."""

from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QListView,
    QMessageBox,
    QPushButton,
    QTabBar,
    QTextEdit,
    QWidget,
)

from app.assembly.models import Models
from app.describe import describe
from app.jobs.asking import ChildAsker
from app.jobs.project_lane import OpenProjectLane
from app.jobs.queue import JobQueue
from app.jobs.runner import ChildJob
from app.loading import load_snapshot
from app.settings import Settings
from app.widgets.curve_plot import CurvePlot
from app.workspace import Page, Workspace
from reid_core.weights.library import Card, add_model
from tests.fakes.checkpoints import hostile_files
from tests.fakes.training_child import write_model
from tests.gui.support import dress, drop
from tests.unit.reid_core.store.build import made

FAKE = str(Path(__file__).parents[1] / "fakes" / "training_child.py")
PATIENCE_MS = 60_000


class Window:
    def __init__(self, qtbot, folder):
        self.qtbot, self.project = qtbot, folder / "case.sightline"
        with made(self.project) as project:
            snapshot = load_snapshot(project)
        write_model(folder / "mine", 1)
        own = folder / "case.sightline.d" / "models"
        add_model(
            own, "mine", (folder / "mine").read_bytes(), Card("MIT", "a test", text="# Mine\n\nA *card*.")
        )
        self.workspace = Workspace()
        self.reading, self.writing = (OpenProjectLane(self.workspace, name) for name in ("read", "write"))
        for lane in (self.reading, self.writing):
            lane.open(self.project)
        self.jobs = JobQueue(self.workspace, Settings(folder / "s.ini"), make=self._make)
        self.models = Models(
            self.workspace, self.reading, self.writing, self.jobs, lambda: None, ChildAsker()
        )
        self.specs = []
        self.page = self.models.page
        self.page.resize(1536, 920)
        self.page.show()
        self.workspace.snapshot.set(snapshot)
        self.workspace.page.set(Page.MODELS)
        self.list = self.page.findChild(QListView, "models.list")
        self.until(lambda: self.list.model().rowCount() > 2)

    def _make(self, spec):
        self.specs.append(spec)
        return ChildJob([FAKE, *spec.arguments] if spec.module == "training" else ["-c", "pass"])

    def until(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    def choose(self, name):
        model = self.list.model()
        row = next(n for n in range(model.rowCount()) if model.index(n, 0).data() == name)
        self.list.selectionModel().setCurrentIndex(
            model.index(row, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect
        )
        self.until(lambda: self.text("models.title") == name)

    def button(self, name):
        return self.page.findChild(QPushButton, name)

    def text(self, name):
        label = self.page.findChild(QLabel, name)
        return "" if label is None else getattr(label, "whole_text", label.text)()

    def clipped(self):
        QApplication.processEvents()
        return [c["object"] for c in describe(self.page)["controls"] if c["clipped"]]

    def close(self):
        self.jobs.shutdown()
        self.models.close()
        for lane in (self.reading, self.writing):
            lane.close()
        drop(self.page)


@pytest.fixture
def opened(qtbot, tmp_path):
    windows = []

    def open_(scheme="dark"):
        dress(scheme)
        windows.append(Window(qtbot, tmp_path))
        return windows[-1]

    yield open_
    for window in windows:
        window.close()


def test_a_card_says_first_what_the_model_may_be_used_for(opened):
    window = opened()
    window.choose("light")
    assert window.text("models.licence.text").startswith("Research use only.")
    assert "CUHK03" in window.page.findChild(QTextEdit, "models.text").toPlainText()
    window.choose("mine")
    assert window.text("models.licence.text") == "Licence: MIT"
    assert window.button("models.use").isEnabled()
    window.choose("person-yolo11n")
    assert not window.button("models.use").isVisible()
    assert not window.page.findChild(QTabBar, "models.tabs").isTabVisible(1)


def test_hostile_files_are_refused_in_a_sentence_and_do_nothing(opened, tmp_path):
    window = opened()
    marker = tmp_path / "was-run"
    (tmp_path / "hostile").mkdir()
    files = hostile_files(tmp_path / "hostile", marker)
    refusal = window.page.findChild(QWidget, "models.refusal")
    file = next(iter(files.values()))
    window.page.imported.emit(file)
    window.until(refusal.isVisible)
    assert file.name in window.text("models.refusal.text") or "cannot" in window.text("models.refusal.text")
    assert window.button("models.import").isEnabled()
    assert window.clipped() == []
    assert not marker.exists()


def test_own_models_can_be_removed_after_a_question(opened, monkeypatch):
    window = opened()
    window.choose("mine")
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Cancel)
    window.button("models.remove").click()
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    n = window.list.model().rowCount()
    window.button("models.remove").click()
    window.until(lambda: window.list.model().rowCount() == n - 1)


def test_using_and_exporting_are_jobs(opened, tmp_path):
    window = opened()
    window.choose("mine")
    window.button("models.use").click()
    assert window.specs[0].arguments[0] == "embed"
    assert not window.button("models.use").isEnabled()
    window.page.export_asked.emit("onnx", tmp_path / "mine.onnx")
    window.until((tmp_path / "mine.onnx").exists)
    window.until(lambda: window.workspace.notice.value and "written" in window.workspace.notice.value.text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_curves_and_worst_queries(opened, tmp_path, scheme):
    window = opened(scheme)
    window.choose("light")
    window.page.show_tab(1)
    assert "0 so far" in window.text("models.evaluation.message.text")
    assert not window.button("models.evaluation.start").isEnabled()
    window.page.evaluation.chosen.emit("folder", str(tmp_path))
    window.until(window.button("models.evaluation.start").isEnabled)
    window.button("models.evaluation.start").click()
    window.until(lambda: window.text("models.figures.0") == "0.710")
    assert window.page.findChild(CurvePlot, "models.roc")._series
    for size in ((1236, 736), (1536, 920)):
        window.page.resize(*size)
        window.until(lambda: window.models.is_settled)
        assert window.clipped() == []
        window.page.show_tab(0)
        assert window.clipped() == []
        window.page.show_tab(1)
