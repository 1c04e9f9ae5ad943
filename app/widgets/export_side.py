"""The right of the export dialog: part, options, place, what will be written; start, progress, cancel."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.theme.tokens import SPACE
from app.views.export import FORMATS, ExportState, What
from app.widgets.elided import ElidedLabel
from app.widgets.forms import button, head, label
from app.widgets.inputs import Check, Stepper
from app.wording import count_label

WIDTH_PX = 328
MAX_NAMES, SHARE_PX = 6, 88


class ExportSide(QFrame):
    """Passive.

    Attributes:
        what_chosen: `What` is written.
        option_chosen: Name and value of an option.
        folder_edited: Where to.
        folder_asked: A folder is to be chosen.
        open_asked: The folder is to be shown.
        replacing_chosen: Whether existing files may be replaced.
        started: The files are to be written.
        cancelled: The export under way is to stop.
        closed: The dialog is to be hidden.
    """

    what_chosen = Signal(object)
    option_chosen = Signal(str, object)
    folder_edited = Signal(str)
    folder_asked = Signal()
    open_asked = Signal()
    replacing_chosen = Signal(bool)
    started = Signal()
    cancelled = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("export.side")
        self.setProperty("plane", "panel")
        self.setProperty("rule", "left")
        self.setFixedWidth(WIDTH_PX)
        self._whats: dict[What, QRadioButton] = {}
        self._whats_group = QButtonGroup(self)
        self._options_head = label("Options", "strong")
        self._blur = Check("Cover everybody else")
        self._distractors = Check("Add unassigned as distractors")
        self._share_row, self._share = QWidget(), Stepper()
        self._folder = QLineEdit()
        self._choose = button("export.choose", "Choose…", "folder-open", "Choose a folder")
        self._names = [ElidedLabel(mode=Qt.TextElideMode.ElideMiddle) for _ in range(MAX_NAMES)]
        self._question, self._replace = QFrame(), Check()
        self._open = button("export.open", "Open folder", "folder-open", "Show the files")
        self._bar, self._count = QProgressBar(), QLabel()
        self._close = button("export.close", "Close", "", "Close (Esc); an export under way goes on")
        self._cancel = button("export.cancel", "Cancel", "x", "Stop; nothing is left behind")
        self._start = button("export.start", "Export", "upload", "Write the files", kind="primary")
        self._build()
        self._join()

    def show_export(self, state: ExportState) -> None:
        """Show this."""
        is_free = state.progress is None
        for what, radio in self._whats.items():
            why_not = state.why_not.get(what, "")
            words = state.scopes.get(what, "")
            radio.setText(words.replace("&", "&&"))  # a name's own sign is no mark of a key
            radio.setAccessibleName(words)
            radio.setChecked(what is state.what)
            radio.setEnabled(is_free and not why_not)
            radio.setToolTip(why_not or words)
        self._show_options(state, is_free=is_free)
        if self._folder.text().strip() != state.folder:
            self._folder.setText(state.folder)
        self._folder.setToolTip(
            state.folder or "Folder that the files go to; it is made where it does not exist"
        )
        self._folder.setEnabled(is_free)
        self._choose.setEnabled(is_free)
        self._show_names(state.files)
        n_present = len(state.present)
        self._question.setVisible(bool(n_present) and is_free and not state.message)
        verb = "exists" if n_present == 1 else "exist"
        self._replace.setText(f"Replace {count_label(n_present, 'item')} that {verb} there")
        self._replace.setToolTip(", ".join(state.present))
        self._replace.setChecked(state.is_replacing)
        self._show_progress(state)

    def _show_options(self, state: ExportState, *, is_free: bool) -> None:
        heeded = FORMATS[state.format].options
        self._options_head.setVisible(bool(heeded))
        for name, widget in (
            ("blur", self._blur),
            ("distractors", self._distractors),
            ("test_share", self._share_row),
        ):
            widget.setVisible(name in heeded)
            widget.setEnabled(is_free)
        self._blur.setChecked(state.blur)
        self._distractors.setChecked(state.distractors)
        share = round(100 * state.test_share)
        if self._share.value() != share:
            self._share.blockSignals(True)
            self._share.setValue(share)
            self._share.blockSignals(False)

    def _show_names(self, names: tuple[str, ...]) -> None:
        shown = list(names[:MAX_NAMES])
        if len(names) > MAX_NAMES:
            shown[-1] = f"and {len(names) - MAX_NAMES + 1} more"
        for n, line in enumerate(self._names):
            line.setVisible(n < len(shown))
            line.set_text(shown[n] if n < len(shown) else "")

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
        self._open.setVisible(bool(state.message) and state.level == "ok" and not is_running)
        self._start.setVisible(not is_running)
        self._start.setEnabled(state.can_start)
        self._start.setToolTip(why_not(state))

    # --- building

    def _build(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(head("export.side.head", label("What and where", "title")))
        down = QVBoxLayout()
        down.setContentsMargins(SPACE * 4, SPACE * 3, SPACE * 4, SPACE * 3)
        down.setSpacing(SPACE * 2)
        whole.addLayout(down, 1)
        for what in What:
            radio = self._whats[what] = QRadioButton()
            radio.setObjectName(f"export.what.{what}")
            self._whats_group.addButton(radio)
            down.addWidget(radio)
        down.addSpacing(SPACE)
        self._build_options(down)
        down.addSpacing(SPACE)
        down.addWidget(label("Where", "strong"))
        self._folder.setObjectName("export.folder")
        self._folder.setAccessibleName("Folder")
        place = QHBoxLayout()
        place.setSpacing(SPACE * 2)
        place.addWidget(self._folder, 1)
        place.addWidget(self._choose)
        down.addLayout(place)
        self._question.setProperty("state", "warn")
        ask = QHBoxLayout(self._question)
        ask.setContentsMargins(SPACE * 3, SPACE * 2, SPACE * 3, SPACE * 2)
        self._replace.setObjectName("export.replace")
        self._replace.setAccessibleName("Replace what exists")
        ask.addWidget(self._replace)
        down.addWidget(self._question)
        down.addSpacing(SPACE)
        down.addWidget(label("Will be written", "strong"))
        for n, line in enumerate(self._names):
            line.setObjectName(f"export.file.{n}")
            line.setProperty("role", "quiet")
            down.addWidget(line)
        down.addStretch(1)
        whole.addWidget(self._foot())

    def _build_options(self, down: QVBoxLayout) -> None:
        down.addWidget(self._options_head)
        self._blur.setObjectName("export.blur")
        self._blur.setToolTip("Pixels of all other people are replaced in the copy, for good")
        self._distractors.setObjectName("export.distractors")
        self._distractors.setToolTip(
            "Tracklets without an identity become person 0; they may show the same people"
        )
        for box in (self._blur, self._distractors):
            box.setAccessibleName(box.text())
            down.addWidget(box)
        across = QHBoxLayout(self._share_row)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(label("Kept for testing"), 1)
        self._share.setObjectName("export.share")
        self._share.setAccessibleName("Share of the persons kept for testing")
        self._share.setToolTip("Share of the persons seen by several cameras; none is in both parts")
        self._share.setRange(0, 100)
        self._share.setSingleStep(10)
        self._share.setSuffix(" %")
        self._share.setFixedWidth(SHARE_PX)
        across.addWidget(self._share)
        down.addWidget(self._share_row)

    def _foot(self) -> QFrame:
        foot = QFrame()
        foot.setProperty("plane", "header")
        foot.setProperty("rule", "top")
        last = QHBoxLayout(foot)
        last.setContentsMargins(SPACE * 4, SPACE * 2, SPACE * 4, SPACE * 2)
        last.setSpacing(SPACE * 2)
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
        self._start.setDefault(True)
        return foot

    def _join(self) -> None:
        for what, radio in self._whats.items():
            radio.clicked.connect(lambda _=False, what=what: self.what_chosen.emit(what))
        self._blur.clicked.connect(lambda on: self.option_chosen.emit("blur", on))
        self._distractors.clicked.connect(lambda on: self.option_chosen.emit("distractors", on))
        self._share.valueChanged.connect(lambda share: self.option_chosen.emit("test_share", share / 100))
        self._folder.textEdited.connect(self.folder_edited)
        self._choose.clicked.connect(self.folder_asked)
        self._replace.clicked.connect(self.replacing_chosen)
        self._open.clicked.connect(self.open_asked)
        self._close.clicked.connect(self.closed)
        self._cancel.clicked.connect(self.cancelled)
        self._start.clicked.connect(self.started)


def why_not(state: ExportState) -> str:
    """Why the export cannot start, or what starting does."""
    if state.can_start or state.progress is not None:
        return "Write the files"
    if state.what in state.why_not:
        return state.why_not[state.what]
    if not state.folder:
        return "Name a folder first"
    if state.stop:
        return state.stop
    return "Counting what will be written" if state.is_checking else "These names exist there"
