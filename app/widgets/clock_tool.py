"""Sets the clock of a camera: two pictures, marked events, offset and drift."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.theme.tokens import RADIUS_CONTROL, ROW_FACT_PX, SPACE
from app.views.clock import OWN, REFERENCE, ClockForm, ClockPane
from app.widgets.clock_pane import ClockSide
from app.widgets.elided import ElidedLabel
from app.widgets.forms import button, icon_button, label
from app.widgets.inputs import Select

HEAD_PX = 32
SIDE_PX = 216
MAX_ROWS = 3
"""Marks that are shown at once; the latest."""


class ClockTool(QFrame):
    """Implements `app.views.clock.ClockView`."""

    reference_chosen = Signal(str)
    activated = Signal(int)
    stepped = Signal(int, int)
    sought = Signal(int, float)
    marked = Signal(int)
    same_asked = Signal(int)
    mark_removed = Signal(int)
    nudged = Signal(float)
    nudged_frames = Signal(int)
    applied = Signal()
    reset = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("clock")
        self.setAccessibleName("Clock")
        self.setProperty("plane", "panel")
        self._sides = (ClockSide("clock.reference"), ClockSide("clock.own"))
        for pane, side in enumerate(self._sides):
            side.pressed.connect(lambda pane=pane: self.activated.emit(pane))
            side.stepped.connect(lambda n, pane=pane: self.stepped.emit(pane, n))
            side.sought.connect(lambda place, pane=pane: self.sought.emit(pane, place))
            side.mark_asked.connect(lambda pane=pane: self.marked.emit(pane))
            side.same_asked.connect(lambda pane=pane: self.same_asked.emit(pane))
        self._n_marks = 0
        self._empty = label("", "faint", "clock.empty")
        self._body = QWidget()
        panes = QHBoxLayout()
        panes.setSpacing(SPACE)
        for side in self._sides:
            panes.addWidget(side, 1)
        left = QVBoxLayout()
        left.setSpacing(SPACE * 2)
        left.addLayout(panes, 1)
        left.addWidget(self._marks())
        left.addWidget(self._hint_line())
        across = QHBoxLayout(self._body)
        across.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 2)
        across.setSpacing(SPACE * 4)
        across.addLayout(left, 1)
        across.addWidget(self._numbers())
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self._head())
        down.addWidget(self._body, 1)
        down.addWidget(self._empty, 1)
        self._empty.setContentsMargins(SPACE * 3, 0, SPACE * 3, 0)
        self.show_clock(ClockForm())
        self.show_active(REFERENCE)

    # --- building

    def _head(self) -> QFrame:
        head = QFrame()
        head.setObjectName("clock.head")
        head.setProperty("plane", "header")
        head.setProperty("rule", "bottom")
        head.setFixedHeight(HEAD_PX)
        self._title = label("Clock", "strong", "clock.title")
        self._reference_label = label("Reference", "quiet")
        self._reference = Select()
        self._reference.setObjectName("clock.reference")
        self._reference.setAccessibleName("Camera whose clock is right")
        self._reference.setToolTip("Camera whose clock is right")
        self._reference.setProperty("dense", True)
        self._reference.setMinimumWidth(120)
        self._reference.activated.connect(lambda _: self.reference_chosen.emit(self._reference.currentText()))
        across = QHBoxLayout(head)
        across.setContentsMargins(SPACE * 3, 0, SPACE * 3, 0)
        across.setSpacing(SPACE * 2)
        across.addWidget(self._title)
        across.addStretch(1)
        across.addWidget(self._reference_label)
        across.addWidget(self._reference)
        return head

    def _marks(self) -> QFrame:
        self._table = QFrame()
        self._table.setObjectName("clock.marks")
        self._table.setAccessibleName("Marked events")
        self._table.setProperty("plane", "floating")
        grid = QGridLayout(self._table)
        grid.setContentsMargins(RADIUS_CONTROL * 2, 0, RADIUS_CONTROL, 0)
        grid.setHorizontalSpacing(SPACE * 3)
        grid.setVerticalSpacing(0)
        self._rows: list[tuple[list[QLabel], QWidget]] = []
        self._heads = [label(words, "quiet") for words in ("Event", "", "", "Difference")]
        for column, head in enumerate(self._heads):
            head.setFixedHeight(24)
            grid.addWidget(head, 0, column)
            grid.setColumnStretch(column, 1)
        for row in range(MAX_ROWS):
            cells = [label("", "", f"clock.mark.{row}.{column}") for column in range(4)]
            remove = icon_button(f"clock.mark.{row}.remove", "Remove this event", "x")
            remove.clicked.connect(lambda _=False, row=row: self._remove(row))
            for column, cell in enumerate(cells):
                cell.setFixedHeight(28)
                grid.addWidget(cell, row + 1, column)
            grid.addWidget(remove, row + 1, 4)
            self._rows.append((cells, remove))
        return self._table

    def _hint_line(self) -> ElidedLabel:
        self._hint = ElidedLabel()
        self._hint.setObjectName("clock.hint")
        self._hint.setProperty("role", "quiet")
        return self._hint

    def _numbers(self) -> QWidget:
        numbers = QWidget()
        numbers.setFixedWidth(SIDE_PX)
        self._offset = label("", "display", "clock.offset")
        self._drift = label("", "display", "clock.drift")
        self._note = label("", "", "clock.drift.note")
        self._note.setProperty("state", "warn")
        self._first = label("", "quiet", "clock.first")
        self._first.setWordWrap(True)
        self._apply = button(
            "clock.apply", "Apply", "check", "Set the clock; undo takes it back", kind="primary"
        )
        self._reset = button("clock.reset", "Reset", "rotate-ccw", "Show the clock as it is stored")
        self._apply.clicked.connect(self.applied)
        self._reset.clicked.connect(self.reset)
        nudges = QGridLayout()
        nudges.setSpacing(SPACE)
        for n, (name, words, tip, do) in enumerate(
            (
                ("minus_100", "−100 ms", "Nudge 100 ms back (Alt+Shift+,)", lambda: self.nudged.emit(-100.0)),
                ("minus_1", "−1 frame", "Nudge a frame back (Alt+,)", lambda: self.nudged_frames.emit(-1)),
                ("plus_100", "+100 ms", "Nudge 100 ms on (Alt+Shift+.)", lambda: self.nudged.emit(100.0)),
                ("plus_1", "+1 frame", "Nudge a frame on (Alt+.)", lambda: self.nudged_frames.emit(1)),
            )
        ):
            nudge = button(f"clock.nudge.{name}", words, "", tip, small=True)
            nudge.setAutoRepeat(True)
            nudge.clicked.connect(do)
            nudges.addWidget(nudge, n // 2, n % 2)
        ends = QHBoxLayout()
        ends.setSpacing(SPACE * 2)
        ends.addWidget(self._apply)
        ends.addWidget(self._reset)
        ends.addStretch(1)
        down = QVBoxLayout(numbers)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(SPACE)
        down.addWidget(label("Offset", "quiet"))
        down.addWidget(self._offset)
        down.addLayout(nudges)
        down.addSpacing(SPACE * 2)
        down.addWidget(label("Drift", "quiet"))
        down.addWidget(self._drift)
        down.addWidget(self._note)
        down.addSpacing(SPACE)
        down.addWidget(self._first)
        self._first.setMinimumHeight(ROW_FACT_PX)
        down.addStretch(1)
        down.addLayout(ends)
        return numbers

    # --- what the presenter says

    def show_clock(self, form: ClockForm) -> None:
        """See `ClockView`."""
        self._title.setText(f"Clock of {form.camera}" if form.camera else "Clock")
        self._empty.setText(form.empty)
        self._empty.setVisible(bool(form.empty))
        self._body.setVisible(not form.empty)
        for widget in (self._reference, self._reference_label):
            widget.setVisible(bool(form.references))
        if tuple(self._reference.itemText(n) for n in range(self._reference.count())) != form.references:
            self._reference.clear()
            self._reference.addItems(list(form.references))
        self._reference.setCurrentText(form.reference)
        self._offset.setText(form.offset)
        self._drift.setText(form.drift)
        self._note.setText(form.drift_note)
        self._note.setVisible(bool(form.drift_note))
        self._first.setText(form.first_frame)
        self._hint.set_text(form.hint)
        self._apply.setEnabled(form.is_changed)
        self._reset.setEnabled(form.is_changed)
        self._apply.setToolTip(
            "Set the clock; undo takes it back" if form.is_changed else "Apply: mark an event or nudge first"
        )
        self._show_marks(form)

    def _show_marks(self, form: ClockForm) -> None:
        self._n_marks = len(form.marks)
        shown = form.marks[-MAX_ROWS:]
        self._table.setVisible(bool(shown))
        self._heads[1].setText(form.reference)
        self._heads[2].setText(form.camera)
        for n, (cells, remove) in enumerate(self._rows):
            remove.setVisible(n < len(shown))
            for column, cell in enumerate(cells):
                cell.setVisible(n < len(shown))
                cell.setText(shown[n][column] if n < len(shown) else "")

    def _remove(self, row: int) -> None:
        self.mark_removed.emit(max(self._n_marks - MAX_ROWS, 0) + row)

    def show_pane(self, pane: int, state: ClockPane) -> None:
        """See `ClockView`."""
        self._sides[pane].show_state(state)

    def show_picture(self, pane: int, picture: Any) -> None:
        """See `ClockView`."""
        self._sides[pane].picture.show_picture(picture)

    def show_active(self, pane: int) -> None:
        """See `ClockView`."""
        for each in (REFERENCE, OWN):
            self._sides[each].picture.show_active(each == pane)
