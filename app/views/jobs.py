"""A job in words, as its row shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from app.wording import count_label
from app.workspace import JobState


@dataclass(frozen=True, slots=True)
class JobLine:
    """One row.

    Attributes:
        id: The job's.
        name: What it does.
        status: As `JobState.status`.
        part: Done, 0..1, or None while that is unknown.
        count: ``61/98``.
        rate: ``38 frames/s``.
        left: ``12 s left``.
        message: What it is doing, or why it failed.
        can: What can be done with it: ``pause``, ``resume``, ``cancel``, ``retry``, ``dismiss``, ``log``.
    """

    id: int
    name: str
    status: str
    part: float | None = None
    count: str = ""
    rate: str = ""
    left: str = ""
    message: str = ""
    can: frozenset[str] = frozenset()


class JobsView(Protocol):
    """What shows the jobs."""

    def show_jobs(self, lines: tuple[JobLine, ...], summary: str) -> None:
        """Show all jobs, those that matter most first, and the sentence on the rest."""
        ...

    def show_log(self, name: str, text: str) -> None:
        """Show what a job wrote."""
        ...


_CAN = {
    "queued": {"cancel"},
    "running": {"pause", "cancel"},
    "paused": {"resume", "cancel"},
    "stopping": set[str](),
    "failed": {"retry", "log", "dismiss"},
    "done": {"log", "dismiss"},
}
_ORDER = ("failed", "running", "stopping", "paused", "queued", "done")
N_INLINE = 2


def job_line(job: JobState) -> JobLine:
    """A job's row in words."""
    is_moving = job.status == "running"
    return JobLine(
        id=job.id,
        name=job.name,
        status=job.status,
        part=min(job.done / job.total, 1.0) if job.total else None,
        count=f"{job.done:,}/{job.total:,}" if job.total else f"{job.done:,}" if job.done else "",
        rate=rate_label(job.rate, job.unit) if is_moving else "",
        left=f"{rough_label(job.left_s)} left" if is_moving and job.left_s is not None else "",
        message=job.message or {"queued": "waits", "paused": "paused", "done": "done"}.get(job.status, ""),
        can=frozenset(_CAN[job.status]),
    )


def job_lines(jobs: Iterable[JobState]) -> tuple[JobLine, ...]:
    """All rows: what failed first, then what runs, then what waits, then what is done."""
    return tuple(job_line(job) for job in sorted(jobs, key=lambda job: (_ORDER.index(job.status), job.id)))


def summary(jobs: tuple[JobState, ...]) -> str:
    """What the button says that opens the list of all jobs.

    >>> summary(()), summary((JobState(1, "a", status="queued"),))
    ('No jobs running', '1 queued')
    """
    n_queued = sum(job.status == "queued" for job in jobs)
    n_open = sum(job.status != "done" for job in jobs)
    if n_queued:
        return f"{n_queued} queued"
    if n_open > N_INLINE:
        return count_label(n_open, "job")
    if n_open:
        return "Jobs"
    return "All jobs done" if jobs else "No jobs running"


def rate_label(rate: float, unit: str) -> str:
    """A speed, with a digit behind the point where it is slow; empty while it is not measured.

    >>> rate_label(38.2, "frames"), rate_label(2.34, "frames"), rate_label(0, "frames")
    ('38 frames/s', '2.3 frames/s', '')
    """
    if rate <= 0:
        return ""
    return f"{rate:,.0f} {unit}/s" if rate >= 10 else f"{rate:.1f} {unit}/s"


def rough_label(seconds: float) -> str:
    """About how long, in one unit or two.

    >>> [rough_label(s) for s in (0.2, 41, 95, 1250, 5000, 200_000)]
    ['1 s', '41 s', '1 min 35 s', '21 min', '1 h 23 min', '55 h']
    """
    whole = max(round(seconds), 1)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 1440:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 60} h"
