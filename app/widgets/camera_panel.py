"""The inspector: facts of the selected source, its camera, and what was noticed about it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLineEdit, QScrollArea, QVBoxLayout

from app.theme.tokens import SPACE
from app.views.sources import CameraFacts
from app.widgets.elided import ElidedLabel
from app.widgets.flow import FlowLayout
from app.widgets.forms import LABEL_PX, Facts, Message, button, head, label

EMPTY = "Select a row to see its facts."
START_TIP = "Date and time of day of the camera's first frame; the first one moves all cameras along"


class CameraPanel(QFrame):
    """Shows one source."""

    renamed = Signal(str, str)
    """Camera, and its new name."""
    site_changed = Signal(str, str)
    """Camera, and where it hangs."""
    start_changed = Signal(str, str)
    """Camera, and when it began, as typed."""
    remove_asked = Signal(str)
    """Take the row out of the project, by its key."""
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
        self._name = _field("camera.name", "Name of the camera", "Name of the camera; decisions stay with it")
        self._site = _field("camera.site", "Where the camera hangs", "Where the camera hangs, in your words")
        self._start = _field("camera.start", "When the camera's first frame was taken", START_TIP)
        self._site.setPlaceholderText("e.g. hall, north door")
        self._start.setPlaceholderText("e.g. 2026-11-21 14:02:10")
        self._name.editingFinished.connect(self._send_name)
        self._site.editingFinished.connect(self._send_site)
        self._start.editingFinished.connect(self._send_start)
        self._rows = Facts("camera.facts")
        self._messages = QVBoxLayout()
        self._messages.setSpacing(SPACE * 2)
        self._told: list[Message] = []
        self._add = button("camera.add", "Add files…", "plus", "Add further files of this camera", small=True)
        self._show = button(
            "camera.folder", "Show file", "folder-open", "Open the folder of the file", small=True
        )
        self._remove = button(
            "camera.remove",
            "Remove",
            "trash",
            "Take this out of the project; files stay on the disk",
            small=True,
        )
        self._remove.clicked.connect(self._ask_remove)
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
        form.setHorizontalSpacing(0)
        form.setVerticalSpacing(SPACE)
        form.setColumnMinimumWidth(0, LABEL_PX)
        form.setColumnStretch(1, 1)
        fields = (("Name", self._name), ("Site", self._site), ("Starts", self._start))
        for row, (words, field) in enumerate(fields):
            form.addWidget(label(words, "quiet"), row, 0)
            form.addWidget(field, row, 1)
        inner.addLayout(form)
        inner.addLayout(self._messages)
        inner.addWidget(self._rows)
        buttons = FlowLayout(gap_px=SPACE * 2)
        for each in (self._add, self._show, self._remove):
            buttons.addWidget(each)
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
        values = ((self._name, facts.camera), (self._site, facts.site), (self._start, facts.start))
        for field, value in values:
            if is_other or not field.hasFocus():
                field.setText(value)
            field.setEnabled(facts.is_known)
        self._start.setEnabled(facts.is_known and not facts.why_no_start)
        self._start.setToolTip(facts.why_no_start or START_TIP)
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

    def _send_name(self) -> None:
        if self._facts is None or not self._facts.is_known:
            return
        name = self._name.text().strip()
        if name and name != self._facts.camera:
            self.renamed.emit(self._facts.camera, name)
        else:
            self._name.setText(self._facts.camera)

    def _send_start(self) -> None:
        if self._facts is None or not self._facts.is_known:
            return
        text = self._start.text().strip()
        if text and text != self._facts.start:
            self.start_changed.emit(self._facts.camera, text)
        else:
            self._start.setText(self._facts.start)

    def _ask_remove(self) -> None:
        if self._facts is not None:
            self.remove_asked.emit(self._facts.key)

    def _send_site(self) -> None:
        if self._facts is not None and self._facts.is_known:
            self.site_changed.emit(self._facts.camera, self._site.text().strip())

    def _ask_add(self) -> None:
        if self._facts is not None:
            self.add_asked.emit(self._facts.camera)

    def _ask_folder(self) -> None:
        if self._facts is not None:
            self.folder_asked.emit(self._facts.path)


def _field(name: str, spoken: str, tip: str) -> QLineEdit:
    field = QLineEdit()
    field.setObjectName(name)
    field.setAccessibleName(spoken)
    field.setToolTip(tip)
    return field
