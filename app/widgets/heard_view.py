"""An item view that paints by itself and is heard all the same."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractItemView


class QTableView(QAbstractItemView):
    """Base of item views of our own; it has the name of Qt's table on purpose.

    Qt finds what a screen reader is told by the names of the classes of a widget. It knows tables, lists and
    trees; any other item view is one silent plane. Under this name each row is a cell with the model's
    `Qt.AccessibleTextRole`, its place by `visualRect`, and the row in hand has the focus.
    """
