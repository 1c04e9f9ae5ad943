"""Jobs that only note what is asked of them."""

from __future__ import annotations

from typing import Any

from app.workspace import JobState, Workspace


class FakeJobs:
    """`app.ports.Jobs`; the test says what happens to a job."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.specs: list[Any] = []
        self.asked: list[tuple[str, int]] = []
        self.reports: list[tuple[int, dict[str, Any]]] = []
        self._listeners: list[Any] = []

    def start(self, spec: Any) -> int:
        self.specs.append(spec)
        job_id = len(self.specs)
        self.put(JobState(job_id, spec.name, status="running"))
        return job_id

    def put(self, state: JobState) -> None:
        """Change a job's state."""
        others = [job for job in self._workspace.jobs.value if job.id != state.id]
        self._workspace.jobs.set((*others, state))

    def say(self, job_id: int, **event: Any) -> None:
        """A job printed a line."""
        for listener in self._listeners:
            listener(job_id, event)

    def report(self, job_id: int, event: Any) -> None:
        self.reports.append((job_id, dict(event)))

    def listen(self, listener: Any) -> None:
        self._listeners.append(listener)

    def lines(self, job_id: int) -> tuple[str, ...]:
        return ()

    def pause(self, job_id: int) -> None:
        self.asked.append(("pause", job_id))

    def resume(self, job_id: int) -> None:
        self.asked.append(("resume", job_id))

    def cancel(self, job_id: int) -> None:
        self.asked.append(("cancel", job_id))

    def retry(self, job_id: int) -> None:
        self.asked.append(("retry", job_id))

    def dismiss(self, job_id: int) -> None:
        self.asked.append(("dismiss", job_id))
