"""All jobs of the window: which runs, which waits, what their rows say."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from app.jobs.background import BackgroundThread
from app.jobs.runner import ChildJob, engine_arguments
from app.jobs.tally import FRAMES, Tally
from app.ports import JobSpec
from app.settings import Settings
from app.workspace import JobState, Workspace
from reid_core.store.project import Project

ENGINE = "reid_core"
EXIT_DONE, EXIT_SOME_FAILED, EXIT_STOPPED = 0, 3, 130
RUNNING = ("running", "paused", "stopping")
PAUSE_AGAIN_MS, PAUSE_TRIES = 30, 20
SHUTDOWN_MS = 8000
GONE_AFTER_MS = 900
"""A cancelled job's row leaves after this time; where its child needs longer, the next job waits for it."""
MIN_MEASURED = 50
"""Frames that must have been timed before a speed is kept for later estimates."""

Make = Callable[[JobSpec], ChildJob]


@dataclass
class _Job:
    spec: JobSpec
    state: JobState
    tally: Tally
    child: ChildJob | None = None
    n_failed: int = 0
    lines: tuple[str, ...] = ()
    pause_tries: int = 0
    is_hidden: bool = False


class JobQueue(QObject):
    """Runs jobs as child processes and keeps `Workspace.jobs`; implements `app.ports.Jobs`.

    Args:
        workspace: Gets the states.
        settings: Keeps measured speeds.
        make: Makes the child of a job; tests put another in its place.
    """

    def __init__(self, workspace: Workspace, settings: Settings, *, make: Make | None = None) -> None:
        super().__init__()
        self._workspace, self._settings = workspace, settings
        self._make = make or make_child
        self._jobs: dict[int, _Job] = {}
        self._listeners: list[Callable[[int, Mapping[str, Any]], None]] = []
        self._n_made = 0
        self._looker: BackgroundThread | None = None

    # --- what can be asked

    def start(self, spec: JobSpec) -> int:
        """Queue a job; returns its id."""
        self._n_made += 1
        state = JobState(id=self._n_made, name=spec.name)
        self._jobs[state.id] = _Job(spec, state, Tally(spec.expected))
        self._start_next()
        return state.id

    def pause(self, job_id: int) -> None:
        """Halt a running job, but not in the middle of a write: that would lock the window out."""
        job = self._jobs[job_id]
        if job.child is None or job.state.status != "running":
            return
        job.child.pause()
        job.tally.pause()
        job.pause_tries = 0
        self._set(job, status="paused", left_s=None, rate=0.0)
        self._look_at_lock(job)

    def resume(self, job_id: int) -> None:
        """Let a paused job go on."""
        job = self._jobs[job_id]
        if job.child is not None and job.state.status == "paused":
            job.child.resume()
            self._set(job, status="running")

    def cancel(self, job_id: int) -> None:
        """Stop a job, or take it out of the queue; its row vanishes once it has ended."""
        job = self._jobs[job_id]
        if job.child is None:
            self.dismiss(job_id)
        elif job.state.status != "stopping":
            job.child.cancel()
            self._set(job, status="stopping", left_s=None, rate=0.0, message="Stopping")
            QTimer.singleShot(GONE_AFTER_MS, self, lambda: self._hide(job))

    def retry(self, job_id: int) -> None:
        """Run a job that has ended again; it goes on from what is stored."""
        job = self._jobs[job_id]
        if job.child is None:
            job.tally, job.n_failed = Tally(job.spec.expected), 0
            self._set(job, status="queued", message="")
            self._start_next()

    def dismiss(self, job_id: int) -> None:
        """Take the row of a job that has ended, or waits, off the list."""
        if self._jobs[job_id].child is None:
            del self._jobs[job_id]
            self._publish()

    def lines(self, job_id: int) -> tuple[str, ...]:
        """The last lines that a job wrote for people."""
        job = self._jobs[job_id]
        return job.child.lines if job.child is not None else job.lines

    def report(self, job_id: int, event: Mapping[str, Any]) -> None:
        """Take an event in as if the job had printed it; a job that is gone hears nothing."""
        job = self._jobs.get(job_id)
        if job is not None and job.child is not None:
            self._take(job, dict(event))

    def listen(self, listener: Callable[[int, Mapping[str, Any]], None]) -> None:
        """Call the listener with ``(job id, event)`` of every line of every job."""
        self._listeners.append(listener)

    @property
    def is_running(self) -> bool:
        """Whether a child process lives."""
        return any(job.child is not None for job in self._jobs.values())

    def shutdown(self) -> None:
        """Cancel everything and wait, blocking, until every child has ended; for the end of the program."""
        children = [job.child for job in self._jobs.values() if job.child is not None]
        for job_id in [job.state.id for job in self._jobs.values() if job.child is None]:
            self.dismiss(job_id)
        for job_id in list(self._jobs):
            self.cancel(job_id)
        for child in children:
            child.wait(SHUTDOWN_MS)
        if self._looker is not None:
            self._looker.close()

    # --- what happens

    def _start_next(self) -> None:
        busy = {job.spec.project for job in self._jobs.values() if job.child is not None}
        for job in self._jobs.values():
            if job.state.status == "queued" and job.spec.project not in busy:
                busy.add(job.spec.project)
                self._begin(job)
        self._publish()

    def _begin(self, job: _Job) -> None:
        child = self._make(job.spec)
        job.child = child
        job.state = replace(job.state, status="running", message="Loading models", rate=0.0, left_s=None)
        job.state = replace(job.state, done=job.tally.done, total=job.tally.total)
        child.said.connect(lambda event: self._take(job, event))
        child.ended.connect(lambda code, killed: self._end(job, code, killed))
        child.start()

    def _take(self, job: _Job, event: dict[str, Any]) -> None:
        kind = event.get("event")
        if kind == "Progress":
            self._advance(job, event)
        elif kind == "SourceFinished":
            job.tally.finish(f"{event['camera']}: {Path(event['path']).name}")
            job.n_failed += event.get("state") == "failed"
            self._set(job, done=job.tally.done, total=job.tally.total)
        for listener in tuple(self._listeners):
            listener(job.state.id, event)

    def _advance(self, job: _Job, event: dict[str, Any]) -> None:
        if job.state.status != "running":
            return
        tally = job.tally
        tally.add(event, time.monotonic())
        self._set(
            job,
            unit=tally.unit,
            done=tally.done,
            total=tally.total,
            rate=tally.rate,
            left_s=tally.left_s,
            message="" if tally.unit == FRAMES else str(event.get("part", "")),
        )

    def _end(self, job: _Job, code: int, killed: bool) -> None:
        assert job.child is not None
        job.lines = job.child.lines
        job.child.deleteLater()
        job.child = None
        if job.tally.n_measured >= MIN_MEASURED and job.spec.key:
            self._settings.keep_speed(job.spec.key, job.tally.n_measured / job.tally.measured_s)
        if job.state.status == "stopping" or (code == EXIT_STOPPED and not killed):
            del self._jobs[job.state.id]
        elif code == EXIT_DONE and not killed:
            self._set(job, status="done", left_s=None, message="")
        elif code == EXIT_SOME_FAILED and not killed and job.spec.module == ENGINE:
            self._set(job, status="done", left_s=None, message="Some files could not be read to their end")
        else:
            self._set(job, status="failed", left_s=None, message=failure(job.lines, killed))
        self._start_next()

    def _look_at_lock(self, job: _Job) -> None:
        """A child that was halted while it wrote keeps everybody from writing: let it finish, halt again."""
        if job.spec.module != ENGINE:  # it writes no project
            return
        if self._looker is None:
            self._looker = BackgroundThread(self._workspace.notice.set, name="pause")
        path = job.spec.project
        self._looker.ask(lambda: _is_written(path), lambda locked: self._pause_again(job, locked))

    def _pause_again(self, job: _Job, locked: bool) -> None:
        if not locked or job.child is None or job.state.status != "paused" or job.pause_tries > PAUSE_TRIES:
            return
        job.pause_tries += 1
        job.child.resume()
        QTimer.singleShot(PAUSE_AGAIN_MS, self, lambda: self._halt(job))

    def _halt(self, job: _Job) -> None:
        if job.child is not None and job.state.status == "paused":
            job.child.pause()
            self._look_at_lock(job)

    def _hide(self, job: _Job) -> None:
        job.is_hidden = job.state.status == "stopping"
        self._publish()

    def _set(self, job: _Job, **changes: Any) -> None:
        job.state = replace(job.state, **changes)
        self._publish()

    def _publish(self) -> None:
        self._workspace.jobs.set(tuple(job.state for job in self._jobs.values() if not job.is_hidden))


def make_child(spec: JobSpec) -> ChildJob:
    """The child process of a job; not started yet."""
    arguments = engine_arguments(spec.arguments, spec.module)
    return ChildJob(arguments, stop_file=spec.stop_file, patience_ms=spec.patience_ms)


def _is_written(path: Path) -> bool:
    with Project.open(path) as project:
        return project.is_being_written()


def failure(lines: tuple[str, ...], killed: bool) -> str:
    """Why a child failed, in one sentence."""
    if killed:
        return "The engine ended unexpectedly. What was stored is kept; Resume goes on from there."
    return lines[-1] if lines else "The engine failed without a word."
