"""The Links page: rows, slider, table and ways out; and linking in a whole window."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QSlider, QTableView

from app.describe import describe
from app.pages.links import LinksPage
from app.theme.theme import theme
from app.views.links import ConflictShown, LinkHead, ProposalRow, StepRow, TravelRow
from app.workspace import Page
from reid_core.store.project import Project
from reid_core.types import Verdict
from tests.gui.support import dress
from tests.gui.test_verify_page import Pictures, clipped
from tests.gui.test_whole_window import act, ingested, open_window

__all__ = ["ingested", "open_window"]

ROWS = tuple(
    ProposalRow(
        (f"c1s1t{n}", f"c2s1t{n}"), (f"c1s1t{n}", f"c2s1t{n}"), (1,) if n == 1 else (),
        "2 tracklets in gate and hall", f"T-1.{n}, T-2.{n}", 0.9, "", "similarity 0.9",
    )
    for n in (1, 2, 3)
)  # fmt: skip
STEPS = tuple(
    StepRow(
        "c1s1t1", "c2s1t1", f"Decision {n}", "T-1.1 is T-2.1", "0.54", "ana, 2026-01-02 03:04 UTC", n == 2
    )
    for n in (1, 2)
)
CONFLICT = ConflictShown(
    "Contradiction 1 of 2", "Person 1 is in hall twice at the same time", "One person cannot be twice.",
    STEPS, ("Withdraw decision 2", "Withdraw decision 1"), True, ("c1s1t1", "c2s1t1"),
)  # fmt: skip
TRAVEL = (TravelRow("gate", "hall", "0:20", "", "1:30", False, "set by hand"), TravelRow("gate", "yard"))


@pytest.fixture
def page(qtbot, qapp):
    dress("dark")
    made = LinksPage(Pictures())
    qtbot.addWidget(made)
    made.resize(1200, 740)
    made.show_head(LinkHead(is_ready=True, place=400, threshold="≥ 0.70", preview="Something.", n_shown=3))
    made.show_message("", "")
    made.show_proposals(ROWS)
    made.show_current(ROWS[0].key)
    made.show_conflict(CONFLICT)
    made.show_travel(TRAVEL)
    made.show()
    QApplication.processEvents()
    return made


def test_rows_are_reached_and_opened(page, qtbot):
    log = []
    page.selected.connect(lambda key: log.append(("selected", key)))
    page.opened.connect(lambda key: log.append(("opened", key)))
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    assert log == [("selected", ROWS[1].key), ("opened", ROWS[1].key)]


def test_the_slider_tells_every_move_and_the_buttons_what_they_take(page, qtbot):
    log = []
    page.bar.slid.connect(log.append)
    page.bar.accept_asked.connect(lambda: log.append("accept"))
    slider = page.findChild(QSlider, "links.slider")
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    accept = page.findChild(QPushButton, "links.accept_all")
    assert accept.accessibleName() == "Accept all 3"
    qtbot.mouseClick(accept, Qt.MouseButton.LeftButton)
    assert log == [410, "accept"]
    page.show_head(LinkHead(is_ready=True, is_stale=True, n_shown=3, note="Link again."))
    assert not accept.isEnabled()


def test_a_way_out_is_a_button(page, qtbot):
    log = []
    page.conflict.solved.connect(log.append)
    page.conflict.compare_asked.connect(lambda: log.append("compare"))
    page.conflict.stepped.connect(lambda by: log.append(("step", by)))
    second = page.findChild(QPushButton, "links.way.1")
    assert second.accessibleName() == "Withdraw decision 1"
    qtbot.mouseClick(second, Qt.MouseButton.LeftButton)
    page.findChild(QPushButton, "links.compare").click()
    assert not page.findChild(QPushButton, "links.way.2").isVisible()
    assert log == [1, "compare"]
    page.show_conflict(None)
    assert not second.isVisible()


def test_a_contradiction_is_kept_for_a_reason_only(page, qtbot):
    log = []
    page.conflict.kept.connect(log.append)
    reason, keep = page.findChild(QLineEdit, "links.reason"), page.findChild(QPushButton, "links.keep")
    assert not reason.isVisible()
    page.show_conflict(replace(CONFLICT, can_keep=True))
    assert not keep.isEnabled()
    qtbot.keyClicks(reason, "a mirror")
    keep.click()
    assert log == ["a mirror"]
    page.show_conflict(replace(CONFLICT, reason="a mirror"))
    assert not keep.isVisible()
    assert page.findChild(QLabel, "links.conflict.kept").text() == "It was kept: a mirror"
    assert [control for control in describe(page)["controls"] if control["clipped"]] == []


def test_a_checked_cell_has_a_tick(page):
    page.show_travel((TravelRow("gate", "hall", "", "", "", True, "set by hand"),))
    table = page.findChild(QTableView, "links.travel.table")
    cell = table.visualRect(page.travel_model.index(0, 4)).translated(table.viewport().pos())
    image = table.grab(cell).toImage()
    lightest = max(image.pixelColor(x, y).lightness() for x in range(24) for y in range(image.height()))
    assert lightest > QColor(theme().tokens.fill).lightness() + 40


def test_times_are_typed_into_the_table_and_overlap_is_checked(page, qtbot):
    log = []
    page.travel_model.time_set.connect(lambda *values: log.append(values))
    page.travel_model.overlap_set.connect(lambda *values: log.append(values))
    page.travel.forgotten.connect(lambda *values: log.append(values))
    table = page.findChild(QTableView, "links.travel.table")
    table.setFocus()
    table.setCurrentIndex(page.travel_model.index(0, 2))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    editor = QApplication.focusWidget()
    qtbot.keyClicks(editor, "0:40")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    table.setCurrentIndex(page.travel_model.index(1, 4))
    qtbot.keyClick(table, Qt.Key.Key_Space)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert log == [("gate", "hall", "typical", "0:40"), ("gate", "yard", True), ("gate", "yard")]


@pytest.fixture
def torn(ingested):
    """Decisions that contradict each other; taken back afterwards."""
    with Project.open(ingested) as project:
        names = sorted(tracklet.id for tracklet in project.tracklets())
        project.decide(names[0], names[2], Verdict.SAME)
        project.decide(names[2], names[1], Verdict.SAME)
    yield ingested
    with Project.open(ingested) as project:
        while project.cursor().done:
            project.undo()


def test_proposals_are_accepted_and_undone_in_the_window(qtbot, ingested, open_window):
    application = open_window(ingested)
    workspace, page = application.workspace, application.pages.links.page
    act(application, "identity.link")
    assert workspace.page.value is Page.LINKS
    qtbot.waitUntil(lambda: page.list.model().rowCount() > 0, timeout=60_000)
    assert workspace.snapshot.value.persons == ()
    n_rows = page.list.model().rowCount()
    act(application, "identity.link_accept_all")
    qtbot.waitUntil(lambda: len(workspace.snapshot.value.persons) == n_rows, timeout=60_000)
    act(application, "edit.undo")
    qtbot.waitUntil(lambda: workspace.snapshot.value.persons == (), timeout=60_000)
    act(application, "identity.link")
    qtbot.waitUntil(lambda: page.list.model().rowCount() == n_rows, timeout=60_000)
    qtbot.waitUntil(application.is_settled, timeout=60_000)
    act(application, "identity.link_verify_all")
    assert workspace.page.value is Page.VERIFY
    assert application.pages.verify.page.pairs.model().rowCount() >= n_rows


def test_nothing_of_linking_is_clipped(qtbot, torn, open_window):
    application = open_window(torn)
    act(application, "identity.link")
    page = application.pages.links.page
    qtbot.waitUntil(lambda: page.findChild(QPushButton, "links.way.0").isVisible(), timeout=60_000)
    for scheme, size in product(("light", "dark"), ((1280, 800), (1600, 1000))):
        theme().choose(scheme)
        application.window.resize(*size)
        qtbot.wait(100)  # layouts follow in passes
        qtbot.waitUntil(application.is_settled, timeout=60_000)
        seen = describe(application.window)
        assert {"links.preview", "links.conflict.sentence", "links.travel.table"} <= {
            control["object"] for control in seen["controls"]
        }
        assert clipped(seen) == [], f"{scheme}, {size}"
