"""What the export dialog shows: plain data, without Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from reid_core.pipeline.export.base import Point
from reid_core.pipeline.export.formats import FORMATS

__all__ = ["FORMATS", "ExportState", "ExportView", "What"]


class What(StrEnum):
    """Which part of the project is written."""

    ALL = "all"
    SELECTED = "selected"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class ExportState:
    """The dialog at one moment.

    Attributes:
        format: A key of `FORMATS`.
        what: Which part is chosen.
        scopes: Each part in words.
        why_not: Why a part cannot be chosen now; parts that can are missing.
        blur: Everybody else is made unrecognisable.
        distractors: Market-1501: tracklets without an identity are added as person 0.
        test_share: Market-1501: share of the identities kept for testing, 0..1.
        folder: Where the files go.
        points: What becomes of what the project knows.
        is_checking: The points are being counted anew.
        stop: Why the export cannot be made, or empty.
        instead: Key of a format without the limits that the points warn of, or empty.
        files: Names of what is written.
        present: Those of them that exist there.
        is_replacing: Existing files may be replaced.
        progress: Parts written and their total while it runs, else None.
        is_stopping: It was cancelled and is about to end.
        message: What came of it, or what is wrong.
        level: ``ok``, ``warn`` or ``bad``.
        can_start: Nothing is missing.
    """

    format: str = "mot"
    what: What = What.ALL
    scopes: Mapping[What, str] = field(default_factory=dict)
    why_not: Mapping[What, str] = field(default_factory=dict)
    blur: bool = False
    distractors: bool = False
    test_share: float = 0.5
    folder: str = ""
    points: tuple[Point, ...] = ()
    is_checking: bool = False
    stop: str = ""
    instead: str = ""
    files: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    is_replacing: bool = False
    progress: tuple[int, int] | None = None
    is_stopping: bool = False
    message: str = ""
    level: str = "ok"
    can_start: bool = False


class ExportView(Protocol):
    """The dialog."""

    def show_export(self, state: ExportState) -> None:
        """Show this."""

    def open_export(self) -> None:
        """Bring the dialog up."""
