"""Boxes in the panes taken, moved and resized with mouse and keys; the bar over them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest

from app.actions import ACTIONS
from app.menus import make_actions
from app.playback.scene import PaneScene
from app.theme.tokens import DARK, QUERY_FRAME
from app.views.annotate import AnnotateState
from app.widgets.annotate_bar import KINDS, LEFT, AnnotateBar
from app.widgets.box_grip import LEAST_BOX_PX, Handle, dragged, handle_at, handle_rects
from app.widgets.pane_editing import EditGrid
from reid_core.pipeline.targets import TargetKind
from tests.gui.support import dress
from tests.gui.test_pane_grid import box, color_at, make_shot, painted

LEFT_BUTTON, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SCALE = 1280 / 800
"""Pixels of the frame in one of the pane."""
ONE, OTHER = (400.0, 160.0, 560.0, 480.0), (800.0, 160.0, 960.0, 480.0)


def scene(one=ONE, frame_idx=179):
    shot = make_shot(frame_idx, size=(800, 450))
    return (PaneScene("Gate", shot, (box("c1s1t1", one), box("c1s1t2", OTHER)), True, time="00:00:07.1"),)


@pytest.fixture
def grid(qtbot):
    dress()
    made = EditGrid()
    qtbot.addWidget(made)
    made.resize(800, 450)
    made.show()
    qtbot.waitExposed(made)
    made.show_panes(1, scene())
    made.set_editing(True)
    made.set_in_hand("c1s1t1")
    made.repaint()
    made.changes = []
    made.box_changed.connect(lambda *change: made.changes.append(change))
    return made


def drag(grid, start: QPointF, by: tuple[int, int], *, release=True):
    """In steps, as a hand does."""
    at = QPointF(start).toPoint()
    QTest.mousePress(grid, LEFT_BUTTON, NO_KEY, at)
    for part in (0.3, 0.7, 1.0):
        QTest.mouseMove(grid, at + QPoint(round(by[0] * part), round(by[1] * part)))
    if release:
        QTest.mouseRelease(grid, LEFT_BUTTON, NO_KEY, at + QPoint(*by))


def near(xyxy, expected, within=1.7):
    assert xyxy == pytest.approx(expected, abs=within)


# --- geometry


@pytest.mark.parametrize(
    ("handle", "by", "expected"),
    [
        (Handle.MOVE, (10, -20), (20, 0, 60, 80)),
        (Handle.MOVE, (-99, 999), (0, 120, 40, 200)),
        (Handle.TOP_LEFT, (5, 5), (15, 25, 50, 100)),
        (Handle.BOTTOM_RIGHT, (999, 999), (10, 20, 300, 200)),
        (Handle.RIGHT, (-999, 50), (10, 20, 10 + LEAST_BOX_PX, 100)),
        (Handle.TOP, (50, 999), (10, 100 - LEAST_BOX_PX, 50, 100)),
        (Handle.LEFT, (-999, 0), (0, 20, 50, 100)),
    ],
)
def test_a_drag_stays_in_the_picture_and_never_turns_the_box_over(handle, by, expected):
    assert dragged((10, 20, 50, 100), handle, *by, 300, 200) == expected


def test_a_small_box_has_handles_at_its_corners_only():
    assert len(handle_rects(QRectF(0, 0, 100, 100))) == 8
    assert len(handle_rects(QRectF(0, 0, 20, 20))) == 4
    assert handle_at(QRectF(0, 0, 100, 100), QPointF(50, 50)) is Handle.MOVE
    assert handle_at(QRectF(0, 0, 100, 100), QPointF(102, 97)) is Handle.BOTTOM_RIGHT
    assert handle_at(QRectF(0, 0, 100, 100), QPointF(120, 50)) is None


# --- the mouse


def test_a_box_is_moved(grid):
    drag(grid, grid.rect_in_hand().center(), (50, 30))
    ((tracklet, source_id, frame_idx, xyxy),) = grid.changes
    assert (tracklet, source_id, frame_idx) == ("c1s1t1", 1, 179)
    near(xyxy, (480, 208, 640, 528))


def test_a_box_is_resized_at_a_corner(grid):
    drag(grid, grid.rect_in_hand().bottomRight(), (25, -25))
    near(grid.changes[0][3], (400, 160, 600, 440))


def test_it_is_seen_where_it_goes_until_new_panes_come(grid):
    before = grid.rect_in_hand()
    drag(grid, before.center(), (50, 0))
    assert grid.rect_in_hand().left() == pytest.approx(before.left() + 50, abs=1)
    grid.show_panes(1, scene((480.0, 160.0, 640.0, 480.0)))
    assert grid.rect_in_hand().left() == pytest.approx(before.left() + 50, abs=1)
    grid.show_panes(1, scene())
    assert grid.rect_in_hand() == before


def test_a_trembling_click_changes_nothing(grid):
    drag(grid, grid.rect_in_hand().center(), (2, 1))
    assert grid.changes == []


def test_escape_ends_a_drag(grid):
    drag(grid, grid.rect_in_hand().center(), (50, 0), release=False)
    QTest.keyClick(grid, Qt.Key.Key_Escape)
    QTest.mouseRelease(grid, LEFT_BUTTON, NO_KEY, QPoint(5, 5))
    assert grid.changes == []


def test_another_picture_ends_a_drag(grid):
    drag(grid, grid.rect_in_hand().center(), (50, 0), release=False)
    grid.show_panes(1, scene(frame_idx=180))
    QTest.mouseRelease(grid, LEFT_BUTTON, NO_KEY, QPoint(5, 5))
    assert grid.changes == []


def test_another_box_is_taken_and_moved_in_one_go(grid):
    grid.tracklet_clicked.connect(lambda tracklet, _: grid.set_in_hand(tracklet))
    drag(grid, QPointF(550, 200), (20, 0))
    (change,) = grid.changes
    assert change[0] == "c1s1t2"
    near(change[3], (832, 160, 992, 480))


def test_ctrl_click_adds_and_takes_nothing(grid, qtbot):
    with qtbot.waitSignal(grid.tracklet_clicked) as clicked:
        QTest.mouseClick(grid, LEFT_BUTTON, Qt.KeyboardModifier.ControlModifier, QPoint(550, 200))
    assert clicked.args == ["c1s1t2", True]
    assert grid.changes == []


def test_a_click_beside_all_boxes_lets_go(grid, qtbot):
    with qtbot.waitSignal(grid.let_go):
        QTest.mouseClick(grid, LEFT_BUTTON, NO_KEY, QPoint(40, 400))


def test_without_the_mode_a_drag_does_nothing(grid, qtbot):
    grid.set_editing(False)
    with qtbot.waitSignal(grid.tracklet_clicked):
        drag(grid, QPointF(300, 200), (50, 0))
    assert grid.changes == []
    assert grid.rect_in_hand() is None


# --- the keys


def test_arrow_keys_move_the_box_as_one_change(grid, qtbot):
    for _ in range(3):
        QTest.keyClick(grid, Qt.Key.Key_Right)
    QTest.keyClick(grid, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert grid.changes == []
    qtbot.waitUntil(lambda: bool(grid.changes), timeout=10_000)
    assert grid.changes == [("c1s1t1", 1, 179, (403.0, 170.0, 563.0, 490.0))]


def test_ctrl_and_arrow_keys_resize_it(grid):
    QTest.keyClick(grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(grid, Qt.Key.Key_Up, held)
    grid.settle()
    assert grid.changes[0][3] == (400.0, 160.0, 561.0, 470.0)


def test_another_picture_settles_what_the_keys_did_in_the_one_before(grid):
    QTest.keyClick(grid, Qt.Key.Key_Right)
    grid.show_panes(1, scene(frame_idx=180))
    assert grid.changes == [("c1s1t1", 1, 179, (401.0, 160.0, 561.0, 480.0))]
    assert grid.rect_in_hand().left() == pytest.approx(400 / SCALE, abs=1)


def test_without_a_box_in_hand_arrow_keys_step_frames(grid, qtbot):
    grid.set_in_hand("")
    with qtbot.waitSignal(grid.asked) as asked:
        QTest.keyClick(grid, Qt.Key.Key_Right)
    assert asked.args == ["playback.frame_forward"]


# --- what is painted


def test_handles_are_painted_where_they_can_be_taken(grid):
    rect = grid.rect_in_hand()
    image = painted(grid)
    for corner in (rect.topLeft(), rect.bottomRight()):
        assert color_at(image, corner.x(), corner.y()).name().upper() == QUERY_FRAME
    grid.set_editing(False)
    image = painted(grid)
    assert color_at(image, rect.left() - 3, rect.top() - 3).name().upper() != QUERY_FRAME


@pytest.mark.parametrize("in_hand", ["c1s1t1", ""])
def test_a_refusal_stands_in_the_pane(grid, in_hand):
    grid.set_in_hand(in_hand)
    before = painted(grid)
    grid.show_refusal("T-1.1 cannot be split at frame 0: it goes from frame 0 to 49, and both need a box.")
    after = painted(grid)
    warned = [
        (x, y)
        for x in range(0, 800, 1)
        for y in range(24, 450, 7)
        if color_at(after, x, y).name().upper() == DARK.warn and color_at(before, x, y).name() != DARK.warn
    ]
    assert warned


# --- the bar


@pytest.fixture
def bar(qtbot):
    dress()
    made = AnnotateBar()
    qtbot.addWidget(made)
    actions = make_actions(made, {})
    made.set_actions(actions)
    made.actions_by_id = actions
    made.resize(1200, made.height())
    return made


def state(**changes):
    return AnnotateState(**{"is_on": True, "fact": "T-1.1", "kind": "gap", "place": "3 of 12", **changes})


def test_the_bar_is_there_in_the_mode_only(bar):
    assert not bar.isVisibleTo(None)
    bar.show_annotate(state())
    assert bar.isVisible()
    bar.show_annotate(state(is_on=False))
    assert not bar.isVisible()


def test_actions_that_make_no_sense_are_off_and_say_why(bar):
    bar.show_annotate(state(blocked={"annotate.swap": "Select a second tracklet first"}))
    swap: QAction = bar.actions_by_id["annotate.swap"]
    assert not swap.isEnabled()
    assert swap.toolTip().endswith("Select a second tracklet first")
    assert bar.actions_by_id["annotate.split"].isEnabled()
    bar.show_annotate(state(is_on=False))
    own = [action.id for action in ACTIONS if action.page == "annotate"]
    assert not any(bar.actions_by_id[action_id].isEnabled() for action_id in own)
    assert bar.actions_by_id["annotate.mode"].isEnabled()


def test_every_kind_of_place_can_be_chosen(bar, qtbot):
    assert set(KINDS) == {str(kind) for kind in TargetKind}
    bar.show_annotate(state())
    assert bar._kind.currentText() == "Gaps"
    with qtbot.waitSignal(bar.kind_chosen) as chosen:
        bar._kind.activated.emit(bar._kind.findData("undecided"))
    assert chosen.args == ["undecided"]


@pytest.mark.parametrize("width", [1200, 880, 760])
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_nothing_is_cut_off_or_overlaps(bar, qtbot, width, scheme):
    dress(scheme)
    bar.show_annotate(state(fact="T-1.17. R draws a missing box of it", problem=""))
    bar.resize(width, bar.height())
    qtbot.waitUntil(lambda: bar.width() == width and bar._place.width() >= bar._place.sizeHint().width())
    buttons = [bar.findChild(type(bar._worded[0]), f"tool.{action_id}") for action_id in LEFT]
    for button in buttons:
        assert button.width() >= button.sizeHint().width()
        assert button.geometry().right() < bar._place.geometry().left()
    assert bar.rect().contains(bar._kind.geometry())
