"""Asks for one person of all: type a name or a number, arrows, Enter."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QVBoxLayout, QWidget

from app.theme.icons import icon
from app.views.people import NEW, Entry
from app.widgets.forms import label
from app.widgets.people_list import PeopleList
from app.widgets.pictures import Pictures

SIZE = (400, 440)


class PersonChooser(QDialog):
    """A list with a find field; closes with the choice.

    Attributes:
        chosen: The number of the person, or `app.views.people.NEW`.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget, pictures: Pictures) -> None:
        super().__init__(parent)
        self.setObjectName("chooser")
        self.setModal(True)
        self.resize(*SIZE)
        self._entries: tuple[Entry, ...] = ()
        self._title, self._find = label("", "title", "chooser.title"), QLineEdit()
        self._find.setObjectName("chooser.find")
        self._find.setAccessibleName("Find a person")
        self._find.setToolTip("Name, number or camera; arrows and Enter choose")
        self._find.setPlaceholderText("Name, number or camera")
        self._find.setClearButtonEnabled(True)
        self._find.addAction(icon("search", "text3"), QLineEdit.ActionPosition.LeadingPosition)
        self._list = PeopleList(pictures, "chooser.list")
        self._list.setAcceptDrops(False)
        down = QVBoxLayout(self)
        down.setContentsMargins(12, 12, 12, 12)
        down.setSpacing(8)
        down.addWidget(self._title)
        down.addWidget(self._find)
        down.addWidget(self._list, 1)
        self._find.textChanged.connect(self._narrow)
        self._find.installEventFilter(self)
        self._list.opened.connect(self._take)
        self._list.clicked.connect(lambda index: self._take(self._list.row(index)))

    def ask(self, title: str, entries: Sequence[Entry], *, with_new: bool) -> None:
        """Open it."""
        new = Entry(NEW, "New person", "", "", "", "", "", 0.0)
        self._entries = tuple(entries) + ((new,) if with_new else ())
        self.setWindowTitle(title)
        self._title.setText(title)
        self._find.clear()
        self._narrow("")
        self._find.setFocus()
        self.open()

    def _narrow(self, text: str) -> None:
        wanted = text.strip().casefold()
        shown = [
            entry
            for entry in self._entries
            if wanted in f"{entry.name} {entry.cameras}".casefold() or wanted == str(entry.number)
        ]
        self._list.show_entries(shown)
        if shown:
            self._list.show_current(shown[0].number)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and Enter in the find field work on the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                index = self._list.currentIndex()
                if index.isValid():
                    self._take(self._list.row(index))
                return True
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                self._list.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)

    def _take(self, entry: Entry) -> None:
        self.accept()
        self.chosen.emit(entry.number)
