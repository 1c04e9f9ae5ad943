"""One side of a pair: head, picture, bar to go through the frames, strip of crops."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from app.theme.icons import icon
from app.theme.theme import theme
from app.views.verify import Look, Scrub, SideHead, Still
from app.widgets import paint
from app.widgets.compare_picture import ComparePicture
from app.widgets.forms import icon_button, label
from app.widgets.pictures import Pictures

HEAD_PX, STRIP_PX = 28, 72
CROP_W, CROP_H = 28, 56
TIME_PX = 96


class SideTitle(QWidget):
    """Painted: role, badge, camera, tracklet, and the time at the right."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFixedHeight(HEAD_PX)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._head = SideHead("")
        theme().changed.connect(self.update)

    def show_head(self, head: SideHead) -> None:
        """Show this."""
        self._head = head
        parts = [
            head.role,
            f"person {head.number}" if head.number else "",
            head.camera,
            head.label,
            head.time,
        ]
        self.setAccessibleName(", ".join(filter(None, [*parts, head.problem])))
        self.setToolTip(head.problem)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, head, tokens = QPainter(self), self._head, theme().tokens
        place = QRectF(self.rect())
        painter.fillRect(place, paint.color(tokens.header))
        painter.fillRect(QRectF(0, place.bottom() - 1, place.width(), 1), paint.color(tokens.line))
        line = place.adjusted(12, 0, -12, -1)
        used = paint.draw_text(painter, line, head.time, weight=600, align=paint.RIGHT)
        rest = line.adjusted(0, 0, -used - 12, 0)
        rest.setLeft(rest.left() + paint.draw_text(painter, rest, head.role, weight=600) + 8)
        if head.number:
            width = paint.badge_width(head.number)
            badge = QRectF(rest.left(), rest.center().y() - paint.BADGE_PX / 2, width, paint.BADGE_PX)
            paint.draw_badge(painter, badge, head.number)
            rest.setLeft(badge.right() + 8)
        rest.setLeft(rest.left() + paint.draw_text(painter, rest, head.camera) + 8)
        rest.setLeft(rest.left() + paint.draw_text(painter, rest, head.label, "text2") + 12)
        if head.problem and rest.width() > 40:
            icon_place = QRectF(rest.left(), rest.center().y() - 7, 14, 14)
            paint.draw_icon(painter, icon_place, "triangle-alert", "warn")
            paint.draw_text(painter, rest.adjusted(20, 0, 0, 0), head.problem, "warn")
        painter.end()


class CropStrip(QWidget):
    """Painted: a tracklet's crops in order of time; a click goes to a crop's moment."""

    chosen = Signal(int)
    """Which crop, in order of time."""

    def __init__(self, name: str, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Crops in order of time")
        self.setToolTip("Click: go to this moment")
        self.setFixedHeight(STRIP_PX)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._pictures, self._scrub = pictures, Scrub()
        pictures.ready.connect(lambda name: self.update() if name in ("", self._scrub.tracklet) else None)
        theme().changed.connect(self.update)

    def show_scrub(self, scrub: Scrub) -> None:
        """Show this."""
        self._scrub = scrub
        self.update()

    def _slots(self) -> list[QRectF]:
        n = len(self._scrub.crop_places)
        step = CROP_W + 4
        room = max(round((self.width() - 24) // step), 1)
        return [QRectF(12 + k * step, (STRIP_PX - CROP_H) / 2, CROP_W, CROP_H) for k in range(min(n, room))]

    def _nearest(self) -> int:
        places, at = self._scrub.crop_places, self._scrub.place
        return min(range(len(places)), key=lambda k: abs(places[k] - at), default=-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for k, slot in enumerate(self._slots()):
            if slot.adjusted(-2, 0, 2, 0).contains(event.position()):
                self.chosen.emit(k)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), theme().tokens
        painter.fillRect(self.rect(), paint.color(tokens.panel))
        name, ratio, nearest = self._scrub.tracklet, self.devicePixelRatioF(), self._nearest()
        order = self._pictures.in_time(name, CROP_W, CROP_H, ratio) if name else ()
        for k, slot in enumerate(self._slots()):
            pixmap = self._pictures.pixmap(name, order[k], CROP_W, CROP_H, ratio) if k < len(order) else None
            paint.draw_crop(painter, slot, pixmap)
            if k == nearest:
                pen = QPen(paint.color(tokens.accent), 2)
                pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(slot.adjusted(-1, -1, 1, 1))
        painter.end()


class CompareSide(QFrame):
    """Passive: shows what the presenter tells, and says what the user wants.

    Attributes:
        pressed: The side is to be the active one.
        scrubbed: To which place.
        play_asked: Run, or stop.
        zoomed: By which factor.
        shifted: By how much, in heights of the person.
        whole_asked: The whole frame, or back.
    """

    pressed = Signal()
    scrubbed = Signal(int)
    play_asked = Signal()
    zoomed = Signal(float)
    shifted = Signal(float, float)
    whole_asked = Signal()

    def __init__(self, name: str, words: str, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(words)
        self.setProperty("plane", "panel")
        self.title = SideTitle(f"{name}.title")
        self.picture = ComparePicture(f"{name}.picture")
        self.strip = CropStrip(f"{name}.strip", pictures)
        self._scrub = Scrub()
        self._play = icon_button(f"{name}.play", f"Play the {words.lower()}", "play", "Space plays both")
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName(f"{name}.slider")
        self._slider.setAccessibleName(f"Frame of the {words.lower()}")
        self._slider.setToolTip("Go through the frames (comma and full stop on the active side)")
        self._time = label("", "quiet", f"{name}.time")
        self._time.setFixedWidth(TIME_PX)
        self._time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 12, 0)
        bar.setSpacing(8)
        bar.addWidget(self._play)
        bar.addWidget(self._slider, 1)
        bar.addWidget(self._time)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self.title)
        down.addWidget(self.picture, 1)
        down.addLayout(bar)
        down.addWidget(self.strip)
        self.picture.pressed.connect(self.pressed)
        self.picture.zoomed.connect(self.zoomed)
        self.picture.shifted.connect(self.shifted)
        self.picture.whole_asked.connect(self.whole_asked)
        self._play.clicked.connect(self.play_asked)
        self._slider.valueChanged.connect(self.scrubbed)
        self.strip.chosen.connect(lambda k: self.scrubbed.emit(self._scrub.crop_places[k]))

    def sizeHint(self) -> QSize:
        return QSize(480, 640)

    def show_head(self, head: SideHead) -> None:
        """What stands over the picture."""
        self.title.show_head(head)
        self.picture.show_message(head.problem)

    def show_scrub(self, scrub: Scrub) -> None:
        """What stands under it."""
        self._scrub = scrub
        has_frames = scrub.n_places > 1
        self._slider.blockSignals(True)
        self._slider.setRange(0, max(scrub.n_places - 1, 0))
        self._slider.setValue(scrub.place)
        self._slider.blockSignals(False)
        self._slider.setEnabled(has_frames)
        self._play.setEnabled(has_frames)
        self._play.setIcon(icon("pause" if scrub.is_playing else "play"))
        self._time.setText(scrub.text)
        self.strip.show_scrub(scrub)

    def show_still(self, still: Still | None) -> None:
        """The picture."""
        self.picture.show_still(still)

    def show_look(self, look: Look) -> None:
        """How it is looked at."""
        self.picture.show_look(look)

    def show_active(self, is_active: bool) -> None:
        """Whether keys work on it."""
        self.picture.show_active(is_active)
