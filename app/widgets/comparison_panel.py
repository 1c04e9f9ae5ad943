"""The active model and a run side by side: measures with intervals, what follows, using the new one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
)

from app.theme.icons import icon
from app.theme.tokens import SPACE
from app.views.training import ComparisonState, MeasureLine
from app.widgets.check_list import HEAD_PX
from app.widgets.elided import ElidedLabel
from app.widgets.forms import GAP, Message, button, label, set_state

NUMBER_PX, CHANGE_PX = 44, 100


class ComparisonPanel(QFrame):
    """Emits what is asked for; shows a `ComparisonState`."""

    compare_asked = Signal()
    use_asked = Signal()
    drop_asked = Signal(str)
    """Key of a space whose vectors shall be dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("train.comparison")
        self.setAccessibleName("Comparison")
        self.setProperty("plane", "panel")
        self.setProperty("rule", "right")
        self._title = ElidedLabel()
        self._title.setObjectName("train.comparison.title")
        self._title.setProperty("role", "strong")
        self._again = button(
            "train.comparison.again", "Compare", "gauge", "Measure both models (Ctrl+M)", small=True
        )
        self._again.clicked.connect(self.compare_asked)
        head = QFrame()
        head.setProperty("plane", "header")
        head.setProperty("rule", "bottom")
        head.setFixedHeight(HEAD_PX)
        across = QHBoxLayout(head)
        across.setContentsMargins(SPACE * 4, 0, SPACE * 2, 0)
        across.addWidget(self._title)
        across.addStretch(1)
        across.addWidget(self._again)
        self._intro = _wrapped("train.comparison.intro", "quiet")
        self._table = MeasureTable("train.comparison.table")
        self._verdict = Message("train.comparison.verdict")
        self._use = button("train.comparison.use", "Use it", "check", "", kind="primary")
        self._use.clicked.connect(self.use_asked)
        self._note = _wrapped("train.comparison.note", "quiet")
        self._old = QVBoxLayout()
        self._old.setSpacing(SPACE * 2)
        self._drops: list[tuple[str, QFrame]] = []
        body = QFrame()
        body.setProperty("plane", "panel")
        down = QVBoxLayout(body)
        down.setContentsMargins(SPACE * 4, SPACE * 3, SPACE * 4, SPACE * 3)
        down.setSpacing(SPACE * 3)
        for widget in (self._intro, self._table, self._verdict, self._use, self._note):
            down.addWidget(widget)
        down.addLayout(self._old)
        down.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("train.comparison.scroll")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(body)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 1, 0)
        page.setSpacing(0)
        page.addWidget(head)
        page.addWidget(scroll, 1)
        self.show_state(ComparisonState())

    def show_state(self, state: ComparisonState) -> None:
        """Show this."""
        self._title.set_text(state.title or "Comparison")
        self._again.setVisible(bool(state.title))
        self._again.setEnabled(state.can_compare and not state.is_busy)
        words = "Comparing" if state.is_busy else "Compare again" if state.lines else "Compare"
        self._again.setText(GAP + words)
        self._again.setAccessibleName(words)
        self._again.setToolTip(f"Compare: {state.why_not}" if state.why_not else "Measure both (Ctrl+M)")
        self._intro.setText(state.intro)
        self._intro.setVisible(bool(state.intro))
        self._table.show_lines(state.lines, "Active", state.new)
        self._table.setToolTip(f"Active: {state.old}" if state.old else "")
        self._verdict.tell(state.level, state.verdict)
        self._use.setVisible(bool(state.use))
        kind = "" if state.use.endswith("as it is") else "primary"
        if self._use.property("kind") != kind:
            self._use.setProperty("kind", kind)
            self._use.setIcon(icon("check", "on_fill" if kind else "text2"))
            set_state(self._use, kind or "plain")
        self._use.setText(GAP + state.use)
        self._use.setAccessibleName(state.use)
        self._use.setEnabled(state.can_use)
        self._use.setToolTip(
            f"{state.use}: {state.why_not_use}" if state.why_not_use
            else "Search this project with it (Ctrl+U)"
        )  # fmt: skip
        self._note.setText(state.use_note)
        self._note.setVisible(bool(state.use_note))
        self._show_old(state)

    def _show_old(self, state: ComparisonState) -> None:
        if [key for key, _ in self._drops] == [key for key, _ in state.old_spaces]:
            return
        for _, widget in self._drops:
            self._old.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._drops = []
        for key, name in state.old_spaces:
            row = DropRow(f"train.comparison.old.{len(self._drops)}", name)
            row.drop.clicked.connect(lambda _=False, key=key: self.drop_asked.emit(key))
            self._old.addWidget(row)
            self._drops.append((key, row))


class DropRow(QFrame):
    """Vectors of a model that is not searched with, and the button that drops them.

    Attributes:
        drop: The button.
    """

    def __init__(self, name: str, model: str) -> None:
        super().__init__()
        self.setObjectName(name)
        words = ElidedLabel(f"Vectors of {model} are kept")
        words.setObjectName(f"{name}.words")
        words.setProperty("role", "quiet")
        self.drop: QPushButton = button(
            f"{name}.drop",
            "Drop",
            "trash",
            f"Delete the vectors of {model}; it can make them again",
            small=True,
        )
        self.drop.setAccessibleName(f"Drop the vectors of {model}")
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(SPACE * 2)
        across.addWidget(words)
        across.addStretch(1)
        across.addWidget(self.drop)


class MeasureTable(QFrame):
    """Measure, old, new, change with its interval."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE * 2)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnMinimumWidth(1, NUMBER_PX)
        self._grid.setColumnMinimumWidth(2, NUMBER_PX)
        self._grid.setColumnMinimumWidth(3, CHANGE_PX)
        self._heads = [label(words, "caption") for words in ("Measure", "", "", "Change, 95 %")]
        for column, made in enumerate(self._heads):
            made.setObjectName(f"{name}.head.{column}")
            self._grid.addWidget(made, 0, column)
        self._cells: list[tuple[QLabel, ...]] = []

    def show_lines(self, lines: tuple[MeasureLine, ...], old: str, new: str) -> None:
        """Show these; hidden without any."""
        self.setVisible(bool(lines))
        self._heads[1].setText(old)
        self._heads[2].setText(new)
        while len(self._cells) < len(lines):
            row = len(self._cells) * 2 + 1
            rule = QFrame()
            rule.setProperty("rule", "top")
            rule.setFixedHeight(1)
            self._grid.addWidget(rule, row, 0, 1, 4)
            cells = tuple(label("", role) for role in ("", "quiet", "strong", ""))
            for column, cell in enumerate(cells):
                cell.setObjectName(f"{self.objectName()}.{len(self._cells)}.{column}")
                self._grid.addWidget(cell, row + 1, column)
            cells[0].setFixedHeight(SPACE * 10)
            self._cells.append(cells)
        for n, cells in enumerate(self._cells):
            for cell in cells:
                cell.setVisible(n < len(lines))
            if n < len(lines):
                line = lines[n]
                change = f"{line.change}\n{line.interval}" if line.interval else line.change
                for cell, text in zip(cells, (line.name, line.old, line.new, change), strict=True):
                    cell.setText(text)
                set_state(cells[3], line.level)
                cells[0].setAccessibleName(
                    f"{line.name}: active {line.old}, {new} {line.new}, change {line.change} {line.interval}"
                )


def _wrapped(name: str, role: str) -> QLabel:
    made = label("", role, name)
    made.setWordWrap(True)
    return made
