"""One picture of the clock tool with its plate, and what moves it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from app.theme import tokens as t
from app.theme.theme import theme
from app.views.clock import ClockPane
from app.widgets.forms import GAP, button, icon_button
from app.widgets.paint import RIGHT, color, draw_text, text_width

SLIDER_STEPS = 10_000
MARK_TIP = "The event happens in this frame (M)"
_PLATE_PX = 24


class ClockPicture(QWidget):
    """The picture under a plate; a click makes it the active one, the wheel steps frames."""

    pressed = Signal()
    stepped = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._image: QImage | None = None
        self._state = ClockPane()
        self._is_active = False
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, 180)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 96)

    def show_picture(self, image: QImage | None) -> None:
        """Show a picture, or none."""
        self._image = image
        self.update()

    def show_state(self, state: ClockPane) -> None:
        """Show what stands on the plate."""
        self._state = state
        self.setAccessibleName(f"{state.camera}, {state.role}, {state.time}, {state.frame}")
        self.update()

    def show_active(self, is_active: bool) -> None:
        """Frame it, or not."""
        self._is_active = is_active
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.stepped.emit(-1 if event.angleDelta().y() > 0 else 1)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, place = QPainter(self), QRectF(self.rect())
        painter.fillRect(place, color(t.VIDEO))
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            size = QSize(self._image.size()).scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(0, 0, size.width(), size.height())
            target.moveCenter(place.center())
            painter.drawImage(target, self._image)
        elif self._state.problem:
            center = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
            draw_text(painter, place.adjusted(8, 0, -8, 0), self._state.problem, t.ON_VIDEO, align=center)
        painter.fillRect(QRectF(0, 0, place.width(), _PLATE_PX), color(t.VIDEO, t.PLATE_ALPHA))
        line = QRectF(8, 0, place.width() - 16, _PLATE_PX)
        state = self._state
        frame_px = draw_text(painter, line, state.frame, t.ON_VIDEO_QUIET, align=RIGHT)
        rest = line.adjusted(0, 0, -frame_px - 8, 0)
        time_px = draw_text(painter, rest, state.time, t.ON_VIDEO, weight=600, align=RIGHT)
        rest = rest.adjusted(0, 0, -time_px - 8, 0)
        name_px = draw_text(painter, rest, state.camera, t.ON_VIDEO, weight=600)
        if rest.width() - name_px > text_width(state.role) + 8:
            draw_text(painter, rest.adjusted(name_px + 8, 0, 0, 0), state.role, t.ON_VIDEO_QUIET)
        if self._is_active:
            accent = color(theme().tokens.accent)
            for edge in (
                QRectF(0, 0, place.width(), 2),
                QRectF(0, place.bottom() - 2, place.width(), 2),
                QRectF(0, 0, 2, place.height()),
                QRectF(place.right() - 2, 0, 2, place.height()),
            ):
                painter.fillRect(edge, accent)


class ClockSide(QFrame):
    """A picture with its controls."""

    pressed = Signal()
    stepped = Signal(int)
    sought = Signal(float)
    mark_asked = Signal()
    same_asked = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.picture = ClockPicture(f"{name}.picture")
        self.picture.pressed.connect(self.pressed)
        self.picture.stepped.connect(self.stepped)
        back = icon_button(f"{name}.back", "One frame back", "step-back", ",")
        forward = icon_button(f"{name}.forward", "One frame forward", "step-forward", ".")
        same = icon_button(f"{name}.same", "Show the moment of the other picture", "arrow-right-left")
        for each in (back, forward):
            each.setAutoRepeat(True)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName(f"{name}.slider")
        self._slider.setAccessibleName("Place in the footage")
        self._slider.setToolTip("Drag to another place in the footage")
        self._slider.setRange(0, SLIDER_STEPS)
        self._slider.valueChanged.connect(self._seek)
        self._mark = button(f"{name}.mark", "Mark", "crosshair", MARK_TIP, small=True)
        back.clicked.connect(lambda: self.stepped.emit(-1))
        forward.clicked.connect(lambda: self.stepped.emit(1))
        same.clicked.connect(self.same_asked)
        self._mark.clicked.connect(self.mark_asked)
        controls = QHBoxLayout()
        controls.setSpacing(t.SPACE)
        for widget in (back, forward, same):
            controls.addWidget(widget)
        controls.addWidget(self._slider, 1)
        controls.addSpacing(t.SPACE)
        controls.addWidget(self._mark)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(t.SPACE)
        down.addWidget(self.picture, 1)
        down.addLayout(controls)

    def show_state(self, state: ClockPane) -> None:
        """Show where the pane stands."""
        self.picture.show_state(state)
        if not self._slider.isSliderDown():
            self._slider.blockSignals(True)
            self._slider.setValue(round(state.place * SLIDER_STEPS))
            self._slider.blockSignals(False)
        self._slider.setAccessibleName(f"Place in the footage of {state.camera}")
        self._mark.setEnabled(state.can_mark)
        self._mark.setToolTip(MARK_TIP if state.can_mark else "Mark: the frame is being read")
        self._mark.setText(GAP + ("Marked" if state.is_marked else "Mark"))
        self._mark.setAccessibleName(f"{'Marked' if state.is_marked else 'Mark'} in {state.camera}")

    def _seek(self, value: int) -> None:
        self.sought.emit(value / SLIDER_STEPS)
