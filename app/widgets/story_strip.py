"""A person's story as a strip of clips, and the bar that plays them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea

from app.theme import tokens as t
from app.theme.theme import theme
from app.views.people import Clip, StoryState
from app.widgets import paint
from app.widgets.own_keys import OwnKeys
from app.widgets.pictures import Pictures

CROP_W, CROP_H, N_CROPS = 30, 60, 4
CLIP_W, CLIP_H, GAP_W, PAD = N_CROPS * (CROP_W + 1) - 1 + 16, 112, 60, 12
STRIP_PX = CLIP_H + 2 * 8 + 8


class StoryStrip(QAbstractScrollArea):
    """Painted clips in order of time; the wheel and the arrows go along.

    Attributes:
        chosen: A clip, by its place from 0.
    """

    chosen = Signal(int)

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("people.story")
        self.setAccessibleName("Story")
        self.setToolTip("Click: begin with this clip. P plays, [ and ] change the clip.")
        self.setFixedHeight(STRIP_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        OwnKeys(self, (Qt.Key.Key_Left, Qt.Key.Key_Right))
        self._pictures = pictures
        self._clips: tuple[Clip, ...] = ()
        self._state = StoryState()
        pictures.ready.connect(lambda _: self.viewport().update())
        theme().changed.connect(self.viewport().update)

    def show_clips(self, clips: Sequence[Clip]) -> None:
        """The clips."""
        self._clips = tuple(clips)
        self._fit()
        self.viewport().update()

    def show_state(self, state: StoryState) -> None:
        """Where the story stands."""
        before, self._state = self._state, state
        if state.clip != before.clip and state.clip >= 0:
            place, bar = self._place(state.clip), self.horizontalScrollBar()
            if place.left() < 0 or place.right() > self.viewport().width():
                bar.setValue(bar.value() + round(place.left()) - PAD)
        self.setAccessibleDescription(state.caption)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(4 * (CLIP_W + GAP_W), STRIP_PX)

    def _place(self, n: int) -> QRectF:
        left = PAD + n * (CLIP_W + GAP_W) - self.horizontalScrollBar().value()
        return QRectF(left, 8, CLIP_W, CLIP_H)

    def _fit(self) -> None:
        width = 2 * PAD + len(self._clips) * (CLIP_W + GAP_W) - GAP_W
        bar = self.horizontalScrollBar()
        bar.setPageStep(self.viewport().width())
        bar.setSingleStep(CLIP_W)
        bar.setRange(0, max(width - self.viewport().width(), 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (event.angleDelta().y() or event.angleDelta().x()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for n in range(len(self._clips)):
            if self._place(n).contains(QPointF(event.position())):
                self.chosen.emit(n)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if by and 0 <= self._state.clip + by < len(self._clips):
            self.chosen.emit(self._state.clip + by)
        elif not by:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self.viewport()), theme().tokens
        painter.fillRect(self.viewport().rect(), paint.color(tokens.panel))
        for n, clip in enumerate(self._clips):
            place = self._place(n)
            if place.right() < -GAP_W or place.left() - GAP_W > self.viewport().width():
                continue
            if clip.gap:
                gap = QRectF(place.left() - GAP_W, place.top(), GAP_W, place.height())
                line = gap.adjusted(8, gap.height() / 2 - 10, -8, 0)
                line.setHeight(1)
                painter.fillRect(line, paint.color(tokens.line2))
                words = gap.adjusted(2, gap.height() / 2 - 4, -2, 0)
                words.setHeight(16)
                paint.draw_text(
                    painter, words, clip.gap, "text2", size_px=t.FONT_CAPTION_PX, align=paint.CENTER
                )
            self._paint_clip(painter, place, clip, is_current=n == self._state.clip)
        painter.end()

    def _paint_clip(self, painter: QPainter, place: QRectF, clip: Clip, *, is_current: bool) -> None:
        tokens = theme().tokens
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        has_focus = is_current and self.hasFocus()
        rim = tokens.focus if has_focus else tokens.accent if is_current else tokens.line
        painter.setPen(QPen(paint.color(rim), 2 if is_current else 1))
        painter.setBrush(paint.color(tokens.header))
        inset = 1.0 if is_current else 0.5
        inner = place.adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(inner, t.RADIUS_CONTROL, t.RADIUS_CONTROL)
        painter.restore()
        head = QRectF(place.left() + 8, place.top() + 4, place.width() - 16, 18)
        used = paint.draw_text(painter, head, clip.length, "text2", align=paint.RIGHT)
        paint.draw_text(painter, head.adjusted(0, 0, -used - 8, 0), clip.camera, weight=600)
        ratio, top = self.devicePixelRatioF(), place.top() + 24
        order = self._pictures.in_time(clip.tracklet, CROP_W, CROP_H, ratio)
        n = min(len(order), N_CROPS) or N_CROPS
        for k in range(n):
            rank = order[round(k * (len(order) - 1) / max(n - 1, 1))] if order else -1
            pixmap = self._pictures.pixmap(clip.tracklet, rank, CROP_W, CROP_H, ratio) if rank >= 0 else None
            paint.draw_crop(painter, QRectF(place.left() + 8 + k * (CROP_W + 1), top, CROP_W, CROP_H), pixmap)
        foot = QRectF(place.left() + 8, top + CROP_H + 3, place.width() - 16, 18)
        used = paint.draw_text(painter, foot, clip.label, "text2", align=paint.RIGHT)
        paint.draw_text(painter, foot.adjusted(0, 0, -used - 8, 0), clip.start, "text2")
        if is_current and self._state.part > 0:
            done = QRectF(place.left() + 3, place.bottom() - 4, (place.width() - 6) * self._state.part, 2)
            painter.fillRect(done, paint.color(tokens.accent))
