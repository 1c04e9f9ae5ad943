"""The Identities page: select, drag, drop and keys, renaming in place; and corrections in a whole window."""

from __future__ import annotations

from itertools import product

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from app.describe import describe
from app.pages.identities import IdentitiesPage
from app.theme.theme import theme
from app.views.people import NEW, Card, Clip, Entry, PersonHead, StoryState
from app.widgets.people_list import dragged, tracklets_mime
from app.workspace import Page
from reid_core.store.project import Project
from reid_core.types import Verdict
from tests.gui.support import dress
from tests.gui.test_verify_page import Pictures, clipped
from tests.gui.test_whole_window import act, ingested, open_window

__all__ = ["ingested", "open_window"]

ENTRIES = (
    Entry(1, "Ann", "c1s1t1", "gate, hall", "00:00:00 – 00:00:07", "3 tracklets", "3 of 3 by hand", 1.0),
    Entry(2, "Person 2", "c1s1t2", "gate", "00:00:00 – 00:00:07", "1 tracklet", "0 of 1 by hand", 0.0, "odd"),
    Entry(0, "Unassigned", "", "", "", "9 tracklets", "", 0.0),
)
CARDS = tuple(
    Card(f"c1s1t{n}", f"T-1.{n}", "gate", "00:00:01.0 · 2.0 s", f"0.{n}5", is_far=n == 1, nearer=2)
    for n in range(1, 8)
)


@pytest.fixture
def page(qtbot, qapp):
    dress("light")
    made = IdentitiesPage(Pictures())
    qtbot.addWidget(made)
    made.resize(1180, 740)
    made.show_people(ENTRIES, "2 people")
    made.show_current(1)
    made.show_person(PersonHead(1, "Ann", "c1s1t1", "2 cameras", "3 of 3 by hand", 1.0, tags="bag"))
    made.show_story([Clip("c1s1t1", "gate", "T-1.1", "00:00:00.0", "2.0 s", "")] * 3, "6 s", is_best=True)
    made.show_story_state(StoryState(1, 0.5, False, "gate"))
    made.show_cards(CARDS, "farthest from the rest first")
    made.show_selected(())
    made.show()
    QApplication.processEvents()
    return made


def log_of(page, *names):
    log = []
    for name in names:
        getattr(page, name).connect(lambda *values, name=name: log.append((name, *values)))
    return log


def click(page, qtbot, n, keys=Qt.KeyboardModifier.NoModifier):
    place = page.cards.card_rect(CARDS[n].tracklet).center()
    qtbot.mouseClick(page.cards.viewport(), Qt.MouseButton.LeftButton, keys, place)


def test_cards_are_selected_one_by_one_and_in_stretches(page, qtbot):
    log = log_of(page, "selected")
    click(page, qtbot, 1)
    click(page, qtbot, 3, Qt.KeyboardModifier.ShiftModifier)
    click(page, qtbot, 2, Qt.KeyboardModifier.ControlModifier)
    assert [names for _, names in log] == [
        ["c1s1t2"], ["c1s1t2", "c1s1t3", "c1s1t4"], ["c1s1t2", "c1s1t4"],
    ]  # fmt: skip
    click(page, qtbot, 1)  # what may begin a drag narrows the selection when it is let go
    assert log[-1][1] == ["c1s1t2"]


def test_cards_are_selected_with_the_keyboard(page, qtbot):
    log = log_of(page, "selected")
    page.cards.setFocus()
    qtbot.keyClick(page.cards, Qt.Key.Key_Right)
    qtbot.keyClick(page.cards, Qt.Key.Key_Space)
    qtbot.keyClick(page.cards, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert log == [("selected", ["c1s1t2"]), ("selected", ["c1s1t2", "c1s1t3"])]


def drop(widget, place: QPoint, mime: QMimeData) -> None:
    keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place, Qt.DropAction.MoveAction, mime, *keys)
    QApplication.sendEvent(widget, enter)
    QApplication.sendEvent(widget, QDropEvent(QPointF(place), Qt.DropAction.MoveAction, mime, *keys))


def test_tracklets_are_dropped_on_a_person_and_on_a_new_one(page):
    log = log_of(page, "dropped")
    mime = tracklets_mime(["c1s1t3", "c1s1t4"])
    assert dragged(mime) == ("c1s1t3", "c1s1t4")
    row = page.list.visualRect(page.list.model().index(1)).center()
    drop(page.list.viewport(), row, mime)
    drop(page.new, page.new.rect().center(), mime)
    drop(page.new, page.new.rect().center(), QMimeData())
    names = ["c1s1t3", "c1s1t4"]
    assert log == [("dropped", names, 2), ("dropped", names, NEW)]


