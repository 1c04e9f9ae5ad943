"""A picture that follows a person: zoom, shift, brightness and contrast; the same height on both sides."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import tokens as t
from app.theme.theme import theme
from app.views.verify import Look, Still
from app.widgets.paint import CENTER, color, draw_text

PERSON_SHARE = 0.78
"""Part of the pane's height that a person takes at zoom 1."""
WHEEL_FACTOR = 1.2
BOX_PX, SHADOW_PX = 1.5, 3.5


class ComparePicture(QWidget):
    """Painted. The wheel zooms, dragging shifts, a double click shows the whole frame.

    Attributes:
        pressed: The side is to be the active one.
        zoomed: By which factor.
        shifted: By how much, in heights of the person.
        whole_asked: The whole frame instead of the person, or back.
    """

    pressed = Signal()
    zoomed = Signal(float)
    shifted = Signal(float, float)
    whole_asked = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setToolTip("Wheel: zoom. Drag: shift. Double click: the whole frame (Z).")
        self._still: Still | None = None
        self._image = QImage()
        self._look, self._message = Look(), ""
        self._is_active = self._is_loading = False
        self._drag: QPointF | None = None
        self._shown: QImage | None = None
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(480, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 160)

    def show_still(self, still: Still | None) -> None:
        """Show a picture, or none."""
        self._still = still
        if still is None:
            self._image = QImage()
        elif isinstance(still.picture, QImage):
            self._image = still.picture
        else:
            self._image = QImage.fromData(still.picture)
        self._redo()

    def show_look(self, look: Look) -> None:
        """Look at it like this."""
        if look != self._look:
            self._look = look
            self._redo()

    def show_active(self, is_active: bool) -> None:
        """Frame it, or not."""
        self._is_active = is_active
        self.update()

    def show_message(self, text: str) -> None:
        """What stands where a picture would be."""
        self._message = text
        self.update()

    @property
    def person_px(self) -> float:
        """How high the person is on the screen, logical pixels; 0 without a picture."""
        return self._scale() * self._person()[2] if not self._image.isNull() else 0.0

    def _redo(self) -> None:
        self._shown = None
        self.update()

    # --- where things are

    def _size(self) -> tuple[float, float]:
        """Width and height of the frame in which boxes are given."""
        still = self._still
        if still is not None and still.width:
            return float(still.width), float(still.height)
        return float(max(self._image.width(), 1)), float(max(self._image.height(), 1))

    def _person(self) -> tuple[float, float, float]:
        """Middle and height of the person, in the frame's pixels."""
        still = self._still
        if still is not None and still.width:
            return still.frame[0], still.frame[1], max(still.frame[2], 1.0)
        width, height = self._size()
        return width / 2, height / 2, height

    def _scale(self) -> float:
        """Logical pixels for a pixel of the frame."""
        width, height = self._size()
        if self._look.is_whole:
            return min(self.width() / width, self.height() / height)
        return PERSON_SHARE * self.height() * self._look.zoom / self._person()[2]

    def _view(self) -> QRectF:
        """What is seen of the frame, in its pixels; never beyond its edges unless all of it is seen."""
        scale, (width, height) = self._scale(), self._size()
        seen_w, seen_h = self.width() / scale, self.height() / scale
        x, y, size = self._person()
        x, y = (width / 2, height / 2) if self._look.is_whole else (x, y)
        x, y = x + self._look.dx * size, y + self._look.dy * size
        left = (width - seen_w) / 2 if seen_w >= width else min(max(x - seen_w / 2, 0), width - seen_w)
        top = (height - seen_h) / 2 if seen_h >= height else min(max(y - seen_h / 2, 0), height - seen_h)
        return QRectF(left, top, seen_w, seen_h)

    # --- painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._shown = None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, place = QPainter(self), QRectF(self.rect())
        painter.fillRect(place, color(t.VIDEO))
        if self._image.isNull():
            draw_text(painter, place.adjusted(16, 0, -16, 0), self._message, t.ON_VIDEO_QUIET, align=CENTER)
        else:
            painter.drawImage(QPointF(0, 0), self._picture())
            self._paint_box(painter)
        if self._is_active:
            pen = QPen(color(theme().tokens.accent), 2)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(place.adjusted(1, 1, -1, -1))
        painter.end()

    def _picture(self) -> QImage:
        """What is seen, at the size of the screen, lightened as wanted; kept until something changes."""
        ratio = self.devicePixelRatioF()
        if self._shown is None or self._shown.devicePixelRatioF() != ratio:
            made = QImage(
                round(self.width() * ratio), round(self.height() * ratio), QImage.Format.Format_RGB32
            )
            made.setDevicePixelRatio(ratio)
            made.fill(color(t.VIDEO))
            width, height = self._size()
            scale, view = self._scale(), self._view()
            target = QRectF(-view.left() * scale, -view.top() * scale, width * scale, height * scale)
            painter = QPainter(made)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._image)
            painter.end()
            self._shown = lightened(made, self._look.brightness, self._look.contrast)
            self._shown.setDevicePixelRatio(ratio)
        return self._shown

    def _paint_box(self, painter: QPainter) -> None:
        still = self._still
        if still is None or not still.width:
            return
        scale, view = self._scale(), self._view()
        x1, y1, x2, y2 = still.box
        rect = QRectF(
            QPointF(round((x1 - view.left()) * scale), round((y1 - view.top()) * scale)),
            QPointF(round((x2 - view.left()) * scale), round((y2 - view.top()) * scale)),
        )
        hue = t.identity_color(still.number) if still.number else t.ON_VIDEO
        for pen in (QPen(color(t.VIDEO, t.BOX_SHADOW_ALPHA), SHADOW_PX), QPen(color(hue), BOX_PX)):
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect)

    # --- pointer

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        if steps:
            self.zoomed.emit(WHEEL_FACTOR**steps)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None or self._image.isNull():
            return
        moved = event.position() - self._drag
        self._drag = event.position()
        size = max(self.person_px, 1.0)
        self.shifted.emit(-moved.x() / size, -moved.y() / size)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.whole_asked.emit()


def lightened(image: QImage, brightness: int, contrast: int) -> QImage:
    """A ``Format_RGB32`` image with other brightness and contrast.

    Args:
        image: Left as it is.
        brightness: -100..100; 100 adds half of the scale.
        contrast: -100..100; 100 makes differences three times as large, -100 a third.
    """
    if not brightness and not contrast:
        return image
    made = image.copy()
    levels = np.arange(256, dtype=np.float32)
    table = np.clip((levels - 127.5) * 3.0 ** (contrast / 100) + 127.5 + brightness * 1.275, 0, 255)
    lookup = np.rint(table).astype(np.uint8)
    pixels = np.frombuffer(made.bits(), np.uint8).reshape(made.height(), made.bytesPerLine())
    pixels[:] = lookup[pixels]
    return made
