"""One sentence at the place it belongs to, with a way out; never in the way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton

from app.theme.icons import icon
from app.theme.theme import theme
from app.theme.tokens import TOOLBAR_PX

STAYS_MS = 4000
"""How long a notice stays that is no error; while the mouse is on it, it does not go."""

_ICONS = {"info": "info", "ok": "circle-check", "warn": "triangle-alert", "bad": "circle-x"}
_ROLES = {"info": "accent", "ok": "ok", "warn": "warn", "bad": "bad"}


class NoticeBar(QFrame):
    """An inline bar: icon, sentence, buttons. Errors stay until they are solved or closed."""

    def __init__(self, name: str = "notice") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setMinimumHeight(TOOLBAR_PX)
        self._icon = QLabel()
        self._text = QLabel()
        self._text.setObjectName(f"{name}.text")
        self._text.setWordWrap(True)
        close = QToolButton()
        close.setObjectName(f"{name}.close")
        close.setProperty("kind", "icon")
        close.setIcon(icon("x"))
        close.setIconSize(QSize(14, 14))
        close.setAccessibleName("Close this message")
        close.setToolTip("Close this message")
        close.clicked.connect(self.hide)
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(12, 4, 8, 4)
        self._line.setSpacing(8)
        self._line.addWidget(self._icon)
        self._line.addWidget(self._text, 1)
        self._line.addWidget(close)
        self._buttons: list[QPushButton] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._leave)
        self._level = "info"
        theme().changed.connect(self._tint)
        self.hide()

    def _tint(self) -> None:
        self._icon.setPixmap(icon(_ICONS[self._level], _ROLES[self._level]).pixmap(16, 16))

    def tell(
        self, text: str, level: str = "info", buttons: tuple[tuple[str, Callable[[], None]], ...] = ()
    ) -> None:
        """Show a sentence; ``buttons`` are ``(verb, what it does)``."""
        for button in self._buttons:
            button.deleteLater()
        self._buttons = []
        for verb, handler in buttons:
            button = QPushButton(verb)
            button.setObjectName(f"{self.objectName()}.{verb.lower().replace(' ', '_')}")
            button.setProperty("dense", True)
            button.clicked.connect(self.hide)
            button.clicked.connect(handler)
            self._line.insertWidget(self._line.count() - 1, button)
            self._buttons.append(button)
        self._level = level
        self._tint()
        self._text.setText(text)
        self.setAccessibleName(text)
        self.setProperty("state", level)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()
        self._timer.stop()
        if level in ("info", "ok") and not buttons:
            self._timer.start(STAYS_MS)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def _leave(self) -> None:
        if self.underMouse():
            self._timer.start(STAYS_MS)
        else:
            self.hide()
