"""Keys that belong to the control that has the focus, though the page has a shortcut on them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

PRESS = frozenset({Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter})
"""What presses a button."""


class OwnKeys(QObject):
    """Lets a widget have these keys (without Ctrl, Alt or Meta) while it has the focus.

    Args:
        widget: Whose keys they are; it owns this.
        keys: Which.
    """

    def __init__(self, widget: QWidget, keys: Iterable[Qt.Key]) -> None:
        super().__init__(widget)
        self._keys = frozenset(keys)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        plain = event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        ) == Qt.KeyboardModifier(0)
        if not plain or Qt.Key(event.key()) not in self._keys:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.type() == QEvent.Type.KeyPress and is_enter and isinstance(watched, QAbstractButton):
            watched.click()  # a button alone knows the space bar only
            return True
        return False


def keep_button_keys(root: QWidget) -> None:
    """Let every button under a widget be pressed with the space bar and Enter."""
    for button in root.findChildren(QAbstractButton):
        OwnKeys(button, PRESS)
