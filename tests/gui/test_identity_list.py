"""The list of identities says what is wanted, and shows what it is given."""

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QLineEdit

from app.item_models.identities import IdentitiesModel
from app.theme.theme import theme
from app.theme.tokens import identity_color
from app.views.identities import EMPTY, PersonRow
from app.widgets.identity_list import IdentityList


class Pictures(QObject):
    ready = Signal(str)

    def __init__(self):
        super().__init__()
        self.asked = []

    def pixmap(self, tracklet_id, rank, width_px, height_px, ratio=1.0):
        self.asked.append(tracklet_id)
        pixmap = QPixmap(width_px, height_px)
        pixmap.fill(Qt.GlobalColor.darkGreen)
        return pixmap if tracklet_id != "c1s1t3" else None


def rows(n=3):
    return tuple(
        PersonRow(
            k,
            f"Person {k}",
            f"c1s1t{k}",
            (True, k % 2 == 0, False),
            "14:02:10 – 14:02:36",
            k,
            "T-1.1 and T-1.2 are in Lab 1 at the same time" if k == 2 else "",
        )
        for k in range(1, n + 1)
    )


@pytest.fixture(params=["dark", "light"])
def panel(qtbot, request):
    theme().start(QApplication.instance(), request.param, bundled_font=True)
    model, pictures = IdentitiesModel(), Pictures()
    panel = IdentityList(model, model, pictures)
    qtbot.addWidget(panel)
    panel.resize(400, 300)
    panel.pictures, panel.model, panel.log = pictures, model, []
    for name in ("chosen", "searched", "find_changed", "renamed"):
        getattr(panel, name).connect(lambda *a, name=name: panel.log.append((name, *a)))
    panel.show_people(rows(), "")
    panel.show()
    QApplication.processEvents()
    return panel


def click(qtbot, panel, row, double=False):
    place = panel.list.visualRect(panel.model.index(row)).center()
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    if double:
        qtbot.mouseDClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_click_chooses_and_double_click_searches(qtbot, panel):
    click(qtbot, panel, 1)
    assert panel.log == [("chosen", 2)]
    assert panel.current == 2
    click(qtbot, panel, 2, double=True)
    assert panel.log[-1] == ("searched", 3)


def test_arrows_choose_and_enter_searches(qtbot, panel):
    panel.show_current(1)
    panel.list.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert panel.log == [("chosen", 2), ("searched", 2)]


def test_f2_renames_in_place(qtbot, panel):
    panel.show_current(2)
    panel.rename_current()
    editor = panel.list.findChild(QLineEdit, "identities.name")
    assert editor.text() == "Person 2"
    editor.selectAll()
    qtbot.keyClicks(editor, "Red coat")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(panel.log))
    QApplication.processEvents()
    assert panel.log == [("renamed", 2, "Red coat")]


def test_escape_leaves_the_name(qtbot, panel):
    panel.show_current(1)
    panel.rename_current()
    editor = panel.list.findChild(QLineEdit, "identities.name")
    qtbot.keyClicks(editor, "x")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert panel.log == []


def test_new_rows_keep_who_is_marked(panel):
    panel.show_current(3)
    panel.show_people(rows(5), "")
    assert panel.current == 3
    panel.show_people(rows(2), "")
    assert panel.current == 0
    panel.show_people((), EMPTY)
    assert not panel.list.isVisible()
    assert not panel.findChild(QLineEdit, "identities.find").isEnabled()


def test_finding_is_asked_for(qtbot, panel):
    panel.focus_find()
    qtbot.keyClicks(panel.findChild(QLineEdit, "identities.find"), "ab")
    assert panel.log == [("find_changed", "a"), ("find_changed", "ab")]


def test_rows_are_painted_and_spoken(panel):
    image = panel.list.viewport().grab().toImage()
    colors = {image.pixelColor(x, y).name() for x in range(40, 70) for y in range(0, 150)}
    assert {identity_color(n).lower() for n in (1, 2, 3)} <= colors
    assert {"c1s1t1", "c1s1t2", "c1s1t3"} <= set(panel.pictures.asked)
    index = panel.model.index(1)
    assert "Conflict: T-1.1" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "T-1.1" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_a_cover_that_comes_later_is_painted(panel):
    panel.pictures.asked.clear()
    panel.pictures.ready.emit("c1s1t3")
    QApplication.processEvents()
    assert set(panel.pictures.asked) == {"c1s1t3"}
