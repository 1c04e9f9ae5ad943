"""The clock tool in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from reid_core.errors import ReidError
from reid_core.store.records import Source

REFERENCE, OWN = 0, 1
"""The two panes: the camera that is right, and the one that is set."""
Failed = Callable[[ReidError], None]


@dataclass(frozen=True, slots=True)
class ClockPane:
    """What stands over and under one picture.

    Attributes:
        camera: Its name.
        role: ``reference`` or ``to set``.
        time: On the common clock.
        frame: ``frame 179``.
        place: Where it is in the footage, 0..1.
        can_mark: The picture that was asked for is there.
        is_marked: The event is marked here and waits for the other pane.
        problem: Why there is no picture, or empty.
    """

    camera: str = ""
    role: str = ""
    time: str = ""
    frame: str = ""
    place: float = 0.0
    is_marked: bool = False
    can_mark: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ClockForm:
    """Everything beside the pictures.

    Attributes:
        camera: Camera that is set; empty where there is nothing to set.
        references: Cameras that it can be set by.
        reference: The chosen one.
        offset: ``−120 ms``.
        drift: ``+0.4 ms/min``.
        drift_note: ``weak, marks are close``, or empty.
        marks: ``(event, time in the reference, time in this camera, difference)``.
        hint: What to do next.
        first_frame: Where the first frame lies then.
        is_changed: The shown clock is not the stored one.
        empty: Why there is nothing to set, or empty.
    """

    camera: str = ""
    references: tuple[str, ...] = ()
    reference: str = ""
    offset: str = ""
    drift: str = ""
    drift_note: str = ""
    marks: tuple[tuple[str, str, str, str], ...] = ()
    hint: str = ""
    first_frame: str = ""
    is_changed: bool = False
    empty: str = ""


class ClockView(Protocol):
    """What the tool can be told."""

    def show_clock(self, form: ClockForm) -> None:
        """Show everything beside the pictures."""
        ...

    def show_pane(self, pane: int, state: ClockPane) -> None:
        """Show what stands over and under a picture."""
        ...

    def show_picture(self, pane: int, picture: Any) -> None:
        """Show a picture; None for none."""
        ...

    def show_active(self, pane: int) -> None:
        """The keys work on this pane now."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that was decoded.

    Attributes:
        rank: Its rank in the source, 0-based.
        t_ms: Its time since the source's first frame.
        n_frames: Frames of the source.
        picture: As the view wants it.
    """

    rank: int
    t_ms: float
    n_frames: int
    picture: Any


class Pictures(Protocol):
    """Decodes single frames beside the GUI thread."""

    def show_rank(
        self, pane: int, source: Source, rank: int, then: Callable[[Shown], None], failed: Failed
    ) -> None:
        """The frame of a rank."""
        ...

    def show_time(
        self, pane: int, source: Source, t_ms: float, then: Callable[[Shown], None], failed: Failed
    ) -> None:
        """The frame that is shown at a time since the source's first frame."""
        ...
