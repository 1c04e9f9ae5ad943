"""The pairs that are verified, as painted rows; and the evidence about one of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from app.theme import tokens as t
from app.theme.theme import theme
from app.views.verify import Fact, PairRow
from app.widgets import paint
from app.widgets.forms import set_state
from app.widgets.painted_list import PaintedList
from app.widgets.painted_rows import LongRowsModel
from app.widgets.pictures import Pictures
from app.wording import VERDICT_ICONS, VERDICT_WORDS

CROP_W, CROP_H = 24, 48
N_CROPS = 3
NUMBER_PX = 28
FACT_NAME_PX = 76


class PairList(PaintedList):
    """Passive: the pairs, and which of them is in hand."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._model = LongRowsModel[PairRow](lambda row: row.spoken)
        super().__init__("verify.pairs", "Pairs", self._model, t.ROW_RESULT_PX, self._paint, pictures)
        self._current = -1

    def show_rows(self, rows: Sequence[PairRow]) -> None:
        """The pairs."""
        self._model.show(rows)
        self.show_current(self._current)

    def show_current(self, place: int) -> None:
        """Mark a row by its index from 0; -1 marks none."""
        self._current = place
        self.mark(self._model.index(place) if 0 <= place < self._model.rowCount() else self._model.index(-1))

    def _paint(self, painter: QPainter, rect: QRectF, row: PairRow, ratio: float) -> None:
        number = QRectF(rect.left() + 4, rect.top(), NUMBER_PX, rect.height())
        paint.draw_text(painter, number, f"{row.place:,}", "text2", align=paint.CENTER)
        left, top = number.right() + 4, rect.top() + 6
        known = self._pictures.count(row.right, CROP_W, CROP_H, ratio)
        for n in range(N_CROPS if known is None else min(known or 1, N_CROPS)):
            pixmap = self._pictures.pixmap(row.right, n, CROP_W, CROP_H, ratio)
            opacity = 0.4 if row.is_doubtful else 1.0
            place = QRectF(left + n * (CROP_W + 1), top, CROP_W, CROP_H)
            paint.draw_crop(painter, place, pixmap, opacity=opacity)
        words = QRectF(left + N_CROPS * (CROP_W + 1) + 11, top, 0, 16)
        words.setRight(rect.right() - 12)
        taken = 0.0
        if row.verdict is not None:
            paint.draw_decision(painter, words, row.verdict)
            taken = paint.text_width(VERDICT_WORDS[row.verdict]) + (18 if VERDICT_ICONS[row.verdict] else 0)
        first = words.adjusted(0, 0, -taken - 8 if taken else 0, 0)
        badge = paint.badge_width(row.number) + 6 if row.number else 0
        used = paint.draw_text(painter, first.adjusted(0, 0, -badge, 0), row.title, weight=600)
        if row.number:
            place = QRectF(first.left() + used + 6, first.top(), badge - 6, paint.BADGE_PX)
            paint.draw_badge(painter, place, row.number)
        words.translate(0, 16)
        if row.similarity is not None:
            paint.draw_score_bar(painter, words, row.similarity, note=row.probability)
        words.translate(0, 16)
        if row.is_doubtful:
            paint.draw_icon(painter, QRectF(words.left(), words.top() + 1, 14, 14), "clock", "warn")
            paint.draw_text(painter, words.adjusted(18, 0, 0, 0), row.detail, "text2")
        else:
            paint.draw_text(painter, words, row.detail, "text2")


class FactList(QWidget):
    """Lines of evidence: icon, what it is about, what is known."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Evidence")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 8, 12, 8)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(2, 1)
        self._rows: list[tuple[_Sign, QLabel, QLabel]] = []

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show these."""
        while len(self._rows) < len(facts):
            self._add()
        for n, row in enumerate(self._rows):
            for part in row:
                part.setVisible(n < len(facts))
        for fact, (sign, name, text) in zip(facts, self._rows, strict=False):
            sign.show_icon(fact.icon, "warn" if fact.state == "warn" else "text2")
            name.setText(fact.name)
            text.setText(fact.text)
            set_state(text, fact.state)

    def _add(self) -> None:
        n = len(self._rows)
        sign, name, text = _Sign(), QLabel(), QLabel()
        name.setObjectName(f"{self.objectName()}.{n}.label")
        name.setProperty("role", "quiet")
        name.setFixedWidth(FACT_NAME_PX)
        text.setObjectName(f"{self.objectName()}.{n}")
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(sign, n, 0, top)
        self._grid.addWidget(name, n, 1, top)
        self._grid.addWidget(text, n, 2, top)
        self._rows.append((sign, name, text))


class _Sign(QWidget):
    """An icon that is no button."""

    def __init__(self) -> None:
        super().__init__()
        self._name, self._role = "info", "text2"
        self.setFixedSize(14, 16)
        theme().changed.connect(self.update)

    def show_icon(self, name: str, role: str) -> None:
        self._name, self._role = name, role
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint.draw_icon(painter, QRectF(0, 1, 14, 14), self._name, self._role)
        painter.end()
