"""What is about to be added: each file with the name of its camera, which can be changed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.theme.tokens import SPACE
from app.views.sources import AddForm
from app.widgets.elided import ElidedLabel
from app.widgets.forms import button, head, icon_button, label
from app.widgets.inputs import Check, RealStepper
from app.wording import count_label

NO_RATE = 0.0
MAX_RATE = 240.0


class AddPanel(QFrame):
    """Emits `added` with ``[(path, camera)]`` and the rate of pictures, or `cancelled`."""

    added = Signal(list, object)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("adding")
        self.setAccessibleName("Add footage")
        self.setProperty("plane", "panel")
        self._items: tuple[tuple[str, str, str], ...] = ()
        self._names: list[QLineEdit] = []
        self._title = label("Add footage", "title", "adding.title")
        close = icon_button("adding.close", "Cancel", "x", "Esc")
        close.clicked.connect(self.cancelled)
        self._hint = label("Files of the same camera get the same name.", "quiet", "adding.hint")
        self._hint.setWordWrap(True)
        self._progress = label("", "", "adding.progress")
        self._one = Check("All of one camera, one after the other")
        self._one.setObjectName("adding.one")
        self._one.setToolTip("Give every file the name of the first one's camera")
        self._one.toggled.connect(self._unite)
        self._rate = RealStepper()
        self._rate.setObjectName("adding.rate")
        self._rate.setAccessibleName("Pictures a second")
        self._rate.setToolTip("Rate of folders of pictures")
        self._rate.setRange(NO_RATE, MAX_RATE)
        self._rate.setSpecialValueText("as the folder says, else 25")
        self._rate.setSuffix(" pictures/s")
        self._rate_label = label("Rate", "quiet")
        self._add = button(
            "adding.add", "Add", "plus", "Add this footage to the project (Return)", kind="primary"
        )
        self._add.clicked.connect(self._send)
        self._add.setDefault(True)
        self._build(close)

    def _build(self, close: QWidget) -> None:
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE * 2)
        self._grid.setVerticalSpacing(SPACE)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        body = QFrame()
        body.setProperty("plane", "panel")
        inner = QVBoxLayout(body)
        inner.setContentsMargins(SPACE * 4, SPACE * 3, SPACE * 4, SPACE * 4)
        inner.setSpacing(SPACE * 3)
        inner.addWidget(self._hint)
        inner.addWidget(self._progress)
        inner.addLayout(self._grid)
        inner.addWidget(self._one)
        rate = QHBoxLayout()
        rate.setSpacing(SPACE * 3)
        rate.addWidget(self._rate_label)
        rate.addWidget(self._rate, 1)
        inner.addLayout(rate)
        buttons = QHBoxLayout()
        buttons.addWidget(self._add)
        buttons.addStretch(1)
        inner.addLayout(buttons)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("adding.scroll")
        scroll.setWidgetResizable(True)
        scroll.setWidget(body)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head("adding.head", self._title, close))
        down.addWidget(scroll, 1)

    def show_form(self, form: AddForm) -> None:
        """Show what can be added, or how far adding is."""
        is_busy = bool(form.progress)
        self._progress.setText(form.progress)
        self._progress.setVisible(is_busy)
        for widget in (self._hint, self._add):
            widget.setVisible(not is_busy)
        self._one.setVisible(not is_busy and len(form.items) > 1)
        self._rate.setVisible(form.needs_rate)
        self._rate_label.setVisible(form.needs_rate)
        if is_busy:
            self._clear()
            self._title.setText("Adding footage")
            return
        self._items = form.items
        self._title.setText(f"Add {count_label(len(form.items), 'file')}")
        self._one.setChecked(False)
        self._clear()
        self._grid.addWidget(label("File", "caption"), 0, 0)
        self._grid.addWidget(label("Camera", "caption"), 0, 1)
        for row, (path, file, camera) in enumerate(form.items, start=1):
            shown = ElidedLabel(file)
            shown.setToolTip(path)
            shown.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            name = QLineEdit(camera)
            name.setObjectName(f"adding.camera.{row}")
            name.setAccessibleName(f"Camera of {file}")
            name.setToolTip(f"Name of the camera that recorded {file}")
            name.setMaxLength(64)
            name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            name.returnPressed.connect(self._send)
            self._grid.addWidget(shown, row, 0)
            self._grid.addWidget(name, row, 1)
            self._names.append(name)
        self._names[0].setFocus()
        self._names[0].selectAll()

    def _clear(self) -> None:
        self._names = []
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()

    def _unite(self, is_one: bool) -> None:
        for name, (_, _, camera) in list(zip(self._names, self._items, strict=False))[1:]:
            name.setText(self._names[0].text() if is_one else camera)
            name.setEnabled(not is_one)

    def _send(self) -> None:
        names = [name.text().strip() for name in self._names]
        if self._one.isChecked():
            names = [names[0]] * len(names)
        empty = next((n for n, name in enumerate(names) if not name), None)
        if empty is not None:
            self._names[empty].setFocus()
            return
        items = [(path, name) for (path, _, _), name in zip(self._items, names, strict=True)]
        rate = self._rate.value() if self._rate.isVisible() else NO_RATE
        self.added.emit(items, rate or None)
