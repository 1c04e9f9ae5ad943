"""The top line: menus, the project's name, and what is always true to know about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QMenuBar, QWidget

from app.theme.icons import icon
from app.theme.theme import theme
from app.theme.tokens import MENU_PX


class Header(QFrame):
    """Menu bar, project name in the middle; right: saved or not, and the model that is searched with."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setProperty("plane", "header")
        self.setProperty("rule", "bottom")
        self.setFixedHeight(MENU_PX)
        self.menus = QMenuBar()
        self.menus.setObjectName("menus")
        self.menus.setNativeMenuBar(False)
        self._project = _label("header.project", "strong")
        self._saved = _IconLabel("header.saved", "check")
        self._model = _IconLabel("header.model", "waypoints")
        right = QWidget()
        line = QHBoxLayout(right)
        line.setContentsMargins(0, 0, 12, 0)
        line.setSpacing(16)
        line.addStretch(1)
        line.addWidget(self._saved)
        line.addWidget(self._model)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self.menus, 0, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self._project, 0, 1, Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(right, 0, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(2, 1)
        self.show_project("", "")

    def show_project(self, name: str, model: str, *, is_saved: bool = True) -> None:
        """Name of the open project (empty: none is open) and of the model that it is searched with."""
        self._project.setText(name)
        self._saved.set_text("All decisions saved" if is_saved else "Saving")
        self._saved.setVisible(bool(name))
        self._model.set_text(model)
        self._model.setVisible(bool(model))


class _IconLabel(QWidget):
    def __init__(self, name: str, icon_name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        picture = QLabel()
        picture.setPixmap(icon(icon_name).pixmap(14, 14))
        self._picture, self._icon = picture, icon_name
        theme().changed.connect(self._tint)
        self._text = _label(f"{name}.text", "quiet")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(picture)
        line.addWidget(self._text)

    def set_text(self, text: str) -> None:
        self._text.setText(text)
        self.setAccessibleName(text)
        self._tint()

    def _tint(self) -> None:
        self._picture.setPixmap(icon(self._icon).pixmap(14, 14))


def _label(name: str, role: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setProperty("role", role)
    return label
