"""The import dialog: a file of labels, whose footage it describes, and what it is taken as."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.theme.tokens import SPACE
from app.views.importing import FORMATS, KINDS, ImportState
from app.widgets.forms import Message, button, label
from app.widgets.inputs import Check, Select

WIDTH_PX = 520
FILTER = "Labels (*.txt *.csv *.xml *.zip);;All files (*)"
NOBODY = "Choose a camera"
REPLACE = "Replace the labels that were imported before"
REPLACE_TRACKLETS = "Replace this camera's tracklets; decisions stay"
USE_TIP = "Let the next ingest take these boxes in place of a detector"
INGEST_TIP = "Crop and describe the imported tracklets"


class ImportDialog(QDialog):
    """Passive and not modal; see `ImportPresenter` for the other half.

    Attributes:
        file_chosen: The file of labels.
        changed: Name and value of another field.
        started: The file is to be taken in.
        cancelled: What is under way is to stop.
        used: An ingest is to take what was imported.
        removed: The imported tracklets are to be taken back.
    """

    file_chosen = Signal(str)
    changed = Signal(str, object)
    started = Signal()
    cancelled = Signal()
    used = Signal()
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import")
        self.setAccessibleName("Import labels")
        self.setWindowTitle("Import labels")
        self.setFixedWidth(WIDTH_PX)
        self._state = ImportState()
        self._file = QLineEdit()
        self._choose = button("import.choose", "Choose…", "folder-open", "Choose a file")
        self._radios: dict[tuple[str, str], QRadioButton] = {}
        self._camera = Select()
        self._across = Check("Its numbers mean the same person in every camera")
        self._question, self._replace = QFrame(), Check(REPLACE)
        self._remove = button(
            "import.remove",
            "Remove imported",
            "trash",
            "Take the imported tracklets back; the next ingest finds people by itself again",
        )
        self._message = Message("import.message", "ok")
        self._bar = QProgressBar()
        self._use = button(
            "import.use",
            "Use for ingest",
            "play",
            USE_TIP,
        )
        self._close = button("import.close", "Close", "", "Close (Esc)")
        self._cancel = button("import.cancel", "Cancel", "x", "Stop measuring")
        self._start = button("import.start", "Import", "download", "Read the file", kind="primary")
        self._build()
        self._join()

    def open_import(self) -> None:
        """Bring the dialog up."""
        self.show()
        self.raise_()
        self.activateWindow()

    def show_import(self, state: ImportState) -> None:
        """Show this."""
        self._state = state
        is_free = not state.is_running
        if self._file.text().strip() != state.file:
            self._file.setText(state.file)
        for (name, key), radio in self._radios.items():
            radio.setChecked(getattr(state, name) == key)
            radio.setEnabled(is_free)
        self._show_cameras(state)
        for field in (self._file, self._choose, self._camera):
            field.setEnabled(is_free)
        self._question.setVisible(state.is_present and is_free and not state.message)
        self._replace.setText(REPLACE_TRACKLETS if state.kind == "tracklets" else REPLACE)
        self._replace.setAccessibleName(self._replace.text())
        self._replace.setChecked(state.is_replacing)
        self._remove.setVisible(state.is_removable)
        self._across.setVisible((state.kind, state.format) == ("tracklets", "mot"))
        self._across.setChecked(state.is_across)
        self._across.setEnabled(is_free)
        self._message.tell(state.level, state.message)
        self._use.setVisible((bool(state.detector) or state.can_ingest) and is_free)
        self._use.setText("Ingest now" if state.can_ingest else "Use for ingest")
        self._use.setAccessibleName(self._use.text())
        self._use.setToolTip(INGEST_TIP if state.can_ingest else USE_TIP)
        self._bar.setVisible(state.is_running)
        self._cancel.setVisible(state.is_running)
        self._cancel.setEnabled(not state.is_stopping)
        self._close.setVisible(is_free)
        self._start.setVisible(is_free)
        self._start.setEnabled(not state.why_not)
        self._start.setToolTip(state.why_not or "Read the file")
        self.adjustSize()

    def _show_cameras(self, state: ImportState) -> None:
        names = [NOBODY, *state.cameras]
        self._camera.blockSignals(True)
        if [self._camera.itemText(n) for n in range(self._camera.count())] != names:
            self._camera.clear()
            self._camera.addItems(names)
        self._camera.setCurrentIndex(names.index(state.camera) if state.camera else 0)
        self._camera.blockSignals(False)

    def reject(self) -> None:
        """Esc hides the dialog; what is under way goes on."""
        self.hide()

    # --- building

    def _build(self) -> None:
        down = QVBoxLayout(self)
        down.setContentsMargins(SPACE * 4, SPACE * 4, SPACE * 4, SPACE * 4)
        down.setSpacing(SPACE * 2)
        down.addWidget(label("File", "strong"))
        self._file.setObjectName("import.file")
        self._file.setAccessibleName("File of labels")
        self._file.setToolTip("MOTChallenge text, CVAT XML, or the archive that CVAT exports")
        place = QHBoxLayout()
        place.setSpacing(SPACE * 2)
        place.addWidget(self._file, 1)
        place.addWidget(self._choose)
        down.addLayout(place)
        self._choice(down, "format", {key: (text, "") for key, text in FORMATS.items()})
        down.addSpacing(SPACE)
        down.addWidget(label("Camera", "strong"))
        self._camera.setObjectName("import.camera")
        self._camera.setAccessibleName("Camera whose footage the file describes")
        self._camera.setToolTip("Camera whose footage the file describes")
        down.addWidget(self._camera)
        down.addSpacing(SPACE)
        down.addWidget(label("Take it as", "strong"))
        self._choice(down, "kind", KINDS)
        self._across.setObjectName("import.across")
        self._across.setAccessibleName(self._across.text())
        self._across.setToolTip("Person 3 of this file is person 3 in the files of the other cameras")
        down.addWidget(self._across)
        self._question.setProperty("state", "warn")
        ask = QHBoxLayout(self._question)
        ask.setContentsMargins(SPACE * 3, SPACE * 2, SPACE * 3, SPACE * 2)
        self._replace.setObjectName("import.replace")
        self._replace.setAccessibleName(self._replace.text())
        ask.addWidget(self._replace, 1)
        ask.addWidget(self._remove)
        down.addWidget(self._question)
        down.addWidget(self._message)
        self._bar.setObjectName("import.progress")
        self._bar.setAccessibleName("Under way")
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        last = QHBoxLayout()
        last.setSpacing(SPACE * 2)
        last.addWidget(self._use)
        last.addWidget(self._bar, 1)
        last.addStretch(0)
        for one in (self._close, self._cancel, self._start):
            last.addWidget(one, alignment=Qt.AlignmentFlag.AlignRight)
        down.addSpacing(SPACE * 2)
        down.addLayout(last)
        self._start.setDefault(True)

    def _choice(self, down: QVBoxLayout, name: str, choices: dict[str, tuple[str, str]]) -> None:
        group = QButtonGroup(self)
        for key, (text, about) in choices.items():
            radio = QRadioButton(f"{text}: {about}" if about else text)
            radio.setObjectName(f"import.{name}.{key}")
            radio.setAccessibleName(radio.text())
            radio.setToolTip(about or text)
            radio.clicked.connect(lambda _=False, key=key: self.changed.emit(name, key))
            group.addButton(radio)
            self._radios[name, key] = radio
            down.addWidget(radio)

    def _join(self) -> None:
        self._file.textEdited.connect(self.file_chosen)
        self._choose.clicked.connect(self._ask_file)
        self._camera.currentIndexChanged.connect(
            lambda row: self.changed.emit("camera", self._camera.itemText(row) if row > 0 else "")
        )
        self._replace.clicked.connect(lambda on: self.changed.emit("is_replacing", on))
        self._across.clicked.connect(lambda on: self.changed.emit("is_across", on))
        self._remove.clicked.connect(self.removed)
        self._use.clicked.connect(self.used)
        self._close.clicked.connect(self.hide)
        self._cancel.clicked.connect(self.cancelled)
        self._start.clicked.connect(self.started)

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "File of labels", self._state.file, FILTER)
        if name:
            self.file_chosen.emit(name)
