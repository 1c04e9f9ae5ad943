"""Plain rows behind a painted list; the row itself is data under `ROW_ROLE`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
T = TypeVar("T")


class LongRowsModel(QAbstractListModel, Generic[T]):
    """Rows known by their place, which may be made as they are looked at.

    Args:
        spoken: A row in one sentence.
    """

    def __init__(self, spoken: Callable[[T], str]) -> None:
        super().__init__()
        self._spoken = spoken
        self.rows: Sequence[T] = ()

    def show(self, rows: Sequence[T]) -> None:
        """Take new rows."""
        is_same = len(rows) == len(self.rows)
        if not is_same:
            self.beginResetModel()
        self.rows = rows
        if not is_same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row itself, or its words."""
        return _cell(self.rows[index.row()], self._spoken, role)


def _cell(row: T, spoken: Callable[[T], str], role: int) -> Any:
    if role == ROW_ROLE:
        return row
    words = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)
    return spoken(row) if role in words else None


class RowsModel(QAbstractListModel, Generic[T]):
    """Rows that say who they are, so that the same ones keep their place when some of it changes.

    Args:
        key: What a row is known by.
        spoken: A row in one sentence, for screen readers and tooltips.
    """

    def __init__(self, key: Callable[[T], Hashable], spoken: Callable[[T], str]) -> None:
        super().__init__()
        self._key, self._spoken = key, spoken
        self._rows: tuple[T, ...] = ()
        self._place: dict[Hashable, int] = {}

    @property
    def rows(self) -> tuple[T, ...]:
        """All rows, from the top."""
        return self._rows

    def show(self, rows: Sequence[T]) -> None:
        """Take new rows."""
        before, rows = self._rows, tuple(rows)
        place = {self._key(row): n for n, row in enumerate(rows)}
        if list(place) == list(self._place) and len(rows) == len(before):
            self._rows = rows
            changed = [n for n, (a, b) in enumerate(zip(before, rows, strict=True)) if a != b]
            if changed:
                self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))
            return
        self.beginResetModel()
        self._rows, self._place = rows, place
        self.endResetModel()

    def index_of(self, key: Hashable) -> QModelIndex:
        """Where a row stands; invalid where it is not in the list."""
        place = self._place.get(key)
        return QModelIndex() if place is None else self.index(place)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row itself, or its words."""
        return _cell(self._rows[index.row()], self._spoken, role)
