"""The export dialog: format, part, place, what will be written; progress, and what came of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.views.export import FORMATS, ExportState, What
from app.widgets.elided import ElidedLabel
from app.widgets.forms import Message, button, label
from app.wording import count_label

WIDTH_PX = 520
TICK_MS = 100


class ExportDialog(QDialog):
    """Passive and not modal; see `ExportPresenter` for the other half.

    Attributes:
        format_chosen: Key of a format.
        what_chosen: `What` is written.
        folder_chosen: Where to.
        replacing_chosen: Whether existing files may be replaced.
        started: The files are to be written.
        cancelled: The export under way is to stop.
        ticked: Now and then while an export runs.
    """

    format_chosen = Signal(str)
    what_chosen = Signal(object)
    folder_chosen = Signal(str)
    replacing_chosen = Signal(bool)
    started = Signal()
    cancelled = Signal()
    ticked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export")
        self.setAccessibleName("Export")
        self.setWindowTitle("Export")
        self.setFixedWidth(WIDTH_PX)
        self._state = ExportState()
        self._formats: dict[str, QRadioButton] = {}
        self._whats: dict[What, QRadioButton] = {}
        self._folder, self._files = QLineEdit(), ElidedLabel()
        self._choose = button("export.choose", "Choose…", "folder-open", "Choose a folder")
        self._question, self._replace = QFrame(), QCheckBox()
        self._message = Message("export.message", "ok")
        self._open = button("export.open", "Open folder", "folder-open", "Show the files")
        self._bar, self._count = QProgressBar(), QLabel()
        self._close = button("export.close", "Close", "", "Close (Esc); an export under way goes on")
        self._cancel = button("export.cancel", "Cancel", "x", "Stop; nothing is left behind")
        self._start = button("export.start", "Export", "upload", "Write the files", kind="primary")
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.ticked)
        self._build()
        self._join()

    def open_export(self) -> None:
        """Bring the dialog up."""
        self.show()
        self.raise_()
        self.activateWindow()

    def show_export(self, state: ExportState) -> None:
        """Show this."""
        self._state = state
        is_running = state.progress is not None
        for name, radio in self._formats.items():
            radio.setChecked(name == state.format)
            radio.setEnabled(not is_running)
        for what, radio in self._whats.items():
            why_not = state.why_not.get(what, "")
            radio.setText(state.scopes.get(what, ""))
            radio.setChecked(what is state.what)
            radio.setEnabled(not is_running and not why_not)
            radio.setToolTip(why_not)
        if self._folder.text().strip() != state.folder:
            self._folder.setText(state.folder)
        self._folder.setEnabled(not is_running)
        self._choose.setEnabled(not is_running)
        self._files.set_text(", ".join(state.files))
        n_present = len(state.present)
        self._question.setVisible(bool(n_present) and not is_running and not state.message)
        verb = "exists" if n_present == 1 else "exist"
        self._replace.setText(f"Replace {count_label(n_present, 'file')} that {verb} there")
        self._replace.setToolTip(", ".join(state.present))
        self._replace.setChecked(state.is_replacing)
        self._message.tell(state.level, state.message)
        self._open.setVisible(bool(state.message) and state.level == "ok")
        self._show_progress(state)
        self._start.setEnabled(state.can_start)
        self._start.setToolTip(self._why_not(state))
        self.adjustSize()

    def _show_progress(self, state: ExportState) -> None:
        is_running = state.progress is not None
        done, total = state.progress or (0, 0)
        self._bar.setVisible(is_running)
        self._bar.setRange(0, max(total, 1))
        self._bar.setValue(done)
        self._count.setVisible(is_running)
        self._count.setText("Stopping" if state.is_stopping else f"{done:,}/{total:,}")
        self._cancel.setVisible(is_running)
        self._cancel.setEnabled(not state.is_stopping)
        self._close.setVisible(not is_running)
        self._start.setVisible(not is_running)
        if is_running != self._timer.isActive():
            (self._timer.start if is_running else self._timer.stop)()

    @staticmethod
    def _why_not(state: ExportState) -> str:
        if state.can_start or state.progress is not None:
            return "Write the files"
        if state.what in state.why_not:
            return state.why_not[state.what]
        return "Files with these names exist there" if state.folder else "Name a folder first"

    def reject(self) -> None:
        """Esc hides the dialog; an export under way goes on."""
        self.hide()

    # --- building

    def _build(self) -> None:
        down = QVBoxLayout(self)
        down.setContentsMargins(16, 16, 16, 16)
        down.setSpacing(8)
        down.addWidget(label("Format", "strong"))
        self._formats_group, self._whats_group = QButtonGroup(self), QButtonGroup(self)
        for name, (text, about) in FORMATS.items():
            radio = _radio(f"export.format.{name}", f"{text}, {about}", self._formats_group)
            self._formats[name] = radio
            down.addWidget(radio)
        down.addSpacing(8)
        down.addWidget(label("What", "strong"))
        for what in What:
            radio = self._whats[what] = _radio(f"export.what.{what}", "", self._whats_group)
            down.addWidget(radio)
        down.addSpacing(8)
        down.addWidget(label("Where", "strong"))
        self._folder.setObjectName("export.folder")
        self._folder.setAccessibleName("Folder")
        self._folder.setToolTip("Folder that the files go to; it is made where it does not exist")
        place = QHBoxLayout()
        place.setSpacing(8)
        place.addWidget(self._folder, 1)
        place.addWidget(self._choose)
        down.addLayout(place)
        written = QHBoxLayout()
        written.setSpacing(8)
        self._files.setObjectName("export.files")
        written.addWidget(label("Will be written:", "quiet"))
        written.addWidget(self._files)
        written.addStretch(1)
        down.addLayout(written)
        self._build_bars(down)
        last = QHBoxLayout()
        last.setSpacing(8)
        self._bar.setObjectName("export.progress")
        self._bar.setAccessibleName("Progress")
        self._bar.setTextVisible(False)
        self._count.setObjectName("export.count")
        last.addWidget(self._open)
        last.addWidget(self._bar, 1)
        last.addWidget(self._count)
        last.addStretch(0)
        for one in (self._close, self._cancel, self._start):
            last.addWidget(one, alignment=Qt.AlignmentFlag.AlignRight)
        down.addSpacing(8)
        down.addLayout(last)
        self._start.setDefault(True)

    def _build_bars(self, down: QVBoxLayout) -> None:
        """The question about existing files, and what came of the export."""
        self._question.setProperty("state", "warn")
        ask = QHBoxLayout(self._question)
        ask.setContentsMargins(12, 8, 12, 8)
        self._replace.setObjectName("export.replace")
        self._replace.setAccessibleName("Replace existing files")
        ask.addWidget(self._replace)
        down.addWidget(self._question)
        down.addWidget(self._message)

    def _join(self) -> None:
        for name, radio in self._formats.items():
            radio.clicked.connect(lambda _=False, name=name: self.format_chosen.emit(name))
        for what, radio in self._whats.items():
            radio.clicked.connect(lambda _=False, what=what: self.what_chosen.emit(what))
        self._folder.textEdited.connect(self.folder_chosen)
        self._choose.clicked.connect(self._ask_folder)
        self._replace.clicked.connect(self.replacing_chosen)
        self._open.clicked.connect(self._open_folder)
        self._close.clicked.connect(self.hide)
        self._cancel.clicked.connect(self.cancelled)
        self._start.clicked.connect(self.started)

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the export", self._nearest_folder())
        if folder:
            self.folder_chosen.emit(folder)

    def _nearest_folder(self) -> str:
        folder = Path(self._state.folder)
        return str(next((place for place in (folder, *folder.parents) if place.is_dir()), Path.home()))

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._state.folder))


def _radio(name: str, text: str, group: QButtonGroup) -> QRadioButton:
    radio = QRadioButton(text)
    radio.setObjectName(name)
    radio.setAccessibleName(text)
    group.addButton(radio)
    return radio
