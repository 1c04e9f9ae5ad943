"""What the Train page shows, as data: the form, the runs, the curves, the comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app.views.ranking import RankedQuery

Choices = tuple[tuple[str, str], ...]
"""``(value, words)`` of a list to choose from."""


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A line of the dataset check.

    Attributes:
        level: ``ok``, ``info``, ``warn`` or ``bad``.
        title: What was looked at.
        detail: What it means and what to do; may be empty.
        value: The count at the right.
        examples: Names of what it is about.
    """

    level: str
    title: str
    detail: str = ""
    value: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """The dataset check.

    Attributes:
        level: Of the whole: ``ok``, ``bad``, or empty while nothing is known.
        summary: ``can be trained``, ``checking`` ...
        lines: What was looked at.
        problem: Why there is no check, in a sentence.
    """

    level: str = ""
    summary: str = ""
    lines: tuple[CheckLine, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting behind the fold.

    Attributes:
        name: ``loss.margin``.
        value: As TOML writes it.
        is_changed: It differs from the recipe.
        kind: ``bool``, ``number`` or ``text``.
    """

    name: str
    value: str
    is_changed: bool = False
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class TrainForm:
    """What a run would be made with.

    Attributes:
        source: ``project``, ``folder`` or ``both``.
        folder: Of the training pictures; used where the source is not ``project``.
        recipes: Names to choose from, with words.
        recipe: The chosen one.
        inits: First weights to choose from.
        init: The chosen ones.
        methods: Networks to choose from.
        method: The chosen one.
        backbones: Backbones to choose from.
        backbone: The chosen one.
        devices: Devices to choose from.
        device: The chosen one.
        n_epochs: Of the run.
        n_ids: People in a batch.
        n_images: Pictures of each.
        lr: Learning rate.
        settings: Everything else.
        size: Of the network: ``2.3 million parameters, 0.10 GFLOPs a picture``.
        facts: Lines before the start: time, memory, active model.
        measured: How the facts are known; empty while they are not.
        is_measuring: A few batches are run to know them.
        note: What is wrong with the settings, or what goes on; may be empty.
        level: Of the note.
        button: What the start button says.
        can_start: Whether it can be pressed.
        why_not: Why not.
        is_ready: The recipes are loaded, so that there is something to choose from.
    """

    source: str = "project"
    folder: str = ""
    recipes: Choices = ()
    recipe: str = ""
    inits: Choices = ()
    init: str = ""
    methods: Choices = ()
    method: str = ""
    backbones: Choices = ()
    backbone: str = ""
    devices: Choices = ()
    device: str = ""
    n_epochs: int = 1
    n_ids: int = 2
    n_images: int = 2
    lr: float = 0.0
    settings: tuple[Setting, ...] = ()
    size: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    measured: str = ""
    is_measuring: bool = False
    note: str = ""
    level: str = "info"
    button: str = "Start training"
    can_start: bool = False
    why_not: str = ""
    is_ready: bool = False


class TrainFormView(Protocol):
    """The left side of the Train page."""

    def show_check(self, check: Check) -> None:
        """Show what the dataset check found."""
        ...

    def show_form(self, form: TrainForm) -> None:
        """Show what a run would be made with."""
        ...


@dataclass(frozen=True, slots=True)
class Series:
    """A line of a plot.

    Attributes:
        name: For the legend.
        x: Epochs.
        y: Values.
        color: Place in the palette of lines; -1 is grey.
        is_dashed: It belongs to another run.
        last: The last value in words, for the legend.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    color: int = 0
    is_dashed: bool = False
    last: str = ""


@dataclass(frozen=True, slots=True)
class CurveSet:
    """The lines of all plots.

    Attributes:
        loss: Its weighted parts, and the sums of other runs.
        validation: mAP and rank-1 on people who are not trained on.
        rate: Pictures a second.
        n_epochs: Where the x axis ends.
        note: Why there is no validation; may be empty.
    """

    loss: tuple[Series, ...] = ()
    validation: tuple[Series, ...] = ()
    rate: tuple[Series, ...] = ()
    n_epochs: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class RunHead:
    """The run in hand.

    Attributes:
        number: Its number; 0 where there is no run.
        name: ``Run 3``.
        about: ``bot, osnet_x0_25, 24 people``.
        state: ``epoch 22 of 30``, ``done``, ``failed`` ...
        part: Done, 0..1; None hides the bar.
        speed: ``146 pictures/s, 8 min left``.
        message: Why it failed, or what it is about; may be empty.
        level: Of the message.
        can: ``pause``, ``go_on``, ``stop``, ``resume``, ``remove``.
        last_line: Of its log.
    """

    number: int = 0
    name: str = ""
    about: str = ""
    state: str = ""
    part: float | None = None
    speed: str = ""
    message: str = ""
    level: str = "info"
    can: frozenset[str] = frozenset()
    last_line: str = ""


class RunsView(Protocol):
    """Head, plots and log of the run in hand."""

    def show_runs(self, runs: Choices, current: str, others: Choices, compared: tuple[str, ...]) -> None:
        """Show all runs, the one in hand, those that it can be laid over with, and those it is."""
        ...

    def show_head(self, head: RunHead) -> None:
        """Show what the run in hand is and how far it is."""
        ...

    def show_curves(self, curves: CurveSet) -> None:
        """Show its curves, and those that are laid under them."""
        ...

    def show_log(self, lines: tuple[str, ...]) -> None:
        """Show what it wrote last."""
        ...

    def open_log(self) -> None:
        """Bring the log up: it says why the run ended."""
        ...


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """A row of the comparison.

    Attributes:
        name: ``mAP``.
        old: Value of the active model.
        new: Value of the run.
        change: ``+0.07``.
        interval: ``+0.04 to +0.10``; empty where there is none.
        level: ``ok`` or ``bad`` where the interval leaves out 0, else empty.
    """

    name: str
    old: str
    new: str
    change: str = ""
    interval: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class ComparisonState:
    """The old model and the new one, side by side.

    Attributes:
        title: ``Active model and Run 3``.
        old: Short name of the active model.
        new: ``Run 3``.
        intro: What was measured on.
        lines: The measures.
        verdict: What follows, in a sentence.
        level: Of the verdict.
        is_busy: It is being measured.
        can_compare: Whether it can be measured (again).
        why_not: Why not.
        use: What the button says that makes the run the active model; empty hides it.
        can_use: Whether it can be pressed.
        why_not_use: Why not.
        use_note: What pressing it does, or what goes on.
        old_spaces: ``(key, words)`` of vectors that could be dropped.
        queries: Rank lists, those that changed most first.
        folder: Where their pictures are.
    """

    title: str = ""
    old: str = ""
    new: str = ""
    intro: str = ""
    lines: tuple[MeasureLine, ...] = ()
    verdict: str = ""
    level: str = "info"
    is_busy: bool = False
    can_compare: bool = False
    why_not: str = ""
    use: str = ""
    can_use: bool = False
    why_not_use: str = ""
    use_note: str = ""
    old_spaces: Choices = ()
    queries: tuple[RankedQuery, ...] = ()
    folder: Path = field(default_factory=Path)


class ComparisonView(Protocol):
    """The lower part of the Train page."""

    def show_comparison(self, state: ComparisonState) -> None:
        """Show this."""
        ...
