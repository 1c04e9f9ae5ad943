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
        arguments: What follows ``python -m MODULE``.
        project: What it works on, such as a project; two jobs of one thing run one after the other.
        expected: ``{part: (done, total)}`` in frames, where it is known before the start.
        key: What the measured speed is kept under, or empty.
        module: ``reid_core``, or ``training``, which knows no lock of a project.
        stop_file: File that asks it to stop where the system has no other polite way, or None.
        patience_ms: How long it may take to stop before it is killed.
    """

    name: str
    arguments: tuple[str, ...]
    project: Path
    expected: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    key: str = ""
    module: str = "reid_core"
    stop_file: Path | None = None
    patience_ms: int = 5000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a child process said that was asked one question.

    Attributes:
        code: Its exit code; negative when it was killed or could not be started.
        text: What it wrote for programs.
        lines: The last lines that it wrote for people.
    """

    code: int
    text: str = ""
    lines: tuple[str, ...] = ()


class Asker(Protocol):
    """Asks child processes of ``python -m training`` or ``reid_core`` one question each."""

    def ask(
        self, module: str, arguments: tuple[str, ...], then: Callable[[Answer], None], *, topic: str
    ) -> None:
        """Ask; the answer comes in the GUI thread. A newer question of the same topic replaces this one."""
        ...

    def cancel(self, topic: str) -> None:
        """Ask no more; no answer comes."""
        ...


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

    def report(self, job_id: int, event: Mapping[str, Any]) -> None:
        """Take an event in as if the job had printed it: for children that say how far they are in a file."""
        ...

    def listen(self, listener: Callable[[int, Mapping[str, Any]], None]) -> None:
        """Call the listener with ``(job id, event)`` of every line of every job."""
        ...
