"""The table of travel times between cameras; its cells can be edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.views.links import TravelRow
from app.wording import UNKNOWN

Index = QModelIndex | QPersistentModelIndex
TIMES = ("least", "typical", "most")
HEADS = ("Cameras", "Minimum", "Typical", "Maximum", "Overlap", "Known from")
OVERLAP = 4


class TravelModel(QAbstractTableModel):
    """One row a pair of cameras.

    Attributes:
        time_set: Two cameras, ``least``, ``typical`` or ``most``, and what was typed.
        overlap_set: Two cameras, and whether their views overlap.
    """

    time_set = Signal(str, str, str, str)
    overlap_set = Signal(str, str, bool)

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[TravelRow, ...] = ()

    def show(self, rows: Sequence[TravelRow]) -> None:
        """Take new rows; the same pairs keep their place."""
        before, self._rows = self._rows, tuple(rows)
        if [(r.a, r.b) for r in before] == [(r.a, r.b) for r in self._rows]:
            if self._rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(HEADS) - 1))
            return
        self.beginResetModel()
        self.endResetModel()

    def row(self, index: Index) -> TravelRow:
        """The pair of cameras of a cell."""
        return self._rows[index.row()]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Pairs of cameras."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Cameras, three times, overlap, where it is known from."""
        return 0 if parent.isValid() else len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The columns' heads."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Times are typed, overlap is checked."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if 1 <= index.column() <= len(TIMES):
            return flags | Qt.ItemFlag.ItemIsEditable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == OVERLAP else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell's words, or its check."""
        row, column = self._rows[index.row()], index.column()
        words = (f"{row.a} – {row.b}", row.least, row.typical, row.most, "", row.source)[column]
        is_time = 1 <= column <= len(TIMES)
        if role == Qt.ItemDataRole.DisplayRole:
            return words or (UNKNOWN if is_time else "")
        if role == Qt.ItemDataRole.EditRole:
            return words
        if role == Qt.ItemDataRole.CheckStateRole and column == OVERLAP:
            return Qt.CheckState.Checked if row.overlapping else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.ToolTipRole:
            return "Seconds, 0:20 or 1:05:00; empty: unknown" if is_time else f"{row.a} and {row.b}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.a} to {row.b}, {HEADS[column]}: {words or 'unknown'}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Something was typed or checked; the row changes when the project has."""
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.CheckStateRole and column == OVERLAP:
            self.overlap_set.emit(row.a, row.b, Qt.CheckState(value) is Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and str(value).strip() != self.data(index, role):
            self.time_set.emit(row.a, row.b, TIMES[column - 1], str(value))
            return True
        return False
