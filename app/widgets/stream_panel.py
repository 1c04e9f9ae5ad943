"""A live camera that is about to be added: its address and password, a try, and what is recorded."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.theme.tokens import SPACE
from app.views.streams import StreamEntry, StreamForm
from app.widgets.forms import Message, button, head, icon_button, label
from app.widgets.inputs import Check

HINT = "The password is never kept in the project. It may be left out, or stand in an environment variable."


class StreamPanel(QFrame):
    """Emits what was written as a `StreamEntry`: `tested`, `added`; or `cancelled`."""

    tested = Signal(object)
    added = Signal(object)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("stream")
        self.setAccessibleName("Add stream")
        self.setProperty("plane", "panel")
        close = icon_button("stream.close", "Cancel", "x", "Esc")
        close.clicked.connect(self._close)
        self._address = _field("stream.address", "Address", "rtsp://user@host/path, http://…, device:0")
        self._camera = _field("stream.camera", "Camera", "Lobby")
        self._password = _field("stream.password", "Password", "")
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._remember = _check("stream.remember", "Keep the password in the system's keyring")
        self._record = _check("stream.record", "Record, up to 10 GB and 7 days")
        self._test = button("stream.test", "Test", "plug", "Connect once and say what comes")
        self._add = button("stream.add", "Add", "plus", "Add this camera to the project", kind="primary")
        self._said = Message("stream.said")
        self._test.clicked.connect(lambda _=False: self.tested.emit(self.entry()))
        self._add.clicked.connect(lambda _=False: self.added.emit(self.entry()))
        self._address.returnPressed.connect(self._test.click)
        self._build(close)

    def _build(self, close: QWidget) -> None:
        hint = label(HINT, "quiet", "stream.hint")
        hint.setWordWrap(True)
        body = QFrame()
        body.setProperty("plane", "panel")
        inner = QVBoxLayout(body)
        inner.setContentsMargins(SPACE * 4, SPACE * 3, SPACE * 4, SPACE * 4)
        inner.setSpacing(SPACE * 2)
        for words, field in (
            ("Address", self._address),
            ("Camera", self._camera),
            ("Password", self._password),
        ):
            inner.addWidget(label(words, "caption"))
            inner.addWidget(field)
        inner.addWidget(hint)
        inner.addWidget(self._remember)
        inner.addWidget(self._record)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE * 2)
        buttons.addWidget(self._test)
        buttons.addWidget(self._add)
        buttons.addStretch(1)
        inner.addLayout(buttons)
        inner.addWidget(self._said)
        inner.addStretch(1)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head("stream.head", label("Add stream", "title", "stream.title"), close))
        down.addWidget(body, 1)

    def entry(self) -> StreamEntry:
        """What is written now."""
        return StreamEntry(
            self._camera.text(),
            self._address.text(),
            self._password.text(),
            self._remember.isChecked(),
            self._record.isChecked(),
        )

    def show_form(self, form: StreamForm) -> None:
        """Show what a try said."""
        for widget in (self._test, self._add):
            widget.setEnabled(not form.is_busy)
        self._said.setVisible(bool(form.result))
        if form.result:
            self._said.tell(form.level, form.result)

    def clear(self) -> None:
        """Forget what was written, the password above all."""
        for field in (self._address, self._camera, self._password):
            field.clear()
        self._remember.setChecked(False)
        self._record.setChecked(False)

    def focus(self) -> None:
        """Let the address be written."""
        self._address.setFocus()

    def _close(self) -> None:
        self.clear()
        self.cancelled.emit()


def _field(name: str, words: str, example: str) -> QLineEdit:
    made = QLineEdit()
    made.setObjectName(name)
    made.setAccessibleName(words)
    made.setToolTip(words)
    made.setPlaceholderText(example)
    return made


def _check(name: str, words: str) -> Check:
    made = Check(words)
    made.setObjectName(name)
    made.setToolTip(words)
    return made