def test_a_name_is_typed_in_place_and_escape_leaves_it(page, qtbot):
    log = log_of(page, "renamed")
    page.head.rename()
    edit = page.findChild(QLineEdit, "people.name.edit")
    assert edit.text() == "Ann"
    edit.setText("Bea")
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert log == []
    page.head.rename()
    edit.setText("Bea")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert log[-1] == ("renamed", 1, "Bea")


def test_a_person_is_asked_for_by_typing(page, qtbot):
    log = log_of(page, "answered")
    page.ask_person("Move T-1.1 to", ENTRIES[:2], with_new=True)
    chooser = page.findChild(QLineEdit, "chooser.find")
    qtbot.keyClicks(chooser, "person 2")
    qtbot.keyClick(chooser, Qt.Key.Key_Return)
    page.ask_person("Move T-1.1 to", ENTRIES[:2], with_new=True)
    qtbot.keyClick(chooser, Qt.Key.Key_Down)
    qtbot.keyClick(chooser, Qt.Key.Key_Down)
    qtbot.keyClick(chooser, Qt.Key.Key_Return)
    assert log == [("answered", 2), ("answered", NEW)]


def test_a_click_on_a_clip_begins_with_it(page, qtbot):
    log = []
    page.strip.chosen.connect(log.append)
    qtbot.mouseClick(page.strip.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 50))
    page.strip.setFocus()
    qtbot.keyClick(page.strip, Qt.Key.Key_Right)
    assert log == [1, 2]


@pytest.fixture
def decided(ingested):
    """Two people, each in both cameras; taken back afterwards."""
    with Project.open(ingested) as project:
        names = sorted(tracklet.id for tracklet in project.tracklets())
        for a, b in ((names[0], names[2]), (names[1], names[3])):
            project.decide(a, b, Verdict.SAME)
    yield ingested
    with Project.open(ingested) as project:
        while project.cursor().done:
            project.undo()


def test_a_tracklet_is_taken_out_and_brought_back_by_undo(qtbot, decided, open_window):
    application = open_window(decided)
    application.show_page(Page.IDENTITIES)
    qtbot.waitUntil(application.is_settled, timeout=60_000)
    page, workspace = application.pages.people.page, application.workspace
    assert page.list.model().rowCount() == 2
    first = workspace.snapshot.value.persons[0].tracklets
    page.cards.setFocus()
    qtbot.keyClick(page.cards, Qt.Key.Key_Space)
    qtbot.keyClick(page.cards, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(workspace.snapshot.value.persons) == 1, timeout=60_000)
    act(application, "edit.undo")
    qtbot.waitUntil(lambda: len(workspace.snapshot.value.persons) == 2, timeout=60_000)
    assert workspace.snapshot.value.persons[0].tracklets == first
    act(application, "identity.story")
    qtbot.waitUntil(lambda: application.pages.people.presenter.story.is_playing, timeout=60_000)
    application.show_page(Page.START)
    assert not application.pages.people.presenter.story.is_playing


def test_nothing_of_a_person_is_clipped(qtbot, decided, open_window):
    application = open_window(decided)
    application.show_page(Page.IDENTITIES)
    people = application.pages.people.presenter
    for scheme, size in product(("light", "dark"), ((1280, 800), (1600, 1000))):
        theme().choose(scheme)
        application.window.resize(*size)
        people.merge(1, 2)  # asks first, for they are in one picture
        qtbot.wait(100)  # layouts follow in passes
        qtbot.waitUntil(application.is_settled, timeout=60_000)
        seen = describe(application.window)
        assert {"people.warning.text", "people.name", "people.tags"} <= {
            c["object"] for c in seen["controls"]
        }
        assert clipped(seen) == [], f"{scheme}, {size}"


class TopLevels(QObject):
    """Notes every widget that appears as a window."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.names.append(watched.objectName() or type(watched).__name__)
        return False


def test_no_part_of_a_page_appears_as_a_window_of_its_own(qtbot, qapp, ingested, open_window):
    seen = TopLevels()
    qapp.installEventFilter(seen)
    try:
        application = open_window(ingested)
        for page in (Page.VERIFY, Page.IDENTITIES, Page.LINKS):
            application.show_page(page)
            qtbot.waitUntil(application.is_settled, timeout=60_000)
    finally:
        qapp.removeEventFilter(seen)
    assert seen.names == ["window"]
