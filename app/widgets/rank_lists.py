"""Rank lists: a query at the left, what each model found for it in a row of crops with marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QScrollArea, QToolTip, QVBoxLayout, QWidget

from app.theme.theme import theme
from app.theme.tokens import MARK_BAD, MARK_OK, ON_VIDEO, SPACE
from app.views.ranking import RankedPicture, RankedQuery
from app.widgets.forms import label
from app.widgets.paint import color, draw_crop, draw_icon, draw_text

Pictures = Callable[[Path], QPixmap | None]
CROP_W, CROP_H, MARK_PX = 40, 80, 16
QUERY_W, NAME_PX, TITLE_PX = 68, 84, 24
QUERY_ALONE_W = 48
"""Of a query with one list only, which leaves less height."""
PAD, GAP = SPACE * 4, SPACE


class RankLists(QFrame):
    """Scrolls through queries.

    Args:
        name: Object name.
        pictures: Gives the picture of a file, or None while it is on its way.
    """

    def __init__(self, name: str, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("plane", "panel")
        self._canvas = _Canvas(f"{name}.canvas", pictures)
        self._scroll = QScrollArea()
        self._scroll.setObjectName(f"{name}.scroll")
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._canvas)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._empty = label("", "faint", f"{name}.empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(self._scroll)
        down.addWidget(self._empty)
        self._canvas.moved = lambda rect: self._scroll.ensureVisible(
            rect.center().x(), rect.center().y(), 0, rect.height() // 2
        )
        self.show_queries((), (), Path(), "")

    def show_queries(
        self, queries: tuple[RankedQuery, ...], names: tuple[str, ...], folder: Path, empty: str
    ) -> None:
        """Show these.

        Args:
            queries: From top to bottom.
            names: Of the models, as many as each query has lists.
            folder: Where their pictures are.
            empty: What is said where there are none.
        """
        self._canvas.show_queries(queries, names, folder)
        self._scroll.setVisible(bool(queries))
        self._empty.setText(empty)
        self._empty.setVisible(not queries)

    def repaint_pictures(self) -> None:
        """A picture has come."""
        self._canvas.update()


class _Canvas(QWidget):
    def __init__(self, name: str, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._pictures = pictures
        self._queries: tuple[RankedQuery, ...] = ()
        self._names: tuple[str, ...] = ()
        self._folder = Path()
        self._current = 0
        self.moved: Callable[[QRect], None] = lambda _: None
        theme().changed.connect(self.update)

    def show_queries(self, queries: tuple[RankedQuery, ...], names: tuple[str, ...], folder: Path) -> None:
        if (queries, names, folder) == (self._queries, self._names, self._folder):
            return
        self._queries, self._names, self._folder = queries, names, folder
        self._current = 0
        self.setMinimumHeight(len(queries) * self._row_px)
        self._tell()
        self.update()

    @property
    def _row_px(self) -> int:
        n_lists = max(len(self._names), 1)
        return PAD + TITLE_PX + n_lists * (CROP_H + MARK_PX + GAP * 2) + SPACE * 2

    def sizeHint(self) -> QSize:
        return QSize(400, max(len(self._queries), 1) * self._row_px)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), color(theme().tokens.panel))
        first = max(event.rect().top() // self._row_px, 0)
        last = min(event.rect().bottom() // self._row_px, len(self._queries) - 1)
        for n in range(first, last + 1):
            self._paint_query(painter, n, n * self._row_px)
        painter.end()

    def _paint_query(self, painter: QPainter, n: int, top: int) -> None:
        query, tokens = self._queries[n], theme().tokens
        title = QRectF(PAD, top + SPACE * 2, self.width() - 2 * PAD, TITLE_PX)
        draw_text(painter, title, query.title, weight=600)
        y = round(title.bottom()) + GAP
        width = QUERY_W if len(self._names) > 1 else QUERY_ALONE_W
        place = QRectF(PAD, y, width, width * 2)
        draw_crop(painter, place, self._pictures(self._folder / query.file))
        left = PAD + QUERY_W + PAD
        for name, ap, ranks in zip(self._names, query.ap, query.lists, strict=False):
            draw_text(painter, QRectF(left, y, NAME_PX, 20), name, weight=500)
            draw_text(painter, QRectF(left, y + 20, NAME_PX, 16), f"AP {ap:.2f}", "text2")
            for number, entry in enumerate(ranks[: self._n_places]):
                self._paint_place(painter, left + NAME_PX + number * (CROP_W + 1), y, entry)
            y += CROP_H + MARK_PX + GAP * 2
        bottom = top + self._row_px - 1
        painter.fillRect(QRectF(0, bottom, self.width(), 1), color(tokens.line))
        if n == self._current and self.hasFocus():
            painter.fillRect(QRectF(0, top, 3, self._row_px - 1), color(tokens.focus))

    def _paint_place(self, painter: QPainter, x: int, y: int, entry: RankedPicture) -> None:
        draw_crop(painter, QRectF(x, y, CROP_W, CROP_H), self._pictures(self._folder / entry.file))
        mark = QRectF(x, y + CROP_H, CROP_W, MARK_PX)
        painter.fillRect(mark, color(MARK_OK if entry.is_same else MARK_BAD))
        middle = mark.adjusted((CROP_W - 12) / 2, 2, -(CROP_W - 12) / 2, -2)
        draw_icon(painter, middle, "check" if entry.is_same else "x", ON_VIDEO)

    @property
    def _n_places(self) -> int:
        """Places that have room."""
        room = self.width() - (PAD + QUERY_W + PAD + NAME_PX) - PAD
        return max(room // (CROP_W + 1), 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 4, Qt.Key.Key_PageUp: -4}.get(
            Qt.Key(event.key())
        )
        if by is None or not self._queries:
            super().keyPressEvent(event)
            return
        self._current = min(max(self._current + by, 0), len(self._queries) - 1)
        self._tell()
        self.moved(QRect(0, self._current * self._row_px, self.width(), self._row_px))
        self.update()

    def focusInEvent(self, event: object) -> None:
        self.update()

    def focusOutEvent(self, event: object) -> None:
        self.update()

    def _tell(self) -> None:
        words = self._queries[self._current].words if self._queries else ""
        self.setAccessibleName("Rank lists")
        self.setAccessibleDescription(words)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            text = self._tip(event.pos())
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _tip(self, place: QPoint) -> str:
        n, y = divmod(place.y(), self._row_px)
        if not 0 <= n < len(self._queries):
            return ""
        query = self._queries[n]
        left = PAD + QUERY_W + PAD + NAME_PX
        row = (y - SPACE * 2 - TITLE_PX - GAP) // (CROP_H + MARK_PX + GAP * 2)
        if place.x() < left or not 0 <= row < len(query.lists):
            return f"{query.title}: {query.name}" if place.x() < PAD + QUERY_W else ""
        number = (place.x() - left) // (CROP_W + 1)
        if not 0 <= number < min(len(query.lists[row]), self._n_places):
            return ""
        entry = query.lists[row][number]
        who = "the same person" if entry.is_same else "somebody else"
        return f"Place {number + 1}: {who}, similarity {entry.similarity:.2f}"
