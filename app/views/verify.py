"""The Verify page as its presenter sees it: plain data, without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.wording import VERDICT_WORDS, similarity_label
from reid_core.types import Verdict

LEFT, RIGHT = 0, 1
"""The two sides: the query, and the candidate."""
MIN_ZOOM, MAX_ZOOM = 0.25, 6.0
NOTHING = "Nothing to verify yet"
NOTHING_MORE = "Search for a person, then verify the results one by one; or verify what linking proposes."


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tracklets that may show one person.

    Attributes:
        left: The query: a tracklet id, or ``image:...`` for a picture.
        right: The candidate: a tracklet id.
        similarity: -1..1, or None where it is not known.
        probability: 0..1, or None without a calibration.
        note: Why they are compared, or what speaks against it; a sentence, or empty.
        speaks_against: The note is why it can hardly be the person.
    """

    left: str
    right: str
    similarity: float | None = None
    probability: float | None = None
    note: str = ""
    speaks_against: bool = False


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair as a row of the list.

    Attributes:
        place: From 1.
        left: Tracklet of the query's crop, or empty for a picture.
        right: Tracklet of the candidate's crops.
        title: ``Hall · T-2.1``.
        number: Identity number of the candidate, or 0.
        similarity: -1..1, or None.
        probability: ``p 0.94``, or empty.
        detail: Time and length, or what speaks against it.
        is_doubtful: The detail speaks against it.
        verdict: What was decided, or None.
    """

    place: int
    left: str
    right: str
    title: str
    number: int
    similarity: float | None
    probability: str
    detail: str
    is_doubtful: bool
    verdict: Verdict | None

    @property
    def spoken(self) -> str:
        """The row in one sentence."""
        parts = [f"Pair {self.place}", self.title]
        if self.similarity is not None:
            parts.append(f"similarity {similarity_label(self.similarity)}")
        return ", ".join(
            [*parts, *filter(None, (self.probability, self.detail)), VERDICT_WORDS[self.verdict]]
        )


@dataclass(frozen=True, slots=True)
class VerifyHead:
    """The line above everything.

    Attributes:
        title: Whose results, or which proposals.
        number: Identity number of the query's person, or 0.
        count: ``Pair 4 of 11``, or empty.
        done: Part that is decided, 0..1.
        n_same: Decided to be the same person.
        n_different: Decided to be different people.
        n_unsure: Nobody can tell.
    """

    title: str = ""
    number: int = 0
    count: str = ""
    done: float = 0.0
    n_same: int = 0
    n_different: int = 0
    n_unsure: int = 0


@dataclass(frozen=True, slots=True)
class SideHead:
    """What stands over a picture.

    Attributes:
        role: ``Query`` or ``Candidate``.
        number: Identity number, or 0.
        camera: Camera name, or what the picture is called.
        label: The tracklet as the screen calls it.
        time: Moment of the picture on the common clock.
        problem: Why there is no footage, or empty.
    """

    role: str
    number: int = 0
    camera: str = ""
    label: str = ""
    time: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Scrub:
    """What stands under a picture.

    Attributes:
        tracklet: Whose crops the strip shows; empty for a picture.
        n_places: Boxes that can be gone to.
        place: Where it stands.
        crop_places: Where each crop of the strip was cut, in order of time.
        text: ``11.2 / 18.3 s``.
        is_playing: Whether time runs.
    """

    tracklet: str = ""
    n_places: int = 0
    place: int = 0
    crop_places: tuple[int, ...] = ()
    text: str = ""
    is_playing: bool = False


@dataclass(frozen=True, slots=True)
class Still:
    """A picture with the person in it.

    Attributes:
        picture: A ``QImage``, or a picture file's bytes.
        width: Width of the frame that boxes are given in, pixels; 0 where the picture is the person.
        height: Its height.
        box: ``x1, y1, x2, y2`` of the person; the outline that is drawn.
        frame: Middle and height of the person, smoothed over time: what the view follows.
        number: Identity number for the outline's colour, or 0.
    """

    picture: Any
    width: int
    height: int
    box: tuple[float, float, float, float]
    frame: tuple[float, float, float]
    number: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is looked at.

    Attributes:
        zoom: 1 shows the person at most of the pane's height.
        dx: Shift of the view, in heights of the person.
        dy: The same, downwards.
        brightness: -100..100.
        contrast: -100..100.
        is_whole: The whole frame instead of the person.
    """

    zoom: float = 1.0
    dx: float = 0.0
    dy: float = 0.0
    brightness: int = 0
    contrast: int = 0
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of evidence: icon, what it is about, what is known; ``state`` is empty, ``ok`` or ``warn``."""

    icon: str
    name: str
    text: str
    state: str = ""


class VerifyView(Protocol):
    """What the page can be told."""

    def show_head(self, head: VerifyHead) -> None:
        """Title and running count."""
        ...

    def show_rows(self, rows: Sequence[PairRow]) -> None:
        """The pairs."""
        ...

    def show_current(self, place: int) -> None:
        """Mark a row by its index from 0; -1 marks none."""
        ...

    def show_side(self, side: int, head: SideHead) -> None:
        """What stands over a picture."""
        ...

    def show_scrub(self, side: int, scrub: Scrub) -> None:
        """What stands under a picture."""
        ...

    def show_still(self, side: int, still: Still | None) -> None:
        """A picture; None for none."""
        ...

    def show_look(self, side: int, look: Look, *, is_linked: bool) -> None:
        """How a picture is looked at."""
        ...

    def show_active(self, side: int) -> None:
        """The side that keys and sliders work on."""
        ...

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """The evidence about the pair in hand."""
        ...

    def show_message(self, title: str, text: str) -> None:
        """What stands in place of the pair: nothing to verify, or all of it decided; empty shows the pair."""
        ...

    def show_warning(self, text: str, button: str = "Accept anyway") -> None:
        """Ask before something impossible is stored; an empty text takes the question away."""
        ...

    def set_ticking(self, is_on: bool) -> None:
        """Call `VerifyPresenter.tick` some 50 times a second, or stop that."""
        ...
