"""Boxes corrected in the whole window, on footage: drawn, moved, split, undone, described, still there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app.application import Application
from app.options import WindowOptions
from app.settings import Settings
from app.theme.theme import theme
from app.workspace import Page
from reid_core.store.project import Project
from tests.e2e.cli import sightline
from tests.fakes.footage import BLUE, RED, Walker, write_boxes, write_clip

N_FRAMES = 40
WALKERS = (
    Walker(RED, (20, 60), (1, 0), 0, N_FRAMES - 1, size=(48, 120)),
    Walker(BLUE, (200, 80), (0.5, 0), 0, N_FRAMES - 1, size=(48, 120)),
)
RED_ID, BLUE_ID = "c1s1t1", "c1s1t2"


@pytest.fixture(scope="module")
def ingested(tmp_path_factory) -> Path:
    """One camera in which two people walk."""
    folder = tmp_path_factory.mktemp("walk")
    write_clip(folder / "gate.mp4", WALKERS, N_FRAMES)
    write_boxes(folder / "boxes", "gate", WALKERS, N_FRAMES)
    sightline(
        *("ingest", folder / "walk", "--detector", f"replay:{folder / 'boxes'}"),
        *("--camera", f"gate={folder / 'gate.mp4'}"),
    )
    return folder / "walk.sightline"


class Window:
    """The window on a project, in the annotate mode."""

    def __init__(self, qtbot, project: Path, settings: Path) -> None:
        self.bot = qtbot
        self.application = Application(
            WindowOptions(project=project, page=Page.INVESTIGATE, size=(1280, 800)), Settings(settings)
        )
        qtbot.addWidget(self.application.window)
        self.application.start()
        self.workspace = self.application.workspace
        self.panes = self.application.pages.investigate.panes
        self.wait(lambda: self.workspace.snapshot.value is not None)
        self.application.window.activateWindow()
        self.settle()

    def wait(self, is_done) -> None:
        self.bot.waitUntil(is_done, timeout=60_000)

    def settle(self) -> None:
        self.wait(self.application.is_settled)

    def action(self, action_id: str):
        return self.application.window.actions_by_id[action_id]

    def act(self, action_id: str) -> None:
        assert self.action(action_id).isEnabled(), action_id
        self.action(action_id).trigger()

    def begin(self) -> None:
        self.act("annotate.mode")
        self.go(10)

    def go(self, frame_idx: int) -> None:
        self.workspace.playhead_ms.set(frame_idx * 100.0)
        self.wait(lambda: self.panes.shown_frame("gate") == (1, frame_idx))
        self.settle()

    def rect(self, tracklet: str):
        self.panes.repaint()
        self.wait(lambda: any(b.shape.mark.tracklet == tracklet for b in self.panes.painted_boxes()))
        return next(b.rect for b in self.panes.painted_boxes() if b.shape.mark.tracklet == tracklet)

    def click(self, tracklet: str, held=Qt.KeyboardModifier.NoModifier) -> None:
        place = self.rect(tracklet).center().toPoint()
        QTest.mouseClick(self.panes, Qt.MouseButton.LeftButton, held, place)

    def drag(self, start: QPointF, end: QPointF) -> None:
        first, last = start.toPoint(), end.toPoint()
        QTest.mousePress(self.panes, Qt.MouseButton.LeftButton, pos=first)
        QTest.mouseMove(self.panes, (first + last) / 2)
        QTest.mouseMove(self.panes, last)
        QTest.mouseRelease(self.panes, Qt.MouseButton.LeftButton, pos=last)

    def ids(self) -> set[str]:
        return set(self.workspace.snapshot.value.tracklets.ids)

    def undo_text(self) -> str:
        return self.workspace.snapshot.value.undo_text


@pytest.fixture
def project(ingested, tmp_path) -> Path:
    path = tmp_path / "walk.sightline"
    shutil.copy(ingested, path)
    shutil.copytree(f"{ingested}.d", f"{path}.d")
    return path


@pytest.fixture
def open_window(qtbot, qapp, tmp_path):
    opened: list[Window] = []

    def open_(path: Path) -> Window:
        theme().start(qapp, "dark", bundled_font=True)
        opened.append(Window(qtbot, path, tmp_path / "settings.ini"))
        return opened[-1]

    yield open_
    for window in opened:
        if window.application.window.isVisible():
            window.application.jobs.shutdown()
            window.application.window.close()


def test_boxes_are_moved_drawn_and_split_by_hand_and_found_again_after_a_restart(open_window, project):
    window = open_window(project)
    window.begin()
    window.click(RED_ID)
    before = window.rect(RED_ID)
    assert window.workspace.results.value is None, "a click corrects, and searches nothing"
    window.drag(before.center(), before.center() + QPointF(30, 0))
    window.wait(lambda: window.undo_text() == "place a box of T-1.1")
    assert window.rect(RED_ID).left() == pytest.approx(before.left() + 30, abs=2)

    window.act("annotate.draw")
    free = window.rect(BLUE_ID).topRight() + QPointF(30, 0)
    window.drag(free, free + QPointF(40, 90))
    window.wait(lambda: window.undo_text() == "draw a tracklet in gate")
    (drawn,) = window.ids() - {RED_ID, BLUE_ID}
    assert window.workspace.selected.value == (drawn,)
    window.wait(lambda: window.panes.rect_in_hand() is not None)
    assert window.panes.rect_in_hand().width() == pytest.approx(40, abs=2)

    window.go(20)
    window.click(BLUE_ID)
    window.panes.setFocus()
    QTest.keyClick(window.panes, Qt.Key.Key_C)
    window.wait(lambda: window.undo_text() == "split T-1.2")
    assert len(window.ids()) == 4
    window.act("edit.undo")
    window.wait(lambda: window.undo_text() == "draw a tracklet in gate")
    window.act("edit.redo")
    window.wait(lambda: len(window.ids()) == 4)
    kept = window.ids()
    assert window.application.window.close()

    with Project.open(project) as stored:
        assert {tracklet.id for tracklet in stored.tracklets()} == kept
        moved = stored.boxes(RED_ID)
        assert moved.edited.tolist() == [n == 10 for n in range(N_FRAMES)]
    again = open_window(project)
    assert again.ids() == kept
    again.act("edit.undo")
    again.wait(lambda: len(again.ids()) == 3)


def test_the_letters_of_the_mode_stand_in_for_those_of_the_page(open_window, project):
    window = open_window(project)
    trails = window.action("view.trails")
    window.begin()
    window.click(RED_ID)
    window.panes.setFocus()
    QTest.keyClick(window.panes, Qt.Key.Key_T)
    window.wait(lambda: window.undo_text() == "delete boxes of T-1.1")
    assert trails.isChecked()
    QTest.keyClick(window.panes, Qt.Key.Key_E)
    window.wait(lambda: window.workspace.snapshot.value.log_head == 2)
    window.go(10)
    QTest.keyClick(window.panes, Qt.Key.Key_C)
    window.wait(
        lambda: "cannot be split" in window.application.pages.investigate.annotate.bar._fact.whole_text()
    )
    QTest.keyClick(window.panes, Qt.Key.Key_Escape)  # lets go
    assert window.workspace.selected.value == ()
    QTest.keyClick(window.panes, Qt.Key.Key_Escape)  # leaves
    assert not window.action("annotate.mode").isChecked()
    QTest.keyClick(window.panes, Qt.Key.Key_T)
    assert not trails.isChecked()
    assert window.action("search.draw").isEnabled()


def test_two_are_swapped_and_merged(open_window, project):
    window = open_window(project)
    window.begin()
    window.click(RED_ID)
    window.click(BLUE_ID, Qt.KeyboardModifier.ControlModifier)
    assert window.workspace.selected.value == (RED_ID, BLUE_ID)
    red = window.rect(RED_ID)
    window.act("annotate.swap")
    window.wait(lambda: window.undo_text() == "swap T-1.1 and T-1.2")
    window.wait(lambda: window.rect(BLUE_ID) == red)
    window.act("annotate.merge")
    window.wait(lambda: window.ids() == {RED_ID})


def test_a_right_click_offers_what_can_be_done(open_window, project):
    window = open_window(project)
    timeline = window.application.pages.investigate.timeline_view

    def menu_of(widget, place) -> list[str]:
        widget.customContextMenuRequested.emit(place.toPoint())
        (menu,) = widget.findChildren(QMenu, "annotate.menu")
        names = [action.objectName() for action in menu.actions() if not action.isSeparator()]
        menu.close()
        window.wait(lambda: not widget.findChildren(QMenu, "annotate.menu"))
        return names

    assert menu_of(window.panes, window.rect(RED_ID).center()) == ["annotate.mode"]
    window.begin()
    bars = dict(timeline.drawn_bars())
    assert "annotate.split" in menu_of(timeline, bars[BLUE_ID].center())
    assert window.workspace.selected.value == (BLUE_ID,)
    assert "annotate.delete_tracklet" in menu_of(window.panes, window.rect(RED_ID).center())
    assert window.workspace.selected.value == (RED_ID,)
    window.act("annotate.delete_tracklet")
    window.wait(lambda: window.ids() == {BLUE_ID})


def test_a_place_to_look_at_is_gone_to_by_key(open_window, project):
    window = open_window(project)
    window.begin()
    window.application.pages.investigate.annotate.bar.kind_chosen.emit("end")
    window.panes.setFocus()
    QTest.keyClick(window.panes, Qt.Key.Key_PageDown)
    window.wait(lambda: window.workspace.playhead_ms.value == pytest.approx((N_FRAMES - 1) * 100.0))
    assert window.workspace.selected.value == (RED_ID,)
    window.wait(lambda: window.panes.rect_in_hand() is not None)


def test_what_was_edited_is_cropped_and_described_anew_in_the_background(open_window, project):
    window = open_window(project)
    window.begin()
    window.go(20)
    window.click(RED_ID)
    window.act("annotate.split")
    window.wait(lambda: len(window.ids()) == 3)
    window.wait(lambda: any(job.name == "Refresh 2 tracklets" for job in window.workspace.jobs.value))
    window.wait(lambda: all(job.status == "done" for job in window.workspace.jobs.value))
    with Project.open(project) as stored:
        assert stored.stored.outdated() == []
        for space in stored.spaces():
            assert set(stored.descriptors(space.key)[0]) == window.ids()


def test_the_bar_and_its_mode_are_off_without_a_project(open_window, project):
    window = open_window(project)
    window.begin()
    bar = window.application.pages.investigate.annotate.bar
    assert bar.isVisible()
    window.act("file.close")
    assert not window.action("annotate.mode").isChecked()
    assert not window.action("annotate.mode").isEnabled()
    assert not bar.isVisible()
