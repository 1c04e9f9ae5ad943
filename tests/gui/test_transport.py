"""The transport bar."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt

from app.actions import BY_ID
from app.playback.scene import RATES, TransportState
from app.theme.theme import theme
from app.widgets.transport import Transport


@pytest.fixture
def bar(qtbot, qapp):
    theme().start(qapp, "dark", bundled_font=True)
    made = Transport()
    qtbot.addWidget(made)
    made.resize(1100, 40)
    made.show()
    made.show_transport(TransportState("00:00:07.1", "21 Nov 2026", True, False, 1.0, "Gate"))
    return made


def child(bar, name):
    found = bar.findChild(object, f"transport.{name}")
    assert found is not None, name
    return found


def test_buttons_ask_for_their_action(bar, qtbot):
    for name in ("start", "frame_back", "play", "frame_forward", "end", "nudge_back", "nudge_forward"):
        with qtbot.waitSignal(bar.asked) as signal:
            qtbot.mouseClick(child(bar, name), Qt.MouseButton.LeftButton)
        assert signal.args == [f"playback.{name}"]
        assert signal.args[0] in BY_ID
        assert child(bar, name).accessibleName()
        assert "(" in child(bar, name).toolTip(), "its key"


def test_the_play_button_says_what_it_will_do(bar):
    assert child(bar, "play").accessibleName() == "Play"
    bar.show_transport(TransportState("00:00:07.2", "", True, True, -2.0, "Gate"))
    assert child(bar, "play").accessibleName() == "Pause"
    assert child(bar, "rate").text() == "−2×"
    assert child(bar, "time").text() == "00:00:07.2"


def test_speeds_are_chosen_from_the_menu(bar, qtbot):
    menu = child(bar, "rate").menu()
    assert [action.data() for action in menu.actions()] == list(RATES)
    assert [action.isChecked() for action in menu.actions()].index(True) == RATES.index(1.0)
    with qtbot.waitSignal(bar.rate_chosen) as signal:
        menu.actions()[-1].trigger()
    assert signal.args == [8.0]


def test_a_time_is_typed_in_the_place_of_the_display(bar, qtbot):
    bar.ask_time()
    entry = child(bar, "entry")
    assert entry.isVisible()
    assert not child(bar, "time").isVisible()
    entry.setText("1:30")
    with qtbot.waitSignal(bar.time_entered) as signal:
        qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert signal.args == ["1:30"]
    assert not entry.isVisible()


def test_a_wrong_time_stays_with_its_reason(bar, qtbot):
    bar.time_entered.connect(
        lambda _: bar.show_transport(TransportState("00:00:07.1", is_enabled=True, problem="is no time"))
    )
    bar.ask_time()
    entry = child(bar, "entry")
    qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert entry.isVisible()
    assert entry.property("state") == "bad"
    assert entry.toolTip() == "is no time"
    qtbot.keyClick(entry, Qt.Key.Key_Escape)
    assert child(bar, "time").isVisible()


def test_without_footage_nothing_can_be_pressed(bar):
    bar.show_transport(TransportState("00:00:00.0"))
    for name in ("play", "rate", "time", "nudge_back"):
        assert not child(bar, name).isEnabled()
    bar.ask_time()
    assert not child(bar, "entry").isVisible()


@pytest.mark.parametrize("width", [1100, 760, 640, 520])
def test_a_narrow_bar_clips_nothing(bar, qtbot, width):
    bar.resize(width, 40)
    bar.layout().activate()
    shown = [w for w in bar.children() if hasattr(w, "isVisible") and w.isVisible()]
    for widget in shown:
        assert widget.geometry().right() < width
        if widget.objectName() in ("transport.date", "transport.nudge_label"):
            assert widget.width() >= widget.sizeHint().width()
    rects = sorted((w.geometry() for w in shown), key=lambda rect: rect.x())
    assert all(not one.intersects(other) for one, other in pairwise(rects))


def test_buttons_of_the_bar_are_small_and_centred(bar):
    for name in ("rate", "nudge_back", "nudge_forward"):
        widget = child(bar, name)
        assert widget.height() == 24, name
        assert widget.geometry().center().y() in (19, 20), name
