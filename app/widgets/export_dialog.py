"""The export dialog: format, what becomes of everything in it, part, options, place; progress and outcome."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QHideEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.theme.tokens import SPACE
from app.views.export import FORMATS, ExportState
from app.widgets.elided import ElidedLabel
from app.widgets.export_formats import FormatList
from app.widgets.export_points import PointTable
from app.widgets.export_side import ExportSide
from app.widgets.forms import Message, button, head, label

WIDTH_PX, HEIGHT_PX = 1112, 632
TICK_MS = 100


class ExportDialog(QDialog):
    """Passive and not modal; see `ExportPresenter` for the other half.

    Attributes:
        format_chosen: Key of a format.
        what_chosen: `What` is written.
        option_chosen: Name and value of an option.
        folder_chosen: Where to.
        replacing_chosen: Whether existing files may be replaced.
        started: The files are to be written.
        cancelled: The export under way is to stop.
        ticked: Now and then while an export runs.
        hidden: The dialog is out of sight.
    """

    format_chosen = Signal(str)
    what_chosen = Signal(object)
    option_chosen = Signal(str, object)
    folder_chosen = Signal(str)
    replacing_chosen = Signal(bool)
    started = Signal()
    cancelled = Signal()
    ticked = Signal()
    hidden = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export")
        self.setAccessibleName("Export")
        self.setWindowTitle("Export")
        self.resize(WIDTH_PX, HEIGHT_PX)
        self._state = ExportState()
        self._formats, self._points, self._side = FormatList(), PointTable(), ExportSide()
        self._title, self._about = QLabel(), ElidedLabel()
        self._warning, self._message = QFrame(), Message("export.message", "ok")
        self._warning_text = QLabel()
        self._instead = button(
            "export.instead", "Use the free layout", "", "Choose the format without limits"
        )
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
        made = FORMATS[state.format]
        self._title.setText(made.title)
        self._about.set_text(made.about)
        self._formats.show_format(state.format, is_enabled=not is_running)
        self._points.show_points(state.points, is_checking=state.is_checking)
        self._side.show_export(state)
        self._warning.setVisible(bool(state.instead) and not is_running)
        if state.instead:
            self._warning_text.setText("Usual readers of this format will not take it as it is.")
            self._instead.setText(f"Use {FORMATS[state.instead].title}")
            self._instead.setAccessibleName(self._instead.text())
        self._message.tell(state.level, state.message)
        if is_running != self._timer.isActive():
            (self._timer.start if is_running else self._timer.stop)()

    def reject(self) -> None:
        """Esc hides the dialog; an export under way goes on."""
        self.hide()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.hidden.emit()

    # --- building

    def _build(self) -> None:
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self._formats)
        middle = QFrame()
        middle.setProperty("plane", "panel")
        down = QVBoxLayout(middle)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        self._title.setProperty("role", "title")
        self._title.setObjectName("export.title")
        self._about.setProperty("role", "quiet")
        self._about.setObjectName("export.about")
        down.addWidget(head("export.head", self._title, self._about))
        self._warning.setProperty("state", "warn")
        warn = QHBoxLayout(self._warning)
        warn.setContentsMargins(SPACE * 3, SPACE * 2, SPACE * 3, SPACE * 2)
        warn.addWidget(self._warning_text, 1)
        warn.addWidget(self._instead)
        self._warning_text.setObjectName("export.warning")
        self._warning_text.setWordWrap(True)
        down.addWidget(self._warning)
        down.addWidget(self._message)
        down.addWidget(self._points, 1)
        note = label("Nothing of this leaves the computer by itself", "caption", "export.note")
        note.setContentsMargins(SPACE * 3, SPACE, SPACE * 3, SPACE)
        down.addWidget(note)
        across.addWidget(middle, 1)
        across.addWidget(self._side)

    def _join(self) -> None:
        self._formats.chosen.connect(self.format_chosen)
        side = self._side
        side.what_chosen.connect(self.what_chosen)
        side.option_chosen.connect(self.option_chosen)
        side.folder_edited.connect(self.folder_chosen)
        side.folder_asked.connect(self._ask_folder)
        side.open_asked.connect(self._open_folder)
        side.replacing_chosen.connect(self.replacing_chosen)
        side.started.connect(self.started)
        side.cancelled.connect(self.cancelled)
        side.closed.connect(self.hide)
        self._instead.clicked.connect(lambda: self.format_chosen.emit(self._state.instead))

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the export", self._nearest_folder())
        if folder:
            self.folder_chosen.emit(folder)

    def _nearest_folder(self) -> str:
        folder = Path(self._state.folder)
        return str(next((place for place in (folder, *folder.parents) if place.is_dir()), Path.home()))

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._state.folder))
