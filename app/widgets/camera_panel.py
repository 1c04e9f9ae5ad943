"""The inspector: facts of the selected source, its camera, and what was noticed about it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout

from app.theme.tokens import SPACE
from app.views.sources import CameraFacts
from app.widgets.elided import ElidedLabel
from app.widgets.forms import LABEL_PX, Facts, Message, button, head, label

EMPTY = "Select a row to see its facts."


class CameraPanel(QFrame):
    """Shows one source."""

    site_changed = Signal(str, str)
    """Camera, and where it hangs."""
    add_asked = Signal(str)
    """More files for this camera."""
    folder_asked = Signal(str)
    """Show this file where it lies."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("camera")
        self.setAccessibleName("Selected source")
        self.setProperty("plane", "panel")
        self._facts: CameraFacts | None = None
        self._title = ElidedLabel()
        self._title.setObjectName("camera.title")
        self._title.setProperty("role", "title")
        self._empty = label(EMPTY, "faint", "camera.empty")
        self._site = QLineEdit()
        self._site.setObjectName("camera.site")
        self._site.setAccessibleName("Where the camera hangs")
        self._site.setToolTip("Where the camera hangs, in your words")
        self._site.setPlaceholderText("Hall, north door")
        self._site.editingFinished.connect(self._send_site)
        self._rows = Facts("camera.facts")
        self._messages = QVBoxLayout()
        self._messages.setSpacing(SPACE * 2)
        self._told: list[Message] = []
        self._add = button("camera.add", "Add files…", "plus", "Add further files of this camera", small=True)
        self._show = button(
            "camera.folder", "Show file", "folder-open", "Open the folder of the file", small=True
        )
        self._add.clicked.connect(self._ask_add)
        self._show.clicked.connect(self._ask_folder)
        self._build()
        self.show_facts(None)

    def _build(self) -> None:
        self._body = QFrame()
        self._body.setProperty("plane", "panel")
        inner = QVBoxLayout(self._body)
        inner.setContentsMargins(SPACE * 4, SPACE * 3, SPACE * 4, SPACE * 4)
        inner.setSpacing(SPACE * 3)
        form = QGridLayout()
        form.setSpacing(0)
        form.setColumnMinimumWidth(0, LABEL_PX)
        form.setColumnStretch(1, 1)
        form.addWidget(label("Site", "quiet"), 0, 0)
        form.addWidget(self._site, 0, 1)
        inner.addLayout(form)
        inner.addLayout(self._messages)
        inner.addWidget(self._rows)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE * 2)
        buttons.addWidget(self._add)
        buttons.addWidget(self._show)
        buttons.addStretch(1)
        inner.addLayout(buttons)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("camera.scroll")
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._body)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head("camera.head", self._title))
        down.addWidget(self._empty)
        self._empty.setContentsMargins(SPACE * 4, SPACE * 4, SPACE * 4, SPACE * 4)
        down.addWidget(scroll, 1)

    def show_facts(self, facts: CameraFacts | None) -> None:
        """Show a source, or the hint to select one."""
        is_other = facts is None or self._facts is None or facts.key != self._facts.key
        self._facts = facts
        self._title.set_text(facts.camera if facts else "Camera")
        self._empty.setVisible(facts is None)
        self._body.setVisible(facts is not None)
        if facts is None:
            return
        if is_other or not self._site.hasFocus():
            self._site.setText(facts.site)
        self._site.setEnabled(facts.is_known)
        self._add.setEnabled(facts.is_known and bool(facts.path))  # a live camera has no files
        self._show.setEnabled(bool(facts.path))
        self._rows.show_facts(facts.facts)
        while len(self._told) < len(facts.notices):
            message = Message(f"camera.notice.{len(self._told)}")
            self._messages.addWidget(message)
            self._told.append(message)
        for n, message in enumerate(self._told):
            level, text = facts.notices[n] if n < len(facts.notices) else ("info", "")
            message.tell(level, text)

    def _send_site(self) -> None:
        if self._facts is not None and self._facts.is_known:
            self.site_changed.emit(self._facts.camera, self._site.text().strip())

    def _ask_add(self) -> None:
        if self._facts is not None:
            self.add_asked.emit(self._facts.camera)

    def _ask_folder(self) -> None:
        if self._facts is not None:
            self.folder_asked.emit(self._facts.path)
