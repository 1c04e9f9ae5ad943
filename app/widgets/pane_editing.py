"""The panes while boxes are corrected: the box in hand has handles, and goes with mouse and arrow keys."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.playback.picture import Shot
from app.playback.scene import PaneScene
from app.widgets.box_grip import CURSORS, Grip, Handle, Xyxy, dragged, handle_at
from app.widgets.edit_paint import paint_in_hand, paint_refusal
from app.widgets.pane_grid import PaneGrid
from app.widgets.pane_paint import on_screen, picture_rect

SLOP_PX = 4.0
"""The mouse may tremble so far in a click."""
NUDGE_MS = 500
"""Arrow keys that follow each other so quickly are one change."""
NUDGE_PX, BIG_NUDGE_PX = 1.0, 10.0
ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}
_HELD = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
_KEYPAD = Qt.KeyboardModifier.KeypadModifier


class EditGrid(PaneGrid):
    """Panes whose boxes can be corrected; see `app.presenters.annotate` for the other half.

    Arrow keys move the box in hand by a pixel of the frame, with Shift by ten; with Ctrl they move its right
    and lower side.

    Signals:
        box_changed: Tracklet id, number of the source, rank of the frame, the new ``(x1, y1, x2, y2)``.
        let_go: A place without a box was clicked while boxes are corrected.
    """

    box_changed = Signal(str, int, int, object)
    let_go = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_editing = False
        self._in_hand = self._refusal = ""
        self._grip: Grip | None = None
        self._changed: Xyxy | None = None
        self._nudged: tuple[str, int, int] | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(NUDGE_MS)
        self._rest.timeout.connect(self.settle)

    # --- what is shown

    @property
    def is_editing(self) -> bool:
        """Whether boxes are corrected."""
        return self._is_editing

    def set_editing(self, is_on: bool) -> None:
        """Let boxes be taken, moved and resized, or not."""
        self.settle()
        self._is_editing, self._grip, self._changed = is_on, None, None
        self.update()

    def set_in_hand(self, tracklet: str) -> None:
        """Put handles on a tracklet's box; empty for none."""
        if tracklet != self._in_hand:
            self.settle()
            self._in_hand, self._grip, self._changed = tracklet, None, None
            self.update()

    def show_refusal(self, text: str) -> None:
        """Say beside the box in hand why it was not changed; empty says nothing."""
        if text != self._refusal:
            self._refusal = text
            self.update()

    def show_panes(self, layout: int, scenes: tuple[PaneScene, ...]) -> None:
        before = self._frame_in_hand()
        super().show_panes(layout, scenes)
        if before != self._frame_in_hand():
            self._grip = None
            self.settle()
        if self._grip is None and self._nudged is None:
            self._changed = None

    def settle(self) -> None:
        """Report a change that the arrow keys have made and that was not reported yet."""
        self._rest.stop()
        nudged, self._nudged = self._nudged, None
        if nudged is not None and self._changed is not None:
            self.box_changed.emit(*nudged, self._changed)

    def shown_frame(self, camera: str) -> tuple[int, int] | None:
        """``(source, frame)`` that a camera's pane shows, or None."""
        shot = next((scene.shot for scene in self._scenes if scene.camera == camera), None)
        return None if shot is None else (shot.source_id, shot.frame_idx)

    def rect_in_hand(self) -> QRectF | None:
        """Where the box in hand is on the screen, or None where it is not."""
        found = self._find_in_hand()
        if found is None:
            return None
        shot, place, xyxy = found
        return on_screen(self._changed or xyxy, shot, place)

    # --- events

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_editing:
            return
        painter = QPainter(self)
        rect = self.rect_in_hand()
        if rect is not None:
            paint_in_hand(painter, rect, is_changed=self._changed is not None)
        if self._refusal:
            paint_refusal(painter, self._pane_in_hand(), rect, self._refusal)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._is_editing or self._is_drawing or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self.settle()
        position = event.position()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier or not self._take(position):
            is_empty = self._box_at(position) is None and self._scene_at(position) is not None
            super().mousePressEvent(event)  # another box is taken in hand
            if is_empty:
                self.let_go.emit()
            elif not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._take(position)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        grip = self._grip
        if grip is not None:
            self._drag(grip, event.position())
            return
        super().mouseMoveEvent(event)
        if self._is_editing and not self._is_drawing:
            rect = self.rect_in_hand()
            handle = None if rect is None else handle_at(rect, event.position())
            self.setCursor(self._cursor() if handle is None else CURSORS[handle])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        grip, self._grip = self._grip, None
        if grip is None or event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        frame = self._frame_in_hand()
        if grip.is_moving and self._changed is not None and frame is not None:
            self.box_changed.emit(self._in_hand, *frame, self._changed)
        elif not grip.is_moving:
            under = self.tracklet_at(event.position())
            if under and under != self._in_hand:
                self.tracklet_clicked.emit(under, False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrow = self._arrow(event)
        if event.key() == Qt.Key.Key_Escape and self._grip is not None:
            self._grip = self._changed = None
            self.update()
        elif arrow is not None:
            self._nudge(*arrow)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Take the arrow keys before the page does while there is a box in hand."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            is_cancel = event.key() == Qt.Key.Key_Escape and self._grip is not None
            if is_cancel or self._arrow(event) is not None:
                event.accept()
                return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.settle()
        super().focusOutEvent(event)

    # --- inside

    def _find_in_hand(self) -> tuple[Shot, QRectF, Xyxy] | None:
        """Picture, its place, and the box in hand within it; None where no pane shows the box."""
        if not self._is_editing or not self._in_hand or not self._with_boxes:
            return None
        for pane, scene in zip(self.pane_rects(), self._scenes, strict=False):
            for shape in scene.boxes if scene.shot is not None else ():
                if shape.mark.tracklet == self._in_hand and scene.shot is not None:
                    return scene.shot, picture_rect(scene.shot, pane, self.devicePixelRatioF()), shape.xyxy
        return None

    def _frame_in_hand(self) -> tuple[int, int] | None:
        found = self._find_in_hand()
        return None if found is None else (found[0].source_id, found[0].frame_idx)

    def _pane_in_hand(self) -> QRect:
        """The pane of the box in hand; where there is none, the active one."""
        panes = list(zip(self.pane_rects(), self._scenes, strict=False))
        for pane, scene in panes:
            if any(shape.mark.tracklet == self._in_hand for shape in scene.boxes):
                return pane
        return next((pane for pane, scene in panes if scene.is_active), self.rect())

    def _take(self, position: QPointF) -> bool:
        """Take the box in hand at a handle, or within; False where it is not there."""
        found, rect = self._find_in_hand(), self.rect_in_hand()
        handle = None if rect is None else handle_at(rect, position)
        if found is None or handle is None:
            return False
        self._grip = Grip(handle, position, found[2])
        return True

    def _drag(self, grip: Grip, position: QPointF) -> None:
        found = self._find_in_hand()
        way = position - grip.press
        if found is None or not (grip.is_moving or way.manhattanLength() >= SLOP_PX):
            return
        shot, place, _ = found
        self._grip = replace(grip, is_moving=True)
        dx, dy = way.x() * shot.width / place.width(), way.y() * shot.height / place.height()
        self._changed = dragged(grip.xyxy, grip.handle, dx, dy, shot.width, shot.height)
        self.update()

    def _arrow(self, event: QKeyEvent) -> tuple[Handle, float, float] | None:
        """What an arrow key does with the box in hand: what goes with it, how far right and down."""
        direction = ARROWS.get(Qt.Key(event.key()))
        if direction is None or event.modifiers() & ~(_HELD | _KEYPAD) or self._find_in_hand() is None:
            return None
        is_size = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        step = BIG_NUDGE_PX if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else NUDGE_PX
        handle = Handle.BOTTOM_RIGHT if is_size else Handle.MOVE
        return handle, direction[0] * step, direction[1] * step

    def _nudge(self, handle: Handle, dx: float, dy: float) -> None:
        found, frame = self._find_in_hand(), self._frame_in_hand()
        if found is None or frame is None:
            return
        shot, _, xyxy = found
        self._changed = dragged(self._changed or xyxy, handle, dx, dy, shot.width, shot.height)
        self._nudged = (self._in_hand, *frame)
        self._rest.start()
        self.update()
