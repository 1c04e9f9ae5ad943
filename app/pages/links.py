"""The page on which tracklets are linked: proposals left, contradictions and travel times right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.item_models.travel import TravelModel
from app.views.links import NEVER, NEVER_MORE, ConflictShown, LinkHead, ProposalRow, TravelRow
from app.widgets.conflict_panel import ConflictPanel
from app.widgets.elided import ElidedLabel
from app.widgets.forms import button
from app.widgets.link_bar import LinkBar
from app.widgets.own_keys import keep_button_keys
from app.widgets.pictures import Pictures
from app.widgets.proposal_list import ProposalList
from app.widgets.travel_table import TravelPanel
from app.widgets.verify_bars import EmptyPanel, bar
from app.wording import SIMILARITY_NOTE

RIGHT_PX, RIGHT_NARROW_PX, WIDE_PX = 540, 484, 1400
ROW_WAYS = (
    ("accept", "Accept", "check", "Record this proposal (A)"),
    ("reject", "Reject", "x", "The least similar two of it are different people (D)"),
    ("verify", "Verify", "git-compare", "Compare its pairs (V)"),
)


class LinksPage(QWidget):
    """Passive: shows what its presenters tell, and says what the user wants.

    Attributes:
        selected: A proposal's key.
        opened: A proposal is to be compared: its key.
        bar: Starts the linking, chooses the threshold.
        conflict: The contradictions.
        travel: The travel times.
        travel_model: Says what was typed and checked in them.
        ways: ``accept``, ``reject``, ``verify`` of the proposal in hand.
    """

    selected = Signal(object)
    opened = Signal(object)

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("links")
        self.setAccessibleName("Links")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.bar, self.list = LinkBar(), ProposalList(pictures)
        self.travel_model = TravelModel()
        self.conflict, self.travel = (
            ConflictPanel(pictures),
            TravelPanel(self.travel_model, self.travel_model),
        )
        self.empty = EmptyPanel("links.empty")
        self.ways: dict[str, QPushButton] = {
            name: button(
                f"links.{name}", words, picture, tip, kind="primary" if name == "accept" else "", small=True
            )
            for name, words, picture, tip in ROW_WAYS
        }
        self._stack, self._right = QStackedLayout(), QSplitter(Qt.Orientation.Vertical)
        self._has_conflict: bool | None = None
        self._build()
        self.list.reached.connect(lambda row: self.selected.emit(row.key))
        self.list.opened.connect(lambda row: self.opened.emit(row.key))
        self.show_message(NEVER, NEVER_MORE)
        self.show_conflict(None)

    def show_head(self, head: LinkHead) -> None:
        """What can be done, and what would follow."""
        self.bar.show_head(head)

    def show_proposals(self, rows: Sequence[ProposalRow]) -> None:
        """The proposals at the threshold."""
        self.list.show_rows(rows)

    def show_current(self, key: tuple[str, ...]) -> None:
        """Mark a proposal."""
        self.list.show_current(key)
        for one in self.ways.values():
            one.setEnabled(bool(key))

    def show_message(self, title: str, text: str) -> None:
        """What stands in place of the proposals; empty shows them."""
        self.empty.tell(title, text)
        self._stack.setCurrentIndex(1 if title else 0)

    def show_conflict(self, conflict: ConflictShown | None) -> None:
        """A contradiction, or None when there is none."""
        self.conflict.show_conflict(conflict)
        if self._has_conflict != (conflict is not None):
            self._has_conflict = conflict is not None
            self.reset_layout()

    def show_travel(self, rows: Sequence[TravelRow]) -> None:
        """The table of travel times."""
        self.travel.show_rows(rows)

    def reset_layout(self) -> None:
        """Contradictions get most of the room, where there are any."""
        self._right.setSizes([600, 300] if self._has_conflict else [72, 800])

    def _build(self) -> None:
        found, left = QWidget(), QWidget()
        inside = QVBoxLayout(found)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.list, 1)
        inside.addWidget(self._row_bar())
        stacked = QWidget()
        self._stack = QStackedLayout(stacked)
        self._stack.addWidget(found)
        self._stack.addWidget(self.empty)
        down = QVBoxLayout(left)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self.bar)
        down.addWidget(stacked, 1)
        self._right.setObjectName("links.right")
        self._right.setChildrenCollapsible(False)
        self._right.setHandleWidth(4)
        self._right.addWidget(self.conflict)
        self._right.addWidget(self.travel)
        edge = QFrame()
        edge.setProperty("plane", "window")
        edge.setFixedWidth(1)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(left, 1)
        across.addWidget(edge)
        across.addWidget(self._right)
        keep_button_keys(self)

    def _row_bar(self) -> QFrame:
        made = bar("links.row", "top", 44)
        note = ElidedLabel(SIMILARITY_NOTE)
        note.setObjectName("links.similarity")
        note.setProperty("role", "quiet")
        line = QHBoxLayout(made)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(8)
        for one in self.ways.values():
            line.addWidget(one)
        line.addStretch(1)
        line.addWidget(note)
        return made

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.window().width() >= WIDE_PX
        self._right.setFixedWidth(RIGHT_PX if is_wide else RIGHT_NARROW_PX)
