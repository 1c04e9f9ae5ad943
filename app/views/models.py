"""What the Models page shows, as data: models, the card of one, what it reaches."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app.views.ranking import RankedQuery
from app.views.training import Choices, Series


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A row of the list.

    Attributes:
        key: Its file, which tells it from the others.
        name: What people call it.
        about: What it is and where it is from.
        is_research: It may be used for research only.
        is_active: The project is searched with it.
        group: Head above the first row of a group.
    """

    key: str
    name: str
    about: str = ""
    is_research: bool = False
    is_active: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The model in hand.

    Attributes:
        key: Its file.
        name: What people call it.
        facts: ``(label, value)``.
        text: The rest, Markdown.
        licence: Its licence in words.
        is_research: It may be used for research only.
        can: ``use``, ``export``, ``remove``, ``evaluate``.
        why_not_use: Why it cannot be used now.
        note: What goes on with it; may be empty.
        old_spaces: ``(key, name)`` of vectors that can be dropped; only with the active model.
    """

    key: str = ""
    name: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    text: str = ""
    licence: str = ""
    is_research: bool = False
    can: frozenset[str] = frozenset()
    why_not_use: str = ""
    note: str = ""
    old_spaces: Choices = ()


@dataclass(frozen=True, slots=True)
class EvaluationState:
    """What the model in hand reaches.

    Attributes:
        source: ``project`` or ``folder``.
        folder: Chosen for the evaluation.
        can_start: Whether it can be measured.
        why_not: Why not.
        is_busy: It is being measured.
        message: What goes on, or why there is nothing.
        level: Of the message.
        intro: What was measured on.
        figures: ``(name, value)``.
        cmc: Share of queries with a hit among the first places.
        roc: True over false positive rate.
        queries: The worst first.
        pictures: Folder of their pictures.
    """

    source: str = "project"
    folder: str = ""
    can_start: bool = False
    why_not: str = ""
    is_busy: bool = False
    message: str = ""
    level: str = "info"
    intro: str = ""
    figures: tuple[tuple[str, str], ...] = ()
    cmc: tuple[Series, ...] = ()
    roc: tuple[Series, ...] = ()
    queries: tuple[RankedQuery, ...] = ()
    pictures: Path = field(default_factory=Path)


class ModelsView(Protocol):
    """The Models page."""

    def show_models(self, lines: tuple[ModelLine, ...], current: str) -> None:
        """Show all models, and which is in hand."""
        ...

    def show_card(self, card: ModelCard) -> None:
        """Show the model in hand."""
        ...

    def show_importing(self, text: str) -> None:
        """Show that a checkpoint is being read; empty when that is over."""
        ...

    def show_refusal(self, text: str) -> None:
        """Show why a checkpoint was not taken; empty takes that away."""
        ...

    def show_evaluation(self, state: EvaluationState) -> None:
        """Show what the model in hand reaches."""
        ...
