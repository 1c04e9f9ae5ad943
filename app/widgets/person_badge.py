"""A person's number on its colour, as a widget."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.theme.theme import theme
from app.widgets import paint


class PersonBadge(QWidget):
    """Painted; hidden where there is no person.

    Args:
        name: Its object name.
        height_px: `paint.BADGE_PX`, or `paint.BADGE_HEAD_PX` in heads.
    """

    def __init__(self, name: str, height_px: int = paint.BADGE_PX) -> None:
        super().__init__()
        self.setObjectName(name)
        self._number, self._height = 0, height_px
        theme().changed.connect(self.update)
        self.show_number(0)

    def show_number(self, number: int) -> None:
        """The person's number, or 0."""
        self._number = number
        self.setVisible(number > 0)
        self.setAccessibleName(f"Person {number}" if number else "")
        self.setFixedSize(round(paint.badge_width(max(number, 1), self._height)), self._height)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._number:
            painter = QPainter(self)
            paint.draw_badge(painter, QRectF(self.rect()), self._number)
            painter.end()
