"""How long people take between two cameras: a table that is typed into, learnt, or left unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout

from app.theme.tokens import CONTROL_PX
from app.views.links import TravelRow
from app.widgets.elided import ElidedLabel
from app.widgets.forms import button, label
from app.widgets.inputs import CheckCells
from app.widgets.own_keys import OwnKeys
from app.widgets.verify_bars import bar

WIDTHS = (0, 74, 66, 76, 66, 98)
"""Of the columns, pixels; the first takes the rest."""
KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_F2, Qt.Key.Key_Delete,
        Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)  # fmt: skip


class Travels(Protocol):
    """What the panel needs of its model; `app.item_models.travel.TravelModel` is one."""

    def show(self, rows: Sequence[TravelRow]) -> None:
        """Take new rows."""

    def row(self, index: QModelIndex) -> TravelRow:
        """The pair of cameras of a cell."""


class _Table(QTableView):
    cleared = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.cleared.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class TravelPanel(QFrame):
    """Passive.

    Args:
        model: The cells; says what was typed and checked.
        rows: The same, as what takes rows.

    Attributes:
        learn_asked: Take what the people found so far teach.
        forgotten: Nothing is known of two cameras any more.
    """

    learn_asked = Signal()
    forgotten = Signal(str, str)

    def __init__(self, model: QAbstractItemModel, rows: Travels) -> None:
        super().__init__()
        self.setObjectName("links.travel")
        self.setProperty("plane", "panel")
        model.setParent(self)
        self._rows = rows
        self._learn = button(
            "links.learn", "Learn", "graduation-cap", "Learn travel times from the people found so far",
            small=True,
        )  # fmt: skip
        self._learn.clicked.connect(self.learn_asked)
        self._table = _Table()
        self._table.setObjectName("links.travel.table")
        self._table.setAccessibleName("Travel times")
        self._table.setToolTip("Type over a time; Del makes the pair unknown")
        self._table.setModel(model)
        self._table.setItemDelegate(CheckCells(self._table))
        self._table.setProperty("kind", "cells")
        self._table.setShowGrid(False)
        self._table.setWordWrap(False)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(CONTROL_PX)
        self._table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._table.cleared.connect(self._forget)
        OwnKeys(self._table, KEYS)
        head = self._table.horizontalHeader()
        head.setHighlightSections(False)
        head.setMinimumSectionSize(40)
        for column, width in enumerate(WIDTHS):
            if width:
                head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                head.resizeSection(column, width)
            else:
                head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self._hint = ElidedLabel("What is unknown excludes nothing. Write 20 or 0:20; Del clears a pair.")
        self._hint.setObjectName("links.travel.hint")
        self._hint.setProperty("role", "quiet")
        top = bar("links.travel.head")
        line = QHBoxLayout(top)
        line.setContentsMargins(12, 0, 8, 0)
        line.setSpacing(8)
        line.addWidget(label("Travel times", "strong", "links.travel.title"))
        line.addStretch(1)
        line.addWidget(self._learn)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 6, 12, 6)
        foot.addWidget(self._hint)
        foot.addStretch(1)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(top)
        down.addWidget(self._table, 1)
        down.addLayout(foot)

    def show_rows(self, rows: Sequence[TravelRow]) -> None:
        """The pairs of cameras."""
        self._rows.show(rows)

    def _forget(self) -> None:
        index = self._table.currentIndex()
        if index.isValid():
            row = self._rows.row(index)
            self.forgotten.emit(row.a, row.b)
