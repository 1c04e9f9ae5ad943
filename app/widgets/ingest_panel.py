"""How footage is processed: detector, model, frames, device, and how long it takes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QSizePolicy, QVBoxLayout

from app.theme.tokens import SPACE
from app.views.sources import IngestForm
from app.widgets.forms import head, label
from app.widgets.inputs import Select, Stepper

MAX_STRIDE = 50
_FIELDS = (
    ("detector", "Detector", "Finds people in the frames"),
    ("model", "Re-ID model", "Describes people so that they can be found again"),
    ("device", "Device", "What the models run on"),
)


class IngestPanel(QFrame):
    """Emits `chosen` when something is changed by hand."""

    chosen = Signal(str, str)
    """``detector``, ``model``, ``device`` or ``stride``, and its value."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("ingest")
        self.setAccessibleName("How footage is processed")
        self.setProperty("plane", "panel")
        self._boxes: dict[str, QComboBox] = {}
        grid = QGridLayout()
        grid.setContentsMargins(SPACE * 4, SPACE * 3, SPACE * 4, SPACE * 3)
        grid.setHorizontalSpacing(SPACE * 3)
        grid.setVerticalSpacing(SPACE * 2)
        grid.setColumnStretch(1, 1)
        for row, (name, words, tip) in enumerate(_FIELDS):
            box = Select()
            box.setObjectName(f"ingest.{name}")
            box.setAccessibleName(words)
            box.setToolTip(tip)
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.activated.connect(lambda _, name=name: self._send(name))
            self._boxes[name] = box
            text = label(words, "quiet")
            text.setBuddy(box)
            grid.addWidget(text, row, 0)
            grid.addWidget(box, row, 1)
        self._stride = Stepper()
        self._stride.setObjectName("ingest.stride")
        self._stride.setAccessibleName("Frames between two looks of the detector")
        self._stride.setToolTip("Every how many frames the detector looks; boxes between are interpolated")
        self._stride.setRange(1, MAX_STRIDE)
        self._stride.setPrefix("every ")
        self._stride.valueChanged.connect(self._show_stride)
        self._stride.editingFinished.connect(self._send_stride)
        grid.addWidget(label("Frames", "quiet"), len(_FIELDS), 0)
        grid.addWidget(self._stride, len(_FIELDS), 1)
        self._estimate = label("", name="ingest.estimate")
        self._estimate.setWordWrap(True)
        self._note = label("", "quiet", "ingest.note")
        self._note.setWordWrap(True)
        grid.addWidget(self._estimate, len(_FIELDS) + 1, 0, 1, 2)
        grid.addWidget(self._note, len(_FIELDS) + 2, 0, 1, 2)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head("ingest.head", label("Processing", "title")))
        down.addLayout(grid)

    def show_form(self, form: IngestForm) -> None:
        """Show choices and estimate."""
        for name, choices, chosen in (
            ("detector", form.detectors, form.detector),
            ("model", form.models, form.model),
            ("device", form.devices, form.device),
        ):
            self._fill(self._boxes[name], choices, chosen)
            self._boxes[name].setEnabled(not form.is_running)
        if not self._stride.hasFocus():
            self._stride.blockSignals(True)
            self._stride.setValue(form.stride)
            self._stride.blockSignals(False)
            self._show_stride(form.stride)
        self._stride.setEnabled(not form.is_running)
        self._estimate.setText(form.estimate)
        self._estimate.setVisible(bool(form.estimate))
        self._note.setText(form.note)
        self._note.setVisible(bool(form.note))

    @staticmethod
    def _fill(box: QComboBox, choices: tuple[tuple[str, str], ...], chosen: str) -> None:
        known = tuple((box.itemData(n), box.itemText(n)) for n in range(box.count()))
        if known != choices:
            box.clear()
            for value, words in choices:
                box.addItem(words, value)
        box.setCurrentIndex(max(box.findData(chosen), 0))
        box.setToolTip(f"{box.accessibleName()}: {box.currentText()}")

    def _send(self, name: str) -> None:
        self.chosen.emit(name, str(self._boxes[name].currentData() or ""))

    def _show_stride(self, value: int) -> None:
        self._stride.setSuffix(". frame" if value > 1 else " frame")
        self._stride.setPrefix("every ")

    def _send_stride(self) -> None:
        self.chosen.emit("stride", str(self._stride.value()))
