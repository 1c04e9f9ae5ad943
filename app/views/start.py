"""The Start page in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from app.wording import count_label, percent_label


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What was read of a project without opening it in the window.

    Attributes:
        n_cameras: Cameras.
        n_tracklets: Tracklets.
        n_persons: Identities.
        n_decisions: Verdicts that were recorded.
        part: Frames that are processed, 0..1; 1 when all sources are through.
        sources: Paths of the footage.
        last_action: The last recorded action in words, or empty.
        last_at: When that was, UTC, ISO 8601, or empty.
        covers: Pictures of people, as the page wants them.
        problem: Why it cannot be read; empty when all is well.
    """

    n_cameras: int = 0
    n_tracklets: int = 0
    n_persons: int = 0
    n_decisions: int = 0
    part: float = 1.0
    sources: tuple[str, ...] = ()
    last_action: str = ""
    last_at: str = ""
    covers: tuple[Any, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A project that was open once, as its card or row shows it.

    Attributes:
        path: Its file.
        name: Its name.
        when: ``today 14:29``.
        counts: ``7 cameras, 38 tracklets, 8 identities``; empty until it is read.
        decisions: ``46 decisions``.
        state: ``Ready``.
        icon: Icon of the state, or empty.
        role: Colour role of the state.
        covers: Pictures.
        is_there: The file exists.
    """

    path: str
    name: str
    when: str
    counts: str = ""
    decisions: str = ""
    state: str = ""
    icon: str = ""
    role: str = "text2"
    covers: tuple[Any, ...] = ()
    is_there: bool = True


@dataclass(frozen=True, slots=True)
class ComputerFact:
    """A line on this computer.

    Attributes:
        label: What.
        value: What was found.
        is_fine: Nothing has to be done.
        advice: What to do otherwise.
    """

    label: str
    value: str
    is_fine: bool = True
    advice: str = ""


class StartView(Protocol):
    """What the page can be told."""

    def show_cards(self, cards: tuple[Card, ...]) -> None:
        """Show the recent projects, the latest first."""
        ...

    def show_computer(self, facts: tuple[ComputerFact, ...]) -> None:
        """Show what this computer offers."""
        ...

    def show_recovery(self, name: str, text: str) -> None:
        """Show that a project was not closed properly; an empty name hides that."""
        ...


def make_card(path: str, opened_at: str, facts: CardFacts | None, now: datetime) -> Card:
    """A card of what is known.

    Args:
        path: The project file.
        opened_at: UTC, ISO 8601.
        facts: What was read of it, or None while that is on its way.
        now: With a time zone.
    """
    name, when = Path(path).stem, when_label(opened_at, now)
    if not Path(path).exists():
        state = "Not found" if Path(path).parent.exists() else "Drive or folder not connected"
        return Card(path, name, when, state=state, icon="triangle-alert", role="warn", is_there=False)
    if facts is None:
        return Card(path, name, when)
    if facts.problem:
        return Card(path, name, when, state=facts.problem, icon="triangle-alert", role="warn")
    people = count_label(facts.n_persons, "identity", "identities") if facts.n_persons else "no identity yet"
    cameras, tracklets = count_label(facts.n_cameras, "camera"), count_label(facts.n_tracklets, "tracklet")
    state, icon, role = _state(facts)
    return Card(
        path=path,
        name=name,
        when=when,
        counts=f"{cameras}, {tracklets}, {people}",
        decisions=count_label(facts.n_decisions, "decision"),
        state=state,
        icon=icon,
        role=role,
        covers=facts.covers,
    )


def _state(facts: CardFacts) -> tuple[str, str, str]:
    n_missing = sum(not Path(source).exists() for source in facts.sources)
    if n_missing:
        return f"{count_label(n_missing, 'file')} not found", "triangle-alert", "warn"
    if not facts.sources:
        return "No footage yet", "film", "text2"
    if facts.part < 1.0:
        begun = f"Ingest stopped at {percent_label(facts.part)}" if facts.part else "Not processed yet"
        return begun, "pause", "text2"
    return "Ready", "check", "text2"


def when_label(at: str, now: datetime) -> str:
    """When something was, as people say it.

    >>> now = datetime.fromisoformat("2026-11-21T15:00:00+00:00")
    >>> [when_label(f"2026-{at}+00:00", now) for at in ("11-21T14:29:00", "11-20T09:00:00", "10-02T08:00:00")]
    ['today 14:29', 'yesterday', '2 Oct']
    >>> when_label("2024-10-02T08:00:00+00:00", now), when_label("never", now)
    ('2 Oct 2024', '')
    """
    try:
        then = datetime.fromisoformat(at).astimezone(now.tzinfo)
    except ValueError:
        return ""
    if then.date() == now.date():
        return f"today {then:%H:%M}"
    if then.date() == (now - timedelta(days=1)).date():
        return "yesterday"
    return f"{then.day} {then:%b}" + (f" {then.year}" if then.year != now.year else "")
