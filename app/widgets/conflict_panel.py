"""A contradiction: what is impossible, the chain of decisions that makes it, and the ways out."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.theme import tokens as t
from app.theme.theme import theme
from app.views.links import ConflictShown, StepRow
from app.widgets import paint
from app.widgets.forms import button, icon_button, label
from app.widgets.own_keys import keep_button_keys
from app.widgets.pictures import Pictures
from app.widgets.verify_bars import Sign, bar

CROP_W, CROP_H = 26, 52
STEP_PX, BETWEEN_PX = 68, 40
MAX_WAYS = 8
"""Buttons of one contradiction; longer chains are solved by their weakest decisions first."""


class StepChain(QWidget):
    """Painted: one row a decision, the weakest on another plane."""

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("links.chain")
        self.setAccessibleName("Decisions that lead here")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._pictures = pictures
        self._steps: tuple[StepRow, ...] = ()
        pictures.ready.connect(lambda _: self.update())
        theme().changed.connect(self.update)

    def show_steps(self, steps: tuple[StepRow, ...]) -> None:
        """The chain."""
        self._steps = steps
        self.setFixedHeight(STEP_PX * len(steps))
        self.setAccessibleDescription(
            ". ".join(f"{s.title}: {s.words} {'(weakest)' if s.is_weakest else ''}" for s in steps)
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, STEP_PX * len(self._steps))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), theme().tokens
        ratio = self.devicePixelRatioF()
        for n, step in enumerate(self._steps):
            row = QRectF(0, n * STEP_PX, self.width(), STEP_PX)
            painter.fillRect(row, paint.color(tokens.warn_bg if step.is_weakest else tokens.panel))
            painter.fillRect(QRectF(0, row.bottom() - 1, row.width(), 1), paint.color(tokens.line))
            top = row.top() + 8
            for left, name in ((12, step.a), (12 + CROP_W + BETWEEN_PX, step.b)):
                pixmap = self._pictures.pixmap(name, 0, CROP_W, CROP_H, ratio) if name else None
                paint.draw_crop(painter, QRectF(left, top, CROP_W, CROP_H), pixmap)
            middle = QRectF(12 + CROP_W, top, BETWEEN_PX, CROP_H)
            sign = "ban" if step.is_against else "link"
            role = "bad" if step.is_against else "warn" if step.is_weakest else "text2"
            paint.draw_icon(painter, QRectF(middle.center().x() - 7, middle.top() + 10, 14, 14), sign, role)
            score = QRectF(middle.left(), middle.top() + 28, middle.width(), 14)
            paint.draw_text(
                painter, score, step.similarity, role, size_px=t.FONT_CAPTION_PX, align=paint.CENTER
            )
            words = QRectF(12 + 2 * CROP_W + BETWEEN_PX + 12, top, 0, 17)
            words.setRight(row.right() - 12)
            paint.draw_text(painter, words, step.title, weight=600)
            words.translate(0, 17)
            paint.draw_text(painter, words, step.words)
            words.translate(0, 17)
            paint.draw_text(painter, words, step.by, "text2")
        painter.end()


class ConflictPanel(QFrame):
    """Passive; says that there is none where there is none.

    Attributes:
        stepped: Another contradiction.
        solved: A way out, by its place from 0.
        compare_asked: Look at the two that cannot be one person.
        kept: It is let stand, for this reason.
    """

    stepped = Signal(int)
    solved = Signal(int)
    compare_asked = Signal()
    kept = Signal(str)

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("links.conflict")
        self.setProperty("plane", "panel")
        self._count = label("", "strong", "links.conflict.count")
        self._sign, self._fine = Sign("triangle-alert", "warn", 16), Sign("circle-check", "ok", 16)
        self._back = icon_button("links.conflict.back", "Contradiction before", "chevron-left")
        self._forward = icon_button("links.conflict.forward", "Contradiction after", "chevron-right")
        self._title, self._sentence = label("", "strong"), label("", "quiet")
        self._chain = StepChain(pictures)
        self._lead = label("Decisions that lead here", "strong", "links.conflict.lead")
        self._solve = label("Solve", "strong", "links.conflict.solve")
        self._hint = label("Withdrawing is written into the log, and can be undone.", "quiet")
        self._none = label("Every decision fits every other.", "quiet", "links.conflict.none")
        self._ways = [
            button(f"links.way.{n}", "", "undo-2", "Take this decision back; it can be undone", small=True)
            for n in range(MAX_WAYS)
        ]
        self._compare = button(
            "links.compare", "Compare the two", "git-compare", "Look at both on the Verify page", small=True
        )
        self._reason, self._kept = QLineEdit(), label("", "quiet", "links.conflict.kept")
        self._keep = button(
            "links.keep", "Keep all", "check", "Let it stand, for the reason written beside", small=True
        )
        self._keeping = QFrame()
        self._body, self._scroll = QFrame(), QScrollArea()
        self._build()
        self._back.clicked.connect(lambda: self.stepped.emit(-1))
        self._forward.clicked.connect(lambda: self.stepped.emit(1))
        self._compare.clicked.connect(self.compare_asked)
        for n, one in enumerate(self._ways):
            one.clicked.connect(lambda _=False, n=n: self.solved.emit(n))
        self._reason.textChanged.connect(self._show_keep)
        self._reason.returnPressed.connect(self._keep.click)
        self._keep.clicked.connect(lambda: self.kept.emit(self._reason.text().strip()))

    def show_conflict(self, conflict: ConflictShown | None) -> None:
        """A contradiction, or that there is none."""
        has_one = conflict is not None
        self._scroll.setVisible(has_one)
        self._none.setVisible(not has_one)
        self._sign.setVisible(has_one)
        self._fine.setVisible(not has_one)
        self._count.setText("No contradictions" if conflict is None else conflict.count)
        for step in (self._back, self._forward):
            step.setVisible(conflict is not None and conflict.has_more)
        if conflict is None:
            return
        self._chain.show_steps(conflict.steps)
        for n, one in enumerate(self._ways):
            one.setVisible(n < len(conflict.ways))
            if n < len(conflict.ways):
                one.setText(f" {conflict.ways[n]}")
                one.setAccessibleName(conflict.ways[n])
        self._compare.setVisible(bool(conflict.pair))
        if conflict.title != self._title.text() or conflict.sentence != self._sentence.text():
            self._reason.clear()
        self._title.setText(conflict.title)
        self._sentence.setText(conflict.sentence)
        self._keeping.setVisible(conflict.can_keep)
        self._kept.setVisible(bool(conflict.reason))
        self._kept.setText(f"It was kept: {conflict.reason}")
        self._show_keep()

    def _show_keep(self) -> None:
        self._keep.setEnabled(bool(self._reason.text().strip()))

    def _build(self) -> None:
        words_of = {"title": self._title, "sentence": self._sentence, "hint": self._hint, "kept": self._kept}
        for name, one in words_of.items():
            one.setObjectName(f"links.conflict.{name}")
            one.setWordWrap(True)
        head = bar("links.conflict.head")
        line = QHBoxLayout(head)
        line.setContentsMargins(12, 0, 8, 0)
        line.setSpacing(8)
        for one in (self._sign, self._fine, self._count):
            line.addWidget(one)
        line.addStretch(1)
        line.addWidget(self._back)
        line.addWidget(self._forward)
        words, ways = QVBoxLayout(), QVBoxLayout()
        words.setContentsMargins(12, 12, 12, 12)
        words.setSpacing(4)
        words.addWidget(self._title)
        words.addWidget(self._sentence)
        words.addSpacing(8)
        words.addWidget(self._lead)
        ways.setContentsMargins(12, 12, 12, 12)
        ways.setSpacing(8)
        ways.addWidget(self._solve)
        for way in (*self._ways, self._compare):
            ways.addWidget(way, 0, Qt.AlignmentFlag.AlignLeft)
        self._reason.setObjectName("links.reason")
        self._reason.setAccessibleName("Why all of it is right")
        self._reason.setToolTip("Such as: a mirror shows the person twice")
        self._reason.setPlaceholderText("Or all of it is right, because…")
        beside = QHBoxLayout(self._keeping)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(8)
        beside.addWidget(self._reason, 1)
        beside.addWidget(self._keep)
        ways.addWidget(self._keeping)
        ways.addWidget(self._kept)
        ways.addWidget(self._hint)
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addLayout(words)
        inside.addWidget(self._chain)
        inside.addLayout(ways)
        inside.addStretch(1)
        self._scroll.setObjectName("links.conflict.scroll")
        self._scroll.setWidget(self._body)
        self._body.setProperty("plane", "panel")
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._none.setContentsMargins(12, 8, 12, 8)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addWidget(self._none)
        down.addWidget(self._scroll, 1)
        keep_button_keys(self)
