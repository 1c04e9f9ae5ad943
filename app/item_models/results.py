"""The hits of a search as rows under heads."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from app.result_list import Group, ResultList
from app.snapshot import short_name
from app.widgets.results_view import ENTRY_ROLE
from app.wording import VERDICT_WORDS, count_label, similarity_label, span_label
from app.workspace import ResultRow

Index = QModelIndex | QPersistentModelIndex
Entry = Group | ResultRow


class ResultsModel(QAbstractListModel):
    """One row a head (where groups have heads) and one row a hit of an unfolded group.

    `ENTRY_ROLE` gives the `Group` or `ResultRow`; text roles say the same in words.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shown = ResultList()
        self.entries: list[Entry] = []
        self.heads: list[int] = []
        self._row_of: dict[str, int] = {}
        self._folded: set[str] = set()

    def show(self, shown: ResultList) -> None:
        """Take a new list; where it holds the same hits, only their state is painted anew."""
        before = self.shown
        is_same = before.is_grouped == shown.is_grouped and before.groups == shown.groups
        self.shown = shown
        if is_same:
            if self.entries:
                self.dataChanged.emit(self.index(0), self.index(len(self.entries) - 1))
            return
        self._rebuild()

    def fold(self, camera: str, is_folded: bool) -> None:
        """Hide or show the hits of a camera; it stays so in later searches."""
        if (camera in self._folded) != is_folded:
            (self._folded.add if is_folded else self._folded.discard)(camera)
            self._rebuild()

    def is_folded(self, camera: str) -> bool:
        """Whether the camera's hits are hidden."""
        return camera in self._folded

    def index_of(self, tracklet_id: str) -> QModelIndex:
        """Where a hit stands; invalid when it is not in the list or folded away."""
        row = self._row_of.get(tracklet_id)
        return QModelIndex() if row is None else self.index(row)

    def index_of_head(self, camera: str) -> QModelIndex:
        """Where a camera's head stands; invalid without heads."""
        for row, entry in enumerate(self.entries):
            if isinstance(entry, Group) and entry.camera == camera:
                return self.index(row)
        return QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Heads and hits."""
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The entry itself, or its words."""
        entry = self.entries[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._words(entry)
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.camera if isinstance(entry, Group) else short_name(entry.tracklet)
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(entry, ResultRow):
            return self._words(entry) + "\nEnter: go there in all panes"
        return None

    def _words(self, entry: Entry) -> str:
        if isinstance(entry, Group):
            state = ", folded" if entry.camera in self._folded else ""
            best = similarity_label(entry.best)
            return f"{entry.camera}, {count_label(len(entry.rows), 'tracklet')}, best {best}{state}"
        number = self.shown.numbers.get(entry.tracklet)
        parts = [
            short_name(entry.tracklet),
            entry.camera,
            *([f"person {number}"] if number else []),
            span_label(entry.start_ms, entry.end_ms),
            f"similarity {similarity_label(entry.similarity)}",
            VERDICT_WORDS[self.shown.verdicts.get(entry.tracklet)],
            *(["elsewhere at that time, cannot be this person"] if entry.is_impossible else []),
            *([entry.reason] if entry.reason else []),
        ]
        return ", ".join(parts)

    def _rebuild(self) -> None:
        self.beginResetModel()
        entries: list[Entry] = []
        heads: list[int] = []
        row_of: dict[str, int] = {}
        for group in self.shown.groups:
            if self.shown.is_grouped:
                heads.append(len(entries))
                entries.append(group)
                if group.camera in self._folded:
                    continue
            row_of.update((row.tracklet, number) for number, row in enumerate(group.rows, len(entries)))
            entries.extend(group.rows)
        self.entries, self.heads, self._row_of = entries, heads, row_of
        self.endResetModel()
