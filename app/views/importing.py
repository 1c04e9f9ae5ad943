"""What the import dialog shows: plain data, without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

FORMATS = {"mot": "MOTChallenge text", "cvat": "CVAT for video 1.1"}
"""Name of each format that can be read."""
KINDS = {
    "tracklets": ("Tracklets", "searched and edited like any other"),
    "truth": ("Ground truth", "what the tracks are measured by"),
    "detections": ("Detections", "boxes for an ingest, in place of a detector"),
}
"""Name and explanation of what labels can be taken as."""


@dataclass(frozen=True, slots=True)
class ImportState:
    """The dialog at one moment.

    Attributes:
        file: The file of labels.
        format: A key of `FORMATS`.
        kind: A key of `KINDS`.
        cameras: Names of all cameras.
        camera: Whose footage the file describes, or empty.
        is_present: Such labels of that camera are there already, or tracklets that they would replace.
        is_removable: The camera's tracklets were imported, and can be taken back.
        is_replacing: They may be replaced.
        is_running: It is being read or measured.
        is_stopping: It was cancelled and is about to end.
        message: What came of it, or what is wrong.
        level: ``ok``, ``warn`` or ``bad``.
        is_across: Its numbers mean the same person in every camera.
        detector: What an ingest takes as its detector now, or empty.
        can_ingest: Tracklets were imported, and an ingest would make them.
        why_not: Why it cannot start, or empty.
    """

    file: str = ""
    format: str = "mot"
    kind: str = "tracklets"
    cameras: tuple[str, ...] = ()
    camera: str = ""
    is_present: bool = False
    is_removable: bool = False
    is_replacing: bool = False
    is_running: bool = False
    is_stopping: bool = False
    message: str = ""
    level: str = "ok"
    is_across: bool = False
    detector: str = ""
    can_ingest: bool = False
    why_not: str = ""


class ImportView(Protocol):
    """The dialog."""

    def show_import(self, state: ImportState) -> None:
        """Show this."""

    def open_import(self) -> None:
        """Bring the dialog up."""
