"""The page of the people found so far: list left, the person's story and tracklets right."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.theme.icons import icon
from app.theme.tokens import TOOLBAR_PX
from app.views.people import EMPTY, EMPTY_MORE, NOBODY, Card, Clip, Entry, PersonHead, StoryState
from app.views.verify import Still
from app.widgets.forms import button, label
from app.widgets.own_keys import keep_button_keys
from app.widgets.people_list import NewPersonTarget, PeopleList
from app.widgets.person_chooser import PersonChooser
from app.widgets.person_head import NotePanel, PersonTitle
from app.widgets.pictures import Pictures
from app.widgets.story_player import StoryHead, StoryPicture
from app.widgets.story_strip import StoryStrip
from app.widgets.tracklet_cards import TrackletCards
from app.widgets.verify_bars import EmptyPanel, bar
from app.widgets.warning_bar import WarningBar

TICK_MS = 20
LIST_PX, LIST_NARROW_PX, NOTES_PX, WIDE_PX = 320, 288, 264, 1400
MAX_ROWS, LOW_PX = 2, 720
"""Rows of cards; pages lower than this show one."""
WAYS = (
    ("search", "Search", "scan-search", "Go to Investigate, and click a person"),
    ("links", "Link across cameras", "waypoints", "Let linking propose who is who"),
)
FIXES = (
    ("move", "Move to…", "arrow-right", "Move the selected tracklets to another person (M)"),
    ("split", "Split off", "split", "Let the selected tracklets be a person of their own (Ctrl+Shift+X)"),
    ("take_out", "Take out", "unlink", "Let the selected tracklets belong to nobody (Del)"),
)


class IdentitiesPage(QWidget):
    """Passive: shows what `PeoplePresenter` tells, and says what the user wants.

    Attributes:
        chosen: A person's number, or `app.views.people.NOBODY`.
        find_changed: What stands in the find field.
        renamed: Number and new name.
        selected: The selected tracklets.
        dropped: Tracklets, and the number that they were dropped on.
        answered: The person who was asked for.
        opened: A tracklet was double clicked.
        ticked: Seconds of a clock that only rises, while it ticks.
    """

    chosen = Signal(int)
    find_changed = Signal(str)
    renamed = Signal(int, str)
    selected = Signal(list)
    dropped = Signal(list, int)
    answered = Signal(int)
    opened = Signal(str)
    ticked = Signal(float)

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("people")
        self.setAccessibleName("Identities")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._pictures = pictures
        self.list, self.new = PeopleList(pictures), NewPersonTarget()
        self.head, self.notes = PersonTitle(pictures), NotePanel()
        self.story_head, self.strip, self.player = StoryHead(), StoryStrip(pictures), StoryPicture()
        self.cards, self.warning = TrackletCards(pictures), WarningBar("people.warning")
        self.empty = EmptyPanel("people.empty", WAYS)
        self.fixes: dict[str, QPushButton] = {
            name: button(f"people.{name}", words, picture, tip, small=True)
            for name, words, picture, tip in FIXES
        }
        self._count, self._find = label("", "quiet", "people.count"), QLineEdit()
        self._order, self._left = QLabel(), QFrame()
        self._cards_title = label("", "strong", "people.cards.title")
        self._stack, self._middle = QStackedLayout(), QWidget()
        self._chooser: PersonChooser | None = None
        self._number = NOBODY
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(lambda: self.ticked.emit(time.monotonic()))
        self._build()
        self._join()
        self.empty.tell(EMPTY, EMPTY_MORE)

    # --- what the presenter tells

    def show_people(self, entries: Sequence[Entry], count: str) -> None:
        """The list, and how many there are."""
        self.list.show_entries(entries)
        self._count.setText(count)

    def show_current(self, number: int) -> None:
        """Mark a row."""
        self.list.show_current(number)

    def show_person(self, head: PersonHead | None) -> None:
        """Who is looked at; None where there is nobody at all."""
        self._stack.setCurrentIndex(1 if head is None else 0)
        self.head.show_head(head)
        self.notes.show_head(head)
        is_person = head is not None and head.number != NOBODY
        self._number = NOBODY if head is None else head.number
        for part in (self.story_head, self.strip, self._middle):
            part.setVisible(is_person)
        self._fit_cards()
        self._cards_title.setText("Does one not belong?" if is_person else "Tracklets of nobody")
        self.fixes["take_out"].setVisible(is_person)
        self.fixes["split"].setText(" Split off" if is_person else " New person")
        self.fixes["split"].setAccessibleName("Split off" if is_person else "New person")

    def show_story(self, clips: Sequence[Clip], total: str, *, is_best: bool) -> None:
        """The clips in order of time."""
        self.strip.show_clips(clips)
        self.story_head.show_story(total, is_best=is_best, is_playing=self._timer.isActive())

    def show_story_state(self, state: StoryState) -> None:
        """Where the story stands."""
        self.strip.show_state(state)
        self.player.show_state(state)
        self.story_head.show_playing(is_playing=state.is_playing)

    def show_still(self, still: Still | None) -> None:
        """The story's picture."""
        self.player.show_still(still)

    def show_cards(self, cards: Sequence[Card], order: str) -> None:
        """The tracklets, and what they are ordered by."""
        self.cards.show_cards(cards)
        self._order.setText(order)

    def show_selected(self, tracklets: Sequence[str]) -> None:
        """Which of them are selected."""
        self.cards.show_selected(tracklets)
        for one in self.fixes.values():
            one.setEnabled(bool(tracklets))

    def show_warning(self, text: str, button: str = "Do it anyway") -> None:
        """Ask before something impossible is stored; an empty text takes the question away."""
        self.warning.ask(text, button)

    def ask_person(self, title: str, entries: Sequence[Entry], *, with_new: bool) -> None:
        """Let the user choose one of these people."""
        if self._chooser is None:
            self._chooser = PersonChooser(self, self._pictures)
            self._chooser.chosen.connect(self.answered)
        self._chooser.ask(title, entries, with_new=with_new)

    def set_ticking(self, is_on: bool) -> None:
        """Tell the time again and again, or stop that."""
        if is_on and not self._timer.isActive():
            self._timer.start()
        elif not is_on:
            self._timer.stop()

    def focus_find(self) -> None:
        """Put the cursor into the find field."""
        self._find.setFocus()
        self._find.selectAll()

    # --- layout

    def _build(self) -> None:
        self._make_left()
        person, right = QWidget(), QWidget()
        middle = QHBoxLayout(self._middle)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.player, 1)
        middle.addWidget(self.notes)
        self.notes.setFixedWidth(NOTES_PX)
        inside = QVBoxLayout(person)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.head)
        inside.addWidget(self.warning)
        inside.addWidget(self.story_head)
        inside.addWidget(self.strip)
        inside.addWidget(self._middle, 1)
        inside.addWidget(self._cards_head())
        inside.addWidget(self.cards)
        self._stack = QStackedLayout(right)
        self._stack.addWidget(person)
        self._stack.addWidget(self.empty)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self._left)
        across.addWidget(right, 1)
        keep_button_keys(self)

    def _make_left(self) -> None:
        self._left.setObjectName("people.left")
        self._left.setProperty("plane", "panel")
        self._left.setProperty("rule", "right")
        self._find.setObjectName("people.find")
        self._find.setAccessibleName("Find a person")
        self._find.setToolTip("Find by name, tag, camera or number (Ctrl+F)")
        self._find.setPlaceholderText("Find")
        self._find.setProperty("dense", True)
        self._find.setClearButtonEnabled(True)
        self._find.setMaximumWidth(120)
        self._find.addAction(icon("search", "text3"), QLineEdit.ActionPosition.LeadingPosition)
        head = bar("people.left.head")
        line = QHBoxLayout(head)
        line.setContentsMargins(12, 0, 8, 0)
        line.setSpacing(8)
        line.addWidget(label("Identities", "title", "people.title"))
        line.addWidget(self._count)
        line.addStretch(1)
        line.addWidget(self._find)
        down = QVBoxLayout(self._left)
        down.setContentsMargins(0, 0, 1, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addWidget(self.list, 1)
        down.addWidget(self.new)

    def _cards_head(self) -> QFrame:
        made = bar("people.cards.head", "bottom", TOOLBAR_PX)
        self._order.setObjectName("people.cards.order")
        self._order.setProperty("role", "quiet")
        line = QHBoxLayout(made)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(8)
        line.addWidget(self._cards_title)
        line.addWidget(self._order)
        line.addStretch(1)
        for one in self.fixes.values():
            line.addWidget(one)
        return made

    def _fit_cards(self) -> None:
        """Cards of a person leave room for the story; those of nobody have all of it."""
        n_rows = 1 if self.height() < LOW_PX else MAX_ROWS
        self.cards.set_max_rows(0 if self._number == NOBODY else n_rows)

    def _join(self) -> None:
        self.list.reached.connect(lambda entry: self.chosen.emit(entry.number))
        self.list.dropped.connect(self.dropped)
        self.new.dropped.connect(self.dropped)
        self._find.textChanged.connect(self.find_changed)
        self._find.returnPressed.connect(self.list.setFocus)
        self.head.renamed.connect(lambda name: self.renamed.emit(self._number, name))
        self.cards.selection_changed.connect(self.selected)
        self.cards.opened.connect(self.opened)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.window().width() >= WIDE_PX
        self._left.setFixedWidth(LIST_PX if is_wide else LIST_NARROW_PX)
        self._fit_cards()
