"""What the export dialog shows: plain data, without Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class What(StrEnum):
    """Which part of the project is written."""

    ALL = "all"
    SELECTED = "selected"
    RANGE = "range"


FORMATS = {
    "mot": ("MOTChallenge", "one text file a camera"),
    "csv": ("CSV", "four tables for spreadsheets and data frames"),
    "json": ("JSON", "one file with everything"),
}
"""Name and explanation of each format."""


@dataclass(frozen=True, slots=True)
class ExportState:
    """The dialog at one moment.

    Attributes:
        format: A key of `FORMATS`.
        what: Which part is chosen.
        scopes: Each part in words.
        why_not: Why a part cannot be chosen now; parts that can are missing.
        folder: Where the files go.
        files: Their names.
        present: Those of them that exist there.
        is_replacing: Existing files may be replaced.
        progress: Tracklets written and their total while it runs, else None.
        is_stopping: It was cancelled and is about to end.
        message: What came of it, or what is wrong.
        level: ``ok``, ``warn`` or ``bad``.
        can_start: Nothing is missing.
    """

    format: str = "mot"
    what: What = What.ALL
    scopes: Mapping[What, str] = field(default_factory=dict)
    why_not: Mapping[What, str] = field(default_factory=dict)
    folder: str = ""
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
