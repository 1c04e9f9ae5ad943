"""The panes as painted and clicked."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage

from app.playback.picture import Shot
from app.playback.scene import BoxShape, Mark, PaneScene, Standing
from app.theme.tokens import DARK, QUERY_FRAME, VIDEO, identity_color
from app.widgets.pane_grid import EMPTY, PaneGrid
from app.widgets.pane_paint import HEAD_PX, picture_rect

GREEN = (0, 160, 0)


def make_shot(frame_idx=179, size=(398, 224), color=GREEN):
    pixels = np.empty((size[1], size[0], 4), np.uint8)
    pixels[:] = (*color[::-1], 255)
    return Shot(1, frame_idx, 0.0, 40.0, pixels, 1280, 720)


def box(tracklet, xyxy, **mark):
    defaults = {"standing": Standing.DECIDED, "number": 1, "label": "1"}
    made = Mark(tracklet, **{**defaults, **mark}, tip=f"tip of {tracklet}", spoken=f"{tracklet} spoken")
    trail = ((600.0, 700.0), (700.0, 640.0), (760.0, 600.0))
    return BoxShape(made, xyxy, trail)


def four_scenes():
    return (
        PaneScene(
            "Gate", make_shot(), (box("c1s1t1", (300.0, 200.0, 500.0, 600.0)),), True, time="00:00:07.1",
            frame="frame 179",
        ),
        PaneScene("Hall", make_shot(), (
            box("c2s1t1", (100.0, 200.0, 700.0, 700.0), number=2, label="2"),
            box("c2s1t2", (200.0, 300.0, 400.0, 650.0), standing=Standing.UNASSIGNED, number=0, label=""),
        ), time="00:00:07.1", offset="+40 ms"),
        PaneScene("Yard", message="Not recorded at 00:00:07", time="00:00:07.1"),
        PaneScene("Door", message="door.mp4 is gone.", is_problem=True),
    )  # fmt: skip


@pytest.fixture
def grid(qtbot):
    made = PaneGrid()
    qtbot.addWidget(made)
    made.resize(800, 452)
    made.show()
    qtbot.waitExposed(made)
    made.show_panes(4, four_scenes())
    made.repaint()
    return made


def painted(widget) -> QImage:
    return widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def color_at(image, x, y) -> QColor:
    ratio = image.devicePixelRatioF()
    return image.pixelColor(round(x * ratio), round(y * ratio))


def rect_of(grid, tracklet):
    return next(b.rect for b in grid.painted_boxes() if b.shape.mark.tracklet == tracklet)


def press(qtbot, grid, position, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, modifier, QPointF(position).toPoint())


def test_it_says_which_layout_is_shown(grid):
    said = []
    grid.layout_shown.connect(said.append)
    for n_panes in (4, 6, 6, 2):
        grid.show_panes(n_panes, ())
    assert said == [6, 2]


@pytest.mark.parametrize("n_panes", [1, 2, 4, 6, 9])
@pytest.mark.parametrize("size", [(800, 452), (1113, 617), (641, 480)])
def test_panes_fill_the_grid_with_gaps_of_four_pixels(grid, n_panes, size):
    grid.resize(*size)
    grid.show_panes(n_panes, ())
    rects = grid.pane_rects()
    assert len(rects) == n_panes
    assert rects[0].topLeft() == QPoint(0, 0)
    assert rects[-1].bottomRight() == QPoint(size[0] - 1, size[1] - 1)
    assert max(r.width() for r in rects) - min(r.width() for r in rects) <= 1
    for one, other in pairwise(rects):
        if one.y() == other.y():
            assert other.left() - one.right() - 1 == 4


def test_pictures_are_copied_pixel_by_pixel(grid):
    image = painted(grid)
    assert color_at(image, 350, 200).getRgb()[:3] == GREEN
    assert color_at(image, 700, 200).getRgb()[:3] == GREEN


def test_a_picture_of_another_size_is_fitted_in_its_shape():
    shot = make_shot(size=(64, 36))
    pane = PaneGrid().pane_rects()[0]
    pane.setRect(0, 0, 400, 400)
    place = picture_rect(shot, pane, 1.0)
    assert (place.x(), place.y(), place.width(), place.height()) == (0, 88, 400, 225)


def test_boxes_lie_where_the_frame_says(grid):
    place = picture_rect(make_shot(), grid.pane_rects()[0], grid.devicePixelRatioF())
    rect = rect_of(grid, "c1s1t1")
    assert rect.left() == pytest.approx(place.left() + 300 / 1280 * place.width(), abs=0.6)
    assert rect.bottom() == pytest.approx(place.top() + 600 / 720 * place.height(), abs=0.6)
    image = painted(grid)
    assert color_at(image, rect.left(), rect.center().y()).name().upper() == identity_color(1)
    assert color_at(image, rect.left() + 1, rect.top() - 8).name().upper() == identity_color(1), "label"


def test_a_label_without_room_above_is_at_the_foot(grid):
    low = box("c1s1t9", (300.0, 0.0, 500.0, 400.0))
    grid.show_panes(1, (PaneScene("Gate", make_shot(size=(800, 450)), (low,)),))
    image = painted(grid)
    rect = rect_of(grid, "c1s1t9")
    assert color_at(image, rect.left() + 4, rect.bottom() - 12).name().upper() == identity_color(1)


def test_the_query_has_a_white_frame_and_its_word(grid):
    query = box("c1s1t1", (300.0, 200.0, 500.0, 600.0), is_query=True)
    grid.show_panes(1, (PaneScene("Gate", make_shot(size=(800, 450)), (query,)),))
    image = painted(grid)
    rect = rect_of(grid, "c1s1t1")
    assert color_at(image, rect.left() - 2, rect.center().y()).name().upper() == QUERY_FRAME


def test_the_active_pane_has_a_frame_inside(grid):
    image = painted(grid)
    first, second = grid.pane_rects()[:2]
    assert color_at(image, first.left() + 1, first.center().y()).name().upper() == DARK.accent
    assert color_at(image, second.left() + 1, second.center().y()).name().upper() != DARK.accent


def test_without_a_picture_the_pane_is_dark_with_its_message(grid):
    image = painted(grid)
    yard = grid.pane_rects()[2]
    assert color_at(image, yard.left() + 8, yard.bottom() - 8).name().upper() == VIDEO
    ink = {image.pixelColor(x, yard.center().y() + dy).lightness()
           for x in range(yard.left(), yard.right()) for dy in range(-6, 18)}  # fmt: skip
    assert max(ink) > 120


def test_a_click_means_the_smallest_box_under_it(grid, qtbot):
    inner = rect_of(grid, "c2s1t2")
    with qtbot.waitSignal(grid.pane_activated) as active, qtbot.waitSignal(grid.tracklet_clicked) as clicked:
        press(qtbot, grid, inner.center())
    assert (active.args, clicked.args) == (["Hall"], ["c2s1t2", False])
    outer = rect_of(grid, "c2s1t1")
    with qtbot.waitSignal(grid.tracklet_clicked) as signal:
        press(qtbot, grid, outer.bottomRight() - QPointF(6, 6), Qt.KeyboardModifier.ControlModifier)
    assert signal.args == ["c2s1t1", True]


def test_a_click_beside_every_box_only_activates(grid, qtbot):
    with qtbot.assertNotEmitted(grid.tracklet_clicked), qtbot.waitSignal(grid.pane_activated) as signal:
        press(qtbot, grid, grid.pane_rects()[3].center())
    assert signal.args == ["Door"]


def test_what_is_not_painted_cannot_be_clicked(grid):
    center = rect_of(grid, "c1s1t1").center()
    assert grid.tracklet_at(center) == "c1s1t1"
    grid.set_boxes(False)
    grid.repaint()
    assert grid.tracklet_at(center) == ""
    grid.set_boxes(True)
    grid.repaint()
    grid.show_panes(4, four_scenes()[1:])
    assert grid.tracklet_at(center) == "c1s1t1", "still what is on the screen"
    grid.repaint()
    assert grid.tracklet_at(center) != "c1s1t1"


def test_trails_can_be_left_out(grid):
    with_trails = painted(grid)
    grid.set_trails(False)
    assert painted(grid) != with_trails


def test_hovering_lights_the_box_up(grid, qtbot):
    before = painted(grid)
    rect = rect_of(grid, "c1s1t1")
    qtbot.mouseMove(grid, rect.center().toPoint())
    grid.repaint()
    after = painted(grid)
    x, y = rect.center().x(), rect.center().y()
    assert color_at(after, x, y).lightness() > color_at(before, x, y).lightness()
    assert grid.cursor().shape() == Qt.CursorShape.PointingHandCursor


def test_a_double_click_beside_boxes_enlarges(grid, qtbot):
    with qtbot.waitSignal(grid.pane_enlarged) as signal:
        qtbot.mouseDClick(grid, Qt.MouseButton.LeftButton, pos=grid.pane_rects()[2].center())
    assert signal.args == ["Yard"]


def test_drawing_gives_the_rectangle_in_pixels_of_the_frame(grid, qtbot):
    grid.set_drawing(True)
    place = picture_rect(make_shot(), grid.pane_rects()[1], grid.devicePixelRatioF())
    start, end = QPoint(450, 60), QPoint(520, 180)
    drawn = []
    grid.box_drawn.connect(lambda *args: drawn.append(args))
    with qtbot.waitSignal(grid.drawing_changed):
        qtbot.mousePress(grid, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(grid, end)
        qtbot.mouseRelease(grid, Qt.MouseButton.LeftButton, pos=end)
    camera, frame_idx, xyxy = drawn[0]
    assert (camera, frame_idx, grid.source_of("Hall")) == ("Hall", 179, 1)
    scale = 1280 / place.width()
    wanted = [(450 - place.x()) * scale, 60 * scale, (520 - place.x()) * scale, 180 * scale]
    assert list(xyxy) == pytest.approx(wanted, abs=2 * scale + 1)


def test_a_drawn_box_ends_at_the_picture_and_a_tap_draws_nothing(grid, qtbot):
    grid.set_drawing(True)
    with qtbot.waitSignal(grid.box_drawn) as signal:
        qtbot.mousePress(grid, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))
        qtbot.mouseMove(grid, QPoint(700, 400))
        qtbot.mouseRelease(grid, Qt.MouseButton.LeftButton, pos=QPoint(700, 400))
    assert signal.args[0] == "Gate"
    assert signal.args[2][2] == pytest.approx(1280, abs=8)
    assert signal.args[2][3] == pytest.approx(720, abs=8)
    grid.set_drawing(True)
    with qtbot.assertNotEmitted(grid.box_drawn):
        press(qtbot, grid, QPoint(100, 100))
    qtbot.keyClick(grid, Qt.Key.Key_Escape)
    assert grid.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_keys_of_a_pane(grid, qtbot):
    grid.setFocus()
    for key, wanted in (
        (Qt.Key.Key_Left, "playback.frame_back"),
        (Qt.Key.Key_Right, "playback.frame_forward"),
    ):
        with qtbot.waitSignal(grid.asked) as signal:
            qtbot.keyClick(grid, key)
        assert signal.args == [wanted]
    with qtbot.waitSignal(grid.pane_enlarged) as signal:
        qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert signal.args == ["Gate"]


def test_boxes_can_be_reached_and_chosen_by_keyboard(grid, qtbot):
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(grid, Qt.Key.Key_Tab)
    assert "c1s1t1 spoken, focused" in grid.accessibleDescription()
    with qtbot.waitSignal(grid.tracklet_clicked) as signal:
        qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert signal.args == ["c1s1t1", False]
    qtbot.keyClick(grid, Qt.Key.Key_Tab)
    with qtbot.waitSignal(grid.pane_enlarged):
        qtbot.keyClick(grid, Qt.Key.Key_Return)


def test_what_is_visible_is_said_in_words(grid):
    text = grid.accessibleDescription()
    assert "Gate, active, 00:00:07.1: c1s1t1 spoken" in text
    assert "Yard, 00:00:07.1: Not recorded at 00:00:07" in text
    grid.show_panes(1, ())
    assert grid.accessibleDescription() == EMPTY


def test_the_grid_ticks_only_when_asked(grid, qtbot):
    assert not grid.is_ticking
    grid.set_ticking(True)
    with qtbot.waitSignal(grid.ticked, timeout=1000) as signal:
        pass
    assert signal.args[0] > 0
    grid.set_ticking(False)
    assert not grid.is_ticking


def test_the_size_of_a_pane_is_told_in_device_pixels(grid, qtbot):
    with qtbot.waitSignal(grid.pane_resized) as signal:
        grid.resize(1000, 600)
    ratio = grid.devicePixelRatioF()
    assert signal.args == [round(498 * ratio), round(298 * ratio)]


def test_long_names_and_narrow_panes_are_not_painted_over_each_other(grid, qtbot):
    scene = PaneScene(
        "A camera with a very long name indeed", make_shot(size=(130, 73)), is_active=True,
        offset="+40 ms", time="00:00:07.1", frame="frame 179", note="no detections yet",
    )  # fmt: skip
    grid.resize(400, 300)
    grid.show_panes(9, (scene,) * 9)
    image = painted(grid)
    head = grid.pane_rects()[1]
    assert color_at(image, head.left() + 4, head.top() + HEAD_PX // 2).lightness() < 120
