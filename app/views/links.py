"""The Links page as its presenter sees it: plain data, without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

NEVER = "Nothing is proposed yet"
NEVER_MORE = (
    "Linking compares tracklets across cameras, honours every decision, place and travel time, and proposes "
    "who is one person. Nothing is applied until you accept it."
)
NONE_LEFT = "No proposal at this threshold"
NOT_BOTH = "One person cannot be in two places"


@dataclass(frozen=True, slots=True)
class LinkHead:
    """What can be done, and what would follow.

    Attributes:
        is_running: The linking runs, and may be stopped.
        is_ready: There is a plan.
        is_stale: Something was decided since, so that the plan is of before.
        place: Where the threshold's slider stands, 0..1000.
        threshold: ``≥ 0.85``.
        scale: ``Probability`` or ``Similarity``.
        preview: What accepting all would leave, a sentence or two.
        note: What else is to be known: no probability yet, tracklets without a vector.
        n_shown: Proposals at the threshold.
    """

    is_running: bool = False
    is_ready: bool = False
    is_stale: bool = False
    place: int = 0
    threshold: str = ""
    scale: str = "Similarity"
    preview: str = ""
    note: str = ""
    n_shown: int = 0


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal as a row of the list.

    Attributes:
        key: Its tracklets by time.
        groups: Tracklets of its crops, first to last.
        numbers: Persons that it joins or adds to.
        title: ``3 tracklets in gate and hall``.
        names: The tracklets as the screen calls them.
        likeness: -1..1, of its weakest join.
        probability: ``p 0.94``, or empty.
        reasons: Why, in words.
    """

    key: tuple[str, ...]
    groups: tuple[str, ...]
    numbers: tuple[int, ...]
    title: str
    names: str
    likeness: float
    probability: str
    reasons: str

    @property
    def spoken(self) -> str:
        """The row in one sentence."""
        who = ", ".join(f"person {number}" for number in self.numbers) or "a new person"
        return ". ".join(filter(None, [f"{self.title}, {who}", self.names, self.probability, self.reasons]))


@dataclass(frozen=True, slots=True)
class StepRow:
    """A decision of a chain.

    Attributes:
        a: A tracklet, or empty where it is none.
        b: Another.
        title: ``Decision 44``.
        words: ``T-1.1 is T-2.3``.
        similarity: ``0.54``, or empty.
        by: Who and when, and the note.
        is_weakest: The least similar one of the chain.
        is_against: It is the "different" that the others contradict.
    """

    a: str
    b: str
    title: str
    words: str
    similarity: str
    by: str
    is_weakest: bool = False
    is_against: bool = False


@dataclass(frozen=True, slots=True)
class ConflictShown:
    """A contradiction.

    Attributes:
        count: ``Contradiction 1 of 2``.
        title: Whom it is about.
        sentence: What is impossible.
        steps: The chain of decisions that makes it.
        ways: What the buttons say that solve it, best first.
        has_more: There are others.
        pair: The two tracklets that can be compared; empty where one of them is none.
        can_keep: It can be let stand, with a reason.
        reason: Why it was let stand, or empty.
    """

    count: str
    title: str
    sentence: str
    steps: tuple[StepRow, ...]
    ways: tuple[str, ...]
    has_more: bool = False
    pair: tuple[str, ...] = ()
    can_keep: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TravelRow:
    """A pair of cameras.

    Attributes:
        a: One camera.
        b: The other.
        least: ``0:20``, or empty where unknown.
        typical: The same.
        most: The same.
        overlapping: The views overlap.
        source: ``set by hand``, ``learnt from 6``, or ``unknown``.
    """

    a: str
    b: str
    least: str = ""
    typical: str = ""
    most: str = ""
    overlapping: bool = False
    source: str = "unknown"


class LinksView(Protocol):
    """What the page can be told."""

    def show_head(self, head: LinkHead) -> None:
        """What can be done, and what would follow."""
        ...

    def show_proposals(self, rows: Sequence[ProposalRow]) -> None:
        """The proposals at the threshold."""
        ...

    def show_current(self, key: tuple[str, ...]) -> None:
        """Mark a proposal; an empty key marks none."""
        ...

    def show_message(self, title: str, text: str) -> None:
        """What stands in place of the proposals; empty shows them."""
        ...

    def show_conflict(self, conflict: ConflictShown | None) -> None:
        """A contradiction, or None when there is none."""
        ...

    def show_travel(self, rows: Sequence[TravelRow]) -> None:
        """The table of travel times."""
        ...
