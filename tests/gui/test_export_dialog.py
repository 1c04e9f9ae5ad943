"""The export dialog says what was chosen, and never stands in the way."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QDialog,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QTableWidget,
    QWidget,
)

from app.assembly.export import Export
from app.assembly.importing import Import
from app.describe import describe
from app.jobs.lanes import ThreadLane
from app.jobs.project_lane import OpenProjectLane
from app.loading import load_snapshot
from app.presenters.export import ExportPresenter
from app.theme.theme import theme
from app.views.export import FORMATS, ExportState, What
from app.widgets.export_dialog import ExportDialog
from app.workspace import Workspace
from reid_core.pipeline.export.base import Point, Result
from tests.unit.reid_core.store.build import made

STATE = ExportState(
    scopes={
        What.ALL: "Everything: 6 tracklets",
        What.SELECTED: "Person 1: 2 tracklets",
        What.RANGE: "The marked range",
    },
    why_not={What.RANGE: "Mark a range in the timeline (I, O)"},
    folder="/cases/one-export",
    files=("gate.txt", "hall.txt"),
    can_start=True,
)

POINTS = (
    Point(Result.STOPS, "Identities", "nobody has one yet; accept some results first"),
    Point(Result.WARNS, "Cameras", "usual readers take 6 at most", 7, "market-free"),
    Point(Result.KEPT, "Boxes", "to a hundredth of a pixel, counted from 1", 1_234_567),
    Point(Result.CONVERTED, "Time", "to frame numbers, in the order of presentation"),
    Point(Result.LOST, "Which boxes were interpolated", "no field for it", 12),
)


@pytest.fixture(params=["dark", "light"])
def dialog(qtbot, request):
    theme().start(QApplication.instance(), request.param, bundled_font=True)
    dialog = ExportDialog()
    qtbot.addWidget(dialog)
    dialog.log = []
    for name in (
        "format_chosen", "what_chosen", "option_chosen", "folder_chosen", "replacing_chosen", "started",
        "cancelled",
    ):  # fmt: skip
        getattr(dialog, name).connect(lambda *a, name=name: dialog.log.append((name, *a)))
    dialog.show_export(STATE)
    dialog.open_export()
    QApplication.processEvents()
    return dialog


def test_it_is_not_modal(dialog):
    assert not dialog.isModal()


def test_choices_are_told(qtbot, dialog):
    for name in ("export.format.csv", "export.what.selected"):
        dialog.findChild(QRadioButton, name).click()
    field = dialog.findChild(QLineEdit, "export.folder")
    field.selectAll()
    qtbot.keyClicks(field, "/x")
    dialog.findChild(QPushButton, "export.start").click()
    assert dialog.log == [
        ("format_chosen", "csv"),
        ("what_chosen", What.SELECTED),
        ("folder_chosen", "/"),
        ("folder_chosen", "/x"),
        ("started",),
    ]


def test_what_cannot_be_chosen_says_why(dialog):
    radio = dialog.findChild(QRadioButton, "export.what.range")
    assert not radio.isEnabled()
    assert "Mark a range" in radio.toolTip()


def test_existing_files_are_asked_about_inline(qtbot, dialog):
    box = dialog.findChild(QCheckBox, "export.replace")
    assert not box.isVisible()
    dialog.show_export(ExportState(**{**_fields(STATE), "present": ("gate.txt",), "can_start": False}))
    assert box.isVisible()
    assert box.text() == "Replace 1 item that exists there"
    assert not dialog.findChild(QPushButton, "export.start").isEnabled()
    box.click()
    assert dialog.log == [("replacing_chosen", True)]


def test_every_point_says_in_words_what_becomes_of_it(dialog):
    dialog.show_export(ExportState(**{**_fields(STATE), "points": POINTS}))
    table = dialog.findChild(QTableWidget, "export.points")
    rows = [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount())]
    assert [row[0] for row in rows] == ["Stops", "Look", "Kept", "Converted", "Lost"]
    assert rows[2] == ["Kept", "Boxes", "1,234,567", "to a hundredth of a pixel, counted from 1"]


def test_options_are_shown_where_they_count(dialog):
    blur = dialog.findChild(QCheckBox, "export.blur")
    share = dialog.findChild(QSpinBox, "export.share")
    assert not blur.isVisible()
    dialog.show_export(ExportState(**{**_fields(STATE), "format": "clips"}))
    assert blur.isVisible()
    assert not share.isVisible()
    blur.click()
    dialog.show_export(ExportState(**{**_fields(STATE), "format": "market"}))
    assert share.isVisible()
    share.setValue(30)
    assert dialog.log == [("option_chosen", "blur", True), ("option_chosen", "test_share", 0.3)]


def test_a_format_without_the_limits_is_one_click_away(dialog):
    offer = dialog.findChild(QPushButton, "export.instead")
    assert not offer.isVisible()
    changes = {"format": "market", "points": POINTS, "instead": "market-free"}
    dialog.show_export(ExportState(**{**_fields(STATE), **changes}))
    assert offer.text() == "Use Market-1501, free"
    offer.click()
    assert dialog.log == [("format_chosen", "market-free")]


def test_every_format_can_be_chosen(dialog):
    for key in FORMATS:
        dialog.findChild(QRadioButton, f"export.format.{key}").click()
    assert dialog.log == [("format_chosen", key) for key in FORMATS]


def _fields(state):
    return {name: getattr(state, name) for name in state.__slots__}


def test_while_it_runs_it_can_only_be_cancelled(qtbot, dialog):
    running = ExportState(**{**_fields(STATE), "progress": (1200, 5000), "can_start": False})
    dialog.show_export(running)
    assert not dialog.findChild(QRadioButton, "export.format.csv").isEnabled()
    assert not dialog.findChild(QPushButton, "export.start").isVisible()
    with qtbot.waitSignal(dialog.ticked):
        pass
    dialog.findChild(QPushButton, "export.cancel").click()
    assert dialog.log == [("cancelled",)]
    dialog.show_export(ExportState(**{**_fields(running), "is_stopping": True}))
    assert not dialog.findChild(QPushButton, "export.cancel").isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    dialog.show_export(STATE)
    assert not dialog._timer.isActive()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"present": ("gate.txt",)},
        {"points": POINTS, "format": "market", "instead": "market-free"},
        {"format": "clips", "files": tuple(f"camera {n}.txt" for n in range(30))},
        {"progress": (1200, 100_000)},
        {
            "message": "The export could not be written to /cases/one-export: No space left on device.",
            "level": "bad",
        },
        {"message": "2 files written to /cases/one-export", "level": "ok"},
    ],
)
def test_nothing_is_clipped(dialog, changes):
    dialog.show_export(ExportState(**{**_fields(STATE), **changes}))
    QApplication.processEvents()
    assert [control for control in describe(dialog)["controls"] if control["clipped"]] == []


def test_a_real_export_runs_beside_the_window_and_stops_at_once(qtbot, dialog, tmp_path):
    with made(tmp_path / "case.sightline") as project:
        snapshot = load_snapshot(project)
    workspace = Workspace()
    workspace.snapshot.set(snapshot)
    lane = ThreadLane(tmp_path / "case.sightline", workspace, name="export")
    presenter = ExportPresenter(dialog, workspace, lane)
    dialog.format_chosen.connect(presenter.set_format)
    dialog.started.connect(presenter.start)
    dialog.cancelled.connect(presenter.cancel)
    try:
        presenter.open()
        dialog.findChild(QRadioButton, "export.format.csv").click()
        start = dialog.findChild(QPushButton, "export.start")
        qtbot.waitUntil(start.isEnabled, timeout=60_000)
        start.click()
        dialog.findChild(QPushButton, "export.cancel").click()
        qtbot.waitUntil(lambda: start.isVisible() and start.isEnabled(), timeout=60_000)
        assert list(tmp_path.glob("case_csv_*")) == []
        start.click()
        opens = dialog.findChild(QPushButton, "export.open")
        qtbot.waitUntil(opens.isVisible, timeout=60_000)
        (folder,) = tmp_path.glob("case_csv_*")
        assert (folder / "boxes.csv").exists()
    finally:
        presenter.close()
        lane.close()


def test_the_menus_actions_bring_the_dialogs_up(qtbot, tmp_path):
    with made(tmp_path / "case.sightline") as project:
        snapshot = load_snapshot(project)
    workspace, window = Workspace(), QWidget()
    qtbot.addWidget(window)
    lane = OpenProjectLane(workspace, "export")
    lane.open(tmp_path / "case.sightline")
    workspace.snapshot.set(snapshot)
    actions = {name: QAction(window) for name in ("file.export", "file.import")}
    made_parts = Export(workspace, lane), Import(workspace, lane, lambda _: None, lambda: None, lambda: None)
    try:
        for part in made_parts:
            part.join(actions, window)
        assert window.findChildren(QDialog) == []  # made when they are asked for
        for action in actions.values():
            action.trigger()
            action.trigger()
        dialogs = window.findChildren(QDialog)
        assert sorted(dialog.objectName() for dialog in dialogs) == ["export", "import"]
        assert all(dialog.isVisible() for dialog in dialogs)
        qtbot.waitUntil(dialogs[0].findChild(QPushButton, "export.start").isEnabled, timeout=60_000)
    finally:
        for part in made_parts:
            part.close()
        lane.close()
