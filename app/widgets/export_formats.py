"""The formats of the export, grouped by what they are for."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QRadioButton, QScrollArea, QVBoxLayout

from app.theme.tokens import SPACE
from app.views.export import FORMATS
from app.widgets.forms import head, label

WIDTH_PX = 216


class FormatList(QFrame):
    """One format is chosen, always.

    Attributes:
        chosen: Key of a format.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("export.formats")
        self.setProperty("plane", "panel")
        self.setProperty("rule", "right")
        self.setFixedWidth(WIDTH_PX)
        self._radios: dict[str, QRadioButton] = {}
        self._group = QButtonGroup(self)
        inside = QFrame()
        inside.setProperty("plane", "panel")
        down = QVBoxLayout(inside)
        down.setContentsMargins(SPACE * 4, SPACE * 2, SPACE * 2, SPACE * 4)
        down.setSpacing(SPACE * 2)
        for group, members in groupby(FORMATS.values(), key=lambda made: made.group):
            caption = label(group, "caption")
            caption.setContentsMargins(0, SPACE, 0, 0)
            down.addWidget(caption)
            for made in members:
                radio = QRadioButton(made.title)
                radio.setObjectName(f"export.format.{made.key}")
                radio.setAccessibleName(f"{made.title}, {made.about}")
                radio.setToolTip(made.about)
                radio.clicked.connect(lambda _=False, key=made.key: self.chosen.emit(key))
                self._group.addButton(radio)
                self._radios[made.key] = radio
                down.addWidget(radio)
        down.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(head("export.formats.head", label("Format", "title")))
        whole.addWidget(area, 1)

    def show_format(self, key: str, *, is_enabled: bool) -> None:
        """Show which one is chosen, and whether another can be."""
        for name, radio in self._radios.items():
            radio.setChecked(name == key)
            radio.setEnabled(is_enabled)
