"""The run in hand: which, what it is, how far, what can be done with it; and its last lines."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
)

from app.theme.icons import icon
from app.theme.tokens import CONTROL_SMALL_PX, SPACE, TOOLBAR_PX
from app.views.training import Choices, RunHead
from app.widgets.elided import ElidedLabel
from app.widgets.forms import GAP, HEAD_PX, Message, button, label
from app.widgets.inputs import Select

BAR_PX, RUN_PX, LOG_PX = 120, 220, 176
_VERBS = (
    ("pause", "Pause", "pause", "Halt it; it keeps its memory (Ctrl+Shift+Space)"),
    ("go_on", "Go on", "play", "Let it go on (Ctrl+Shift+Space)"),
    ("stop", "Stop", "square", "Stop after this batch; a checkpoint is kept (Ctrl+.)"),
    ("resume", "Resume", "play", "Go on from the checkpoint"),
    ("remove", "Remove…", "trash", "Delete the run's folder"),
)


class RunHeadPanel(QFrame):
    """Run, state, buttons; below them a message where there is one."""

    selected = Signal(int)
    compared = Signal(int, bool)
    """Number of a run, and whether its curves shall be laid under those in hand."""
    asked = Signal(str)
    """``pause``, ``go_on``, ``stop``, ``resume`` or ``remove``."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("train.run")
        self.setAccessibleName("Run")
        self.setProperty("plane", "header")
        self._runs = Select()
        self._runs.setObjectName("train.run.choose")
        self._runs.setAccessibleName("Run")
        self._runs.setToolTip("The run in hand (Alt+Up, Alt+Down)")
        self._runs.setProperty("dense", True)
        self._runs.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._runs.setMinimumContentsLength(5)
        self._runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._runs.activated.connect(lambda _: self.selected.emit(int(self._runs.currentData() or 0)))
        self._about = ElidedLabel()
        self._about.setObjectName("train.run.about")
        self._about.setProperty("role", "quiet")
        self._about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._state = label("", "strong", "train.run.state")
        self._bar = QProgressBar()
        self._bar.setObjectName("train.run.bar")
        self._bar.setAccessibleName("Progress")
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setFixedWidth(BAR_PX)
        self._speed = label("", "quiet", "train.run.speed")
        self._laid = QToolButton()
        self._laid.setObjectName("train.run.compare")
        self._laid.setProperty("dense", True)
        self._laid.setText(f"{GAP}Lay under")
        self._laid.setIcon(icon("layers"))
        self._laid.setIconSize(QSize(14, 14))
        self._laid.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._laid.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._laid.setAccessibleName("Lay other runs' curves under these")
        self._laid.setToolTip("Lay other runs' curves under these")
        self._menu = QMenu(self._laid)
        self._menu.setObjectName("train.run.others")
        self._laid.setMenu(self._menu)
        self._buttons: dict[str, QPushButton] = {}
        line = QHBoxLayout()
        line.setContentsMargins(SPACE * 4, 0, SPACE * 3, 0)
        line.setSpacing(SPACE * 3)
        for widget in (self._runs, self._state, self._bar, self._speed):
            line.addWidget(widget)
        line.addWidget(self._about, 1)
        line.addWidget(self._laid)
        for verb, words, icon_name, tip in _VERBS:
            made = self._buttons[verb] = button(f"train.run.{verb}", words, icon_name, tip, small=True)
            made.clicked.connect(lambda _=False, verb=verb: self.asked.emit(verb))
            line.addWidget(made)
        top = QFrame()
        top.setProperty("plane", "header")
        top.setProperty("rule", "bottom")
        top.setFixedHeight(HEAD_PX)
        top.setLayout(line)
        self._message = Message("train.run.message")
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(top)
        down.addWidget(self._message)

    def show_runs(self, runs: Choices, current: str, others: Choices, compared: tuple[str, ...]) -> None:
        """Show what can be chosen and laid under."""
        known = tuple((self._runs.itemData(n), self._runs.itemText(n)) for n in range(self._runs.count()))
        short = tuple((value, words.partition(":")[0]) for value, words in runs)
        if known != short:
            self._runs.clear()
            for (value, words), (_, whole) in zip(short, runs, strict=True):
                self._runs.addItem(words, value)
                self._runs.setItemData(self._runs.count() - 1, whole, Qt.ItemDataRole.ToolTipRole)
        self._runs.setCurrentIndex(self._runs.findData(current))
        self._runs.setVisible(bool(runs))
        self._laid.setVisible(bool(others))
        self._laid.setText(f"{GAP}Lay under: {len(compared)}" if compared else f"{GAP}Lay under")
        if tuple(action.data() for action in self._menu.actions()) != tuple(value for value, _ in others):
            self._menu.clear()
            for value, words in others:
                action = QAction(words, self._menu)
                action.setData(value)
                action.setCheckable(True)
                action.triggered.connect(lambda on, value=value: self.compared.emit(int(value), on))
                self._menu.addAction(action)
        for action, (_, words) in zip(self._menu.actions(), others, strict=True):
            action.setText(words)
            action.setChecked(action.data() in compared)

    def show_head(self, head: RunHead) -> None:
        """Show how far it is."""
        self._state.setText(head.state or ("" if head.number else "Runs"))
        self._bar.setVisible(head.part is not None)
        self._bar.setValue(round((head.part or 0.0) * 1000))
        self._bar.setAccessibleName(f"Progress: {head.state}")
        self._speed.setText(head.speed)
        self._speed.setVisible(bool(head.speed))
        self._about.set_text(head.about)
        for verb, made in self._buttons.items():
            made.setVisible(verb in head.can)
        self._message.tell(head.level, head.message)


