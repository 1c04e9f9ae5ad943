"""The window around the pages: header, rail, page in front, jobs strip."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.actions import BY_ID
from app.keys_window import KeysWindow
from app.menus import fill_menus, make_actions
from app.widgets.header import Header
from app.widgets.notice_bar import NoticeBar
from app.widgets.rail import NARROW_WINDOW_PX, Rail

MIN_WIDTH_PX, MIN_HEIGHT_PX = 1120, 680
NO_PROJECT = "open or make a project first"


class _Place(QWidget):
    """Where a page will be; it owns the page's actions from the beginning."""

    def __init__(self) -> None:
        super().__init__()
        self._room = QVBoxLayout(self)
        self._room.setContentsMargins(0, 0, 0, 0)

    def fill(self, page: QWidget) -> None:
        """Put the page in; the keyboard goes to it."""
        self._room.addWidget(page)
        self.setFocusProxy(page)


class MainWindow(QMainWindow):
    """The one window.

    Attributes:
        page_chosen: A page's name, from the rail.
        dropped: Paths that were dropped on the window.
        close_asked: The window is about to close; whoever keeps it open calls `keep_open`.
        actions_by_id: Every QAction of the table.
        notice: The inline bar over the pages.
    """

    page_chosen = Signal(str)
    dropped = Signal(list)
    close_asked = Signal()

    def __init__(self, pages: Mapping[str, tuple[str, str]], strip: QWidget) -> None:
        """Pages are ``name: (text, icon)`` in the order of the rail; `put_page` fills them."""
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Sightline")
        self.setMinimumSize(MIN_WIDTH_PX, MIN_HEIGHT_PX)
        self.setAcceptDrops(True)
        self._pages = {name: _Place() for name in pages}
        self._may_close = True
        self._keys: KeysWindow | None = None
        self.header = Header()
        self.setMenuWidget(self.header)
        self.actions_by_id = make_actions(self, self._pages)
        fill_menus(self.header.menus, self.actions_by_id)
        self.rail = Rail(
            [
                (name, text, icon_name, BY_ID[f"window.{name}"].keys[0])
                for name, (text, icon_name) in pages.items()
            ]
        )
        self.rail.chosen.connect(self.page_chosen)
        self.rail.keys_asked.connect(self.show_keys)
        self.notice = NoticeBar()
        self._stack = QStackedWidget()
        self._stack.setObjectName("pages")
        for widget in self._pages.values():
            self._stack.addWidget(widget)
        self.strip = strip
        self._build()

    def _build(self) -> None:
        middle = QVBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.notice)
        middle.addWidget(self._stack, 1)
        across = QHBoxLayout()
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self.rail)
        across.addLayout(middle, 1)
        central = QWidget()
        down = QVBoxLayout(central)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addLayout(across, 1)
        down.addWidget(self.strip)
        self.setCentralWidget(central)

    def put_page(self, name: str, page: QWidget) -> None:
        """Fill the place of a page."""
        self._pages[name].fill(page)

    def show_page(self, name: str) -> None:
        """Bring a page to the front, and put the keyboard on it."""
        self._stack.setCurrentWidget(self._pages[name])
        self.rail.show_page(name)
        self._pages[name].setFocus()

    def show_project(self, name: str) -> None:
        """Name of the open project, or empty; without one only the start page is open."""
        self.setWindowTitle(f"{name} – Sightline" if name else "Sightline")
        self.header.show_project(name)
        for page in self._pages:
            if page != "start":
                self.rail.set_enabled(page, bool(name), NO_PROJECT)
                self.actions_by_id[f"window.{page}"].setEnabled(bool(name))

    def show_history(self, undo: str, redo: str) -> None:
        """Name what undo and redo would do; empty switches them off."""
        for action_id, verb, what in (("edit.undo", "Undo", undo), ("edit.redo", "Redo", redo)):
            action = self.actions_by_id[action_id]
            action.setEnabled(bool(what))
            action.setText(f"{verb} {what}" if what else verb)

    def show_keys(self) -> None:
        """Open the sheet of keys."""
        if self._keys is None:
            self._keys = KeysWindow(self)
        self._keys.show()
        self._keys.raise_()

    def keep_open(self) -> None:
        """Called while `close_asked` is emitted: the window stays."""
        self._may_close = False

    def state(self) -> tuple[QByteArray, QByteArray]:
        """Geometry and layout, to be kept."""
        return self.saveGeometry(), self.saveState()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rail.set_narrow(self.width() < NARROW_WINDOW_PX)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._may_close = True
        self.close_asked.emit()
        event.setAccepted(self._may_close)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)
