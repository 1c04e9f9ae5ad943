"""Starts the job that crops and describes edited tracklets anew, when the edits have come to rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.ports import Jobs, JobSpec, ProjectLane
from app.snapshot import Snapshot
from app.wording import count_label
from app.workspace import Workspace
from reid_core.store.project import Project

QUIET_S = 3.0
"""So long nothing more may be edited before the job starts."""

Later = Callable[[float, Callable[[], None]], None]
"""Calls something after so many seconds."""
Outdated = tuple[tuple[str, int], ...]


class RefreshPresenter:
    """Looks after every change of the project what is out of date: edits, undos, and what a kill left over.

    What a job could not bring up to date (its footage is away) is not tried again until it is edited again,
    or the project is opened anew.

    Args:
        workspace: The project and its jobs.
        lane: Finds what is out of date.
        jobs: Runs the job.
        later: Waits.
    """

    def __init__(self, workspace: Workspace, lane: ProjectLane, jobs: Jobs, later: Later) -> None:
        self._workspace, self._lane, self._jobs, self._later = workspace, lane, jobs, later
        self._path = ""
        self._tried: set[tuple[str, int]] = set()
        self._n_waits = self._job = 0
        self._end = workspace.snapshot.connect(self._on_snapshot, now=True)

    def close(self) -> None:
        """Hear nothing any more."""
        self._n_waits += 1
        self._end()

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        path = "" if snapshot is None else snapshot.path
        if path != self._path:
            self._path = path
            self._tried.clear()
            self._n_waits += 1
        if snapshot is not None:
            self._lane.ask(_outdated, self._wait, lambda _error: None, topic="edited tracklets")

    def _wait(self, outdated: Outdated) -> None:
        """Wait from the last change on."""
        if self._tried.issuperset(outdated):
            return
        self._n_waits += 1
        number = self._n_waits
        self._later(QUIET_S, lambda: self._start(outdated) if number == self._n_waits else None)

    def _start(self, outdated: Outdated) -> None:
        fresh = set(outdated) - self._tried
        self._tried |= fresh
        if any(job.id == self._job and job.status == "queued" for job in self._workspace.jobs.value):
            return  # it waits for another job, and will find these as well
        path = Path(self._path)
        name = f"Refresh {count_label(len(fresh), 'tracklet')}"
        self._job = self._jobs.start(JobSpec(name, ("refresh", str(path), "--events"), path))


def _outdated(project: Project) -> Outdated:
    return () if project.read_only else tuple(project.stored.outdated())