class LogLine(QFrame):
    """The last line of the log; opens upward to show more of it."""

    opened = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("train.log")
        self.setAccessibleName("Log")
        self.setProperty("plane", "header")
        self._text = QPlainTextEdit()
        self._text.setObjectName("train.log.text")
        self._text.setAccessibleName("Last lines of the run")
        self._text.setReadOnly(True)
        self._text.setFixedHeight(LOG_PX)
        self._text.hide()
        self._line = ElidedLabel()
        self._line.setObjectName("train.log.line")
        self._line.setProperty("role", "quiet")
        self._line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._toggle = QToolButton()
        self._toggle.setObjectName("train.log.toggle")
        self._toggle.setProperty("kind", "flat")
        self._toggle.setProperty("dense", True)
        self._toggle.setCheckable(True)
        self._toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._toggle.setIconSize(QSize(12, 12))
        self._toggle.setFixedHeight(CONTROL_SMALL_PX)
        self._toggle.toggled.connect(self._open)
        bottom = QFrame()
        bottom.setProperty("plane", "header")
        bottom.setProperty("rule", "bottom")
        bottom.setFixedHeight(TOOLBAR_PX)
        across = QHBoxLayout(bottom)
        across.setContentsMargins(SPACE * 4, 0, SPACE * 3, 0)
        across.setSpacing(SPACE * 2)
        across.addWidget(self._line, 1)
        across.addWidget(self._toggle)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self._text)
        down.addWidget(bottom)
        self._open(is_open=False)

    def show_lines(self, lines: tuple[str, ...], last: str) -> None:
        """Show these lines; the last of them stands in the bar."""
        self._line.set_text(last or (lines[-1] if lines else "No line yet"))
        text = "\n".join(lines)
        if text != self._text.toPlainText():
            bar = self._text.verticalScrollBar()
            is_at_end = bar.value() >= bar.maximum() - 2
            self._text.setPlainText(text)
            if is_at_end:
                bar.setValue(bar.maximum())

    def open_log(self) -> None:
        """Unfold it."""
        self._toggle.setChecked(True)

    def toggle(self) -> None:
        """Unfold it, or fold it."""
        self._toggle.toggle()

    def _open(self, is_open: bool) -> None:
        self._text.setVisible(is_open)
        words = "Hide log" if is_open else "Show log"
        self._toggle.setText(words)
        self._toggle.setIcon(icon("chevron-down" if is_open else "chevron-up"))
        self._toggle.setAccessibleName(words)
        self._toggle.setToolTip(f"{words} (Ctrl+L)")
        if is_open:
            bar = self._text.verticalScrollBar()
            bar.setValue(bar.maximum())
        self.opened.emit(is_open)
