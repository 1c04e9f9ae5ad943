"""What a format is: how it is called, what becomes of the project's facts in it, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.tables import Tables


class Result(StrEnum):
    """What becomes of one thing in an export."""

    STOPS = "stops"
    """The export cannot be made."""
    WARNS = "warns"
    """It is made, and usual readers of the format will not take it."""
    KEPT = "kept"
    CONVERTED = "converted"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Point:
    """One line of a preflight.

    Attributes:
        result: What becomes of it.
        what: The thing.
        how: How, in a few words.
        number: How many of them; None where nothing is counted. A point with 0 is not shown.
        instead: Key of a format that has no such trouble, or empty.
    """

    result: Result
    what: str
    how: str
    number: int | None = None
    instead: str = ""


class Group(StrEnum):
    """What a format is for."""

    TRACKING = "Tracking and annotation"
    TRAINING = "Training"
    TABLES = "Tables"
    PEOPLE = "For people"


@dataclass(frozen=True, slots=True)
class Format:
    """A format of the export.

    Attributes:
        key: Its name on the command line.
        title: Its name for people.
        about: What it is, in a few words.
        group: What it is for.
        names: Files and folders that it writes at the top.
        points: What becomes of the project's facts; points with number 0 are dropped.
        write: Writes it into an empty folder.
        options: Which of `Options` it heeds.
    """

    key: str
    title: str
    about: str
    group: Group
    names: Callable[[Facts], Sequence[str]]
    points: Callable[[Facts], Sequence[Point]]
    write: Callable[[Tables, Path], None]
    options: tuple[str, ...] = ()


def shown(facts: Facts) -> tuple[Point, ...]:
    """What a format that people look at says of those who are in it and those who are not."""
    nobody = stops("Identities", "nobody has one yet; choose persons or tracklets")
    left_out = facts.n_tracklets - facts.n_shown
    return (
        *(() if facts.n_shown else (nobody,)),
        lost(
            "Unassigned tracklets", "left out; choose them to have them in", left_out if facts.n_shown else 0
        ),
    )


def stops(what: str, how: str, number: int | None = None) -> Point:
    """A reason why the export cannot be made."""
    return Point(Result.STOPS, what, how, number)


def kept(what: str, how: str, number: int | None = None) -> Point:
    """Something that a reader gets back as it was."""
    return Point(Result.KEPT, what, how, number)


def converted(what: str, how: str, number: int | None = None) -> Point:
    """Something that is there in another form."""
    return Point(Result.CONVERTED, what, how, number)


def lost(what: str, how: str, number: int | None = None) -> Point:
    """Something that the format has no place for."""
    return Point(Result.LOST, what, how, number)


def warns(what: str, how: str, number: int | None = None, instead: str = "") -> Point:
    """Something that usual readers of the format do not take."""
    return Point(Result.WARNS, what, how, number, instead)
