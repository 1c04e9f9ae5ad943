"""Fetches the newest pictures of live cameras from the engine that watches them, beside the GUI thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.jobs.background import BackgroundThread
from app.playback.live import Pictures
from app.workspace import Workspace
from reid_core.store.opening import sidecar_of
from reid_core.streams.live_viewer import LiveShown, LiveViewer

EVERY_MS = 125
"""Eight pictures a second: smooth enough to watch, and little work for both sides."""
AGAIN_S = 1.0
"""An engine that does not answer is asked so often."""


class LiveFeed(QObject):
    """`app.playback.live.LivePictures`: one request at a time, and of each camera only what is newest.

    Args:
        workspace: Gets errors that nobody takes as its notice.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._thread: BackgroundThread | None = None
        self._fetcher = Fetcher()
        self._asked: tuple[str, tuple[int, ...], tuple[int, int]] = ("", (), (0, 0))
        self._then: Callable[[Pictures | None], None] = lambda _: None
        self._is_busy = False
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._ask)

    def watch(
        self,
        project: str,
        takes: tuple[int, ...],
        pane: tuple[int, int],
        then: Callable[[Pictures | None], None],
    ) -> None:
        """See `LivePictures.watch`."""
        self._asked, self._then = (project, takes, pane), then
        if takes:
            if self._thread is None:
                self._thread = BackgroundThread(
                    self._workspace.notice.set, name="live pictures", finish=self._fetcher.close
                )
            self._timer.start()
            self._ask()
        elif self._timer.isActive():
            self._timer.stop()
            if self._thread is not None:
                self._thread.ask(self._fetcher.close, lambda _: None, topic="close")

    @property
    def is_watching(self) -> bool:
        """Whether pictures are asked for."""
        return self._timer.isActive()

    def close(self) -> None:
        """Stop, and end the thread."""
        self._timer.stop()
        if self._thread is not None:
            self._thread.close()
            self._thread = None

    def _ask(self) -> None:
        if self._is_busy or self._thread is None:
            return
        self._is_busy = True
        asked = self._asked
        self._thread.ask(lambda: self._fetcher.fetch(*asked), lambda found: self._give(asked, found))

    def _give(self, asked: tuple[str, tuple[int, ...], tuple[int, int]], found: Pictures | None) -> None:
        self._is_busy = False
        if asked == self._asked and self._timer.isActive():
            self._then(found)


class Fetcher:
    """Holds the connection to an engine; for one thread."""

    def __init__(self) -> None:
        self._viewer: LiveViewer | None = None
        self._project = ""
        self._newest: dict[int, LiveShown] = {}
        self._tried_s = -AGAIN_S

    def fetch(self, project: str, takes: tuple[int, ...], pane: tuple[int, int]) -> Pictures | None:
        """The newest picture of each of these takes that has one; None where no engine answers."""
        if project != self._project:
            self.close()
            self._project, self._tried_s = project, -AGAIN_S
        try:
            if self._viewer is None:
                if time.monotonic() - self._tried_s < AGAIN_S:
                    return None
                self._tried_s = time.monotonic()
                self._viewer = LiveViewer(sidecar_of(Path(project)))
            found = {take: self._viewer.ask(take, pane, self._newest.get(take)) for take in takes}
        except OSError:
            self.close()
            return None
        self._newest = {take: shown for take, shown in found.items() if shown is not None}
        return dict(self._newest)

    def close(self) -> None:
        """Leave the engine; the next `fetch` comes back."""
        if self._viewer is not None:
            self._viewer.close()
        self._viewer = None
        self._newest.clear()
