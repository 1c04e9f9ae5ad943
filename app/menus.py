"""Makes QActions and menus of the table of actions."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from app.actions import ACTIONS, ANNOTATE, BY_ID, INVESTIGATE, MENUS
from app.theme.icons import icon

EXCLUSIVE = (
    tuple(action.id for action in ACTIONS if action.id.startswith("view.panes_")),
    ("view.theme_system", "view.theme_light", "view.theme_dark"),
)


def make_actions(window: QWidget, pages: Mapping[str, QWidget]) -> dict[str, QAction]:
    """Every action by its id; a page's letters work on that page only, and not while text is typed.

    Args:
        window: Owns what works everywhere.
        pages: Page widgets by name; they own their actions.
    """
    made: dict[str, QAction] = {}
    for entry in ACTIONS:
        owner = pages.get(INVESTIGATE if entry.page == ANNOTATE else entry.page, window)
        action = QAction(entry.text, owner)
        action.setObjectName(entry.id)
        action.setShortcuts([QKeySequence(key) for key in entry.keys])
        context = (
            Qt.ShortcutContext.WidgetWithChildrenShortcut if entry.page else Qt.ShortcutContext.WindowShortcut
        )
        action.setShortcutContext(context)
        action.setCheckable(entry.is_checkable)
        if entry.icon:
            action.setIcon(icon(entry.icon))
        key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{entry.text.rstrip('…')} ({key})" if key else entry.text.rstrip("…"))
        owner.addAction(action)
        made[entry.id] = action
    for ids in EXCLUSIVE:
        group = QActionGroup(window)
        for action_id in ids:
            made[action_id].setCheckable(True)
            group.addAction(made[action_id])
    return made


def fill_menus(bar: QMenuBar, actions: Mapping[str, QAction]) -> None:
    """One menu for each prefix of the ids, in the order of the table."""
    for name, title in MENUS.items():
        menu = bar.addMenu(title)
        menu.setObjectName(f"menu.{name}")
        menu.setAccessibleName(title.replace("&", ""))
        for action_id, action in actions.items():
            entry = BY_ID[action_id]
            if entry.menu == name:
                if entry.is_separated:
                    menu.addSeparator()
                menu.addAction(action)
