"""The top line: menus, the project's name, and what is always true to know about it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QMenuBar, QToolButton, QWidget

from app.theme.icons import icon
from app.theme.theme import theme
from app.theme.tokens import MENU_PX

MODEL_CHARS = 28
"""Longer names of models are shortened; the tooltip has them whole."""


class Header(QFrame):
    """Menu bar, project name in the middle; right: saved or not, and the model that is searched with."""

    model_asked = Signal()
    """The model was pressed."""

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
        self._model = QToolButton()
        self._model.setObjectName("header.model")
        self._model.setProperty("kind", "flat")
        self._model.setProperty("dense", True)
        self._model.setIcon(icon("waypoints"))
        self._model.setIconSize(QSize(14, 14))
        self._model.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._model.clicked.connect(self.model_asked)
        right = QWidget()
        line = QHBoxLayout(right)
        line.setContentsMargins(0, 0, 12, 0)
        line.setSpacing(16)
        line.addStretch(1)
        line.addWidget(self._saved)
        line.addWidget(self._model)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(24)  # the name is no menu
        grid.addWidget(self.menus, 0, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self._project, 0, 1, Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(right, 0, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(2, 1)
        self.show_project("")
        self.show_model("", "", "")

    def show_model(self, name: str, metrics: str, about: str) -> None:
        """The model that the project is searched with (empty: none) and what it reaches here."""
        shown = name if len(name) <= MODEL_CHARS else f"{name[: MODEL_CHARS - 1]}…"
        self._model.setText(f" {shown}  {metrics}" if metrics else f" {shown}")
        self._model.setAccessibleName(f"Model {name}, {about or 'not measured on this project yet'}")
        self._model.setToolTip(
            f"Searched with {name}; {about or 'not measured on this project yet'} (Ctrl+8)"
        )
        self._model.setVisible(bool(name))

    def show_project(self, name: str, *, is_saved: bool = True) -> None:
        """Name of the open project; empty: none is open."""
        self._project.setText(name)
        self._saved.set_text("All decisions saved" if is_saved else "Saving")
        self._saved.setVisible(bool(name))


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
