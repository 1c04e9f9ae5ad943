"""The timeline says what was clicked, zooms about the pointer, and draws what it was given."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.snapshot import Snapshot
from app.theme.theme import theme
from app.theme.tokens import identity_color
from app.timeline.scene import make_scene, make_styles
from app.widgets.timeline import Timeline
from app.widgets.timeline_paint import HEAD_PX, RULER_PX
from reid_core.store.records import Camera
from tests.unit.app.test_timeline import tracklets

EXTENT = (0.0, 60_000.0)


@pytest.fixture(params=["dark", "light"])
def timeline(qtbot, request):
    theme().start(QApplication.instance(), request.param, bundled_font=True)
    bars = ((0, 1_000, 9_000, 1), (0, 2_000, 3_000, 0), (1, 20_000, 30_000, 2), (2, 40_000, 50_000, 0))
    cameras = tuple(Camera(n + 1, f"Lab {n + 1}") for n in range(3))
    scene = make_scene(Snapshot("p", "p", cameras=cameras, tracklets=tracklets(*bars)))
    scene = replace(scene, extent_ms=EXTENT)
    scene = replace(scene, rows=tuple(replace(row, footage=(EXTENT,)) for row in scene.rows))
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(1000, 232)
    timeline.show_scene(scene, make_styles(scene.tracklets))
    timeline.show()
    QApplication.processEvents()
    timeline.scene = scene
    timeline.log = []
    for name in ("sought", "range_marked", "tracklet_chosen", "tracklet_opened", "camera_chosen"):
        getattr(timeline, name).connect(lambda *a, name=name: timeline.log.append((name, *a)))
    return timeline


def middle(timeline, tracklet):
    return next(rect for name, rect in timeline.drawn_bars() if name == tracklet).center().toPoint()


def wheel(timeline, x, y, steps, modifiers=Qt.KeyboardModifier.NoModifier):
    at = QPointF(x, y)
    event = QWheelEvent(
        at, at, QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(timeline, event)


def drag(qtbot, timeline, a, b):
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=a)
    for part in (0.3, 0.7, 1.0):
        qtbot.mouseMove(timeline, QPoint(round(a.x() + (b.x() - a.x()) * part), b.y()))
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=b)


def x_of(timeline, t_ms):
    return round(HEAD_PX + timeline.axis.x_of(t_ms))


def test_everything_is_visible_at_first(timeline):
    assert timeline.axis.start_ms < 0
    assert timeline.axis.end_ms > 60_000
    assert [name for name, _ in timeline.drawn_bars()] == list(timeline.scene.tracklets.ids)


def test_a_click_on_a_bar_chooses_its_tracklet(qtbot, timeline):
    for tracklet in timeline.scene.tracklets.ids:
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=middle(timeline, tracklet))
    assert timeline.log == [("tracklet_chosen", name, False) for name in timeline.scene.tracklets.ids]
    qtbot.mouseClick(
        timeline, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, middle(timeline, "c1s1t1")
    )
    assert timeline.log[-1] == ("tracklet_chosen", "c1s1t1", True)


def test_a_double_click_opens_the_bar_though_its_row_grew(qtbot, timeline):
    timeline.tracklet_chosen.connect(lambda *_: timeline.show_active("Lab 1"))
    place = middle(timeline, "c2s1t3")
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(timeline, Qt.MouseButton.LeftButton, pos=place)
    assert ("tracklet_opened", "c2s1t3") in timeline.log


def test_a_click_beside_bars_seeks(qtbot, timeline):
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(x_of(timeline, 15_000), RULER_PX + 4))
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(x_of(timeline, 33_000), 8))
    assert [entry[0] for entry in timeline.log] == ["sought", "sought"]
    assert [entry[1] for entry in timeline.log] == pytest.approx([15_000, 33_000], abs=40)


def test_a_drag_in_the_ruler_marks_a_range(qtbot, timeline):
    drag(qtbot, timeline, QPoint(x_of(timeline, 30_000), 8), QPoint(x_of(timeline, 10_000), 8))
    name, start, end = timeline.log[-1]
    assert name == "range_marked"
    assert (start, end) == (pytest.approx(10_000, abs=80), pytest.approx(30_000, abs=80))
    assert "sought" not in {entry[0] for entry in timeline.log}


def test_the_playhead_can_be_dragged(qtbot, timeline):
    timeline.show_playhead(30_000.0)
    drag(qtbot, timeline, QPoint(x_of(timeline, 30_000), 12), QPoint(x_of(timeline, 45_000), 12))
    assert {entry[0] for entry in timeline.log} == {"sought"}
    assert timeline.log[-1][1] == pytest.approx(45_000, abs=80)


@pytest.mark.parametrize("steps", [1, 3, -1])
def test_the_wheel_zooms_about_the_pointer(timeline, steps):
    wheel(timeline, 500, 60, 6)
    before, scale = timeline.time_at(500), timeline.axis.ms_per_px
    wheel(timeline, 500, 60, steps)
    assert timeline.time_at(500) == pytest.approx(before, abs=1e-6)
    assert timeline.axis.ms_per_px == pytest.approx(scale / 1.25**steps)


def test_shift_and_wheel_pans_and_a_drag_does_too(qtbot, timeline):
    wheel(timeline, 500, 60, 6)
    start, scale = timeline.axis.start_ms, timeline.axis.ms_per_px
    wheel(timeline, 500, 60, -1, Qt.KeyboardModifier.ShiftModifier)
    assert timeline.axis.start_ms == pytest.approx(start + scale * timeline.axis.width_px / 10)
    start = timeline.axis.start_ms
    drag(qtbot, timeline, QPoint(600, 150), QPoint(500, 150))
    assert timeline.axis.start_ms == pytest.approx(start + 100 * scale)
    assert timeline.log == []


def test_the_overview_moves_the_window(qtbot, timeline):
    wheel(timeline, 500, 60, 8)
    x = HEAD_PX + 0.75 * timeline.axis.width_px
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(round(x), timeline.height() - 6))
    assert (timeline.axis.start_ms + timeline.axis.end_ms) / 2 == pytest.approx(45_600, abs=200)
    assert timeline.log == []


def test_fit_and_zoom_by_keys_keep_the_playhead(timeline):
    timeline.show_playhead(10_000.0)
    x = timeline.axis.x_of(10_000)
    timeline.zoom_in()
    assert timeline.axis.x_of(10_000) == pytest.approx(x, abs=0.01)
    timeline.zoom_out()
    timeline.fit()
    assert timeline.axis.x_of(10_000) == pytest.approx(x, abs=0.01)


def test_the_window_follows_the_playhead_while_playing(timeline):
    wheel(timeline, HEAD_PX + 5, 60, 10)
    end = timeline.axis.end_ms
    timeline.show_playhead(end - 1, is_playing=True)
    timeline.show_playhead(end + 1, is_playing=True)
    assert timeline.axis.start_ms < end + 1 < timeline.axis.end_ms
    start = timeline.axis.start_ms
    timeline.show_playhead(0.0)  # a jump while it stands still moves nothing
    assert timeline.axis.start_ms == start


def test_a_head_chooses_its_camera_and_its_arrow_opens_the_row(qtbot, timeline):
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(60, RULER_PX + 30))
    assert timeline.log == [("camera_chosen", "Lab 2")]
    before = timeline.drawn_bars()[0][1].height()
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(16, RULER_PX + 10))
    assert timeline.drawn_bars()[0][1].height() > before
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(16, RULER_PX + 10))
    assert timeline.drawn_bars()[0][1].height() == before
    assert len(timeline.log) == 1


def test_the_keyboard_reaches_cameras_and_bars(qtbot, timeline):
    timeline.setFocus(Qt.FocusReason.TabFocusReason)
    timeline.show_active("Lab 1")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right):
        qtbot.keyClick(timeline, key)
    timeline.show_selected(("c1s1t1",))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Return):
        qtbot.keyClick(timeline, key)
    assert timeline.log == [
        ("camera_chosen", "Lab 2"),
        ("tracklet_chosen", "c1s1t1", False),
        ("tracklet_chosen", "c1s1t2", False),
        ("tracklet_opened", "c1s1t1"),
    ]


def test_it_says_what_lies_under_the_pointer(timeline):
    assert timeline.tip_at(QPointF(middle(timeline, "c2s1t3"))).startswith("T-2.3 · Person 2")
    gone = replace(timeline.scene.rows[2], gaps=((0.0, 9_000.0, "It was cut off"),), status="40 %")
    scene = replace(timeline.scene, rows=(*timeline.scene.rows[:2], gone))
    timeline.show_scene(scene, make_styles(scene.tracklets))
    assert timeline.tip_at(QPointF(x_of(timeline, 5_000), RULER_PX + 50)) == "It was cut off"
    assert timeline.tip_at(QPointF(40, RULER_PX + 50)) == "Lab 3. 40 % looked at"


def test_a_selected_bar_is_described(timeline):
    timeline.show_selected(("c1s1t1",))
    text = timeline.accessibleDescription()
    assert "3 cameras, 4 tracklets" in text
    assert "Selected: T-1.1 · Person 1" in text


def colors_in(timeline, rect):
    image = timeline.grab(rect.toAlignedRect()).toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_bars_have_the_colours_of_their_identities(timeline):
    places = dict(timeline.drawn_bars())
    tokens = theme().tokens
    assert identity_color(1).lower() in colors_in(timeline, places["c1s1t1"])
    assert tokens.weak.lower() in colors_in(timeline, places["c1s1t2"])
    timeline.show_styles(make_styles(timeline.scene.tracklets, [("c1s1t2", 0.8)], 1))
    hollow = colors_in(timeline, places["c1s1t2"])
    assert tokens.weak.lower() not in hollow
    assert identity_color(1).lower() not in hollow or tokens.name == "dark"  # only as its rim


def test_far_away_it_still_paints_and_hits(qtbot, timeline):
    random = np.random.default_rng(0)
    bars = [(n % 3, start, start + 400, n % 4) for n, start in enumerate(random.uniform(0, 59_000, 6000))]
    cameras = tuple(Camera(n + 1, f"Lab {n + 1}") for n in range(3))
    scene = make_scene(Snapshot("p", "p", cameras=cameras, tracklets=tracklets(*bars)))
    scene = replace(scene, extent_ms=EXTENT)
    timeline.show_scene(scene, make_styles(scene.tracklets))
    assert identity_color(1).lower() in colors_in(timeline, timeline.rect().toRectF())
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(x_of(timeline, 20_000), RULER_PX + 5))
    assert timeline.log[-1][0] == "tracklet_chosen"


def test_without_cameras_it_says_what_to_do(qtbot):
    empty = Timeline()
    qtbot.addWidget(empty)
    empty.resize(600, 200)
    empty.show()
    qtbot.mouseClick(empty, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))
    wheel(empty, 300, 100, 1)
    empty.zoom_in()
    empty.show_playhead(100.0, is_playing=True)
    assert empty.grab().width() > 0


def test_with_many_cameras_the_active_one_comes_into_sight(timeline):
    cameras = tuple(Camera(n + 1, f"Lab {n + 1}") for n in range(20))
    scene = make_scene(Snapshot("p", "p", cameras=cameras, tracklets=tracklets((18, 0, 1000, 1))))
    timeline.show_scene(replace(scene, extent_ms=EXTENT), make_styles(scene.tracklets))
    timeline.show_active("Lab 19")
    rect = dict(timeline.drawn_bars())["c19s1t1"]
    assert rect.top() >= RULER_PX
    assert rect.bottom() <= timeline.height() - 16


def test_cameras_without_footage_are_drawn_too(timeline):
    scene = make_scene(Snapshot("p", "p", cameras=(Camera(1, "Lab 1"),)))
    timeline.show_scene(scene, make_styles(scene.tracklets))
    for _ in range(3):
        wheel(timeline, 400, 60, 5)
        wheel(timeline, 400, 60, -9)
    timeline.zoom_in()
    timeline.resize(300, 120)
    timeline.show_playhead(100.0, is_playing=True)
    assert timeline.grab().width() > 0
    assert timeline.drawn_bars() == []


def test_the_playhead_repaints_only_what_it_touches(qtbot, timeline):
    timeline.show_playhead(10_000.0)
    QApplication.processEvents()
    layer = timeline._layer
    timeline.show_playhead(20_000.0)
    QApplication.processEvents()
    assert timeline._layer is layer
    image = timeline.grab().toImage()
    x = round((HEAD_PX + timeline.axis.x_of(20_000)) * image.devicePixelRatio())
    y = round(150 * image.devicePixelRatio())
    wanted = QColor(theme().tokens.text).lightness()
    assert min(abs(image.pixelColor(x + dx, y).lightness() - wanted) for dx in (-1, 0, 1)) < 10
