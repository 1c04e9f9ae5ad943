"""The shell: menus hold every action, pages follow the project, the sheet of keys finds what is typed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from app.actions import ACTIONS
from app.describe import describe, is_clipped
from app.keys_window import KeysWindow
from app.main_window import MainWindow
from app.theme.theme import theme


@pytest.fixture
def window(qtbot, qapp):
    theme().start(qapp, "light", bundled_font=True)
    pages = {
        "start": ("Start", "house"),
        "sources": ("Sources", "cctv"),
        "investigate": ("Investigate", "scan-search"),
    }
    made = MainWindow(pages, QFrame())
    for name in pages:
        made.put_page(name, QWidget())
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    return made


def test_every_action_stands_in_a_menu(window):
    shown = {
        action.objectName() for menu in window.header.menus.actions() for action in menu.menu().actions()
    }
    assert {action.id for action in ACTIONS} <= shown


def test_without_a_project_only_the_start_page_is_open(window):
    window.show_project("")
    assert window.rail.widget_of("start").isEnabled()
    assert not window.rail.widget_of("investigate").isEnabled()
    assert "open or make a project" in window.rail.widget_of("investigate").toolTip()
    window.show_project("Building 4")
    assert window.rail.widget_of("investigate").isEnabled()
    assert window.windowTitle() == "Building 4 – Sightline"


def test_the_rail_chooses_pages(window, qtbot):
    window.show_project("Building 4")
    with qtbot.waitSignal(window.page_chosen) as chosen:
        qtbot.mouseClick(window.rail.widget_of("sources"), Qt.MouseButton.LeftButton)
    assert chosen.args == ["sources"]


def test_the_rail_is_narrow_in_a_narrow_window(window, qtbot):
    assert window.rail.width() == 44
    window.resize(1600, 1000)
    qtbot.waitUntil(lambda: window.rail.width() == 64)


def test_undo_names_what_it_takes_back(window):
    undo = window.actions_by_id["edit.undo"]
    window.show_history("accept T-2.9 as Person 1", "")
    assert (undo.text(), undo.isEnabled()) == ("Undo accept T-2.9 as Person 1", True)
    assert not window.actions_by_id["edit.redo"].isEnabled()


def test_whoever_asks_keeps_the_window_open(window):
    window.close_asked.connect(window.keep_open)
    assert not window.close()
    window.close_asked.disconnect(window.keep_open)
    assert window.close()


def test_the_sheet_of_keys_narrows_down(qtbot, window):
    keys = KeysWindow(window)
    qtbot.addWidget(keys)
    assert len(keys.shown()) == len(ACTIONS)
    keys._find.setText("half speed of light")
    assert keys.shown() == []
    keys._find.setText("  UNSURE ")
    assert keys.shown() == [("Unsure", "W")] * 2  # in Investigate and in Verify
    keys._find.setText("f11")
    assert keys.shown() == [("Full screen", "F11")]


def test_a_label_without_room_is_called_clipped(window, qtbot):
    label = QLabel("A sentence that needs more room than this", window)
    label.setObjectName("too_small")
    label.setGeometry(10, 10, 40, 16)
    label.show()
    assert is_clipped(window, label)
    label.setGeometry(10, 10, 400, 16)
    assert not is_clipped(window, label)
    (row,) = [control for control in describe(window)["controls"] if control["object"] == "too_small"]
    assert row["rect"] == [10, 10, 400, 16]
    assert not row["clipped"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_of_the_shell_is_clipped(window, qtbot, scheme):
    theme().choose(scheme)
    window.show_project("A project with quite a long name")
    window.header.show_model("person-reidentification-retail-0277", "mAP 0.71 here", "")
    window.notice.tell("hall.mp4 cannot be opened: the recording was cut off.", "bad")
    qtbot.wait(50)  # layouts follow in passes
    assert [control for control in describe(window)["controls"] if control["clipped"]] == []
