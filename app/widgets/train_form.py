"""What a run is made with: data, method, the few numbers that matter, the rest folded, and the estimate."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.theme.icons import icon
from app.theme.tokens import SPACE
from app.views.training import Check, Choices, TrainForm
from app.widgets.check_list import HEAD_PX, CheckList
from app.widgets.elided import ElidedLabel
from app.widgets.forms import GAP, Facts, Message, button, head, label
from app.widgets.inputs import RealStepper, Select, Stepper
from app.widgets.settings_fold import SettingsFold

LABEL_PX, STEPPER_PX, DATA_PX = 92, 64, 200
FILE = "file…"
FOLDER = "folder…"
_SELECTS = (
    ("init", "Start from", "The first weights: others' learning, or none"),
    ("recipe", "Recipe", "Loss, schedule and augmentation by their paper's name"),
    ("method", "Method", "The network's head and what it learns from"),
    ("backbone", "Backbone", "The part of the network that sees; small ones train on a processor"),
    ("device", "Device", "What it is trained on"),
)
_SETTING_OF = {"method": "model.method", "backbone": "model.backbone.name"}


class TrainFormPanel(QFrame):
    """Emits what is chosen by hand; implements `app.views.training.TrainFormView`."""

    chosen = Signal(str, str)
    """``source``, ``folder``, ``recipe``, ``init`` or ``device``, and its value."""
    changed = Signal(str, str)
    """A setting's name and its value as TOML writes it."""
    reset_asked = Signal()
    check_asked = Signal()
    measure_asked = Signal()
    start_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("train.form")
        self.setAccessibleName("New run")
        self.setProperty("plane", "panel")
        self.setProperty("rule", "right")
        self._form = TrainForm()
        self._data = _select("train.data", "Data", "What the run learns from")
        self._data.setFixedWidth(DATA_PX)
        self._data.activated.connect(self._choose_data)
        self.check = CheckList("train.check")
        self.check.again.clicked.connect(self.check_asked)
        self._boxes: dict[str, QComboBox] = {}
        self._body = QFrame()
        self._body.setObjectName("train.body")
        self._body.setProperty("plane", "panel")
        down = QVBoxLayout(self._body)
        down.setContentsMargins(0, 0, 0, SPACE * 4)
        down.setSpacing(0)
        down.addWidget(self.check)
        down.addWidget(self._method_head())
        down.addLayout(self._grid())
        self.settings = SettingsFold("train.settings")
        self.settings.changed.connect(self.changed)
        self.settings.reset_asked.connect(self.reset_asked)
        down.addWidget(self.settings)
        down.addWidget(self._estimate_head())
        down.addLayout(self._estimate())
        down.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("train.scroll")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._body)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 1, 0)
        page.setSpacing(0)
        page.addWidget(head("train.form.head", label("Train", "title"), self._data))
        page.addWidget(scroll, 1)
        page.addWidget(self._foot())

    # --- building

    def _method_head(self) -> QFrame:
        self._size = ElidedLabel()
        self._size.setObjectName("train.size")
        self._size.setProperty("role", "caption")
        return _section("Method", self._size)

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(SPACE * 4, SPACE * 3, SPACE * 4, SPACE * 3)
        grid.setHorizontalSpacing(SPACE * 3)
        grid.setVerticalSpacing(SPACE * 2)
        grid.setColumnStretch(1, 1)
        for row, (name, words, tip) in enumerate(_SELECTS):
            box = self._boxes[name] = _select(f"train.{name}", words, tip)
            box.activated.connect(lambda _, name=name: self._send(name))
            _add(grid, row, words, box)
        self._epochs = _steps("train.epochs", "Epochs", "How often every picture is seen", 1, 10_000)
        self._ids = _steps("train.ids", "People in a batch", "How many people each step looks at", 2, 1024)
        self._images = _steps("train.images", "Pictures of each", "How many pictures of each person", 1, 256)
        for stepper, setting in (
            (self._epochs, "schedule.n_epochs"),
            (self._ids, "batch.n_ids"),
            (self._images, "batch.n_images"),
        ):
            stepper.editingFinished.connect(
                lambda stepper=stepper, setting=setting: self.changed.emit(setting, str(stepper.value()))
            )
        self._rate = RealStepper()
        self._rate.setObjectName("train.rate")
        self._rate.setAccessibleName("Learning rate")
        self._rate.setToolTip("How far each step goes")
        self._rate.setDecimals(6)
        self._rate.setRange(0.0, 10.0)
        self._rate.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self._rate.editingFinished.connect(
            lambda: self.changed.emit("schedule.lr", repr(round(self._rate.value(), 6)))
        )
        first = len(_SELECTS)
        _add(grid, first, "Epochs", self._epochs)
        batch = QHBoxLayout()
        batch.setSpacing(SPACE * 2)
        for widget, share in (
            (self._ids, 1),
            (label("people", "quiet"), 0),
            (label("×", "quiet"), 0),
            (self._images, 1),
        ):
            batch.addWidget(widget, share)
        grid.addWidget(_words("Batch", self._ids), first + 1, 0)
        grid.addLayout(batch, first + 1, 1)
        _add(grid, first + 2, "Learning rate", self._rate)
        return grid

    def _estimate_head(self) -> QFrame:
        self._measured = label("", "caption", "train.measured")
        self._measure = button(
            "train.measure", "Measure", "timer", "Run a few batches to know how long it takes", small=True
        )
        self._measure.clicked.connect(self.measure_asked)
        return _section("Before the start", self._measured, self._measure)

    def _estimate(self) -> QVBoxLayout:
        self._facts = Facts("train.facts")
        down = QVBoxLayout()
        down.setContentsMargins(SPACE * 4, SPACE, SPACE * 4, 0)
        down.addWidget(self._facts)
        return down

    def _foot(self) -> QFrame:
        foot = QFrame()
        foot.setObjectName("train.foot")
        foot.setProperty("plane", "panel")
        foot.setProperty("rule", "top")
        self._note = Message("train.note")
        self._start = button("train.start", "Start training", "play", "", kind="primary")
        self._start.clicked.connect(self.start_asked)
        down = QVBoxLayout(foot)
        down.setContentsMargins(SPACE * 4, SPACE * 3, SPACE * 4, SPACE * 3)
        down.setSpacing(SPACE * 2)
        down.addWidget(self._note)
        down.addWidget(self._start)
        return foot

    # --- what the presenter says

    def show_check(self, check: Check) -> None:
        """See `TrainFormView`."""
        self.check.show_check(check)

    def show_form(self, form: TrainForm) -> None:
        """See `TrainFormView`."""
        self._form = form
        self._show_data(form)
        choices: dict[str, tuple[Choices, str]] = {
            "init": ((*form.inits, (FILE, "A file…")), form.init),
            "recipe": (form.recipes, form.recipe),
            "method": (form.methods, form.method),
            "backbone": (form.backbones, form.backbone),
            "device": (form.devices, form.device),
        }
        for name, (entries, chosen) in choices.items():
            _fill(self._boxes[name], entries, chosen)
            self._boxes[name].setEnabled(form.is_ready or name in ("init", "device"))
        for stepper, value in (
            (self._epochs, form.n_epochs), (self._ids, form.n_ids), (self._images, form.n_images),
        ):  # fmt: skip
            stepper.setEnabled(form.is_ready)
            if not stepper.hasFocus():
                _set_value(stepper, value)
        self._rate.setEnabled(form.is_ready)
        if not self._rate.hasFocus():
            _set_value(self._rate, form.lr)
        self.settings.show_settings(form.settings)
        self._size.set_text(form.size)
        self._facts.show_facts(form.facts)
        self._measured.setText(form.measured)
        self._measure.setText(GAP + ("Stop" if form.is_measuring else "Measure"))
        self._measure.setIcon(icon("square" if form.is_measuring else "timer"))
        self._measure.setEnabled(form.is_measuring or form.can_start)
        self._note.tell(form.level, form.note)
        self._start.setText(GAP + form.button)
        self._start.setAccessibleName(form.button)
        self._start.setEnabled(form.can_start)
        self._start.setToolTip(
            f"{form.button}: {form.why_not}" if form.why_not else f"{form.button} (Ctrl+Return)"
        )

    def _show_data(self, form: TrainForm) -> None:
        name = form.folder.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
        folder: Choices = (("folder", name), ("both", f"This project's people and {name}"))
        entries: Choices = (
            ("project", "This project's people"),
            *(folder if form.folder else ()),
            (FOLDER, "A folder of pictures…"),
        )
        _fill(self._data, entries, form.source if form.source == "project" or form.folder else FOLDER)
        self._data.setToolTip("Everybody who was accepted here" if form.source == "project" else form.folder)

    # --- what is done by hand

    def _choose_data(self) -> None:
        value = str(self._data.currentData())
        if value == FOLDER:
            dialog = QFileDialog(self, "Folder of training pictures")
            dialog.setObjectName("train.folder_dialog")
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.fileSelected.connect(lambda folder: self.chosen.emit("folder", folder))
            dialog.open()
            self._show_data(self._form)
        else:
            self.chosen.emit("source", value)

    def _send(self, name: str) -> None:
        value = str(self._boxes[name].currentData() or "")
        if name == "init" and value == FILE:
            dialog = QFileDialog(self, "First weights")
            dialog.setObjectName("train.init_dialog")
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.setNameFilters(["Weights (*.safetensors *.pt *.pth)", "All files (*)"])
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.fileSelected.connect(lambda file: self.chosen.emit("init", file))
            dialog.open()
            _fill(self._boxes["init"], (*self._form.inits, (FILE, "A file…")), self._form.init)
        elif name in _SETTING_OF:
            self.changed.emit(_SETTING_OF[name], value)
        else:
            self.chosen.emit(name, value)


