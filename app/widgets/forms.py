"""Small parts of forms: heads, labelled fields, lists of facts, messages."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.theme.icons import icon
from app.theme.theme import theme
from app.theme.tokens import ROW_FACT_PX, SPACE
from app.widgets.elided import ElidedLabel

GAP = " "
"""Stands between a button's icon and its words, which Qt puts too near."""
LABEL_PX = 120
HEAD_PX = 44
MESSAGE_ICONS = {"info": "info", "ok": "circle-check", "warn": "triangle-alert", "bad": "circle-x"}
MESSAGE_ROLES = {"info": "accent", "ok": "ok", "warn": "warn", "bad": "bad"}


def button(
    name: str, text: str, icon_name: str, tip: str, *, kind: str = "", small: bool = False
) -> QPushButton:
    """A button with its icon, name and tooltip."""
    made = QPushButton(GAP + text if icon_name else text)
    if icon_name:
        made.setIcon(icon(icon_name, "on_fill" if kind == "primary" else "text2"))
    made.setObjectName(name)
    made.setAccessibleName(text.rstrip("…"))
    made.setToolTip(tip)
    made.setIconSize(QSize(14, 14))
    if kind:
        made.setProperty("kind", kind)
    if small:
        made.setProperty("dense", True)
    return made


def icon_button(name: str, words: str, icon_name: str, key: str = "") -> QToolButton:
    """A button that is only an icon."""
    made = QToolButton()
    made.setObjectName(name)
    made.setProperty("kind", "icon")
    made.setIcon(icon(icon_name))
    made.setIconSize(QSize(16, 16))
    made.setFixedSize(24, 24)
    made.setAccessibleName(words)
    made.setToolTip(f"{words} ({key})" if key else words)
    return made


def head(name: str, title: QWidget, *others: QWidget) -> QFrame:
    """The head of a panel: its title at the left, other things at the right."""
    made = QFrame()
    made.setObjectName(name)
    made.setProperty("plane", "header")
    made.setProperty("rule", "bottom")
    made.setFixedHeight(HEAD_PX)
    across = QHBoxLayout(made)
    across.setContentsMargins(SPACE * 4, 0, SPACE * 3, 0)
    across.setSpacing(SPACE * 2)
    across.addWidget(title)
    across.addStretch(1)
    for other in others:
        across.addWidget(other)
    return made


def label(text: str, role: str = "", name: str = "") -> QLabel:
    """A line of words in a role of the style sheet."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    if name:
        made.setObjectName(name)
    return made


def set_state(widget: QWidget, state: str) -> None:
    """Give a widget another state of the style sheet."""
    if widget.property("state") != state:
        widget.setProperty("state", state)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Facts(QWidget):
    """Labels and values, one under the other, parted by lines."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[QLabel, ElidedLabel]] = []

    def show_facts(self, facts: tuple[tuple[str, str], ...]) -> None:
        """Show these."""
        while len(self._rows) < len(facts):
            row = len(self._rows)
            name, value = QLabel(), ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
            name.setProperty("role", "quiet")
            name.setObjectName(f"{self.objectName()}.{row}.label")
            value.setObjectName(f"{self.objectName()}.{row}")
            name.setFixedSize(LABEL_PX, ROW_FACT_PX)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(name, row, 0)
            self._grid.addWidget(value, row, 1)
            self._rows.append((name, value))
        for n, (name, value) in enumerate(self._rows):
            is_used = n < len(facts)
            name.setVisible(is_used)
            value.setVisible(is_used)
            if is_used:
                name.setText(facts[n][0])
                value.set_text(facts[n][1])


class Message(QFrame):
    """A sentence on a coloured plane, with its icon."""

    def __init__(self, name: str, level: str = "info", text: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self._icon = QLabel()
        self._text = QLabel()
        self._text.setObjectName(f"{name}.text")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        across = QHBoxLayout(self)
        across.setContentsMargins(SPACE * 3, SPACE * 2, SPACE * 3, SPACE * 2)
        across.setSpacing(SPACE * 2)
        across.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        across.addWidget(self._text, 1)
        self._level = level
        theme().changed.connect(self._restyle)
        self.tell(level, text)

    def tell(self, level: str, text: str) -> None:
        """Say something; hidden when that is nothing."""
        self._level = level
        self._restyle()
        self._text.setText(text)
        self.setAccessibleName(text)
        set_state(self, level)
        self.setVisible(bool(text))

    def _restyle(self) -> None:
        self._icon.setPixmap(icon(MESSAGE_ICONS[self._level], MESSAGE_ROLES[self._level]).pixmap(16, 16))
