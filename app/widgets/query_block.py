"""Who is searched for: crops that can be left out, name, place; one line where there is little room."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget

from app.theme import tokens as t
from app.theme.theme import theme
from app.views.results import QueryShown
from app.widgets import paint
from app.widgets.own_keys import OwnKeys
from app.widgets.pictures import Pictures
from app.wording import UNKNOWN

PAD = t.SPACE * 3
CROP_W, CROP_H = 32, 64
SMALL_W, SMALL_H = 12, 24
BLOCK_PX, FOLDED_PX = CROP_H + 2 * t.SPACE * 2, 32
MAX_CROPS = 4
DROPPED_OPACITY = 0.3


@dataclass(frozen=True, slots=True)
class _Slot:
    """A crop's place."""

    rect: QRectF
    tracklet: str
    rank: int
    is_dropped: bool


class QueryBlock(QWidget):
    """Painted. A click (or X, with the keyboard on a crop) leaves a crop out or takes it in again."""

    crop_toggled = Signal(str, int)
    """Tracklet and rank of the crop."""

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self._pictures = pictures
        self._query: QueryShown | None = None
        self._picture: QPixmap | None = None
        self._is_folded, self._at, self._hovered, self._first = False, 0, -1, 0
        self.setObjectName("results.query")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(BLOCK_PX)
        OwnKeys(self, (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_X, Qt.Key.Key_Delete))
        self.setVisible(False)
        pictures.ready.connect(self._on_ready)
        theme().changed.connect(self.update)

    def show_query(self, query: QueryShown | None) -> None:
        """Show who is searched for; None hides the block."""
        before = self._query
        names = [example.tracklet for example in query.examples] if query is not None else []
        if before is None or names != [example.tracklet for example in before.examples]:
            self._at = self._first = 0
        if query is None or query.crop is None:
            self._picture = None
        elif before is None or query.crop != before.crop:
            self._picture = QPixmap()  # nothing in it until the person is cut out
            self._picture.loadFromData(query.crop)
        self._query = query
        self.setVisible(query is not None)
        self._describe()
        self.update()

    def set_folded(self, is_folded: bool) -> None:
        """One line of 32 px, or the whole block."""
        self._is_folded = is_folded
        self.setFixedHeight(FOLDED_PX if is_folded else BLOCK_PX)
        self._describe()
        self.update()

    @property
    def is_folded(self) -> bool:
        """Whether it is one line."""
        return self._is_folded

    # --- crops

    def crops(self) -> list[tuple[str, int, bool]]:
        """``(tracklet, rank, is left out)`` of every crop of the query that is known by now."""
        if self._query is None:
            return []
        found = []
        for example in self._query.examples:
            n = self._pictures.count(example.tracklet, CROP_W, CROP_H, self.devicePixelRatioF()) or 0
            found += [(example.tracklet, rank, rank in example.dropped) for rank in range(n)]
        return found

    def used_text(self) -> str:
        """``3 of 4 crops used``."""
        crops = self.crops()
        if not crops:
            return "" if self._query is None or self._query.examples else "1 picture"
        n_used = sum(not is_dropped for _, _, is_dropped in crops)
        text = f"{n_used} of {len(crops)} crops used" if n_used < len(crops) else f"{n_used} crops used"
        return text if self._query is None or self._query.crop is None else f"1 picture, {text}"

    def _slots(self) -> list[_Slot]:
        width, height = (SMALL_W, SMALL_H) if self._is_folded else (CROP_W, CROP_H)
        top = (self.height() - height) / 2
        left = float(PAD) + (width + 2 if self._picture is not None else 0)
        slots = []
        for tracklet, rank, is_dropped in self.crops()[self._first : self._first + self._n_places()]:
            slots.append(_Slot(QRectF(left, top, width, height), tracklet, rank, is_dropped))
            left += width + 2
        return slots

    def _n_places(self) -> int:
        return MAX_CROPS - (self._picture is not None)

    def _toggle(self, number: int) -> None:
        slots = self._slots()
        if 0 <= number < len(slots):
            self.crop_toggled.emit(slots[number].tracklet, slots[number].rank)

    def _slot_at(self, position: QPoint) -> int:
        for number, slot in enumerate(self._slots()):
            if slot.rect.contains(position):
                return number
        return -1

    # --- events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hovered = self._slot_at(event.position().toPoint())
        if hovered != self._hovered:
            self._hovered = hovered
            self.setCursor(Qt.CursorShape.PointingHandCursor if hovered >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: object) -> None:
        self._hovered = -1
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._toggle(self._slot_at(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        n = len(self.crops())
        match event.key():
            case Qt.Key.Key_Right | Qt.Key.Key_Left:
                by = 1 if event.key() == Qt.Key.Key_Right else -1
                self._at = min(max(self._at + by, 0), max(n - 1, 0))
                self._first = min(max(self._first, self._at - self._n_places() + 1), self._at)
                self._describe()
                self.update()
            case Qt.Key.Key_X | Qt.Key.Key_Delete:
                self._toggle(self._at - self._first)
            case _:
                super().keyPressEvent(event)

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            number = self._slot_at(event.pos())
            if number >= 0:
                is_dropped = self._slots()[number].is_dropped
                text = "Use this crop again" if is_dropped else "Leave this crop out of the query"
                QToolTip.showText(event.globalPos(), f"{text} (click, or X)", self)
                return True
        return super().event(event)  # type: ignore[arg-type]

    def sizeHint(self) -> QSize:
        return QSize(340, self.height())

    def _on_ready(self, tracklet_id: str) -> None:
        names = () if self._query is None else tuple(e.tracklet for e in self._query.examples)
        if not tracklet_id or tracklet_id in names:
            self._describe()
            self.update()

    def _describe(self) -> None:
        if self._query is None:
            return
        self.setAccessibleName(f"Query: {self._query.name or 'nobody yet'}, {self._query.where}")
        words = self.used_text()
        self.setToolTip(f"{self._query.where}\n{words}" if self._is_folded else "")
        crops = self.crops()
        if self._at < len(crops):
            tracklet, rank, is_dropped = crops[self._at]
            words += f"; crop {rank + 1} of {tracklet}{', left out' if is_dropped else ''}"
        self.setAccessibleDescription(words)

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        tokens = theme().tokens
        painter.fillRect(self.rect(), paint.color(tokens.panel))
        if self._query is not None:
            right = self._paint_crops(painter)
            self._paint_words(painter, self._query, right + PAD)
        painter.fillRect(0, self.height() - 1, self.width(), 1, paint.color(tokens.line))
        painter.end()

    def _paint_crops(self, painter: QPainter) -> float:
        slots = self._slots()
        width, height = (SMALL_W, SMALL_H) if self._is_folded else (CROP_W, CROP_H)
        right = float(PAD)
        if self._picture is not None:
            place = QRectF(PAD, (self.height() - height) / 2, width, height)
            paint.draw_crop(painter, place, self._picture)
            right = place.right()
        ratio = self.devicePixelRatioF()
        for number, slot in enumerate(slots):
            pixmap = self._pictures.pixmap(slot.tracklet, slot.rank, CROP_W, CROP_H, ratio)
            paint.draw_crop(painter, slot.rect, pixmap, opacity=DROPPED_OPACITY if slot.is_dropped else 1.0)
            if slot.is_dropped or number == self._hovered:
                self._paint_mark(painter, slot)
            if self.hasFocus() and number == self._at - self._first:
                painter.setPen(QPen(paint.color(theme().tokens.focus), 2))
                painter.drawRect(slot.rect.adjusted(1, 1, -1, -1))
            right = slot.rect.right()
        if not slots and self._picture is None and self._query is not None:
            for n in range(MAX_CROPS if not self._is_folded else 2):
                place = QRectF(PAD + n * (width + 2), (self.height() - height) / 2, width, height)
                paint.draw_crop(painter, place, None)
                right = place.right()
        return right

    def _paint_mark(self, painter: QPainter, slot: _Slot) -> None:
        side = min(slot.rect.width(), 18.0)
        mark = QRectF(0, 0, side, side)
        mark.moveCenter(slot.rect.center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(paint.color(t.VIDEO, t.PLATE_ALPHA))
        painter.drawRoundedRect(mark, t.RADIUS_BADGE, t.RADIUS_BADGE)
        inner = mark.adjusted(2, 2, -2, -2) if side > 12 else mark
        paint.draw_icon(painter, inner, "eye-off" if slot.is_dropped else "eye", t.ON_VIDEO)

    def _paint_words(self, painter: QPainter, query: QueryShown, left: float) -> None:
        words = QRectF(left, 0, self.width() - left - PAD, t.SPACE * 4)
        if self._is_folded:
            words.moveTop((self.height() - words.height()) / 2)
            used = self._paint_name(painter, words, query)
            rest = words.adjusted(used + t.SPACE * 2, 0, 0, 0)
            paint.draw_text(painter, rest, query.where, "text2")
            return
        words.moveTop((self.height() - 3 * words.height() - 2 * t.SPACE) / 2)
        self._paint_name(painter, words, query)
        words.translate(0, words.height() + t.SPACE)
        paint.draw_text(painter, words, query.where or UNKNOWN, "text2")
        words.translate(0, words.height() + t.SPACE)
        paint.draw_text(painter, words, self.used_text(), "text3")

    @staticmethod
    def _paint_name(painter: QPainter, words: QRectF, query: QueryShown) -> float:
        used = paint.draw_text(painter, words, "Query", weight=600)
        if query.number:
            width = paint.badge_width(query.number)
            badge = QRectF(words.left() + used + t.SPACE * 2, words.top(), width, paint.BADGE_PX)
            paint.draw_badge(painter, badge, query.number)
            used += t.SPACE * 4 + width
            rest = words.adjusted(used, 0, 0, 0)
            used += paint.draw_text(painter, rest, query.name, weight=500)
        return used
