"""The people of a project, as painted rows onto which tracklets can be dropped."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QMimeData, QRectF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from app.theme import tokens as t
from app.theme.theme import theme
from app.views.people import NEW, NO_ROW, NOBODY, Entry
from app.widgets import paint
from app.widgets.painted_list import PaintedList
from app.widgets.painted_rows import ROW_ROLE, RowsModel
from app.widgets.pictures import Pictures

TRACKLETS_TYPE = "application/x-sightline-tracklets"
ROW_PX = 68
COVER_W, COVER_H = 26, 52
SHARE_W = 56


def tracklets_mime(tracklets: Sequence[str]) -> QMimeData:
    """What is dragged."""
    made = QMimeData()
    made.setData(TRACKLETS_TYPE, QByteArray("\n".join(tracklets).encode()))
    return made


def dragged(mime: QMimeData) -> tuple[str, ...]:
    """The tracklets that are dragged, if any are."""
    if not mime.hasFormat(TRACKLETS_TYPE):
        return ()
    return tuple(bytes(mime.data(TRACKLETS_TYPE).data()).decode().split())


class PeopleList(PaintedList):
    """Passive: who there is.

    Attributes:
        dropped: Tracklets, and the number of the person that they were dropped on.
    """

    dropped = Signal(list, int)

    def __init__(self, pictures: Pictures, name: str = "people.list") -> None:
        self._pictures = pictures
        self._model = RowsModel[Entry](lambda entry: entry.number, lambda entry: entry.spoken)
        super().__init__(name, "People", self._model, ROW_PX, self._paint, pictures)
        self._target = NO_ROW
        self._number = NOBODY
        self.setAcceptDrops(True)

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """The people."""
        self._model.show(entries)
        self.show_current(self._number)

    def show_current(self, number: int) -> None:
        """Mark a row."""
        self._number = number
        self.mark(self._model.index_of(number))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dragged(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        self._aim(index.data(ROW_ROLE).number if index.isValid() else NO_ROW)
        event.setAccepted(index.isValid())

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._aim(NO_ROW)

    def dropEvent(self, event: QDropEvent) -> None:
        index, names = self.indexAt(event.position().toPoint()), dragged(event.mimeData())
        self._aim(NO_ROW)
        if index.isValid() and names:
            event.acceptProposedAction()
            self.dropped.emit(list(names), index.data(ROW_ROLE).number)

    def _aim(self, number: int) -> None:
        if number != self._target:
            self._target = number
            self.viewport().update()

    def _paint(self, painter: QPainter, rect: QRectF, entry: Entry, ratio: float) -> None:
        tokens = theme().tokens
        left = rect.left() + 12
        if entry.number <= NOBODY:
            line = QRectF(left, rect.top(), rect.width() - 24, rect.height())
            picture = "user-round-x" if entry.number == NOBODY else "user-round-plus"
            paint.draw_icon(painter, QRectF(left + 5, line.center().y() - 8, 16, 16), picture)
            used = paint.draw_text(painter, line.adjusted(38, 0, 0, 0), entry.name, weight=600)
            paint.draw_text(painter, line.adjusted(38 + used + 8, 0, 0, 0), entry.count, "text2")
        else:
            cover = self._pictures.pixmap(entry.cover, 0, COVER_W, COVER_H, ratio)
            paint.draw_crop(painter, QRectF(left, rect.top() + 8, COVER_W, COVER_H), cover)
            words = QRectF(left + COVER_W + 12, rect.top() + 8, 0, 17)
            words.setRight(rect.right() - 12)
            badge = paint.badge_width(entry.number)
            place = QRectF(words.left(), words.top() + 0.5, badge, paint.BADGE_PX)
            paint.draw_badge(painter, place, entry.number)
            name = words.adjusted(badge + 8, 0, -20 if entry.problem else 0, 0)
            paint.draw_text(painter, name, entry.name, weight=600)
            if entry.problem:
                sign = QRectF(words.right() - 14, words.top() + 1, 14, 14)
                paint.draw_icon(painter, sign, "triangle-alert", "warn")
            words.translate(0, 17)
            used = paint.draw_text(painter, words, entry.count, "text2", align=paint.RIGHT)
            paint.draw_text(painter, words.adjusted(0, 0, -used - 8, 0), entry.cameras, "text2")
            words.translate(0, 17)
            used = paint.draw_text(painter, words, entry.verified, "text2", align=paint.RIGHT)
            paint.draw_text(painter, words.adjusted(0, 0, -used - 8, 0), entry.when, "text2")
        if entry.number == self._target:
            pen = QPen(paint.color(tokens.accent), 2)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(1, 1, -1, -2))


class NewPersonTarget(QWidget):
    """Where tracklets are dropped to make a new person of them; painted."""

    dropped = Signal(list, int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("people.new")
        self.setAccessibleName("Drop tracklets here for a new person")
        self.setToolTip("Drop tracklets here, or press Ctrl+Shift+X with tracklets selected")
        self.setFixedHeight(44)
        self.setAcceptDrops(True)
        self._is_aimed = False
        theme().changed.connect(self.update)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dragged(event.mimeData()):
            event.acceptProposedAction()
            self._aim(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._aim(False)

    def dropEvent(self, event: QDropEvent) -> None:
        names = dragged(event.mimeData())
        self._aim(False)
        if names:
            event.acceptProposedAction()
            self.dropped.emit(list(names), NEW)

    def _aim(self, is_aimed: bool) -> None:
        self._is_aimed = is_aimed
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens, place = QPainter(self), theme().tokens, QRectF(self.rect())
        painter.fillRect(place, paint.color(tokens.panel))
        painter.fillRect(QRectF(0, 0, place.width(), 1), paint.color(tokens.line))
        inner = place.adjusted(12, 8, -12, -8)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(paint.color(tokens.accent if self._is_aimed else tokens.line2), 1)
        pen.setStyle(Qt.PenStyle.SolidLine if self._is_aimed else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(paint.color(tokens.sel) if self._is_aimed else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(inner.adjusted(0.5, 0.5, -0.5, -0.5), t.RADIUS_CONTROL, t.RADIUS_CONTROL)
        words = "Drop tracklets for a new person"
        width = paint.text_width(words) + 22
        left = inner.center().x() - width / 2
        paint.draw_icon(painter, QRectF(left, inner.center().y() - 7, 14, 14), "user-round-plus")
        paint.draw_text(painter, inner.adjusted(left - inner.left() + 22, 0, 0, 0), words, "text2")
        painter.end()
