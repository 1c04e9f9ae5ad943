"""The page on which people are found: panes over the timeline, results over identities."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.playback.scene import LAYOUTS
from app.theme.tokens import TOOLBAR_PX

STATE_VERSION = 1
RIGHT_PX, RIGHT_NARROW_PX = 432, 360
TIMELINE_PX = 232
WIDE_WINDOW_PX, HIGH_WINDOW_PX = 1400, 840
"""Smaller windows get a narrower right side, with identities in a tab behind the results."""

HINT = "Click a person to search, Ctrl+click to add, R to draw a box"
HINT_ROOM_PX = 48

_ICONS_ONLY = tuple(f"view.panes_{n}" for n in LAYOUTS)
_TOOLS_LEFT = (*_ICONS_ONLY, "", "view.boxes", "view.trails", "view.names")
_TOOLS_RIGHT = ("search.draw", "search.image", "annotate.mode")
_SHORT = {"search.draw": "Draw box", "annotate.mode": "Annotate"}
"""What the toolbar says where the menu says more."""


class InvestigatePage(QMainWindow):
    """Arranges the widgets; what they do is decided by their presenters.

    Timeline, results and identities are docks: they can float, be tabbed, and are where they were next time.
    """

    def __init__(
        self, panes: QWidget, transport: QWidget, timeline: QWidget, results: QWidget, identities: QWidget
    ) -> None:
        super().__init__()
        self.setObjectName("investigate")
        self.setAccessibleName("Investigate")
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockNestingEnabled(True)
        self._hint = QLabel(HINT)
        self._hint.setObjectName("investigate.hint")
        self._hint.setProperty("role", "quiet")
        self._tools = QFrame()
        self._tools.setObjectName("investigate.tools")
        self._tools.setProperty("plane", "header")
        self._tools.setProperty("rule", "bottom")
        self._tools.setFixedHeight(TOOLBAR_PX)
        self._tools.installEventFilter(self)
        self._line = QHBoxLayout(self._tools)
        self._line.setContentsMargins(12, 0, 12, 0)
        self._line.setSpacing(4)
        central = QWidget()
        self._down = QVBoxLayout(central)
        self._down.setContentsMargins(0, 0, 0, 0)
        self._down.setSpacing(0)
        self._down.addWidget(self._tools)
        self._down.addWidget(panes, 1)
        self._down.addWidget(transport)
        self.setCentralWidget(central)
        self._docks = {
            "timeline": self._dock("timeline", "Timeline", timeline, Qt.DockWidgetArea.BottomDockWidgetArea),
            "results": self._dock("results", "Results", results, Qt.DockWidgetArea.RightDockWidgetArea),
            "identities": self._dock(
                "identities", "Identities", identities, Qt.DockWidgetArea.RightDockWidgetArea
            ),
        }
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self._remembered: QByteArray | None = None
        self._is_laid_out = False

    def set_actions(self, actions: Mapping[str, QAction]) -> None:
        """Fill the toolbar, and the window menu's list of docks, from the table of actions."""
        for action_id in _TOOLS_LEFT:
            if action_id:
                self._line.addWidget(self._button(actions[action_id], action_id in _ICONS_ONLY))
            else:
                self._line.addSpacing(12)
        self._line.addStretch(1)
        self._line.addWidget(self._hint)
        self._line.addStretch(1)
        for action_id in _TOOLS_RIGHT:
            self._line.addWidget(self._button(actions[action_id], False))

    def add_bar(self, bar: QWidget) -> None:
        """Put a bar of tools under the toolbar."""
        self._down.insertWidget(1, bar)

    def dock_actions(self) -> list[QAction]:
        """Show or hide each dock."""
        return [dock.toggleViewAction() for dock in self._docks.values()]

    def reset_layout(self) -> None:
        """Every dock back to its place and size."""
        for name, dock in self._docks.items():
            dock.setFloating(False)
            dock.show()
            area = (
                Qt.DockWidgetArea.BottomDockWidgetArea
                if name == "timeline"
                else Qt.DockWidgetArea.RightDockWidgetArea
            )
            self.addDockWidget(area, dock)
        window = self.window()
        right = RIGHT_PX if window.width() >= WIDE_WINDOW_PX else RIGHT_NARROW_PX
        self.resizeDocks([self._docks["results"]], [right], Qt.Orientation.Horizontal)
        self.resizeDocks([self._docks["timeline"]], [TIMELINE_PX], Qt.Orientation.Vertical)
        if window.height() >= HIGH_WINDOW_PX:
            self.splitDockWidget(self._docks["results"], self._docks["identities"], Qt.Orientation.Vertical)
            self.resizeDocks(
                [self._docks["results"], self._docks["identities"]], [640, 300], Qt.Orientation.Vertical
            )
        else:
            self.tabifyDockWidget(self._docks["results"], self._docks["identities"])
            self._docks["results"].raise_()

    @property
    def is_laid_out(self) -> bool:
        """Whether the page was shown, so that its docks have places worth keeping."""
        return self._is_laid_out

    def layout_state(self) -> QByteArray:
        """The docks' places, to be kept."""
        return self.saveState(STATE_VERSION)

    def restore_layout(self, state: QByteArray | None) -> None:
        """Put the docks where they were, or where they belong, as soon as the page has its size."""
        self._remembered, self._is_laid_out = state, False
        if self.isVisible():
            self._lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_laid_out:
            QTimer.singleShot(0, self, self._lay_out)

    def _lay_out(self) -> None:
        self._is_laid_out = True
        if self._remembered is None or not self.restoreState(self._remembered, STATE_VERSION):
            self.reset_layout()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._tools and event.type() == QEvent.Type.Resize:
            places = (self._line.itemAt(n) for n in range(self._line.count()))
            wanted = sum(
                item.sizeHint().width() + self._line.spacing() for item in places if item is not None
            )
            hint = 0 if self._hint.isVisibleTo(self) else self._hint.sizeHint().width()
            self._hint.setVisible(wanted + hint + HINT_ROOM_PX <= self._tools.width())
        return super().eventFilter(watched, event)

    def _dock(self, name: str, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title)
        dock.setObjectName(f"dock.{name}")
        dock.setAccessibleName(title)
        dock.setWidget(content)
        self.addDockWidget(area, dock)
        return dock

    @staticmethod
    def _button(action: QAction, is_icon_only: bool) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"tool.{action.objectName()}")
        button.setAccessibleName(action.text().rstrip("…"))
        action.setIconText(_SHORT.get(action.objectName(), action.iconText()))
        button.setDefaultAction(action)
        button.setProperty("kind", "icon" if is_icon_only else "flat")
        button.setProperty("dense", True)
        button.setIconSize(QSize(16, 16))
        style = (
            Qt.ToolButtonStyle.ToolButtonIconOnly
            if is_icon_only
            else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        )
        button.setToolButtonStyle(style)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button
