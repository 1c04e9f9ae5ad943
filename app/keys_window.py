"""The sheet of keys: every action with its key, searchable."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app.actions import ACTIONS, MENUS


class KeysWindow(QDialog):
    """Lists the table of actions by menu; typing narrows it down. Not modal: it may stay open."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("keys")
        self.setWindowTitle("Keys")
        self.resize(480, 640)
        self._find = QLineEdit()
        self._find.setObjectName("keys.find")
        self._find.setAccessibleName("Find an action or a key")
        self._find.setPlaceholderText("Find an action or a key")
        self._find.setClearButtonEnabled(True)
        self._find.textChanged.connect(self._narrow)
        self._tree = QTreeWidget()
        self._tree.setObjectName("keys.list")
        self._tree.setAccessibleName("Actions and their keys")
        self._tree.setHeaderHidden(True)
        self._tree.setColumnCount(2)
        self._tree.setRootIsDecorated(False)
        self._tree.setUniformRowHeights(True)
        self._tree.setIndentation(12)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self._find)
        layout.addWidget(self._tree, 1)
        self._fill()

    def _fill(self) -> None:
        for menu, title in MENUS.items():
            group = QTreeWidgetItem(self._tree, [title.replace("&", ""), ""])
            font = group.font(0)
            font.setWeight(font.Weight.DemiBold)
            group.setFont(0, font)
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for action in ACTIONS:
                if action.menu == menu:
                    keys = ", ".join(
                        QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
                        for key in action.keys
                    )
                    QTreeWidgetItem(group, [action.text.rstrip("…"), keys or "–"])
        self._tree.expandAll()
        self._tree.setColumnWidth(0, 300)

    def _narrow(self, text: str) -> None:
        wanted = text.casefold().strip()
        for group, entries in self._groups():
            for entry in entries:
                entry.setHidden(wanted not in f"{entry.text(0)} {entry.text(1)}".casefold())
            group.setHidden(all(entry.isHidden() for entry in entries))

    def _groups(self) -> list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]]:
        groups = [self._tree.topLevelItem(number) for number in range(self._tree.topLevelItemCount())]
        return [
            (group, [entry for row in range(group.childCount()) if (entry := group.child(row)) is not None])
            for group in groups
            if group is not None
        ]

    def shown(self) -> list[tuple[str, str]]:
        """``(action, key)`` of every row that the search leaves."""
        return [
            (entry.text(0), entry.text(1))
            for _, entries in self._groups()
            for entry in entries
            if not entry.isHidden()
        ]
