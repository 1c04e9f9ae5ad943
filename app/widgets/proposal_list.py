"""Link proposals as painted rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from app.views.links import ProposalRow
from app.widgets import paint
from app.widgets.painted_list import PaintedList
from app.widgets.painted_rows import RowsModel
from app.widgets.pictures import Pictures

ROW_PX = 72
CROP_W, CROP_H = 26, 52
N_CROPS = 6
NARROW_PX = 640
"""Narrower lists show fewer crops."""
SCORE_PX = 176


class ProposalList(PaintedList):
    """Passive: who may be one person."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures, self._most_crops = pictures, N_CROPS
        self._model = RowsModel[ProposalRow](lambda row: row.key, lambda row: row.spoken)
        super().__init__("links.list", "Proposals", self._model, ROW_PX, self._paint, pictures)

    def show_rows(self, rows: Sequence[ProposalRow]) -> None:
        """The proposals."""
        self._most_crops = max((len(row.groups) for row in rows), default=N_CROPS)
        self._model.show(rows)

    def show_current(self, key: tuple[str, ...]) -> None:
        """Mark one."""
        self.mark(self._model.index_of(key))

    def _paint(self, painter: QPainter, rect: QRectF, row: ProposalRow, ratio: float) -> None:
        n_crops = min(4 if rect.width() < NARROW_PX else N_CROPS, self._most_crops)
        left, top = rect.left() + 12, rect.top() + 10
        for n, name in enumerate(row.groups[:n_crops]):
            pixmap = self._pictures.pixmap(name, 0, CROP_W, CROP_H, ratio)
            place = QRectF(left + n * (CROP_W + 2), top, CROP_W, CROP_H)
            paint.draw_crop(painter, place, pixmap)
        words = QRectF(left + n_crops * (CROP_W + 2) + 10, top, 0, 17)
        words.setRight(rect.right() - 12)
        score = QRectF(words.right() - SCORE_PX, words.top(), SCORE_PX, 17)
        paint.draw_score_bar(painter, score, row.likeness, note=row.probability)
        first = words.adjusted(0, 0, -SCORE_PX - 12, 0)
        badges = self._badges_px(row)
        used = paint.draw_text(painter, first.adjusted(0, 0, -badges, 0), row.title, weight=600)
        self._paint_badges(painter, first.adjusted(used + 8, 0, 0, 0), row)
        words.translate(0, 17)
        paint.draw_text(painter, words, row.names, "text2")
        words.translate(0, 17)
        paint.draw_text(painter, words, row.reasons, "text2")

    @staticmethod
    def _badges_px(row: ProposalRow) -> float:
        return sum(paint.badge_width(number) + 4 for number in row.numbers) + 12 if row.numbers else 12 + 70

    @staticmethod
    def _paint_badges(painter: QPainter, place: QRectF, row: ProposalRow) -> None:
        if not row.numbers:
            paint.draw_text(painter, place, "new person", "text2")
            return
        left = place.left()
        for number in row.numbers:
            width = paint.badge_width(number)
            paint.draw_badge(painter, QRectF(left, place.top() + 0.5, width, paint.BADGE_PX), number)
            left += width + 4
