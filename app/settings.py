"""What the window remembers of itself and of this computer, beside all projects; never their facts."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QByteArray, QSettings

MAX_RECENT = 30


@dataclass(frozen=True, slots=True)
class Recent:
    """A project that was open once.

    Attributes:
        path: Its file, absolute.
        opened_at: When it was opened or closed last, UTC, ISO 8601.
        page: Page that was in front.
        position_ms: Where the playhead was.
    """

    path: str
    opened_at: str
    page: str = ""
    position_ms: float = 0.0


class Settings:
    """The window's memory in the system's place for it.

    Args:
        file: Another place (tests, pictures); None for the system's.
    """

    def __init__(self, file: Path | None = None) -> None:
        if file is None:
            self._store = QSettings(
                QSettings.Format.IniFormat, QSettings.Scope.UserScope, "sightline", "sightline"
            )
        else:
            self._store = QSettings(str(file), QSettings.Format.IniFormat)

    # --- window

    def text(self, key: str, default: str = "") -> str:
        """A remembered word, such as the theme."""
        return str(self._store.value(key, default))

    def set_text(self, key: str, value: str) -> None:
        """Remember a word."""
        self._store.setValue(key, value)

    def state(self, key: str) -> QByteArray | None:
        """What a window or splitter gave as its state, or None."""
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    def set_state(self, key: str, value: QByteArray) -> None:
        """Remember a window's or splitter's state."""
        self._store.setValue(key, value)

    def forget_layout(self) -> None:
        """Forget every state of windows and splitters."""
        for key in self._store.allKeys():
            if key.startswith("layout/"):
                self._store.remove(key)

    def sync(self) -> None:
        """Write everything to the disk now."""
        self._store.sync()

    # --- recent projects

    def recent(self) -> tuple[Recent, ...]:
        """Projects that were open, the latest first."""
        found = []
        for entry in _parsed(self.text("recent"), []):
            try:
                found.append(Recent(**entry))
            except TypeError:  # written by another version
                continue
        return tuple(found)

    def keep_recent(self, path: Path, *, page: str = "", position_ms: float = 0.0) -> None:
        """Put a project first among the recent ones, with where the user was in it."""
        entry = Recent(str(path.absolute()), _now(), page, position_ms)
        others = [known for known in self.recent() if known.path != entry.path]
        self._write_recent([entry, *others][:MAX_RECENT])

    def forget_recent(self, path: str) -> None:
        """Take a project off the list; the file stays."""
        self._write_recent([known for known in self.recent() if known.path != path])

    def _write_recent(self, entries: list[Recent]) -> None:
        self.set_text("recent", json.dumps([asdict(entry) for entry in entries]))

    # --- unclean ends

    def begin_project(self, path: Path) -> None:
        """Note that a project is open; a note that is still there at the next start tells of a crash."""
        self.set_text("open_project", str(path.absolute()))
        self.set_text("open_by", _process(os.getpid()))
        self.sync()

    def end_project(self) -> None:
        """Note that the project was closed properly."""
        self.set_text("open_project", "")
        self.sync()

    def unclean_project(self) -> str:
        """Path of the project that was open when the window ended unexpectedly, or empty."""
        pid = self.text("open_by").partition(" ")[0]
        is_alive = pid.isdecimal() and _process(int(pid)) == self.text("open_by")
        return "" if is_alive and int(pid) != os.getpid() else self.text("open_project")

    # --- this computer

    def speed(self, key: str) -> float | None:
        """Frames a second that this computer managed under the key, or None before it was measured."""
        value = _parsed(self.text("speeds"), {}).get(key)
        return float(value) if isinstance(value, int | float) and value > 0 else None

    def keep_speed(self, key: str, frames_per_s: float) -> None:
        """Remember a measured speed."""
        speeds = {**_parsed(self.text("speeds"), {}), key: round(frames_per_s, 2)}
        self.set_text("speeds", json.dumps(speeds))


def _parsed(text: str, default: Any) -> Any:
    try:
        value = json.loads(text) if text else default
    except ValueError:
        return default
    return value if isinstance(value, type(default)) else default


def _process(pid: int) -> str:
    """A process by number and birth, since numbers are used again; empty where there is none."""
    try:
        return f"{pid} {psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
