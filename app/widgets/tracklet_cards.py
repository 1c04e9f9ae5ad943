"""A person's tracklets as cards that can be selected and dragged; only what is seen is painted."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDrag,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QToolTip

from app.theme import tokens as t
from app.theme.theme import theme
from app.views.people import Card
from app.widgets import paint
from app.widgets.own_keys import OwnKeys
from app.widgets.people_list import tracklets_mime
from app.widgets.pictures import Pictures
from app.wording import count_label

CARD_W, CARD_H, GAP, PAD = 208, 76, 8, 12
CROP_W, CROP_H, N_CROPS = 30, 60, 2
OWN = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space)


class TrackletCards(QAbstractScrollArea):
    """Passive. A click selects, Ctrl and Shift add; arrows move, Space selects; dragging moves tracklets.

    Attributes:
        selection_changed: The selected tracklets.
        opened: A double click: the tracklet.
    """

    selection_changed = Signal(list)
    opened = Signal(str)

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("people.cards")
        self.setAccessibleName("Tracklets")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        OwnKeys(self, OWN)
        self._pictures = pictures
        self._cards: Sequence[Card] = ()
        self._selected: tuple[str, ...] = ()
        self._at = self._from = 0
        self._hovered = -1
        self._pressed: QPoint | None = None
        self._may_narrow = ""
        self._max_rows = 0
        pictures.ready.connect(lambda _: self.viewport().update())
        theme().changed.connect(self.viewport().update)

    def show_cards(self, cards: Sequence[Card]) -> None:
        """The tracklets."""
        self._cards = cards
        self._at = min(self._at, max(len(self._cards) - 1, 0))
        self.setAccessibleDescription(count_label(len(self._cards), "tracklet"))
        self._fit()
        self.viewport().update()

    def show_selected(self, tracklets: Sequence[str]) -> None:
        """Which of them are selected."""
        self._selected = tuple(tracklets)
        self.viewport().update()

    def set_max_rows(self, n_rows: int) -> None:
        """As high as its cards, but no more rows than this; 0 fills what there is."""
        self._max_rows = n_rows
        if not n_rows:
            self.setMinimumHeight(0)
            self.setMaximumHeight(16_777_215)
        self._fit()

    def card_rect(self, tracklet: str) -> QRect:
        """Where a card is, in the viewport; empty where there is none."""
        for n, card in enumerate(self._cards):
            if card.tracklet == tracklet:
                return self._place(n).toRect()
        return QRect()

    def sizeHint(self) -> QSize:
        return QSize(4 * (CARD_W + GAP), 2 * (CARD_H + GAP) + PAD)

    def minimumSizeHint(self) -> QSize:
        return QSize(CARD_W + 2 * PAD, CARD_H + 2 * PAD)

    # --- places

    def _columns(self) -> int:
        return max((self.viewport().width() - 2 * PAD + GAP) // (CARD_W + GAP), 1)

    def _place(self, n: int) -> QRectF:
        row, column = divmod(n, self._columns())
        top = PAD + row * (CARD_H + GAP) - self.verticalScrollBar().value()
        return QRectF(PAD + column * (CARD_W + GAP), top, CARD_W, CARD_H)

    def _card_at(self, point: QPoint) -> int:
        column = (point.x() - PAD) // (CARD_W + GAP)
        row = (point.y() + self.verticalScrollBar().value() - PAD) // (CARD_H + GAP)
        n = row * self._columns() + column
        inside = 0 <= column < self._columns() and row >= 0 and n < len(self._cards)
        return n if inside and self._place(n).contains(QPointF(point)) else -1

    def _fit(self) -> None:
        n_rows = -(-len(self._cards) // self._columns())
        height = 2 * PAD + max(n_rows, 1) * (CARD_H + GAP) - GAP
        if self._max_rows:
            self.setFixedHeight(min(height, 2 * PAD + self._max_rows * (CARD_H + GAP) - GAP))
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(CARD_H // 2)
        bar.setRange(0, max(height - self.viewport().height(), 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), paint.color(theme().tokens.panel))
        columns, offset = self._columns(), self.verticalScrollBar().value()
        first = max((offset - PAD) // (CARD_H + GAP), 0) * columns
        last = ((offset + self.viewport().height()) // (CARD_H + GAP) + 1) * columns
        for n in range(first, min(last, len(self._cards))):
            self._paint_card(painter, self._place(n), n)
        painter.end()

    def _paint_card(self, painter: QPainter, place: QRectF, n: int) -> None:
        card, tokens = self._cards[n], theme().tokens
        is_selected = card.tracklet in self._selected
        plane = tokens.warn_bg if card.is_far else tokens.header
        plane = tokens.sel if is_selected else tokens.hover if n == self._hovered else plane
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        has_focus = self.hasFocus() and n == self._at
        rim = tokens.focus if has_focus else tokens.accent if is_selected else tokens.line
        painter.setPen(QPen(paint.color(rim), 2 if has_focus else 1))
        painter.setBrush(paint.color(plane))
        inset = 1.0 if has_focus else 0.5
        inner = place.adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(inner, t.RADIUS_CONTROL, t.RADIUS_CONTROL)
        painter.restore()
        ratio = self.devicePixelRatioF()
        left, top = place.left() + 8, place.top() + 8
        known = self._pictures.count(card.tracklet, CROP_W, CROP_H, ratio)
        for k in range(N_CROPS if known is None else min(max(known, 1), N_CROPS)):
            pixmap = self._pictures.pixmap(card.tracklet, k, CROP_W, CROP_H, ratio)
            paint.draw_crop(painter, QRectF(left + k * (CROP_W + 1), top, CROP_W, CROP_H), pixmap)
        words = QRectF(left + N_CROPS * (CROP_W + 1) + 9, top, 0, 15)
        words.setRight(place.right() - 8)
        used = paint.draw_text(painter, words, card.label, weight=600)
        if card.by_hand:
            sign = QRectF(words.left() + used + 6, words.top() + 1, 13, 13)
            paint.draw_icon(painter, sign, "check", "ok")
        words.translate(0, 15)
        paint.draw_text(painter, words, card.camera, "text2")
        words.translate(0, 15)
        paint.draw_text(painter, words, card.when, "text2", size_px=t.FONT_CAPTION_PX)
        words.translate(0, 15)
        if card.is_far:
            size, weight = t.FONT_CAPTION_PX, 600
            text = f"{card.fit}, nearer to"
            used = paint.draw_text(painter, words, text, "warn", size_px=size, weight=weight)
            width = paint.badge_width(card.nearer, 14)
            paint.draw_badge(
                painter, QRectF(words.left() + used + 5, words.top() + 0.5, width, 14), card.nearer
            )
        elif card.fit:
            fit = f"{card.fit} to the rest"
            paint.draw_text(painter, words, fit, "text2", size_px=t.FONT_CAPTION_PX)

    # --- pointer

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            n = self._card_at(event.pos())
            if n >= 0:
                QToolTip.showText(event.globalPos(), f"{self._cards[n].spoken}\nDrag: to another person")
            else:
                QToolTip.hideText()
            return True
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        n = self._card_at(event.position().toPoint())
        self._pressed, self._may_narrow = None, ""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if n < 0:
            self._choose(())
            return
        self._pressed = event.position().toPoint()
        name, keys = self._cards[n].tracklet, event.modifiers()
        if keys & Qt.KeyboardModifier.ControlModifier:
            self._toggle(n)
        elif keys & Qt.KeyboardModifier.ShiftModifier:
            self._choose_to(n)
        elif name in self._selected:
            self._may_narrow = name  # it may be the begin of a drag of all that is selected
            self._at = self._from = n
        else:
            self._at = self._from = n
            self._choose((name,))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        self._hover(self._card_at(point))
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if (point - self._pressed).manhattanLength() >= QApplication.startDragDistance() and self._selected:
            self._pressed, self._may_narrow = None, ""
            self._drag()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        if self._may_narrow:
            self._choose((self._may_narrow,))
            self._may_narrow = ""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        n = self._card_at(event.position().toPoint())
        if n >= 0:
            self.opened.emit(self._cards[n].tracklet)

    def _drag(self) -> None:
        drag = QDrag(self)
        drag.setMimeData(tracklets_mime(self._selected))
        drag.setPixmap(self._drag_picture())
        drag.exec(Qt.DropAction.MoveAction)

    def _drag_picture(self) -> QPixmap:
        ratio, words = self.devicePixelRatioF(), count_label(len(self._selected), "tracklet")
        size = QSize(round(paint.text_width(words, weight=600)) + CROP_W // 2 + 28, 40)
        picture = QPixmap(size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(paint.color(theme().tokens.sel))
        painter = QPainter(picture)
        crop = self._pictures.pixmap(self._selected[0], 0, CROP_W, CROP_H, ratio)
        paint.draw_crop(painter, QRectF(4, 4, 16, 32), crop)
        paint.draw_text(painter, QRectF(28, 0, size.width() - 32, 40), words, weight=600)
        painter.end()
        return picture

    def _hover(self, n: int) -> None:
        if n != self._hovered:
            self._hovered = n
            self.viewport().update()

    # --- keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns(),
            Qt.Key.Key_Down: self._columns(),
        }
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space and self._cards:
            self._toggle(self._at)
        elif key in steps and self._cards:
            n = self._at + steps[key]
            if 0 <= n < len(self._cards):
                self._at = n
                if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                    self._choose_to(n)
                else:
                    self._from = n
                self._reveal(n)
            self.viewport().update()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def _reveal(self, n: int) -> None:
        place, bar = self._place(n), self.verticalScrollBar()
        if place.top() < 0:
            bar.setValue(bar.value() + round(place.top()) - GAP)
        elif place.bottom() > self.viewport().height():
            bar.setValue(bar.value() + round(place.bottom()) - self.viewport().height() + GAP)
        self.setAccessibleDescription(self._cards[n].spoken)

    def _toggle(self, n: int) -> None:
        self._at = self._from = n
        name = self._cards[n].tracklet
        kept = tuple(one for one in self._selected if one != name)
        self._choose(kept if name in self._selected else (*self._selected, name))

    def _choose_to(self, n: int) -> None:
        first, last = sorted((self._from, n))
        self._choose(tuple(card.tracklet for card in self._cards[first : last + 1]))

    def _choose(self, names: tuple[str, ...]) -> None:
        if names != self._selected:
            self._selected = names
            self.viewport().update()
            self.selection_changed.emit(list(names))
