"""The table of sources: rows painted in columns; a row with a problem says it across all of them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.theme import tokens as t
from app.theme.icons import icon
from app.theme.theme import theme
from app.views.sources import SourceLine
from app.widgets.forms import GAP
from app.widgets.paint import EDGE_PX, color, draw_icon, draw_plane, draw_text

LINE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""`SourceLine` of a row."""
HEADER_PX, ROW_PX = 28, t.ROW_TABLE_PX
PICTURE_W, PICTURE_H = 48, 27
PAD = t.SPACE * 3
Index = QModelIndex | QPersistentModelIndex
Pictures = Callable[[int, int, int, float], QPixmap | None]

_COLUMNS = (
    ("picture", "Picture", 72, 0, 0),
    ("camera", "Camera", 96, 2, 0),
    ("file", "File", 120, 3, 0),
    ("codec", "Codec", 60, 0, 820),
    ("size", "Size", 88, 0, 0),
    ("rate", "Frames/s", 88, 0, 0),
    ("length", "Length", 76, 0, 0),
    ("first_time", "First time", 92, 0, 940),
    ("clock", "Clock", 140, 0, 900),
    ("state", "State", 164, 1, 0),
)
"""Name, head, least width, share of what is left, narrowest table that shows it."""
_BUTTONS = {
    "retry": ("Retry", "rotate-cw", "Try to read the file again"),
    "relink": ("Relink…", "link", "Choose the file in its new place"),
    "remove": ("Remove", "trash", "Take the file out of the project; it stays on the disk"),
}
_PLANES = {"bad": ("bad_bg", "bad"), "warn": ("warn_bg", "warn")}


def columns(width: int) -> dict[str, tuple[int, int]]:
    """``(left, width)`` of each column that a table of this width shows."""
    shown = [column for column in _COLUMNS if width >= column[4]]
    spare = max(width - 2 * PAD - sum(column[2] for column in shown), 0)
    shares = sum(column[3] for column in shown)
    places, left = {}, PAD
    for name, _, least, share, _ in shown:
        wide = least + spare * share // shares
        places[name] = (left, wide)
        left += wide
    return places