def _select(name: str, words: str, tip: str) -> Select:
    box = Select()
    box.setObjectName(name)
    box.setAccessibleName(words)
    box.setToolTip(tip)
    box.setProperty("tip", tip)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    box.setMinimumContentsLength(8)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


def _steps(name: str, words: str, tip: str, least: int, most: int) -> Stepper:
    stepper = Stepper()
    stepper.setObjectName(name)
    stepper.setAccessibleName(words)
    stepper.setToolTip(tip)
    stepper.setRange(least, most)
    stepper.setMinimumWidth(STEPPER_PX)
    return stepper


def _section(title: str, *others: QWidget) -> QFrame:
    made = QFrame()
    made.setProperty("plane", "header")
    made.setProperty("rule", "bottom")
    made.setFixedHeight(HEAD_PX)
    across = QHBoxLayout(made)
    across.setContentsMargins(SPACE * 4, 0, SPACE * 3, 0)
    across.setSpacing(SPACE * 2)
    across.addWidget(label(title, "strong"))
    across.addStretch(1)
    for other in others:
        across.addWidget(other)
    return made


def _words(text: str, buddy: QWidget) -> QLabel:
    made = label(text, "quiet")
    made.setBuddy(buddy)
    made.setFixedWidth(LABEL_PX)
    return made


def _add(grid: QGridLayout, row: int, text: str, field: QWidget) -> None:
    grid.addWidget(_words(text, field), row, 0)
    grid.addWidget(field, row, 1)


def _fill(box: QComboBox, choices: Choices, chosen: str) -> None:
    known = tuple((box.itemData(n), box.itemText(n)) for n in range(box.count()))
    if known != choices:
        box.clear()
        for value, words in choices:
            box.addItem(words, value)
    box.setCurrentIndex(max(box.findData(chosen), 0))


def _set_value(stepper: QSpinBox | QDoubleSpinBox, value: float) -> None:
    stepper.blockSignals(True)
    if isinstance(stepper, QSpinBox):
        stepper.setValue(int(value))
    else:
        stepper.setValue(value)
    stepper.blockSignals(False)
