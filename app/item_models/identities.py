"""The persons of a project as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.views.identities import PersonRow
from app.widgets.identity_list import PERSON_ROLE

Index = QModelIndex | QPersistentModelIndex


class IdentitiesModel(QAbstractListModel):
    """One row a person; `PERSON_ROLE` gives the `PersonRow`, editing a row's name asks for another.

    Attributes:
        renamed: Number and new name; the row changes when the project has.
    """

    renamed = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[PersonRow, ...] = ()

    def show(self, rows: Sequence[PersonRow]) -> None:
        """Take new rows; the same persons stay where they are, and so does what is edited or marked."""
        rows = tuple(rows)
        is_same = [row.number for row in rows] == [row.number for row in self._rows]
        if is_same:
            before, self._rows = self._rows, rows
            changed = [n for n, (a, b) in enumerate(zip(before, rows, strict=True)) if a != b]
            if changed:
                self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def index_of(self, number: int) -> QModelIndex:
        """Where a person stands; invalid when it is not in the list."""
        for n, row in enumerate(self._rows):
            if row.number == number:
                return self.index(n)
        return QModelIndex()

    def index_of_cover(self, tracklet_id: str) -> QModelIndex:
        """The person whose cover is of this tracklet."""
        for n, row in enumerate(self._rows):
            if row.cover == tracklet_id:
                return self.index(n)
        return QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Persons."""
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Rows can be selected and renamed."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row itself, its name, or its words."""
        row = self._rows[index.row()]
        if role == PERSON_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken
        if role == Qt.ItemDataRole.ToolTipRole:
            way = "Click: highlight everywhere. Enter: search. F2: rename."
            return f"{row.problem}.\n{row.when}\n{way}" if row.problem else way
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A new name was typed."""
        if role != Qt.ItemDataRole.EditRole:
            return False
        self.renamed.emit(self._rows[index.row()].number, str(value))
        return True
