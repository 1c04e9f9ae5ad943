"""How busy the computer is, sampled beside the GUI thread."""

from __future__ import annotations

import contextlib

import psutil
from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs.background import BackgroundThread
from app.workspace import Workspace

EVERY_MS = 2000


class LoadMeter(QObject):
    """Samples the load of the computer and the memory of the window and its jobs every two seconds."""

    measured = Signal(str, str)
    """The text, and the tooltip that explains it."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._thread = BackgroundThread(workspace.notice.set, name="load")
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._sample)
        self._timer.start()
        self._sample()

    def close(self) -> None:
        """Stop sampling."""
        self._timer.stop()
        self._thread.close()

    def _sample(self) -> None:
        self._thread.ask(sample, lambda found: self.measured.emit(*found), topic="sample")


def sample() -> tuple[str, str]:
    """Load and memory now, and what the numbers mean; the first load that is asked for is 0."""
    own = psutil.Process()
    n_bytes = 0
    for process in (own, *own.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            n_bytes += process.memory_info().rss
    memory, load = psutil.virtual_memory(), psutil.cpu_percent()
    text = f"CPU {load:.0f} %   Memory {size_label(n_bytes)}"
    tooltip = (
        f"All programs use {load:.0f} % of {psutil.cpu_count()} cores. Sightline with its "
        f"jobs uses {size_label(n_bytes)} of {size_label(memory.total)} memory; "
        f"{size_label(memory.available)} are free."
    )
    return text, tooltip


def size_label(n_bytes: float) -> str:
    """Bytes for people.

    >>> size_label(1.24e9), size_label(512e6), size_label(41e9)
    ('1.2 GB', '512 MB', '41 GB')
    """
    if n_bytes >= 9.95e9:
        return f"{n_bytes / 1e9:.0f} GB"
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"
