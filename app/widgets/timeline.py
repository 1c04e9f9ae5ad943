"""The timeline: who is in which camera's picture at which time."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip

from app.timeline.axis import Axis
from app.timeline.rows import bar_at, row_at
from app.timeline.scene import describe_bar
from app.widgets import timeline_paint as layers
from app.widgets.timeline_canvas import ZOOM_STEP, TimelineCanvas
from app.widgets.timeline_paint import CHEVRON_PX, HEAD_PX, OVERVIEW_PX, RULER_PX

CLICK_SLOP_PX = 4
_OWN_KEYS = frozenset(
    (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)
)


class _Drag(Enum):
    NONE = auto()
    SCRUB = auto()
    RANGE = auto()
    PAN = auto()
    OVERVIEW = auto()


class Timeline(TimelineCanvas):
    """Says what was clicked; see `TimelinePresenter` for the other half.

    Wheel zooms about the pointer, Shift+wheel pans, a drag pans; over the heads the wheel scrolls. A drag in
    the ruler marks a range, a drag of the playhead's time scrubs. With the keyboard on it: Up and Down choose
    a camera, Left and Right its bars, Enter goes to the bar's start.

    Attributes:
        sought: A moment was clicked, or the playhead is dragged there: ms on the common clock.
        range_marked: A stretch was dragged in the ruler: start and end, ms.
        tracklet_chosen: A bar was clicked: tracklet id, and whether Ctrl was held.
        tracklet_opened: A bar was double-clicked, or Enter pressed on it.
        camera_chosen: A row's head was clicked: camera name.
    """

    sought = Signal(float)
    range_marked = Signal(float, float)
    tracklet_chosen = Signal(str, bool)
    tracklet_opened = Signal(str)
    camera_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setToolTip("")
        self._drag = _Drag.NONE
        self._is_moving = False
        self._press = self._last = QPointF()
        self._clicked = ""

    # --- where things are

    def time_at(self, x_px: float) -> float:
        """Moment under a pixel of the widget."""
        return self.axis.time_at(x_px - HEAD_PX)

    def tracklet_at(self, place: QPointF) -> str:
        """Id of the tracklet whose bar is at a point of the widget, or empty."""
        look, y = self._look, place.y() - RULER_PX
        if not 0 <= y < look.area_px or not 0 <= place.x() - HEAD_PX <= look.axis.width_px:
            return ""
        row = bar_at(look.scene, look.places, look.axis, place.x() - HEAD_PX, y + look.scroll_px)
        return "" if row is None else look.scene.tracklets.ids[row]

    def drawn_bars(self) -> list[tuple[str, QRectF]]:
        """Every bar in sight, with its place in the widget."""
        look, found = self._look, []
        rows = {
            int(row)
            for camera in look.scene.rows
            for lane in camera.lanes
            for row in lane.row[lane.visible(look.axis.start_ms, look.axis.end_ms)]
        }
        for row in sorted(rows):
            rect = layers.bar_rect(look, row)
            if rect is not None:
                found.append((look.scene.tracklets.ids[row], rect.translated(HEAD_PX, RULER_PX)))
        return found

    def _camera_at(self, y_px: float) -> str:
        n = row_at(self._look.places, y_px - RULER_PX + self._look.scroll_px)
        return "" if n is None else self._look.scene.rows[n].name

    def _over_overview(self, place: QPointF) -> bool:
        return place.y() >= self.height() - OVERVIEW_PX

    # --- the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        if not self._look.scene.rows:
            return
        self._press = self._last = place
        self._is_moving = False
        if event.button() == Qt.MouseButton.MiddleButton:
            self._drag = _Drag.PAN
        elif self._over_overview(place):
            self._drag = _Drag.OVERVIEW
            self._go_in_overview(place)
        elif place.x() < HEAD_PX:
            self._press_head(place)
            return
        elif place.y() < RULER_PX:
            tag = layers.tag_rect(self.axis, self._playhead_ms, self._look.zero_ms)
            on_tag = tag is not None and tag.contains(place - QPointF(HEAD_PX, 0))
            self._drag = _Drag.SCRUB if on_tag else _Drag.RANGE
        else:
            self._drag = _Drag.PAN
        self._is_held = True

    def _press_head(self, place: QPointF) -> None:
        camera = self._camera_at(place.y()) if place.y() >= RULER_PX else ""
        if camera and place.x() < CHEVRON_PX:
            self.toggle_row(camera)
        elif camera:
            self.camera_chosen.emit(camera)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._drag is _Drag.NONE:
            self._show_cursor(place)
            return
        if not self._is_moving and (place - self._press).manhattanLength() < CLICK_SLOP_PX:
            return
        self._is_moving = True
        if self._drag is _Drag.PAN:
            self._set_axis(self.axis.pan(self._last.x() - place.x(), self._look.scene.extent_ms))
            if self._bar.isVisible():
                self._bar.setValue(self._bar.value() + round(self._last.y() - place.y()))
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._drag is _Drag.SCRUB:
            self.sought.emit(self._held_in_extent(self.time_at(place.x())))
        elif self._drag is _Drag.OVERVIEW:
            self._go_in_overview(place)
        else:
            ends = sorted(self._held_in_extent(self.time_at(x)) for x in (self._press.x(), place.x()))
            if ends[1] > ends[0]:
                self.range_marked.emit(*ends)
        self._last = place

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag, self._is_held = self._drag, _Drag.NONE, False
        self._show_cursor(event.position())
        if self._is_moving or event.button() != Qt.MouseButton.LeftButton:
            return
        if drag in (_Drag.RANGE, _Drag.SCRUB):
            self.sought.emit(self._held_in_extent(self.time_at(self._press.x())))
        elif drag is _Drag.PAN:
            self._clicked = self.tracklet_at(self._press)
            if self._clicked:
                is_added = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
                self.tracklet_chosen.emit(self._clicked, is_added)
            else:
                self.sought.emit(self._held_in_extent(self.time_at(self._press.x())))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The rows may have moved since the first click (its camera opens), so that click's bar counts.
        if event.button() == Qt.MouseButton.LeftButton and self._clicked and event.position().y() >= RULER_PX:
            self.tracklet_opened.emit(self._clicked)
        else:
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        angle = event.angleDelta()
        steps = (angle.y() or angle.x()) / 120
        extent, x = self._look.scene.extent_ms, event.position().x() - HEAD_PX
        if x < 0:
            self._bar.setValue(self._bar.value() - round(steps * 24))
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(angle.x()) > abs(angle.y()):
            self._set_axis(self.axis.pan(-steps * self.axis.width_px / 10, extent))
        else:
            self._zoom(ZOOM_STEP**steps, x)
        event.accept()

    def _go_in_overview(self, place: QPointF) -> None:
        whole: Axis = layers.overview_axis(self._look)
        t_ms = whole.time_at(place.x() - HEAD_PX)
        self._set_axis(self.axis.centred(t_ms, self._look.scene.extent_ms))

    def _held_in_extent(self, t_ms: float) -> float:
        first, last = self._look.scene.extent_ms
        return min(max(t_ms, first), last)

    def _show_cursor(self, place: QPointF) -> None:
        if self.tracklet_at(place) or place.x() < HEAD_PX:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        elif place.y() < RULER_PX:
            self.setCursor(Qt.CursorShape.IBeamCursor)
        else:
            self.setCursor(Qt.CursorShape.ArrowCursor)

    # --- keys, focus, tool tips

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() in _OWN_KEYS and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
                event.accept()
                return True
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tip(event)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in _OWN_KEYS or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step_camera(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step_bar(-1 if event.key() == Qt.Key.Key_Left else 1)
        elif self._selected:
            self.tracklet_opened.emit(self._selected[0])

    def _step_camera(self, by: int) -> None:
        names = [row.name for row in self._look.scene.rows]
        if names:
            place = names.index(self._look.active) + by if self._look.active in names else 0
            self.camera_chosen.emit(names[min(max(place, 0), len(names) - 1)])

    def _step_bar(self, by: int) -> None:
        """Choose the active camera's tracklet beside the selected one, or the one at the playhead."""
        look = self._look
        names = [row.name for row in look.scene.rows]
        if look.active not in names:
            return
        tracklets, camera = look.scene.tracklets, names.index(look.active)
        first, last = tracklets.camera.searchsorted((camera, camera + 1))
        own = [row for row in look.selected if first <= row < last]
        at = own[0] + by if own else first + tracklets.start_ms[first:last].searchsorted(self._playhead_ms)
        if first < last:
            row = int(min(max(at, first), last - 1))
            self.show_time(float(tracklets.start_ms[row]), float(tracklets.end_ms[row]))
            self.tracklet_chosen.emit(tracklets.ids[row], False)

    def _show_tip(self, event: QHelpEvent) -> None:
        place = event.pos().toPointF()
        text = self.tip_at(place)
        if text:
            QToolTip.showText(event.globalPos(), text, self)
        else:
            QToolTip.hideText()

    def tip_at(self, place: QPointF) -> str:
        """What a hover says there."""
        look, tracklet = self._look, self.tracklet_at(place)
        if tracklet:
            row = look.scene.tracklets.row_of[tracklet]
            return describe_bar(look.scene, look.styles, row, look.zero_ms)
        if place.y() < RULER_PX or self._over_overview(place):
            return ""
        n = row_at(look.places, place.y() - RULER_PX + look.scroll_px)
        if n is None:
            return ""
        row_shown, t_ms = look.scene.rows[n], self.time_at(place.x())
        if place.x() < HEAD_PX:
            looked = f"{row_shown.status} looked at" if row_shown.status else ""
            return ". ".join(part for part in (row_shown.name, looked, row_shown.problem) if part)
        why = next((gap[2] for gap in row_shown.gaps if gap[0] <= t_ms <= gap[1]), "")
        is_waiting = any(start <= t_ms <= end for start, end in row_shown.waiting)
        return why or ("Not looked at yet" if is_waiting else "")

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._has_keyboard_focus = event.reason() not in (
            Qt.FocusReason.MouseFocusReason,
            Qt.FocusReason.ActiveWindowFocusReason,
        )
        super().focusInEvent(event)
