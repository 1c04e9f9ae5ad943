"""The dataset check as a readable list: icon, what was looked at, the count, and what to do about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout

from app.theme.icons import icon
from app.theme.theme import theme
from app.theme.tokens import SPACE
from app.views.training import Check, CheckLine
from app.widgets.forms import button, label, set_state

ICONS = {"ok": "circle-check", "info": "info", "warn": "triangle-alert", "bad": "circle-x", "": "info"}
ROLES = {"ok": "ok", "info": "accent", "warn": "warn", "bad": "bad", "": "text3"}
HEAD_PX = 36


class CheckList(QFrame):
    """Head with the outcome, then a line for each thing that was looked at.

    Attributes:
        again: The button that looks anew.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Dataset check")
        self.setProperty("plane", "panel")
        self._summary = label("", "quiet", f"{name}.summary")
        self._mark = QLabel()
        self.again = button(f"{name}.again", "", "rotate-cw", "Check the data again", kind="flat", small=True)
        self.again.setAccessibleName("Check the data again")
        head = QFrame()
        head.setProperty("plane", "header")
        head.setProperty("rule", "bottom")
        head.setFixedHeight(HEAD_PX)
        across = QHBoxLayout(head)
        across.setContentsMargins(SPACE * 4, 0, SPACE * 2, 0)
        across.setSpacing(SPACE)
        across.addWidget(label("Dataset check", "strong"))
        across.addStretch(1)
        across.addWidget(self._mark)
        across.addWidget(self._summary)
        across.addWidget(self.again)
        self._lines = QVBoxLayout()
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(0)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addLayout(self._lines)
        self._rows: list[_Row] = []
        self._check = Check()
        theme().changed.connect(self._tint)
        self.show_check(self._check)

    def show_check(self, check: Check) -> None:
        """Show what was found."""
        self._check = check
        lines = check.lines
        if check.problem:
            lines = (CheckLine(check.level or "info", check.problem),)
        while len(self._rows) < len(lines):
            row = _Row(f"{self.objectName()}.{len(self._rows)}")
            self._rows.append(row)
            self._lines.addWidget(row)
        for n, row in enumerate(self._rows):
            row.setVisible(n < len(lines))
            if n < len(lines):
                row.show_line(lines[n])
        self._summary.setText(check.summary)
        set_state(self._summary, check.level if check.level in ("ok", "bad") else "")
        self._tint()

    def _tint(self) -> None:
        level = self._check.level
        self._mark.setVisible(level in ("ok", "bad"))
        self._mark.setPixmap(icon(ICONS[level], ROLES[level]).pixmap(14, 14))
        for row in self._rows:
            row.tint()


class _Row(QFrame):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("rule", "bottom")
        self._level = "info"
        self._icon = QLabel()
        self._title = label("", name=f"{name}.title")
        self._title.setWordWrap(True)
        self._value = label("", name=f"{name}.value")
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self._detail = label("", "caption", f"{name}.detail")
        self._detail.setWordWrap(True)
        grid = QGridLayout(self)
        grid.setContentsMargins(SPACE * 4, SPACE * 2, SPACE * 4, SPACE * 2)
        grid.setHorizontalSpacing(SPACE * 2)
        grid.setVerticalSpacing(0)
        grid.addWidget(self._icon, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._title, 0, 1)
        grid.addWidget(self._value, 0, 2)
        grid.addWidget(self._detail, 1, 1, 1, 2)
        grid.setColumnStretch(1, 1)

    def show_line(self, line: CheckLine) -> None:
        self._level = line.level
        self._title.setText(line.title)
        self._value.setText(line.value)
        self._detail.setText(line.detail)
        self._detail.setVisible(bool(line.detail))
        self.setAccessibleName(" ".join(part for part in (line.title, line.value, line.detail) if part))
        self.setToolTip("For example:\n" + "\n".join(line.examples) if line.examples else "")
        self.tint()

    def tint(self) -> None:
        self._icon.setPixmap(icon(ICONS[self._level], ROLES[self._level]).pixmap(16, 16))
