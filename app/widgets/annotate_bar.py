"""The bar over the panes while boxes are corrected: what can be done with the box in hand, and where next."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton

from app.theme.tokens import TOOLBAR_PX
from app.views.annotate import AnnotateState
from app.widgets.elided import ElidedLabel
from app.widgets.inputs import Select

KINDS = {
    "start": "Starts",
    "end": "Ends",
    "gap": "Gaps",
    "crossing": "Crossings",
    "low score": "Low scores",
    "undecided": "Undecided",
}
"""What can be looked for, in words."""
LEFT = {
    "annotate.draw": "Draw",
    "annotate.split": "Split",
    "annotate.merge": "Merge",
    "annotate.swap": "Swap",
    "annotate.trim": "Trim",
    "annotate.end": "End here",
    "annotate.delete_box": "Delete box",
}
"""The buttons from the left, and their words: the menu and the tool tip have more room."""
GROUPS_START = ("annotate.split", "annotate.trim", "annotate.delete_box")
ICONS_ONLY_BELOW_PX, LEAST_PX = 980, 480
"""Narrower bars have no words on their buttons, so that they push no panel aside."""
OFF = "Turn on Annotate boxes first"


class AnnotateBar(QFrame):
    """Passive; its buttons are actions of the window.

    Signals:
        kind_chosen: What next and previous shall look for.
    """

    kind_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("annotate")
        self.setAccessibleName("Annotate")
        self.setProperty("plane", "header")
        self.setProperty("rule", "bottom")
        self.setFixedHeight(TOOLBAR_PX)
        self.setMinimumWidth(LEAST_PX)
        self._actions: Mapping[str, QAction] = {}
        self._tips: dict[str, str] = {}
        self._worded: list[QToolButton] = []
        self._fact = ElidedLabel()
        self._fact.setObjectName("annotate.fact")
        self._kind = Select()
        self._kind.setObjectName("annotate.kinds")
        self._kind.setAccessibleName("What next and previous look for")
        self._kind.setProperty("dense", True)
        for kind, words in KINDS.items():
            self._kind.addItem(words, kind)
        self._kind.activated.connect(lambda row: self.kind_chosen.emit(self._kind.itemData(row)))
        self._place = QLabel()
        self._place.setObjectName("annotate.place")
        self._place.setProperty("role", "quiet")
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(12, 0, 12, 0)
        self._line.setSpacing(4)
        self.hide()

    def set_actions(self, actions: Mapping[str, QAction]) -> None:
        """Fill the bar from the table of actions."""
        self._actions = {name: action for name, action in actions.items() if name.startswith("annotate.")}
        self._tips = {name: action.toolTip() for name, action in self._actions.items()}
        key = actions["annotate.kind"].shortcut().toString()
        self._kind.setToolTip(f"What next and previous look for ({key})")
        for action_id, words in LEFT.items():
            if action_id in GROUPS_START:
                self._line.addSpacing(8)
            actions[action_id].setIconText(words)
            button = self._button(actions[action_id])
            self._worded.append(button)
            self._line.addWidget(button)
        self._line.addSpacing(8)
        self._line.addWidget(self._fact, 100)
        self._line.addStretch(1)
        self._line.addWidget(self._place)
        self._line.addSpacing(4)
        for action_id in ("annotate.previous", "annotate.next"):
            button = self._button(actions[action_id])
            button.setProperty("kind", "icon")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            self._line.addWidget(button)
        self._line.insertWidget(self._line.count() - 1, self._kind)

    def show_annotate(self, state: AnnotateState) -> None:
        """Show what can be done, or why not."""
        self.setVisible(state.is_on)
        self._fact.set_text(state.problem or state.fact)
        level = "warn" if state.problem else ""
        if self._fact.property("state") != level:
            self._fact.setProperty("state", level)
            self._fact.style().unpolish(self._fact)
            self._fact.style().polish(self._fact)
        self._place.setText(state.place)
        self._kind.setCurrentIndex(max(self._kind.findData(state.kind), 0))
        for name, action in self._actions.items():
            if name == "annotate.mode":
                continue
            why = "" if not state.is_on else state.blocked.get(name, "")
            action.setEnabled(state.is_on and not why)
            tip = self._tips[name]
            action.setToolTip(f"{tip}. {why or OFF}" if not action.isEnabled() else tip)

    def ask_kind(self) -> None:
        """Let the user choose what next and previous look for."""
        self._kind.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._kind.showPopup()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        style = (
            Qt.ToolButtonStyle.ToolButtonIconOnly
            if self.width() < ICONS_ONLY_BELOW_PX
            else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        )
        for button in self._worded:
            if button.toolButtonStyle() != style:
                button.setToolButtonStyle(style)

    @staticmethod
    def _button(action: QAction) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"tool.{action.objectName()}")
        button.setAccessibleName(action.text())
        button.setDefaultAction(action)
        button.setProperty("kind", "flat")
        button.setProperty("dense", True)
        button.setIconSize(QSize(16, 16))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button
