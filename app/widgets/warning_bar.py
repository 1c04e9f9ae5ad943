"""A question before something impossible is stored: what speaks against it, do it anyway, cancel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from app.widgets.verify_bars import Sign


class WarningBar(QFrame):
    """Hidden while there is nothing to ask.

    Attributes:
        confirmed: What was warned of is to be done anyway.
        cancelled: It is not to be done.
    """

    confirmed = Signal()
    cancelled = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Warning")
        self.setProperty("state", "warn")
        self._text, self._anyway, self._cancel = QLabel(), QPushButton(), QPushButton("Cancel")
        self._text.setObjectName(f"{name}.text")
        self._text.setWordWrap(True)
        self._anyway.setObjectName(f"{name}.anyway")
        self._cancel.setObjectName(f"{name}.cancel")
        self._cancel.setAccessibleName("Cancel")
        self._cancel.setToolTip("Leave everything as it is")
        self._anyway.setToolTip("Do it in spite of the warning; it can be undone")
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 8, 12, 8)
        line.setSpacing(8)
        line.addWidget(Sign("triangle-alert", "warn", 16))
        line.addWidget(self._text, 1)
        for one in (self._anyway, self._cancel):
            one.setProperty("dense", True)
            line.addWidget(one)
        self._anyway.clicked.connect(self.confirmed)
        self._cancel.clicked.connect(self.cancelled)
        self.setVisible(False)

    def ask(self, text: str, button: str) -> None:
        """Ask; an empty text takes the question away."""
        self._text.setText(text)
        self._anyway.setText(button)
        self._anyway.setAccessibleName(button)
        self.setVisible(bool(text))
        if text:
            self._cancel.setFocus()
