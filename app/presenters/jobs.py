"""Jobs strip: shows the jobs, hands on what is asked of them."""

from __future__ import annotations

from app.ports import Jobs
from app.views.jobs import JobsView, job_lines, summary
from app.workspace import JobState, Workspace


class JobsPresenter:
    """Joins the strip to the jobs."""

    def __init__(self, view: JobsView, workspace: Workspace, jobs: Jobs) -> None:
        self._view, self._workspace, self._jobs = view, workspace, jobs
        workspace.jobs.connect(self._show, now=True)

    def do(self, verb: str, job_id: int) -> None:
        """Something was asked of a job: ``pause``, ``resume``, ``cancel``, ``retry``, ``dismiss``, ``log``.

        A job that has ended while the button was pressed is past all that.
        """
        job = next((job for job in self._workspace.jobs.value if job.id == job_id), None)
        if job is None:
            return
        if verb == "log":
            self._view.show_log(job.name, "\n".join(self._jobs.lines(job_id)) or "It wrote nothing.")
            return
        {
            "pause": self._jobs.pause,
            "resume": self._jobs.resume,
            "cancel": self._jobs.cancel,
            "retry": self._jobs.retry,
            "dismiss": self._jobs.dismiss,
        }[verb](job_id)

    def _show(self, jobs: tuple[JobState, ...]) -> None:
        self._view.show_jobs(job_lines(jobs), summary(jobs))
