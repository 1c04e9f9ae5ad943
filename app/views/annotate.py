"""The annotate mode as its presenter sees it: its bar, and the panes in which boxes are corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AnnotateState:
    """What the bar shows.

    Attributes:
        is_on: Boxes are corrected just now.
        fact: Who is in hand, or what to do first.
        problem: Why the last correction was refused; empty when all is well.
        blocked: Why an action makes no sense now, by its id.
        kind: What next and previous look for.
        place: ``3 of 12``; empty while nothing was looked for.
    """

    is_on: bool = False
    fact: str = ""
    problem: str = ""
    blocked: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    place: str = ""


class AnnotateView(Protocol):
    """The bar over the panes."""

    def show_annotate(self, state: AnnotateState) -> None:
        """Show this."""
        ...

    def ask_kind(self) -> None:
        """Let the user choose what next and previous look for."""
        ...


class EditablePanes(Protocol):
    """The grid of panes."""

    def set_editing(self, is_on: bool) -> None:
        """Let boxes be taken, moved and resized, or not."""
        ...

    def set_in_hand(self, tracklet: str) -> None:
        """Put handles on a tracklet's box; empty for none."""
        ...

    def set_drawing(self, is_on: bool) -> None:
        """Let the next drag draw a box."""
        ...

    def settle(self) -> None:
        """Report a change that the arrow keys have made and that was not reported yet."""
        ...

    def show_refusal(self, text: str) -> None:
        """Say beside the box in hand why it was not changed; empty says nothing."""
        ...

    def shown_frame(self, camera: str) -> tuple[int, int] | None:
        """``(source, frame)`` that a camera's pane shows, or None."""
        ...
