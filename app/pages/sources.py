"""The page on which footage is added, processed, and put on one clock."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.adding import VIDEO_SUFFIXES
from app.item_models.sources import SourceListModel
from app.theme.icons import icon
from app.theme.tokens import SPACE
from app.views.sources import AddForm, CameraFacts, IngestForm, SourceLine
from app.views.streams import StreamForm
from app.widgets.add_panel import AddPanel
from app.widgets.camera_panel import CameraPanel
from app.widgets.forms import GAP, HEAD_PX, button, label, set_state
from app.widgets.ingest_panel import IngestPanel
from app.widgets.source_table import HEADER_PX, LINE_ROLE, ROW_PX, Pictures, SourceTable
from app.widgets.stream_panel import StreamPanel

RIGHT_PX, RIGHT_NARROW_PX = 400, 328
NARROW_PX = 1340
CLOCK_MIN_PX = 320
CLOCK_SIDE_PX, CLOCK_REST_PX, PANE_SHAPE = 260, 232, 0.6
"""Of the clock tool: what is not pictures, beside and below them, and how high a picture is to its width."""
EMPTY = "Drop video files or a folder here, or add files."


class SourcesPage(QWidget):
    """Arranges table, clock tool and inspector; implements `app.views.sources.SourcesView`."""

    chosen = Signal(list)
    """Files and folders (`Path`) that shall be added."""
    chosen_for = Signal(str, list)
    """The same, for one camera."""
    added = Signal(list, object)
    adding_cancelled = Signal()
    stream_asked = Signal()
    ingest_asked = Signal()
    option_chosen = Signal(str, str)
    selected = Signal(str)
    retry_asked = Signal(str)
    remove_asked = Signal(str)
    relinked = Signal(str, object)
    """A row's key and the path that shall be used."""
    search_asked = Signal(object)
    """Folder in which missing files are searched."""
    removal_confirmed = Signal(str)
    site_changed = Signal(str, str)
    renamed = Signal(str, str)
    start_changed = Signal(str, str)

    def __init__(self, clock: QWidget | None = None) -> None:
        super().__init__()
        self.setObjectName("sources")
        self.setAccessibleName("Sources")
        self._model = SourceListModel(self)
        self._table = SourceTable()
        self._table.view.setModel(self._model)
        self._table.start()
        self._table.selected.connect(self.selected)
        self._table.asked.connect(self._ask)
        self._empty = label(EMPTY, "faint", "sources.empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._clock = clock
        self._is_split_by_hand = False
        self._camera, self._adding, self._ingest = CameraPanel(), AddPanel(), IngestPanel()
        self._camera.site_changed.connect(self.site_changed)
        self._camera.renamed.connect(self.renamed)
        self._camera.start_changed.connect(self.start_changed)
        self._camera.remove_asked.connect(self.remove_asked)
        self._camera.add_asked.connect(self._ask_files_for)
        self._camera.folder_asked.connect(_show_folder)
        self._adding.added.connect(self.added)
        self._adding.cancelled.connect(self.adding_cancelled)
        self.stream = StreamPanel()
        self._ingest.chosen.connect(self.option_chosen)
        self._build()
        self._table.view.installEventFilter(self)
        self.setAcceptDrops(False)  # the window takes what is dropped anywhere
        self.show_lines(())
        self.show_camera(None)
        self.show_searching("")

    # --- building

    def _build(self) -> None:
        self._upper = QFrame()
        self._upper.setProperty("plane", "panel")
        down = QVBoxLayout(self._upper)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self._tools())
        down.addWidget(self._table, 1)
        down.addWidget(self._empty, 1)
        down.addWidget(self._footer())
        self._left = QSplitter(Qt.Orientation.Vertical)
        self._left.setObjectName("sources.left")
        self._left.setHandleWidth(1)
        self._left.setChildrenCollapsible(False)
        self._left.addWidget(self._upper)
        if self._clock is not None:
            self._clock.setMinimumHeight(CLOCK_MIN_PX)
            self._left.addWidget(self._clock)
        self._left.setStretchFactor(0, 1)
        self._left.splitterMoved.connect(self._keep_split)
        self._cards = QStackedWidget()
        self._cards.setObjectName("sources.inspector")
        self._cards.addWidget(self._camera)
        self._cards.addWidget(self._adding)
        self._cards.addWidget(self.stream)
        self._right = QFrame()
        self._right.setProperty("plane", "panel")
        self._right.setProperty("rule", "left")
        side = QVBoxLayout(self._right)
        side.setContentsMargins(1, 0, 0, 0)
        side.setSpacing(0)
        side.addWidget(self._cards, 1)
        side.addWidget(self._ingest)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self._left, 1)
        across.addWidget(self._right)

    def _tools(self) -> QFrame:
        tools = QFrame()
        tools.setObjectName("sources.tools")
        tools.setProperty("plane", "header")
        tools.setProperty("rule", "bottom")
        tools.setFixedHeight(HEAD_PX)
        self._summary = label("", "quiet", "sources.summary")
        files = button("sources.add_files", "Add files", "film", "Add video files (Ctrl+Shift+A)", small=True)
        folder = button(
            "sources.add_folder",
            "Add folder",
            "folder-plus",
            "Add the footage of a folder (Ctrl+Shift+D)",
            small=True,
        )
        stream = button(
            "sources.add_stream", "Add stream", "cctv", "Add a live camera (Ctrl+Shift+L)", small=True
        )
        self._go = button("sources.ingest", "Ingest all", "play", "", kind="primary", small=True)
        files.clicked.connect(self.ask_files)
        folder.clicked.connect(self.ask_folder)
        stream.clicked.connect(self.stream_asked)
        self._go.clicked.connect(self.ingest_asked)
        across = QHBoxLayout(tools)
        across.setContentsMargins(SPACE * 3, 0, SPACE * 3, 0)
        across.setSpacing(SPACE * 2)
        across.addWidget(label("Sources", "title"))
        across.addWidget(self._summary)
        across.addStretch(1)
        for each in (files, folder, stream, self._go):
            across.addWidget(each)
        return tools

    def _footer(self) -> QFrame:
        footer = QFrame()
        footer.setObjectName("sources.footer")
        footer.setFixedHeight(ROW_PX)
        self._note = label("", "quiet", "sources.note")
        self._find = button(
            "sources.find",
            "Find missing files in a folder…",
            "folder-search",
            "Search a folder for the missing files; they are known by their content (Ctrl+Shift+F)",
            kind="flat",
            small=True,
        )
        self._find.clicked.connect(self.ask_search)
        across = QHBoxLayout(footer)
        across.setContentsMargins(SPACE * 3, 0, SPACE * 3, 0)
        across.addWidget(self._note)
        across.addStretch(1)
        across.addWidget(self._find)
        return footer

    def use_pictures(self, pictures: Pictures) -> None:
        """Ask this for the pictures of the table."""
        self._table.use_pictures(pictures)

    def repaint_pictures(self) -> None:
        """A picture has come."""
        self._table.view.viewport().update()

    # --- what the presenter says

    def show_lines(self, lines: tuple[SourceLine, ...]) -> None:
        """See `SourcesView`."""
        key = self._current_key()
        self._model.set_lines(lines)
        row = self._model.row_of(key)
        if row >= 0 and self._current_key() != key:
            self._table.view.setCurrentIndex(self._model.index(row))
        elif lines and not self._current_key():
            self._table.view.setCurrentIndex(self._model.index(0))
        self._table.setVisible(bool(lines))
        self._empty.setVisible(not lines)
        self._table.setMinimumHeight(HEADER_PX + min(len(lines), 4) * ROW_PX)
        self._split()

    def show_summary(self, text: str, footer: str, n_missing: int) -> None:
        """See `SourcesView`."""
        self._summary.setText(text)
        self._note.setText(footer)
        self._find.setVisible(n_missing > 0)

    def show_camera(self, facts: CameraFacts | None) -> None:
        """See `SourcesView`."""
        self._camera.show_facts(facts)

    def show_adding(self, form: AddForm | None) -> None:
        """See `SourcesView`."""
        if form is not None:
            self._adding.show_form(form)
        self._cards.setCurrentWidget(self._camera if form is None else self._adding)

    def show_stream(self, form: StreamForm | None) -> None:
        """See `app.views.streams.StreamsView`."""
        is_new = self._cards.currentWidget() is not self.stream
        self._cards.setCurrentWidget(self._camera if form is None else self.stream)
        if form is None:
            self.stream.clear()
        else:
            self.stream.show_form(form)
            if is_new:
                self.stream.focus()

    def show_ingest(self, form: IngestForm) -> None:
        """See `SourcesView`."""
        self._ingest.show_form(form)
        self._go.setText(GAP + form.button)
        self._go.setAccessibleName(form.button)
        self._go.setIcon(
            icon("square" if form.is_running else "play", "text2" if form.is_running else "on_fill")
        )
        kind = "" if form.is_running else "primary"
        if self._go.property("kind") != kind:
            self._go.setProperty("kind", kind)
            set_state(self._go, "busy" if form.is_running else "")
        self._go.setEnabled(form.can_press)
        self._go.setToolTip(
            f"{form.button}: {form.why_not}" if form.why_not else f"{form.button} (Ctrl+Shift+I)"
        )

    def ask_removal(self, key: str, title: str, text: str) -> None:
        """See `SourcesView`."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, text, QMessageBox.StandardButton.Cancel, self)
        box.setObjectName("sources.removal")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        remove.setObjectName("sources.removal.remove")
        remove.clicked.connect(lambda: self.removal_confirmed.emit(key))
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.open()

    def show_searching(self, text: str) -> None:
        """See `SourcesView`."""
        self._find.setEnabled(not text)
        self._find.setText(GAP + (text or "Find missing files in a folder…"))

    # --- dialogs

    def ask_files(self) -> None:
        """Choose files to be added."""
        endings = " ".join(f"*{suffix}" for suffix in VIDEO_SUFFIXES)
        dialog = self._dialog("Add files", QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([f"Video ({endings})", "All files (*)"])
        dialog.filesSelected.connect(lambda files: self.chosen.emit([Path(file) for file in files]))
        dialog.open()

    def ask_folder(self) -> None:
        """Choose a folder to be added."""
        dialog = self._dialog("Add folder", QFileDialog.FileMode.Directory)
        dialog.filesSelected.connect(lambda files: self.chosen.emit([Path(file) for file in files]))
        dialog.open()

    def ask_search(self) -> None:
        """Choose a folder in which missing files are searched."""
        dialog = self._dialog("Find missing files", QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda folder: self.search_asked.emit(Path(folder)))
        dialog.open()

    def _ask_files_for(self, camera: str) -> None:
        dialog = self._dialog(f"Add files of {camera}", QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(
            lambda files: self.chosen_for.emit(camera, [Path(file) for file in files])
        )
        dialog.open()

    def _ask(self, verb: str, key: str) -> None:
        if verb == "retry":
            self.retry_asked.emit(key)
        elif verb == "remove":
            self.remove_asked.emit(key)
        else:
            dialog = self._dialog("Relink", QFileDialog.FileMode.ExistingFile)
            dialog.fileSelected.connect(lambda file: self.relinked.emit(key, Path(file)))
            dialog.open()

    def _dialog(self, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        dialog = QFileDialog(self, title)
        dialog.setObjectName("sources.dialog")
        dialog.setFileMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if mode == QFileDialog.FileMode.Directory:
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        return dialog

    # --- window

    def save_layout(self) -> QByteArray:
        """Sizes of the parts, to be kept; empty while they are not set by hand."""
        return self._left.saveState() if self._is_split_by_hand else QByteArray()

    def restore_layout(self, state: QByteArray | None) -> None:
        """Sizes of the parts as they were, or as they are by default."""
        self._is_split_by_hand = state is not None
        if state is not None:
            self._left.restoreState(state)
        self._split()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._right.setFixedWidth(RIGHT_NARROW_PX if self.width() < NARROW_PX else RIGHT_PX)
        self._split()

    def _split(self) -> None:
        """Give the table the room of its rows and the clock tool the rest, within reason."""
        total = self._left.height()
        if self._clock is None or self._is_split_by_hand or total <= 0:
            return
        rows = HEAD_PX + HEADER_PX + (self._model.rowCount() + 1) * ROW_PX
        wanted = round((self._left.width() - CLOCK_SIDE_PX) / 2 * PANE_SHAPE) + CLOCK_REST_PX
        clock = min(max(total - rows - SPACE * 4, CLOCK_MIN_PX), max(wanted, CLOCK_MIN_PX))
        self._left.setSizes([total - clock, clock])

    def _keep_split(self) -> None:
        self._is_split_by_hand = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn and not self._current_key() and self._model.rowCount():
            self._table.view.setCurrentIndex(self._model.index(0))
        return super().eventFilter(watched, event)

    def _current_key(self) -> str:
        index = self._table.view.currentIndex()
        line = index.data(LINE_ROLE)
        return line.key if isinstance(line, SourceLine) else ""


def _show_folder(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))
