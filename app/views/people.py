"""The Identities page as its presenter sees it: plain data, without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.views.verify import Still

NOBODY = 0
"""Number of the row of tracklets that belong to nobody."""
NEW = -1
"""Drop target that makes a new person."""
NO_ROW = -2
"""Marks nobody in the list."""
EMPTY = "Accept a result and its person appears here"
EMPTY_MORE = "Search for a person on Investigate, or let linking propose who is who."


@dataclass(frozen=True, slots=True)
class Entry:
    """A person as a row of the list.

    Attributes:
        number: Identity number, or `NOBODY`.
        name: What the person is called.
        cover: Tracklet whose best crop stands for the person; empty for nobody.
        cameras: ``gate, hall``, or ``5 cameras``.
        when: From the first to the last appearance; empty for nobody.
        count: ``6 tracklets``.
        verified: ``5 of 6 by hand``; empty for nobody.
        share: Part that was decided by hand, 0..1.
        problem: What contradicts itself, a sentence; empty when nothing does.
    """

    number: int
    name: str
    cover: str
    cameras: str
    when: str
    count: str
    verified: str
    share: float
    problem: str = ""

    @property
    def spoken(self) -> str:
        """The row in one sentence."""
        parts = [str(self.number) if self.number else "", self.name, self.count, self.cameras, self.when]
        text = ", ".join(filter(None, [*parts, self.verified]))
        return f"{text}. Conflict: {self.problem}" if self.problem else text


@dataclass(frozen=True, slots=True)
class PersonHead:
    """Who is looked at.

    Attributes:
        number: Identity number, or `NOBODY`.
        name: What the person is called.
        cover: As in `Entry`.
        facts: Cameras, tracklets, first, last.
        verified: ``5 of 6 by hand``.
        share: As in `Entry`.
        problem: As in `Entry`.
        tags: Tags of the person, parted by commas.
        note: The note about the person.
        note_by: Who wrote it and when; may be empty.
    """

    number: int
    name: str
    cover: str
    facts: str
    verified: str = ""
    share: float = 0.0
    problem: str = ""
    tags: str = ""
    note: str = ""
    note_by: str = ""


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of the story.

    Attributes:
        tracklet: Whose crops stand for it.
        camera: Its camera.
        label: The tracklet as the screen calls it.
        start: When it begins, on the common clock.
        length: How long it is.
        gap: Time unseen before it, ``at once``, or ``also`` where it overlaps what was before; empty for the
            first.
    """

    tracklet: str
    camera: str
    label: str
    start: str
    length: str
    gap: str


@dataclass(frozen=True, slots=True)
class StoryState:
    """Where the story stands.

    Attributes:
        clip: Index of the clip, or -1 before it was played.
        part: Part of the clip that is over, 0..1.
        is_playing: Whether time runs.
        caption: Camera and moment.
        problem: Why there is no footage, or empty.
    """

    clip: int = -1
    part: float = 0.0
    is_playing: bool = False
    caption: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A tracklet of the person.

    Attributes:
        tracklet: Its id.
        label: As the screen calls it.
        camera: Its camera.
        when: Start and length.
        fit: Mean similarity to the rest, ``0.54``; empty where it is not known.
        hint: ``nearer to Person 2, 0.83``, or empty.
        is_far: It may not belong.
        nearer: Number of the person that it is nearer to, or 0.
        by_hand: A person decided it.
    """

    tracklet: str
    label: str
    camera: str
    when: str
    fit: str = ""
    hint: str = ""
    is_far: bool = False
    nearer: int = 0
    by_hand: bool = False

    @property
    def spoken(self) -> str:
        """The card in one sentence."""
        fit = f"similarity to the rest {self.fit}" if self.fit else ""
        hand = "decided by hand" if self.by_hand else ""
        return ", ".join(filter(None, [self.label, self.camera, self.when, fit, self.hint, hand]))


class PeopleView(Protocol):
    """What the page can be told."""

    def show_people(self, entries: Sequence[Entry], count: str) -> None:
        """The list, and how many there are."""
        ...

    def show_current(self, number: int) -> None:
        """Mark a row."""
        ...

    def show_person(self, head: PersonHead | None) -> None:
        """Who is looked at; None where there is nobody at all."""
        ...

    def show_story(self, clips: Sequence[Clip], total: str, *, is_best: bool) -> None:
        """The clips in order of time, and how long they are together."""
        ...

    def show_story_state(self, state: StoryState) -> None:
        """Where the story stands."""
        ...

    def show_still(self, still: Still | None) -> None:
        """The story's picture."""
        ...

    def show_cards(self, cards: Sequence[Card], order: str) -> None:
        """The tracklets, and what they are ordered by."""
        ...

    def show_selected(self, tracklets: Sequence[str]) -> None:
        """Which of them are selected."""
        ...

    def show_warning(self, text: str, button: str = "Do it anyway") -> None:
        """Ask before something impossible is stored; an empty text takes the question away."""
        ...

    def ask_person(self, title: str, entries: Sequence[Entry], *, with_new: bool) -> None:
        """Let the user choose one of these people, by keyboard or pointer."""
        ...

    def set_ticking(self, is_on: bool) -> None:
        """Call `PeoplePresenter.tick` some 50 times a second, or stop that."""
        ...
