"""The settings that are seldom touched, behind a fold: each with its name and value."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
)

from app.theme.icons import icon
from app.theme.tokens import SPACE
from app.views.training import Setting
from app.widgets.elided import ElidedLabel
from app.widgets.forms import button, label, set_state
from app.widgets.inputs import Check

Field = QLineEdit | QCheckBox
FIELD_PX = 128


class SettingsFold(QFrame):
    """Folded it says how many settings there are; unfolded each can be typed over."""

    changed = Signal(str, str)
    """A setting's name and what was typed."""
    reset_asked = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._settings: tuple[Setting, ...] = ()
        self._fields: dict[str, tuple[ElidedLabel, Field]] = {}
        self._fold = QToolButton()
        self._fold.setObjectName(f"{name}.fold")
        self._fold.setProperty("kind", "flat")
        self._fold.setCheckable(True)
        self._fold.setText("Advanced")
        self._fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._fold.setAccessibleName("Advanced settings")
        self._fold.setToolTip("Show every other setting of the recipe")
        self._fold.toggled.connect(self._unfold)
        self._summary = label("", "quiet", f"{name}.summary")
        self._reset = button(
            f"{name}.reset", "As the recipe", "rotate-ccw", "Take every setting back", kind="flat", small=True
        )
        self._reset.clicked.connect(self.reset_asked)
        top = QHBoxLayout()
        top.setContentsMargins(SPACE * 2, 0, SPACE * 3, SPACE * 2)
        top.setSpacing(SPACE)
        top.addWidget(self._fold)
        top.addWidget(self._summary)
        top.addStretch(1)
        top.addWidget(self._reset)
        self._body = QFrame()
        self._grid = QGridLayout(self._body)
        self._grid.setContentsMargins(SPACE * 4, 0, SPACE * 4, SPACE * 3)
        self._grid.setHorizontalSpacing(SPACE * 3)
        self._grid.setVerticalSpacing(SPACE)
        self._grid.setColumnStretch(0, 1)
        self._body.hide()
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addLayout(top)
        down.addWidget(self._body)
        self._unfold(is_open=False)

    def show_settings(self, settings: tuple[Setting, ...]) -> None:
        """Show these."""
        if settings == self._settings:
            return
        self._settings = settings
        n_changed = sum(setting.is_changed for setting in settings)
        self._summary.setText(
            f"{n_changed} changed, {len(settings) - n_changed} as the recipe" if n_changed
            else f"{len(settings)} settings as the recipe" if settings else ""
        )  # fmt: skip
        self._reset.setVisible(bool(n_changed))
        self._fold.setEnabled(bool(settings))
        if self._fold.isChecked():
            self._fill()

    def _unfold(self, is_open: bool) -> None:
        self._fold.setIcon(icon("chevron-down" if is_open else "chevron-right"))
        if is_open:
            self._fill()
        self._body.setVisible(is_open)

    def _fill(self) -> None:
        names = [setting.name for setting in self._settings]
        if names != list(self._fields):  # another recipe has other settings
            for widgets in self._fields.values():
                for widget in widgets:
                    self._grid.removeWidget(widget)
                    widget.hide()
                    widget.deleteLater()
            self._fields = {}
        for row, setting in enumerate(self._settings):
            if setting.name not in self._fields:
                self._fields[setting.name] = self._make(setting)
            words, field = self._fields[setting.name]
            if self._grid.indexOf(field) < 0:
                self._grid.addWidget(words, row, 0)
                self._grid.addWidget(field, row, 1)
            words.setProperty("role", "strong" if setting.is_changed else "quiet")
            set_state(words, "changed" if setting.is_changed else "")
            if isinstance(field, QCheckBox):
                field.blockSignals(True)
                field.setChecked(setting.value == "true")
                field.blockSignals(False)
            elif not field.hasFocus():
                field.setText(setting.value)

    def _make(self, setting: Setting) -> tuple[ElidedLabel, Field]:
        words = ElidedLabel(setting.name, mode=Qt.TextElideMode.ElideMiddle)
        words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        words.setObjectName(f"{self.objectName()}.{setting.name}.label")
        field: Field
        if setting.kind == "bool":
            field = Check()
            field.toggled.connect(
                lambda is_on, name=setting.name: self.changed.emit(name, "true" if is_on else "false")
            )
        else:
            field = QLineEdit()
            field.setProperty("dense", True)
            field.setFixedWidth(FIELD_PX)
            field.editingFinished.connect(
                lambda name=setting.name, field=field: self.changed.emit(name, field.text())
            )
        field.setObjectName(f"{self.objectName()}.{setting.name}")
        field.setAccessibleName(setting.name)
        field.setToolTip(setting.name)
        return words, field