class SourceTable(QFrame):
    """Head and rows.

    Attributes:
        view: The list itself; give it a model of `SourceLine` under `LINE_ROLE`.
    """

    selected = Signal(str)
    """Key of the row in hand, or empty."""
    asked = Signal(str, str)
    """``retry``, ``relink`` or ``remove``, and the row's key."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sources.table")
        self.view = _List()
        self._delegate = _Row(self.view)
        self.view.setItemDelegate(self._delegate)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(_Head())
        down.addWidget(self.view, 1)
        theme().changed.connect(self.view.viewport().update)

    def use_pictures(self, pictures: Pictures) -> None:
        """Ask this for the picture of a source."""
        self._delegate.pictures = pictures

    def start(self) -> None:
        """Follow the model, once the view has it."""
        model = self.view.model()
        model.modelReset.connect(self._place_buttons)
        model.dataChanged.connect(lambda *_: self._place_buttons())
        self.view.selectionModel().currentChanged.connect(self._choose)
        self._place_buttons()

    def _choose(self, index: QModelIndex) -> None:
        line = index.data(LINE_ROLE)
        self.selected.emit(line.key if isinstance(line, SourceLine) else "")

    def _place_buttons(self) -> None:
        model = self.view.model()
        for row in range(model.rowCount()):
            index = model.index(row, 0)
            line: SourceLine = index.data(LINE_ROLE)
            known = self.view.indexWidget(index)
            if tuple(known.property("verbs") or ()) != line.can if known else bool(line.can):
                if known:
                    known.hide()  # it is deleted only when the event loop comes round
                buttons = self._buttons(line) if line.can else None
                self.view.setIndexWidget(index, buttons)  # type: ignore[arg-type]  # None takes it away

    def _buttons(self, line: SourceLine) -> QWidget:
        bar = QWidget()
        bar.setObjectName(f"sources.row.{line.key}")
        bar.setProperty("verbs", list(line.can))
        across = QHBoxLayout(bar)
        across.setContentsMargins(0, 0, PAD, 0)
        across.setSpacing(t.SPACE * 2)
        across.addStretch(1)
        for verb in line.can:
            words, icon_name, tip = _BUTTONS[verb]
            button = QPushButton(icon(icon_name), GAP + words)
            button.setObjectName(f"sources.row.{verb}")
            button.setAccessibleName(f"{words.rstrip('…')} {line.file}")
            button.setToolTip(tip)
            button.setProperty("dense", True)
            button.setIconSize(QSize(14, 14))
            button.clicked.connect(lambda _=False, verb=verb: self.asked.emit(verb, line.key))
            across.addWidget(button)
        return bar


class _Head(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEADER_PX)
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        tokens = theme().tokens
        painter.fillRect(self.rect(), color(tokens.header))
        painter.fillRect(QRect(0, HEADER_PX - 1, self.width(), 1), color(tokens.line))
        words = {name: head for name, head, *_ in _COLUMNS}
        for name, (left, width) in columns(self.width()).items():
            draw_text(painter, QRect(left, 0, width - t.SPACE, HEADER_PX - 1), words[name], "text2")


class _List(QListView):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sources.list")
        self.setAccessibleName("Sources")
        self.setUniformItemSizes(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)


class _Row(QStyledItemDelegate):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.pictures: Pictures = lambda *_: None

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(400, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line: SourceLine = index.data(LINE_ROLE)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        flags = QStyle.StateFlag
        draw_plane(
            painter,
            rect,
            selected=bool(state & flags.State_Selected),
            hovered=bool(state & flags.State_MouseOver),
            focused=bool(state & flags.State_HasFocus) and bool(state & flags.State_KeyboardFocusChange),
        )
        tokens = theme().tokens
        if line.level:
            plane, edge = _PLANES[line.level]
            if not state & flags.State_Selected:
                painter.fillRect(rect, color(getattr(tokens, plane)))
            painter.fillRect(QRect(rect.left(), rect.top(), EDGE_PX, ROW_PX), color(getattr(tokens, edge)))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), color(tokens.line))
        places = columns(rect.width())
        self._draw_picture(painter, rect, line)
        for name in ("camera", "file"):
            left, width = places[name]
            draw_text(
                painter,
                QRect(left, rect.top(), width - t.SPACE * 2, ROW_PX),
                getattr(line, name),
                weight=500 if name == "camera" else 400,
            )
        if line.problem:
            self._draw_problem(painter, rect, line, places)
        else:
            self._draw_columns(painter, rect, line, places)

    def _draw_picture(self, painter: QPainter, rect: QRect, line: SourceLine) -> None:
        place = QRectF(PAD, rect.top() + (ROW_PX - PICTURE_H) // 2, PICTURE_W, PICTURE_H)
        painter.fillRect(place, color(t.VIDEO))
        ratio = painter.device().devicePixelRatioF()
        pixmap = self.pictures(line.source_id, PICTURE_W, PICTURE_H, ratio) if line.source_id else None
        if pixmap is not None:
            size = pixmap.deviceIndependentSize()
            corner = place.center() - QRectF(0, 0, size.width(), size.height()).center()
            painter.drawPixmap(corner, pixmap)
        elif line.level:
            name = "file-exclamation-point" if line.level == "bad" else "search-x"
            side = QRectF(place.center().x() - 7, place.center().y() - 7, 14, 14)
            draw_icon(painter, side, name, t.ON_VIDEO_QUIET)

    def _draw_problem(
        self, painter: QPainter, rect: QRect, line: SourceLine, places: dict[str, tuple[int, int]]
    ) -> None:
        left = places["file"][0] + places["file"][1]
        role = _PLANES[line.level][1]
        name = "circle-x" if line.level == "bad" else "triangle-alert"
        draw_icon(painter, QRect(left, rect.top() + (ROW_PX - 14) // 2, 14, 14), name, role)
        reserved = 96 * len(line.can) + PAD
        room = rect.right() - left - 20 - reserved
        draw_text(painter, QRect(left + 20, rect.top(), room, ROW_PX), line.problem, role)

    def _draw_columns(
        self, painter: QPainter, rect: QRect, line: SourceLine, places: dict[str, tuple[int, int]]
    ) -> None:
        for name in ("codec", "size", "rate", "length", "first_time", "clock"):
            if name in places:
                left, width = places[name]
                draw_text(painter, QRect(left, rect.top(), width - t.SPACE, ROW_PX), getattr(line, name))
        left, width = places["state"]
        if line.part is not None:
            bar = QRect(left, rect.top() + ROW_PX // 2 - 2, 64, 4)
            painter.fillRect(bar, color(theme().tokens.line2))
            painter.fillRect(QRectF(left, bar.top(), 64 * line.part, 4), color(theme().tokens.accent))
            draw_text(painter, QRect(left + 72, rect.top(), width - 72, ROW_PX), line.state)
            return
        if line.icon:
            draw_icon(painter, QRect(left, rect.top() + (ROW_PX - 14) // 2, 14, 14), line.icon, line.role)
            left, width = left + 20, width - 20
        draw_text(painter, QRect(left, rect.top(), width, ROW_PX), line.state, "text")
