"""Draws the window into files once nothing on it changes any more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.describe import describe

LOOK_EVERY_MS = 50
SETTLED_LOOKS = 8
"""So many looks in a row must find everything idle."""
PATIENCE_MS = 180_000


class Photographer(QObject):
    """Waits until the page has settled, writes the files, then says so.

    Args:
        window: What is drawn.
        is_settled: Whether nothing is on its way.
        picture: PNG to write, or None.
        description: JSON to write, or None.
    """

    done = Signal(bool)
    """Whether the files were written; False when the page did not settle in time, or a file failed."""

    def __init__(
        self,
        window: QWidget,
        is_settled: Callable[[], bool],
        picture: Path | None,
        description: Path | None,
    ) -> None:
        super().__init__(window)
        self._window, self._is_settled = window, is_settled
        self._picture, self._description = picture, description
        self._n_settled = self._waited_ms = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(LOOK_EVERY_MS)

    def _look(self) -> None:
        self._waited_ms += LOOK_EVERY_MS
        self._n_settled = self._n_settled + 1 if self._is_settled() else 0
        if self._n_settled >= SETTLED_LOOKS:
            self._timer.stop()
            self.done.emit(self._write())
        elif self._waited_ms >= PATIENCE_MS:
            self._timer.stop()
            self.done.emit(False)

    def _write(self) -> bool:
        written = True
        if self._picture is not None:
            self._picture.parent.mkdir(parents=True, exist_ok=True)
            written = self._window.grab().save(str(self._picture))
        if self._description is not None:
            self._description.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(describe(self._window), ensure_ascii=False, indent=1)
            self._description.write_text(text, encoding="utf-8")
        return written
