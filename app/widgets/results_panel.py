"""The results: head, query, filters, list, decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QAbstractItemModel, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.result_list import Filters, Order, ResultList
from app.theme import tokens as t
from app.theme.icons import icon
from app.theme.theme import theme
from app.views.results import Head, Message, QueryShown, SeveralPeople
from app.widgets import paint
from app.widgets.decision_bar import DecisionBar
from app.widgets.elided import ElidedLabel
from app.widgets.filter_chips import FilterChips
from app.widgets.inputs import Check
from app.widgets.own_keys import keep_button_keys
from app.widgets.people_picker import PeoplePicker
from app.widgets.pictures import Pictures
from app.widgets.query_block import QueryBlock
from app.widgets.results_paint import CROP_PX
from app.widgets.results_view import ResultsView, Rows
from app.wording import SIMILARITY_NOTE

FOLD_BELOW_W, FOLD_BELOW_H = 372, 480
"""Smaller than this, the query is one line."""
ORDER_WORD_FROM_PX = 400
"""Narrower than this, the order is an icon: the note beside it must stay whole."""
PLACEHOLDER_MS = 250
"""Searches that are quicker show no placeholders."""
ACTIONS = {"clear_filters": "Clear filters", "embed": "Embed again"}


class ShownRows(Rows, Protocol):
    """A list of hits that can be replaced."""

    def show(self, shown: ResultList) -> None:
        """Take a new list."""


class ResultsPanel(QWidget):
    """Passive: shows what presenters tell, and says what the user wants."""

    back_wanted = Signal()
    forward_wanted = Signal()
    stop_wanted = Signal()
    again_wanted = Signal()
    order_wanted = Signal(object)
    grouped_wanted = Signal(bool)
    impossible_wanted = Signal(bool)
    reachable_wanted = Signal(bool)
    clear_filters_wanted = Signal()
    embed_wanted = Signal()
    verify_wanted = Signal()

    def __init__(self, model: QAbstractItemModel, rows: ShownRows, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("results")
        self.setAccessibleName("Results")
        self.setAutoFillBackground(True)
        self._rows = rows
        self.query, self.filters, self.people = QueryBlock(pictures), FilterChips(), PeoplePicker()
        self.list, self.decisions = ResultsView(model, rows, pictures), DecisionBar()
        self._head, self._note = QFrame(), QFrame()
        self._text = ElidedLabel()
        self._stop = QPushButton("Stop")
        self._again = QPushButton("Search again")
        self._verify = self._tool("results.verify", "git-compare", "Verify these results one by one (V)")
        self._back = self._tool("results.back", "arrow-left", "Search before (Alt+Left)")
        self._forward = self._tool("results.forward", "arrow-right", "Search after (Alt+Right)")
        self._order, self._menu = QToolButton(), QMenu(self)
        self._impossible, self._reachable = Check(), Check()
        self._message, self._message_text = QFrame(), QLabel()
        self._action = QPushButton()
        self._placeholders = _Placeholders()
        self._stack = QStackedLayout()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(PLACEHOLDER_MS)
        self._wait.timeout.connect(self._show_placeholders)
        self._is_searching = self._has_message = False
        self._make_head()
        self._make_note()
        self._make_message()
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        for part in (self._head, self.query, self.filters, self._note):
            down.addWidget(part)
        down.addLayout(self._stack, 1)
        for page in (self.list, self._message, self.people, self._placeholders):
            self._stack.addWidget(page)  # in its place: before, it would be shown as a window of its own
        down.addWidget(self.decisions)
        keep_button_keys(self)

    # --- what presenters tell

    def show_head(self, head: Head) -> None:
        """Count, time, what the buttons may do."""
        self._text.set_text(head.text)
        self._back.setEnabled(head.can_go_back)
        self._forward.setEnabled(head.can_go_forward)
        self._stop.setVisible(head.is_searching)
        self._again.setVisible(head.can_search_again)
        self._impossible.setVisible(head.n_impossible > 0)
        self._impossible.setText(f"Show {head.n_impossible:,} in the query's picture at the same time")
        self._impossible.setAccessibleName(self._impossible.text())
        self._reachable.setVisible(head.n_unreachable > 0)
        self._reachable.setText(f"Hide {head.n_unreachable:,} outside the travel times")
        self._reachable.setAccessibleName(self._reachable.text())
        self._is_searching = head.is_searching
        if head.is_searching:
            self._wait.start()
        else:
            self._wait.stop()
            self._show_page()

    def show_query(self, query: QueryShown | None) -> None:
        """The query block; without a query, nothing of the search is shown."""
        self.query.show_query(query)
        for part in (self.filters, self._note, self.decisions):
            part.setVisible(query is not None)

    def show_list(self, shown: ResultList) -> None:
        """The hits."""
        self._rows.show(shown)
        self._verify.setEnabled(shown.n_shown > 0)

    def show_filters(self, filters: Filters, cameras: Sequence[str], count: str) -> None:
        """The chips, and ``34 of 120``."""
        self.filters.show_filters(filters, cameras, count)
        self._impossible.setChecked(filters.with_impossible)
        self._reachable.setChecked(filters.without_unreachable)

    def show_order(self, order: Order, is_grouped: bool) -> None:
        """What stands first."""
        self._order.setText(str(order))
        for action in self._menu.actions():
            if action.data() is not None:
                action.setChecked(action.data() == order)
        self._grouped.setChecked(is_grouped)

    def show_message(self, message: Message | None) -> None:
        """A sentence in place of the list."""
        self._has_message = message is not None
        if message is not None:
            self._message_text.setText(message.text)
            self._message_text.setProperty("state", "bad" if message.is_problem else "")
            self._message_text.style().polish(self._message_text)
            self._action.setVisible(bool(message.action))
            self._action.setText(ACTIONS.get(message.action, ""))
            self._action.setAccessibleName(self._action.text())
            self._action.setProperty("action", message.action)
        self._show_page()

    def show_people(self, people: SeveralPeople | None) -> None:
        """Ask which of several people is meant."""
        self.people.show_people(people)
        if people is not None:
            self._stack.setCurrentWidget(self.people)
            self.people.setFocus()
        else:
            self._show_page()

    def show_current(self, tracklet_id: str) -> None:
        """The row in hand."""
        self.list.show_current(tracklet_id)
        self.decisions.set_enabled(bool(tracklet_id))

    def show_warning(self, text: str, button: str = "Accept anyway") -> None:
        """Ask before a decision that cannot be right is stored; empty ends that."""
        self.decisions.show_warning(text, button)

    # --- layout

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        only_icon = self.width() < ORDER_WORD_FROM_PX
        style = Qt.ToolButtonStyle
        self._order.setToolButtonStyle(
            style.ToolButtonIconOnly if only_icon else style.ToolButtonTextBesideIcon
        )
        self._order.setIcon(icon("arrow-down-wide-narrow" if only_icon else "chevron-down"))
        self.query.set_folded(self.width() < FOLD_BELOW_W or self.height() < FOLD_BELOW_H)

    def sizeHint(self) -> QSize:
        return QSize(432, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 240)

    def _show_page(self) -> None:
        if self._stack.currentWidget() is self._placeholders and self._is_searching and self._has_no_rows():
            return
        self._stack.setCurrentWidget(self._message if self._has_message else self.list)

    def _show_placeholders(self) -> None:
        if self._is_searching and self._has_no_rows():
            self._stack.setCurrentWidget(self._placeholders)

    def _has_no_rows(self) -> bool:
        return self._rows.shown.n_shown == 0

    def _make_head(self) -> None:
        self._head.setObjectName("results.head")
        self._head.setProperty("plane", "panel")
        self._head.setProperty("rule", "bottom")
        self._head.setFixedHeight(t.TOOLBAR_PX)
        self._text.setObjectName("results.text")
        self._text.setProperty("role", "quiet")
        self._stop.setObjectName("results.stop")
        self._stop.setAccessibleName("Stop the search")
        self._stop.setToolTip("Stop the search (Esc)")
        self._stop.setProperty("dense", True)
        self._stop.clicked.connect(self.stop_wanted)
        self._again.setObjectName("results.again")
        self._again.setAccessibleName("Search again")
        self._again.setToolTip("Search in the new tracklets too")
        self._again.setProperty("dense", True)
        self._again.clicked.connect(self.again_wanted)
        self._verify.clicked.connect(self.verify_wanted)
        self._back.clicked.connect(self.back_wanted)
        self._forward.clicked.connect(self.forward_wanted)
        line = QHBoxLayout(self._head)
        line.setContentsMargins(12, 0, 8, 0)
        line.setSpacing(4)
        line.addWidget(self._text, 1)
        line.addStretch()
        for button in (self._stop, self._again, self._verify, self._back, self._forward):
            line.addWidget(button)

    def _make_note(self) -> None:
        self._note.setObjectName("results.note")
        self._note.setProperty("plane", "panel")
        self._note.setProperty("rule", "bottom")
        sign = _Sign("info")
        text = ElidedLabel(SIMILARITY_NOTE)
        text.setObjectName("results.note.text")
        text.setProperty("role", "quiet")
        self._order.setObjectName("results.order")
        self._order.setAccessibleName("Order")
        self._order.setToolTip("Order and groups of the results")
        self._order.setProperty("kind", "flat")
        self._order.setProperty("dense", True)
        self._order.setIcon(icon("chevron-down"))
        self._order.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._order.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._order.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._order.setMenu(self._menu)
        choices = QActionGroup(self._menu)
        for order in Order:
            action = QAction(str(order), choices)
            action.setCheckable(True)
            action.setData(order)
            action.triggered.connect(lambda _=False, order=order: self.order_wanted.emit(order))
            self._menu.addAction(action)
        self._menu.addSeparator()
        self._grouped = QAction("Grouped by camera", self._menu)
        self._grouped.setCheckable(True)
        self._grouped.triggered.connect(self.grouped_wanted)
        self._menu.addAction(self._grouped)
        self._impossible.setObjectName("results.impossible")
        self._impossible.setToolTip("A person is not twice in one picture; shown greyed")
        self._impossible.clicked.connect(self.impossible_wanted)
        self._reachable.setObjectName("results.reachable")
        self._reachable.setToolTip("Nobody could be there by then; shown dimmed, with the reason")
        self._reachable.clicked.connect(self.reachable_wanted)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(sign)
        first.addWidget(text, 1)
        first.addStretch()
        first.addWidget(self._order)
        down = QVBoxLayout(self._note)
        down.setContentsMargins(12, 0, 8, 4)
        down.setSpacing(4)
        down.addLayout(first)
        down.addWidget(self._impossible)
        down.addWidget(self._reachable)

    def _make_message(self) -> None:
        self._message.setObjectName("results.message")
        self._message.setProperty("plane", "panel")
        self._message_text.setObjectName("results.message.text")
        self._message_text.setWordWrap(True)
        self._message_text.setProperty("role", "quiet")
        self._message_text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._action.setObjectName("results.message.action")
        self._action.clicked.connect(self._on_action)
        down = QVBoxLayout(self._message)
        down.setContentsMargins(24, 24, 24, 24)
        down.setSpacing(12)
        down.addStretch()
        down.addWidget(self._message_text)
        down.addWidget(self._action, 0, Qt.AlignmentFlag.AlignHCenter)
        down.addStretch()

    def _on_action(self) -> None:
        if self._action.property("action") == "embed":
            self.embed_wanted.emit()
        else:
            self.clear_filters_wanted.emit()

    @staticmethod
    def _tool(name: str, icon_name: str, words: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setIcon(icon(icon_name))
        button.setIconSize(QSize(16, 16))
        button.setAccessibleName(words.partition(" (")[0])
        button.setToolTip(words)
        button.setProperty("kind", "icon")
        button.setProperty("dense", True)
        return button


class _Sign(QWidget):
    """An icon that is no button."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.setFixedSize(14, 14)
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint.draw_icon(painter, self.rect(), self._name)
        painter.end()


class _Placeholders(QWidget):
    """Grey rows while a search takes long."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("results.placeholders")
        self.setAccessibleName("Searching")
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), theme().tokens
        painter.fillRect(self.rect(), paint.color(tokens.panel))
        for top in range(0, self.height(), t.ROW_RESULT_PX):
            for n in range(4):
                painter.fillRect(
                    12 + n * (CROP_PX + 1), top + 6, CROP_PX, CROP_PX * 2, paint.color(tokens.line)
                )
            painter.fillRect(124, top + 10, 96, 8, paint.color(tokens.line))
            painter.fillRect(124, top + 26, 160, 8, paint.color(tokens.line))
        painter.end()
