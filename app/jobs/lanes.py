"""Lanes of an open project: threads with a connection of their own, and what keeps the snapshot new."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer

from app.jobs.background import BackgroundThread
from app.loading import is_watched, load_snapshot
from app.snapshot import Snapshot
from app.workspace import Workspace
from reid_core.errors import ReidError
from reid_core.store.places import is_missing
from reid_core.store.project import Project

T = TypeVar("T")

BUSY_EVERY_MS, IDLE_EVERY_MS = 500, 2000
"""How often the feed looks for changes while a job runs, and otherwise."""
LOAD_SHARE = 0.2
"""Most of the time that loading snapshots may take, so that a huge project is not loaded without end."""


class ThreadLane:
    """`app.ports.ProjectLane`: a thread with its own connection to a project.

    The project is opened in the thread, before the first work; when that fails, each work fails with it.

    Args:
        path: The project file.
        workspace: Gets errors that nobody takes as its notice.
        name: Name of the thread, for logs.
    """

    def __init__(self, path: Path, workspace: Workspace, *, name: str = "project") -> None:
        self._path = Path(path)
        self._project: Project | None = None
        self._thread = BackgroundThread(workspace.notice.set, name=name, finish=self._close_project)

    def ask(
        self,
        work: Callable[[Project], T],
        then: Callable[[T], None],
        failed: Callable[[ReidError], None] | None = None,
        *,
        topic: str = "",
    ) -> None:
        """Do the work in the lane, then hand its result over in the GUI thread; see `app.ports`."""
        self._thread.ask(lambda: work(self._open()), then, failed, topic=topic)

    @property
    def is_idle(self) -> bool:
        """Whether everything that was asked is done and handed over."""
        return self._thread.is_idle

    def close(self) -> None:
        """Drop what waits, let the work in hand finish, close the connection and end the thread."""
        self._thread.close()

    def _open(self) -> Project:
        if self._project is None:
            self._project = Project.open(self._path)
        return self._project

    def _close_project(self) -> None:
        if self._project is not None:
            self._project.close()


Mark = tuple[int, int, tuple[bool, ...], bool]


def mark_of(project: Project) -> Mark:
    """Differs when the project was changed, a file came or went, or its cameras are watched or no more."""
    present = tuple(not is_missing(source) for source in project.sources())
    return project.data_version(), project.log_head()[0], present, is_watched(project)


class SnapshotFeed(QObject):
    """Keeps `Workspace.snapshot` as new as the project, by looking for changes now and then.

    Args:
        path: The project file.
        workspace: Gets the snapshots.
        failed: Hears why the project cannot be read; without it, errors become notices.
    """

    def __init__(
        self, path: Path, workspace: Workspace, failed: Callable[[ReidError], None] | None = None
    ) -> None:
        super().__init__()
        self._workspace, self._failed = workspace, failed
        self._lane = ThreadLane(path, workspace, name="snapshot")
        self._mark: Mark | None = None
        self._load_s = 0.0
        self._loaded_at = 0.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.poll)
        self._forget_jobs = workspace.jobs.connect(lambda _: self._set_pace())
        self._set_pace()
        self._timer.start()
        self.refresh()

    def refresh(self) -> None:
        """Load anew at once, changed or not."""
        self._lane.ask(self._load, self._show, self._failed, topic="refresh")

    def poll(self) -> None:
        """Load anew if something has changed."""
        if time.monotonic() - self._loaded_at >= self._load_s * (1 / LOAD_SHARE - 1):
            self._lane.ask(self._load_if_changed, self._show, self._failed, topic="poll")

    @property
    def is_idle(self) -> bool:
        """Whether no snapshot is being loaded."""
        return self._lane.is_idle

    def close(self) -> None:
        """Stop looking and end the lane's thread."""
        if self._timer.isActive():
            self._timer.stop()
            self._forget_jobs()
            self._lane.close()

    def _set_pace(self) -> None:
        is_busy = any(job.status in ("running", "stopping") for job in self._workspace.jobs.value)
        interval_ms = BUSY_EVERY_MS if is_busy else IDLE_EVERY_MS
        if self._timer.interval() != interval_ms:
            self._timer.setInterval(interval_ms)

    def _load_if_changed(self, project: Project) -> Snapshot | None:
        return None if mark_of(project) == self._mark else self._load(project)

    def _load(self, project: Project) -> Snapshot:
        began = time.monotonic()
        with project.reading():
            mark = mark_of(project)
            snapshot = load_snapshot(project)
        self._loaded_at = time.monotonic()
        self._load_s = self._loaded_at - began
        self._mark = mark
        return snapshot

    def _show(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None:
            self._workspace.snapshot.set(snapshot)
