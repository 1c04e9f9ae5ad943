"""A list of painted rows of one height: what lists of pairs, people and proposals share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.theme.theme import theme
from app.widgets import paint
from app.widgets.painted_rows import ROW_ROLE
from app.widgets.pictures import Pictures

Index = QModelIndex | QPersistentModelIndex
PaintRow = Callable[[QPainter, QRectF, Any, float], None]
"""Paints the inside of a row: painter, place, row, pixels in a logical pixel."""
LIST_KEYS = frozenset(
    (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Enter)
)


class PaintedList(QListView):
    """Passive. Arrows move, Enter opens; letters are the page's.

    Attributes:
        reached: A row was clicked, or reached with the keyboard: the row.
        opened: Enter, or a double click: the row.
    """

    reached = QtSignal(object)
    opened = QtSignal(object)

    def __init__(
        self,
        name: str,
        words: str,
        model: QAbstractItemModel,
        row_px: int,
        paint_row: PaintRow,
        pictures: Pictures | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(words)
        self.setModel(model)
        model.setParent(self)
        self.setItemDelegate(_Rows(self, row_px, paint_row))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(lambda index: self.reached.emit(index.data(ROW_ROLE)))
        self.doubleClicked.connect(lambda index: self.opened.emit(index.data(ROW_ROLE)))
        if pictures is not None:
            pictures.ready.connect(lambda _: self.viewport().update())
        theme().changed.connect(self.viewport().update)

    def mark(self, index: QModelIndex) -> None:
        """Mark a row, or none, and bring it into view."""
        if index != self.currentIndex():
            self.setCurrentIndex(index)
        if index.isValid():
            self.scrollTo(index)
        else:
            self.clearSelection()

    @staticmethod
    def row(index: Index) -> Any:
        """The row behind an index."""
        return index.data(ROW_ROLE)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in LIST_KEYS
            and not event.modifiers()
            & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if index.isValid():
                self.opened.emit(index.data(ROW_ROLE))
        elif event.key() in LIST_KEYS:
            super().keyPressEvent(event)
            if self.currentIndex() != index and self.currentIndex().isValid():
                self.reached.emit(self.currentIndex().data(ROW_ROLE))
        else:
            event.ignore()


class _Rows(QStyledItemDelegate):
    def __init__(self, view: PaintedList, row_px: int, paint_row: PaintRow) -> None:
        super().__init__(view)
        self._view, self._size, self._paint_row = view, QSize(0, row_px), paint_row

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._size

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect, state = QRectF(option.rect), option.state
        paint.draw_plane(
            painter,
            rect,
            selected=bool(state & QStyle.StateFlag.State_Selected),
            hovered=bool(state & QStyle.StateFlag.State_MouseOver),
            focused=bool(state & QStyle.StateFlag.State_HasFocus) and self._view.hasFocus(),
        )
        self._paint_row(painter, rect, index.data(ROW_ROLE), self._view.devicePixelRatioF())
        line = QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1)
        painter.fillRect(line, paint.color(theme().tokens.line))
