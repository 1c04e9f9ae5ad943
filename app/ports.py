"""What presenters need from the outside, as protocols without Qt; tests put fakes in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from reid_core.errors import ReidError
from reid_core.store.project import Project

T = TypeVar("T")


class ProjectLane(Protocol):
    """Does work with the open project off the GUI thread, one thing after the other.

    A lane has a thread and a connection of its own. Answers come back in the GUI thread, in order.
    """

    def ask(
        self,
        work: Callable[[Project], T],
        then: Callable[[T], None],
        failed: Callable[[ReidError], None] | None = None,
        *,
        topic: str = "",
    ) -> None:
        """Do the work, then hand over its result.

        Args:
            work: Runs in the lane's thread.
            then: Gets the result in the GUI thread; not called when the project was closed meanwhile.
            failed: Gets the error instead; without it the error is shown in the inline bar.
            topic: Waiting work of the same topic is replaced: only the latest matters (seeking, searching).
        """
        ...


class Background(Protocol):
    """Does work that needs no project off the GUI thread; otherwise as a `ProjectLane`."""

    def ask(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[ReidError], None] | None = None,
        *,
        topic: str = "",
    ) -> None:
        """Do the work, then hand over its result; arguments as those of `ProjectLane.ask`."""
        ...


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A headless command to be run beside the window.

    Attributes:
        name: What its row is called, ``Ingest gate.mp4``.
        arguments: What follows ``python -m reid_core``.
        project: Project that it works on; two jobs of one project run one after the other.
        expected: ``{part: (done, total)}`` in frames, where it is known before the start.
        key: What the measured speed is kept under, or empty.
    """

    name: str
    arguments: tuple[str, ...]
    project: Path
    expected: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    key: str = ""


class Jobs(Protocol):
    """Child processes of the window; their states are `Workspace.jobs`."""

    def start(self, spec: JobSpec) -> int:
        """Queue a job; returns its id."""
        ...

    def pause(self, job_id: int) -> None:
        """Halt a running job."""
        ...

    def resume(self, job_id: int) -> None:
        """Let a paused job go on."""
        ...

    def cancel(self, job_id: int) -> None:
        """Stop a job, or take it out of the queue; its row vanishes once it has ended."""
        ...

    def retry(self, job_id: int) -> None:
        """Run a failed job again from where it was."""
        ...

    def dismiss(self, job_id: int) -> None:
        """Take the row of a job that has ended off the list."""
        ...

    def lines(self, job_id: int) -> tuple[str, ...]:
        """The last lines that a job wrote for people."""
        ...

    def listen(self, listener: Callable[[int, Mapping[str, Any]], None]) -> None:
        """Call the listener with ``(job id, event)`` of every line of every job."""
        ...
