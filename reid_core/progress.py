"""What a running job says, and how it is asked to stop.

A job is a generator of events: ``for event in ingest(...)``. Each yield is a progress and cancel point.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

from reid_core.errors import CancelledError


class CancelToken:
    """Asks a job to stop; safe to use from signal handlers and other threads."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the job to stop at its next cancel point."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether the job was asked to stop."""
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise `CancelledError` when the job was asked to stop."""
        if self.cancelled:
            raise CancelledError(
                "Stopped. Everything up to here is kept; run the same command again to go on."
            )

    def wait(self, seconds: float) -> bool:
        """Sleep up to ``seconds``; True as soon as the job was asked to stop."""
        return self._event.wait(seconds)


@dataclass(frozen=True, slots=True)
class Event:
    """Base of everything a job reports; `as_dict` is what ``--events`` prints as a JSON line."""

    def as_dict(self) -> dict[str, Any]:
        """The event's fields, with its kind under ``event``."""
        return {"event": type(self).__name__, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """How far one part of a job is.

    Attributes:
        part: What is counted, e.g. the camera's file.
        done: Units finished.
        total: Units in all, or None when unknown.
        unit: Name of a unit, e.g. ``frames``.
    """

    part: str
    done: int
    total: int | None
    unit: str = "frames"


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """Something that the user should know, which does not stop the job (a smaller batch, a partial file).

    Attributes:
        text: One sentence for the user.
        part: The source that it concerns, or an empty string.
        level: ``info``, ``warning`` or ``error``.
    """

    text: str
    part: str = ""
    level: str = "info"
