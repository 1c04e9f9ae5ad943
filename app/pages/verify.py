"""The page on which two are compared: query left, candidate right, evidence and the list of pairs beside."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from app.theme import tokens as t
from app.views.verify import LEFT, NOTHING, RIGHT, Fact, Look, PairRow, Scrub, SideHead, Still, VerifyHead
from app.widgets.compare_side import CompareSide
from app.widgets.decision_bar import DecisionBar
from app.widgets.elided import ElidedLabel
from app.widgets.own_keys import keep_button_keys
from app.widgets.pair_list import FactList, PairList
from app.widgets.pictures import Pictures
from app.widgets.verify_bars import AdjustBar, EmptyPanel, HeadBar, bar
from app.wording import SIMILARITY_NOTE

TICK_MS = 20
RIGHT_PX, RIGHT_NARROW_PX, WIDE_PX = 360, 312, 1400
DECISIONS_PX = 720
WAYS = (
    ("search", "Search", "scan-search", "Go to Investigate, and click a person"),
    ("links", "Link proposals", "waypoints", "Go to what linking proposes"),
    ("people", "Identities", "users", "Look at the people found so far"),
)


class VerifyPage(QWidget):
    """Passive: shows what `VerifyPresenter` tells, and says what the user wants.

    Attributes:
        selected: A pair, by its row from 0.
        scrubbed: Side and place.
        play_asked: Side.
        activated: Side.
        zoomed: Factor and side.
        shifted: By how much, and side.
        whole_asked: The whole frame, or back.
        ticked: Seconds of a clock that only rises, while it ticks.
        adjust: The bar of adjustments.
        empty: What stands there without a pair.
    """

    selected = Signal(int)
    scrubbed = Signal(int, int)
    play_asked = Signal(int)
    activated = Signal(int)
    zoomed = Signal(float, int)
    shifted = Signal(float, float, int)
    whole_asked = Signal()
    ticked = Signal(float)

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("verify")
        self.setAccessibleName("Verify")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.sides = (
            CompareSide("verify.left", "Query", pictures),
            CompareSide("verify.right", "Candidate", pictures),
        )
        self.pairs, self.facts = PairList(pictures), FactList("verify.facts")
        self.decisions = DecisionBar(t.CONTROL_LARGE_PX, "verify.decisions")
        self.adjust, self.empty = AdjustBar(), EmptyPanel("verify.empty", WAYS)
        self._head, self._right = HeadBar(), QFrame()
        self._stack = QStackedLayout()
        self._looks, self._active = {LEFT: Look(), RIGHT: Look()}, RIGHT
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(lambda: self.ticked.emit(time.monotonic()))
        self._build()
        self._join()
        self.show_message(NOTHING, "")

    # --- what the presenter tells

    def show_head(self, head: VerifyHead) -> None:
        """Title and running count."""
        self._head.show_head(head)

    def show_rows(self, rows: Sequence[PairRow]) -> None:
        """The pairs."""
        self.pairs.show_rows(rows)
        self._right.setVisible(bool(rows))

    def show_current(self, place: int) -> None:
        """Mark a row by its index from 0; -1 marks none."""
        self.pairs.show_current(place)
        self.decisions.set_enabled(place >= 0)

    def show_side(self, side: int, head: SideHead) -> None:
        """What stands over a picture."""
        self.sides[side].show_head(head)

    def show_scrub(self, side: int, scrub: Scrub) -> None:
        """What stands under a picture."""
        self.sides[side].show_scrub(scrub)

    def show_still(self, side: int, still: Still | None) -> None:
        """A picture; None for none."""
        self.sides[side].show_still(still)

    def show_look(self, side: int, look: Look, *, is_linked: bool) -> None:
        """How a picture is looked at."""
        self._looks[side] = look
        self.sides[side].show_look(look)
        self.adjust.show_linked(is_linked)
        self.adjust.show_look(self._looks[self._active])

    def show_active(self, side: int) -> None:
        """The side that keys and sliders work on."""
        self._active = side
        for number, one in enumerate(self.sides):
            one.show_active(number == side)
        self.adjust.show_look(self._looks[side])

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """The evidence about the pair in hand."""
        self.facts.show_facts(facts)
        self._evidence.setVisible(bool(facts))

    def show_message(self, title: str, text: str) -> None:
        """What stands in place of the pair; empty shows the pair."""
        self.empty.tell(title, text)
        self._stack.setCurrentIndex(1 if title else 0)

    def show_warning(self, text: str, button: str = "Accept anyway") -> None:
        """Ask before something impossible is stored; an empty text takes the question away."""
        self.decisions.show_warning(text, button)

    def set_ticking(self, is_on: bool) -> None:
        """Tell the time again and again, or stop that."""
        if is_on and not self._timer.isActive():
            self._timer.start()
        elif not is_on:
            self._timer.stop()

    def set_actions(self, actions: Mapping[str, QAction]) -> None:
        """Let the undo button do what the menu does."""
        undo = actions["edit.undo"]
        self._head.undo.clicked.connect(lambda _=False: undo.trigger())

        def follow() -> None:
            self._head.undo.setEnabled(undo.isEnabled())
            self._head.undo.setToolTip(f"{undo.text()} (Ctrl+Z)")

        undo.changed.connect(follow)
        follow()

    # --- layout

    def _build(self) -> None:
        across = QSplitter(Qt.Orientation.Horizontal)
        across.setObjectName("verify.split")
        across.setChildrenCollapsible(False)
        across.setHandleWidth(4)
        for side in self.sides:
            across.addWidget(side)
        across.setSizes([1000, 1000])
        pair, left = QWidget(), QWidget()
        inside = QVBoxLayout(pair)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.adjust)
        inside.addWidget(across, 1)
        inside.addWidget(self._decision_row())
        self._stack = QStackedLayout(left)
        self._stack.addWidget(pair)
        self._stack.addWidget(self.empty)
        self._make_right()
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(left, 1)
        below.addWidget(self._right)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self._head)
        down.addLayout(below, 1)
        keep_button_keys(self)

    def _decision_row(self) -> QFrame:
        made = bar("verify.deciding", "top", 0)
        self.decisions.setProperty("rule", "")
        self.decisions.setMaximumWidth(DECISIONS_PX)
        line = QHBoxLayout(made)
        line.setContentsMargins(0, 1, 0, 0)
        line.addStretch(1)
        line.addWidget(self.decisions, 100)
        line.addStretch(1)
        return made

    def _make_right(self) -> None:
        self._right.setObjectName("verify.side")
        self._right.setProperty("plane", "panel")
        self._right.setProperty("rule", "left")
        self._evidence = QFrame()
        self._evidence.setProperty("plane", "panel")
        self._evidence.setProperty("rule", "top")
        note = ElidedLabel(SIMILARITY_NOTE)
        note.setObjectName("verify.note")
        note.setProperty("role", "quiet")
        line = QHBoxLayout()
        line.setContentsMargins(12, 4, 12, 4)
        line.addWidget(note)
        line.addStretch(1)
        inside = QVBoxLayout(self._evidence)
        inside.setContentsMargins(0, 8, 0, 8)
        inside.setSpacing(0)
        inside.addWidget(self.facts)
        inside.addLayout(line)
        down = QVBoxLayout(self._right)
        down.setContentsMargins(1, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self.pairs, 1)
        down.addWidget(self._evidence)

    def _join(self) -> None:
        for number, side in enumerate(self.sides):
            side.pressed.connect(lambda number=number: self.activated.emit(number))
            side.scrubbed.connect(lambda place, number=number: self.scrubbed.emit(number, place))
            side.play_asked.connect(lambda number=number: self.play_asked.emit(number))
            side.zoomed.connect(lambda factor, number=number: self.zoomed.emit(factor, number))
            side.shifted.connect(lambda dx, dy, number=number: self.shifted.emit(dx, dy, number))
            side.whole_asked.connect(self.whole_asked)
        self.pairs.reached.connect(lambda row: self.selected.emit(row.place - 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.window().width() >= WIDE_PX
        self._right.setFixedWidth(RIGHT_PX if is_wide else RIGHT_NARROW_PX)
