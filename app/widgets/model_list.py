"""The list of models: name, what it is, whether it may be used for research only, whether it is in use."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.theme import tokens as t
from app.theme.theme import theme
from app.views.models import ModelLine
from app.widgets.paint import RIGHT, color, draw_icon, draw_plane, draw_text, text_width

LINE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
ROW_PX, HEAD_PX, PAD = t.ROW_IDENTITY_PX, 28, t.SPACE * 4
RESEARCH = "Research only"
Index = QModelIndex | QPersistentModelIndex


class ModelList(QListView):
    """Emits `chosen` with the key of the row that is taken in hand."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("models.list")
        self.setAccessibleName("Models")
        self._items = QStandardItemModel(self)
        self.setModel(self._items)
        self.setItemDelegate(_Row(self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.selectionModel().currentChanged.connect(self._tell)
        self._lines: tuple[ModelLine, ...] = ()
        theme().changed.connect(self.viewport().update)

    def show_lines(self, lines: tuple[ModelLine, ...], current: str) -> None:
        """Show these, with one in hand."""
        selection = self.selectionModel()
        selection.blockSignals(True)
        if lines != self._lines:
            self._lines = lines
            self._items.clear()
            for line in lines:
                item = QStandardItem(line.name)
                item.setEditable(False)
                item.setData(line, LINE_ROLE)
                words = [line.name, line.about]
                words += [RESEARCH] if line.is_research else []
                words += ["in use"] if line.is_active else []
                item.setData(", ".join(words), int(Qt.ItemDataRole.AccessibleTextRole))
                item.setToolTip("\n".join(words))
                self._items.appendRow(item)
        row = next((n for n, line in enumerate(lines) if line.key == current), -1)
        self.setCurrentIndex(self._items.index(row, 0))
        selection.blockSignals(False)
        self.viewport().update()

    def _tell(self, index: QModelIndex) -> None:
        line = index.data(LINE_ROLE)
        if isinstance(line, ModelLine):
            self.chosen.emit(line.key)


class _Row(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        line: ModelLine = index.data(LINE_ROLE)
        return QSize(120, ROW_PX + (HEAD_PX if line.group else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line: ModelLine = index.data(LINE_ROLE)
        place, tokens = QRectF(option.rect), theme().tokens
        if line.group:
            head = QRectF(place.left(), place.top(), place.width(), HEAD_PX)
            painter.fillRect(head, color(tokens.header))
            draw_text(painter, head.adjusted(PAD, 0, -PAD, 0), line.group, "text2", weight=500)
            place.setTop(head.bottom())
        state = option.state
        draw_plane(
            painter,
            place,
            selected=bool(state & QStyle.StateFlag.State_Selected),
            hovered=bool(state & QStyle.StateFlag.State_MouseOver),
            focused=bool(state & QStyle.StateFlag.State_HasFocus),
        )
        painter.fillRect(QRectF(place.left(), place.bottom() - 1, place.width(), 1), color(tokens.line))
        inner = place.adjusted(PAD, t.SPACE * 2, -PAD, -t.SPACE * 2)
        first = QRectF(inner.left(), inner.top(), inner.width(), inner.height() / 2)
        second = QRectF(inner.left(), first.bottom(), inner.width(), inner.height() / 2)
        if line.is_active:
            words = "in use"
            width = text_width(words)
            draw_text(painter, first, words, "ok", align=RIGHT)
            mark = QRectF(first.right() - width - 18, first.center().y() - 7, 14, 14)
            draw_icon(painter, mark, "circle-check", "ok")
            first.setRight(mark.left() - t.SPACE)
        draw_text(painter, first, line.name, weight=500)
        if line.is_research:
            width = text_width(RESEARCH, t.FONT_CAPTION_PX)
            draw_text(painter, second, RESEARCH, "warn", size_px=t.FONT_CAPTION_PX, align=RIGHT)
            second.setRight(second.right() - width - t.SPACE * 2)
        draw_text(painter, second, line.about, "text2", size_px=t.FONT_CAPTION_PX)
