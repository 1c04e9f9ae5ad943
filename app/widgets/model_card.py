"""The card of a model: its licence first, its facts, the rest as it was written."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QTextEdit, QVBoxLayout

from app.theme.theme import theme
from app.theme.tokens import SPACE
from app.views.models import ModelCard
from app.widgets.forms import Facts, Message
from app.widgets.markdown import show_markdown

MAX_TEXT_PX = 4000
RESEARCH = "Research use only: {licence}. The model, and results that rest on it, may not be used otherwise."


class ModelCardView(QScrollArea):
    """Scrolls through a `ModelCard`."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("models.card")
        self.setAccessibleName("Card")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._licence = Message("models.licence")
        self._facts = Facts("models.facts")
        self._text = _Markdown("models.text")
        body = QFrame()
        body.setProperty("plane", "panel")
        down = QVBoxLayout(body)
        down.setContentsMargins(SPACE * 4, SPACE * 4, SPACE * 4, SPACE * 4)
        down.setSpacing(SPACE * 3)
        for widget in (self._licence, self._facts, self._text):
            down.addWidget(widget)
        down.addStretch(1)
        self.setWidget(body)

    def show_card(self, card: ModelCard) -> None:
        """Show this."""
        words = card.licence.rstrip(".")
        if card.is_research:
            is_plain = words.lower().startswith("research use only")
            words = RESEARCH.format(licence=words) if not is_plain else RESEARCH.replace(": {licence}", "")
        self._licence.tell("warn" if card.is_research else "info", words if card.is_research else (
            f"Licence: {words}" if words else ""
        ))  # fmt: skip
        self._facts.show_facts(card.facts)
        self._text.show_text(card.text)


class _Markdown(QTextEdit):
    """Text as high as it needs to be; it fetches nothing."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Description")
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self._fit())
        self._given = ""
        self.hide()
        theme().changed.connect(self._again)

    def show_text(self, text: str) -> None:
        """Show Markdown."""
        if text != self._given:
            self._given = text
            self._again()

    def _again(self) -> None:
        show_markdown(self, self._given)
        self.setVisible(bool(self._given))
        self._fit()

    def loadResource(self, kind: int, name: object) -> object:
        return None  # pictures of a card are not fetched from anywhere

    def _fit(self) -> None:
        self.setFixedHeight(min(round(self.document().size().height()) + 2, MAX_TEXT_PX))
