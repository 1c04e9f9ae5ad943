"""A query picture with several people: the user says who."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from app.theme import tokens as t
from app.theme.theme import theme
from app.views.results import SeveralPeople
from app.widgets import paint
from app.widgets.own_keys import OwnKeys

PAD = t.SPACE * 3
TEXT_PX = 32
LABEL_PX = 16
KEYS = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Space,
    *(Qt.Key(Qt.Key.Key_1.value + n) for n in range(9)),
)


class PeoplePicker(QWidget):
    """Painted. A click, or the person's number and Enter, chooses."""

    chosen = Signal(object)
    """The person's box, ``(x1, y1, x2, y2)`` in pixels of the picture."""

    def __init__(self) -> None:
        super().__init__()
        self._people: SeveralPeople | None = None
        self._picture = QPixmap()
        self._at = 0
        self.setObjectName("results.people")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        OwnKeys(self, KEYS)
        theme().changed.connect(self.update)

    def show_people(self, people: SeveralPeople | None) -> None:
        """Ask about a picture; None forgets it."""
        self._people, self._at = people, 0
        self._picture = QPixmap()
        if people is not None:
            self._picture.loadFromData(people.preview)
        self._describe()
        self.update()

    def places(self) -> list[QRectF]:
        """Where the people are in the widget."""
        if self._people is None:
            return []
        shown, scale = self._shown()
        return [
            QRectF(shown.left() + x1 * scale, shown.top() + y1 * scale, (x2 - x1) * scale, (y2 - y1) * scale)
            for x1, y1, x2, y2 in self._people.boxes
        ]

    def _shown(self) -> tuple[QRectF, float]:
        if self._people is None:
            return QRectF(), 1.0
        room = QRectF(self.rect()).adjusted(PAD, TEXT_PX, -PAD, -PAD)
        scale = min(room.width() / self._people.width, room.height() / self._people.height)
        return QRectF(room.left(), room.top(), self._people.width * scale, self._people.height * scale), scale

    def _choose(self, number: int) -> None:
        if self._people is not None and 0 <= number < len(self._people.boxes):
            self.chosen.emit(self._people.boxes[number])

    def _at_position(self, position: QPoint) -> int:
        found = [number for number, place in enumerate(self.places()) if place.contains(position)]
        places = self.places()
        return min(found, key=lambda number: places[number].width() * places[number].height(), default=-1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number = self._at_position(event.position().toPoint())
        self.setCursor(Qt.CursorShape.PointingHandCursor if number >= 0 else Qt.CursorShape.ArrowCursor)
        if number >= 0 and number != self._at:
            self._at = number
            self._describe()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._at_position(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        n = len(self._people.boxes) if self._people is not None else 0
        if event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up) and n:
            by = 1 if event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Down) else -1
            self._at = (self._at + by) % n
            self._describe()
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._at)
        elif event.text().isdigit() and 1 <= int(event.text()) <= n:
            self._choose(int(event.text()) - 1)
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 160)

    def _describe(self) -> None:
        n = 0 if self._people is None else len(self._people.boxes)
        self.setAccessibleName(f"Choose one of {n} people")
        self.setAccessibleDescription(f"Person {self._at + 1}" if n else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), paint.color(theme().tokens.panel))
        if self._people is not None:
            line = QRectF(PAD, 0, self.width() - 2 * PAD, TEXT_PX)
            n = len(self._people.boxes)
            paint.draw_text(painter, line, f"The picture shows {n} people. Choose one.", weight=500)
            shown, _ = self._shown()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(shown, self._picture, QRectF(self._picture.rect()))
            for number, place in enumerate(self.places()):
                self._paint_person(painter, place, number)
        painter.end()

    def _paint_person(self, painter: QPainter, place: QRectF, number: int) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(paint.color(t.VIDEO, t.BOX_SHADOW_ALPHA), 4))
        painter.drawRect(place)
        is_at = number == self._at
        painter.setPen(QPen(paint.color(theme().tokens.accent if is_at else t.ON_VIDEO), 2))
        painter.drawRect(place)
        label = QRectF(place.left(), place.top(), LABEL_PX, LABEL_PX)
        painter.fillRect(label, paint.color(t.VIDEO, t.PLATE_ALPHA))
        paint.draw_text(
            painter,
            label,
            str(number + 1),
            t.ON_VIDEO,
            size_px=t.FONT_CAPTION_PX,
            weight=700,
            align=paint.CENTER,
        )
