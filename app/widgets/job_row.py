"""A job's row: name, bar, count, rate, time left, what can be done."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QToolButton

from app.theme.icons import icon
from app.theme.tokens import SPACE, STRIP_PX
from app.views.jobs import JobLine
from app.widgets.elided import ElidedLabel

BAR_PX = 96
NAME_PX = 200
MESSAGE_PX = 560

_ICON_BUTTONS = (
    ("pause", "pause", "Pause"),
    ("resume", "play", "Go on"),
    ("cancel", "x", "Cancel"),
)
_WORD_BUTTONS = (("log", "Show log"), ("retry", "Resume"))


class JobRow(QFrame):
    """One job; `asked` says what its buttons want.

    Args:
        prefix: Object names begin with it.
        is_column: It stands below others, so that its parts line up with theirs.
    """

    asked = Signal(str, int)
    """``pause``, ``resume``, ``cancel``, ``retry``, ``dismiss`` or ``log``, and the job's id."""

    def __init__(self, prefix: str, *, is_column: bool = False) -> None:
        super().__init__()
        self._id = 0
        self.setObjectName(prefix)
        self.setFixedHeight(STRIP_PX)
        self._name = ElidedLabel(max_px=NAME_PX)
        self._name.setProperty("role", "strong")
        self._bar = QProgressBar()
        self._bar.setObjectName(f"{prefix}.bar")
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setFixedWidth(BAR_PX)
        self._count, self._rate, self._left = QLabel(), QLabel(), QLabel()
        self._rate.setProperty("role", "quiet")
        self._left.setProperty("role", "quiet")
        self._message = ElidedLabel(max_px=MESSAGE_PX)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACE * 2)
        for name, widget in (
            ("name", self._name),
            ("", self._bar),
            ("count", self._count),
            ("rate", self._rate),
            ("left", self._left),
            ("message", self._message),
        ):
            if name:
                widget.setObjectName(f"{prefix}.{name}")
            line.addWidget(widget)
        line.addStretch(1)
        self._name.keep_room()
        if is_column:
            self._name.setFixedWidth(NAME_PX)
        else:
            self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._buttons: dict[str, QToolButton | QPushButton] = {}
        for verb, icon_name, words in _ICON_BUTTONS:
            self._add(verb, _icon_button(icon_name), words)
        for verb, words in _WORD_BUTTONS:
            button = QPushButton(words)
            button.setProperty("dense", True)
            self._add(verb, button, words)
        self._add("dismiss", _icon_button("x"), "Take off the list")

    def show_line(self, line: JobLine) -> None:
        """Show a job."""
        self._id = line.id
        is_failed = line.status == "failed"
        self._name.set_text(line.name)
        self._bar.setVisible(not is_failed and line.status != "done")
        self._bar.setValue(round((line.part or 0.0) * 1000))
        self._bar.setAccessibleName(f"{line.name}, {line.count or line.message}")
        for label, text in ((self._count, line.count), (self._rate, line.rate), (self._left, line.left)):
            label.setText("" if is_failed else text)
            label.setVisible(bool(label.text()))
        self._message.set_text(line.message)
        self._message.setVisible(bool(line.message))
        self._set_state(self._message, "bad" if is_failed else "")
        for verb, button in self._buttons.items():
            button.setVisible(verb in line.can)
            button.setAccessibleName(f"{button.property('words')}: {line.name}")

    def _add(self, verb: str, button: QToolButton | QPushButton, words: str) -> None:
        button.setObjectName(f"{self.objectName()}.{verb}")
        button.setProperty("words", words)
        button.setToolTip(words)
        button.clicked.connect(lambda: self.asked.emit(verb, self._id))
        self._buttons[verb] = button
        layout = self.layout()
        assert layout is not None
        layout.addWidget(button)

    @staticmethod
    def _set_state(label: QLabel, state: str) -> None:
        if label.property("state") != state:
            label.setProperty("state", state)
            label.style().unpolish(label)
            label.style().polish(label)


def _icon_button(icon_name: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("kind", "icon")
    button.setIcon(icon(icon_name))
    button.setIconSize(QSize(14, 14))
    button.setFixedSize(24, 24)
    return button
