"""What becomes of everything in an export, as a table: stops, warns, kept, converted, lost."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from app.theme.icons import icon
from app.theme.theme import theme
from app.theme.tokens import ROW_TABLE_PX, SPACE
from app.widgets.paint import color
from reid_core.pipeline.export.base import Point, Result

COLUMNS = ("Result", "What", "Number", "How")
NUMBER = 2
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LOOKS = {
    Result.STOPS: ("Stops", "circle-x", "bad"),
    Result.WARNS: ("Look", "triangle-alert", "warn"),
    Result.KEPT: ("Kept", "circle-check", "ok"),
    Result.CONVERTED: ("Converted", "refresh-cw", "accent"),
    Result.LOST: ("Lost", "triangle-alert", "warn"),
}
"""Word, icon and colour role of each result."""
PADDING = f"QTableView::item {{ padding: {SPACE}px {SPACE * 2}px; }}"


class PointTable(QTableWidget):
    """Read only; each row says in words what its icon says in colour."""

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.setObjectName("export.points")
        self.setAccessibleName("What becomes of everything")
        self._points: tuple[Point, ...] = ()
        for column, text in enumerate(COLUMNS):
            title = QTableWidgetItem(text)
            title.setTextAlignment(RIGHT if column == NUMBER else LEFT)
            self.setHorizontalHeaderItem(column, title)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setMinimumSectionSize(ROW_TABLE_PX)
        self.setStyleSheet(PADDING)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.setWordWrap(True)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        for column in range(3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        theme().changed.connect(self._fill)

    def show_points(self, points: tuple[Point, ...], *, is_checking: bool) -> None:
        """Show these; while they are counted anew, the old ones stand greyed."""
        self.setEnabled(not is_checking)
        if points != self._points:
            self._points = points
            self._fill()

    def _fill(self) -> None:
        self.setRowCount(len(self._points))
        for row, point in enumerate(self._points):
            word, name, role = LOOKS[point.result]
            number = "" if point.number is None else f"{point.number:,}"
            for column, text in enumerate((word, point.what, number, point.how)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if column == 0:
                    item.setIcon(icon(name, role))
                    item.setForeground(color(str(getattr(theme().tokens, role))))
                if column == NUMBER:
                    item.setTextAlignment(RIGHT)
                self.setItem(row, column, item)
        self.resizeRowsToContents()
