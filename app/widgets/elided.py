"""A label that shortens its text to the room it has, and tells the whole of it on hovering."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class ElidedLabel(QLabel):
    """One line of text; where the room ends, it ends with an ellipsis.

    Args:
        text: The whole text.
        max_px: Widest that it asks for; 0 for no limit.
    """

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        max_px: int = 0,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(parent)
        self._whole, self._max_px, self._mode = text, max_px, mode
        self._keeps_room = False
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._fit()

    def set_text(self, text: str) -> None:
        """Show another text."""
        if text != self._whole:
            self._whole = text
            self._fit()
            self.updateGeometry()

    def whole_text(self) -> str:
        """The text without shortening."""
        return self._whole

    def keep_room(self) -> None:
        """Give up no room that it asks for; others shrink first."""
        self._keeps_room = True

    def sizeHint(self) -> QSize:
        wanted = self.fontMetrics().horizontalAdvance(self._whole) + 2
        return QSize(min(wanted, self._max_px) if self._max_px else wanted, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        width = self.sizeHint().width()
        return QSize(width if self._keeps_room else min(24, width), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, self._mode, max(self.width(), 0))
        self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")
        self.setAccessibleName(self._whole)
