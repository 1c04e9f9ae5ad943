"""What keeps window tests quick: the look is put on once, and widgets are truly gone after their test."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import delete, isValid

from app.theme.theme import theme


def dress(scheme: str = "dark") -> None:
    """Put a scheme on; nothing happens where it is on already, since every widget alive is styled anew."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    if not app.styleSheet():
        theme().start(app, scheme, bundled_font=True)
    elif theme().tokens.name != scheme:
        theme().choose(scheme)


def drop(widget: QWidget) -> None:
    """Delete a widget now; without a running event loop `deleteLater` would wait for the next one."""
    if isValid(widget):
        widget.close()
        delete(widget)
