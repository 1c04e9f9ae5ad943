"""All video panes in one widget: one paint event shows one set of pictures, so that panes change together.

Passive: a presenter says what is shown (`PaneGrid.show_panes`), signals say what the user did. How it is
joined to its presenter stands in `app.presenters.playback`; the page also connects::

    grid.tracklet_clicked.connect(...)   # (tracklet id, with Ctrl): pause, select, search
    grid.box_drawn.connect(...)          # (camera, frame_idx, xyxy); its source: grid.source_of(camera)
    actions["view.boxes"].toggled.connect(grid.set_boxes)
    actions["view.trails"].toggled.connect(grid.set_trails)
    actions["view.names"].toggled.connect(presenter.set_names)
    actions["search.draw"].triggered.connect(lambda: grid.set_drawing(True))
"""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.playback.scene import LAYOUTS, PaneScene
from app.theme.theme import theme
from app.theme.tokens import DARK, SPACE
from app.widgets.pane_paint import (
    Emphasis,
    PaintedBox,
    paint_drawn,
    paint_frame,
    paint_pane,
    picture_rect,
)

TICK_MS = 10
DESCRIBE_S = 1.0
"""While pictures run, what is visible is put into words so often."""
LEAST_DRAWN_PX = 8
EMPTY = "No footage yet. Add cameras on Sources."
KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class PaneGrid(QWidget):
    """1, 2, 4, 6 or 9 panes.

    Signals:
        tracklet_clicked: Id of the tracklet whose box was clicked, and whether with Ctrl.
        box_drawn: Camera, rank of the frame, ``(x1, y1, x2, y2)`` in pixels of the frame.
        drawing_changed: Draw mode was entered or left.
        pane_activated: Camera whose pane was clicked.
        pane_enlarged: Camera whose pane was double-clicked, or Enter pressed on.
        pane_resized: Width and height of a pane in device pixels.
        asked: Id of an action (`app.actions`) that a key in a pane means.
        ticked: Seconds of a clock that only rises, every 10 ms while ticking is on.
    """

    tracklet_clicked = Signal(str, bool)
    box_drawn = Signal(str, int, object)
    drawing_changed = Signal(bool)
    pane_activated = Signal(str)
    pane_enlarged = Signal(str)
    pane_resized = Signal(int, int)
    layout_shown = Signal(int)
    asked = Signal(str)
    ticked = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panes")
        self.setAccessibleName("Video panes")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 180)
        self._layout = 1
        self._scenes: tuple[PaneScene, ...] = ()
        self._painted: list[PaintedBox] = []
        self._with_boxes = self._with_trails = True
        self._hovered = self._focused = ""
        self._has_ring = False
        self._is_drawing = False
        self._corner: QPoint | None = None
        self._drawn = QRect()
        self._told_size = QSize()
        self._described_s = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(lambda: self.ticked.emit(time.monotonic()))
        theme().changed.connect(self.update)

    # --- what is shown

    def show_panes(self, layout: int, scenes: tuple[PaneScene, ...]) -> None:
        """Show these panes from the next paint event on, all at once."""
        is_rearranged = layout != self._layout
        self._layout, self._scenes = layout, scenes
        if is_rearranged:
            self.layout_shown.emit(layout)
            self._tell_size()
        self.update()
        if not self._timer.isActive() or time.monotonic() - self._described_s >= DESCRIBE_S:
            self._describe()

    @property
    def is_ticking(self) -> bool:
        """Whether pictures are on their way, or time runs."""
        return self._timer.isActive()

    def set_ticking(self, is_on: bool) -> None:
        """Emit `ticked` from now on, or no more."""
        if is_on == self._timer.isActive():
            return
        if is_on:
            self._timer.start()
        else:
            self._timer.stop()
            is_live = any(scene.is_live for scene in self._scenes)  # several times a second, then
            if not is_live or time.monotonic() - self._described_s >= DESCRIBE_S:
                self._describe()

    def set_boxes(self, is_on: bool) -> None:
        """Paint boxes, or not; what is not painted cannot be clicked."""
        self._with_boxes = is_on
        self.update()

    def set_trails(self, is_on: bool) -> None:
        """Paint where people came from, or not."""
        self._with_trails = is_on
        self.update()

    def set_drawing(self, is_on: bool) -> None:
        """Let the next drag draw a box."""
        if is_on == self._is_drawing:
            return
        self._is_drawing, self._corner, self._drawn = is_on, None, QRect()
        self.setCursor(Qt.CursorShape.CrossCursor if is_on else Qt.CursorShape.ArrowCursor)
        self.drawing_changed.emit(is_on)
        self.update()

    def tracklet_at(self, position: QPoint | QPointF) -> str:
        """Id of the tracklet whose box was painted there last; of several the smallest; empty for none."""
        box = self._box_at(QPointF(position))
        return "" if box is None else box.shape.mark.tracklet

    def painted_boxes(self) -> tuple[PaintedBox, ...]:
        """Every box that was painted last, with its place in the grid."""
        return tuple(self._painted)

    def source_of(self, camera: str) -> int | None:
        """Number of the source whose frame a camera's pane shows."""
        shot = next((scene.shot for scene in self._scenes if scene.camera == camera), None)
        return None if shot is None else shot.source_id

    def pane_rects(self) -> list[QRect]:
        """The places of the panes, row by row."""
        columns, rows = LAYOUTS[self._layout]
        lefts = [round(n * (self.width() + SPACE) / columns) for n in range(columns + 1)]
        tops = [round(n * (self.height() + SPACE) / rows) for n in range(rows + 1)]
        return [
            QRect(lefts[x], tops[y], lefts[x + 1] - lefts[x] - SPACE, tops[y + 1] - tops[y] - SPACE)
            for y in range(rows)
            for x in range(columns)
        ]

    # --- events

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme().tokens
        painter = QPainter(self)
        self._painted = []
        if not self._scenes:
            painter.fillRect(self.rect(), QColor(tokens.window))
            painter.setPen(QColor(tokens.text2))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, EMPTY)
            painter.end()
            return
        emphasis = Emphasis(self._hovered, self._focused, self._with_boxes, self._with_trails)
        rects = self.pane_rects()
        self._paint_gaps(painter, rects, QColor(tokens.window))
        for pane, scene in zip(rects, self._scenes, strict=False):
            self._painted += paint_pane(painter, pane, scene, tokens, emphasis)
        for pane in rects[len(self._scenes) :]:
            painter.fillRect(pane, QColor(tokens.track))
        for pane, scene in zip(rects, self._scenes, strict=False):
            if scene.is_active and len(self._scenes) > 1:
                paint_frame(painter, pane, DARK.accent)
            if scene.is_active and self._has_ring and self.hasFocus():
                paint_frame(painter, pane, DARK.focus, inset=3.0)
        if not self._drawn.isEmpty():
            paint_drawn(painter, QRectF(self._drawn))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_size()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        scene = self._scene_at(event.position())
        if scene is None:
            return
        if self._is_drawing:
            if scene.shot is not None:
                self._corner = event.position().toPoint()
            return
        box = self._box_at(event.position())
        self.pane_activated.emit(scene.camera)
        if box is not None:
            with_ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self.tracklet_clicked.emit(box.shape.mark.tracklet, with_ctrl)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._corner is not None:
            index = self._index_at(QPointF(self._corner))
            rect = QRect(self._corner, event.position().toPoint()).normalized()
            self._drawn = rect if index is None else rect.intersected(self.pane_rects()[index])
            self.update()
            return
        hovered = "" if self._is_drawing else self.tracklet_at(event.position())
        if hovered != self._hovered:
            self._hovered = hovered
            self.setCursor(self._cursor())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._corner is None or event.button() != Qt.MouseButton.LeftButton:
            return
        corner, drawn = QPointF(self._corner), self._drawn
        self._corner, self._drawn = None, QRect()
        if min(drawn.width(), drawn.height()) < LEAST_DRAWN_PX:
            self.update()
            return
        self._emit_drawn(corner, drawn)
        self.set_drawing(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        scene = self._scene_at(event.position())
        is_plain = event.button() == Qt.MouseButton.LeftButton and not self._is_drawing
        if is_plain and scene is not None and self._box_at(event.position()) is None:
            self.pane_enlarged.emit(scene.camera)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = ""
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        active = self._active()
        if key == Qt.Key.Key_Escape and self._is_drawing:
            self.set_drawing(False)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and active is not None:
            if self._focused:
                with_ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
                self.tracklet_clicked.emit(self._focused, with_ctrl)
            else:
                self.pane_enlarged.emit(active.camera)
        elif key == Qt.Key.Key_Left and not event.modifiers():
            self.asked.emit("playback.frame_back")
        elif key == Qt.Key.Key_Right and not event.modifiers():
            self.asked.emit("playback.frame_forward")
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Take the keys that mean something in a pane before the page does; show tool tips of boxes."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            taken = {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Left, Qt.Key.Key_Right}
            if self._is_drawing:
                taken.add(Qt.Key.Key_Escape)
            if plain and event.key() in taken:
                event.accept()
                return True
        if isinstance(event, QHelpEvent):
            self._show_tip(event)
            return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._tell_size()
        return super().event(event)

    def focusNextPrevChild(self, is_next: bool) -> bool:
        """Tab goes through the boxes of the active pane before it leaves the grid."""
        active = self._active()
        ids = [] if active is None or not self._with_boxes else [box.mark.tracklet for box in active.boxes]
        place = ids.index(self._focused) + (1 if is_next else -1) if self._focused in ids else None
        if place is None:
            place = 0 if is_next else len(ids) - 1
        if 0 <= place < len(ids):
            self._focused = ids[place]
            self._describe()
            self.update()
            return True
        self._focused = ""
        self.update()
        return super().focusNextPrevChild(is_next)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._has_ring = event.reason() in KEYBOARD
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._has_ring, self._focused = False, ""
        self.update()

    # --- inside

    def _paint_gaps(self, painter: QPainter, rects: list[QRect], plane: QColor) -> None:
        for left in {rect.right() + 1 for rect in rects}:
            painter.fillRect(QRect(left, 0, SPACE, self.height()), plane)
        for top in {rect.bottom() + 1 for rect in rects}:
            painter.fillRect(QRect(0, top, self.width(), SPACE), plane)

    def _active(self) -> PaneScene | None:
        return next((scene for scene in self._scenes if scene.is_active), None)

    def _index_at(self, position: QPointF) -> int | None:
        rects = self.pane_rects()[: len(self._scenes)]
        return next((n for n, rect in enumerate(rects) if QRectF(rect).contains(position)), None)

    def _scene_at(self, position: QPointF) -> PaneScene | None:
        index = self._index_at(position)
        return None if index is None else self._scenes[index]

    def _box_at(self, position: QPointF) -> PaintedBox | None:
        under = [box for box in self._painted if box.rect.contains(position)]
        return min(under, key=lambda box: box.rect.width() * box.rect.height(), default=None)

    def _cursor(self) -> Qt.CursorShape:
        if self._is_drawing:
            return Qt.CursorShape.CrossCursor
        return Qt.CursorShape.PointingHandCursor if self._hovered else Qt.CursorShape.ArrowCursor

    def _emit_drawn(self, corner: QPointF, drawn: QRect) -> None:
        index = self._index_at(corner)
        shot = None if index is None else self._scenes[index].shot
        if index is None or shot is None:
            return
        place = picture_rect(shot, self.pane_rects()[index], self.devicePixelRatioF())
        rect = QRectF(drawn).intersected(place)
        scale_x, scale_y = shot.width / place.width(), shot.height / place.height()
        xyxy = (
            (rect.left() - place.left()) * scale_x,
            (rect.top() - place.top()) * scale_y,
            (rect.right() - place.left()) * scale_x,
            (rect.bottom() - place.top()) * scale_y,
        )
        if xyxy[2] - xyxy[0] >= 1 and xyxy[3] - xyxy[1] >= 1:
            self.box_drawn.emit(self._scenes[index].camera, shot.frame_idx, xyxy)

    def _show_tip(self, event: QHelpEvent) -> None:
        box = self._box_at(QPointF(event.pos()))
        if box is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPos(), box.shape.mark.tip, self, box.rect.toRect())

    def _tell_size(self) -> None:
        rect, ratio = self.pane_rects()[0], self.devicePixelRatioF()
        size = QSize(round(rect.width() * ratio), round(rect.height() * ratio))
        if size != self._told_size:
            self._told_size = size
            self.pane_resized.emit(size.width(), size.height())

    def _describe(self) -> None:
        """Say in words what is visible, for those who do not see it."""
        self._described_s = time.monotonic()
        parts = []
        for scene in self._scenes:
            seen = [
                box.mark.spoken + (", focused" if box.mark.tracklet == self._focused else "")
                for box in scene.boxes
            ]
            people = "; ".join(seen) if seen else (scene.message or scene.note or "nobody")
            active = ", active" if scene.is_active else ""
            parts.append(f"{scene.camera}{active}, {scene.time}: {people}")
        text = ". ".join(parts) if parts else EMPTY
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
