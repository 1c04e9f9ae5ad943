"""A lane that stays while projects come and go, so that presenters need not be made anew for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app.jobs.lanes import ThreadLane
from app.workspace import Workspace
from reid_core.errors import ReidError, UsageError
from reid_core.store.project import Project

T = TypeVar("T")


class OpenProjectLane:
    """`app.ports.ProjectLane` to whichever project is open.

    Args:
        workspace: Gets errors that nobody takes as its notice.
        name: Name of the threads, for logs.
    """

    def __init__(self, workspace: Workspace, name: str) -> None:
        self._workspace, self._name = workspace, name
        self._lane: ThreadLane | None = None

    def open(self, path: Path) -> None:
        """Work with this project from now on; what was asked of the one before is dropped."""
        self.close()
        self._lane = ThreadLane(path, self._workspace, name=self._name)

    @property
    def is_idle(self) -> bool:
        """Whether everything that was asked is done and handed over."""
        return self._lane is None or self._lane.is_idle

    def close(self) -> None:
        """End the thread; answers that are on their way are dropped."""
        if self._lane is not None:
            self._lane.close()
            self._lane = None

    def ask(
        self,
        work: Callable[[Project], T],
        then: Callable[[T], None],
        failed: Callable[[ReidError], None] | None = None,
        *,
        topic: str = "",
    ) -> None:
        """Do the work in the lane; without an open project it fails at once. See `app.ports`."""
        if self._lane is not None:
            self._lane.ask(work, then, failed, topic=topic)
        elif failed is not None:
            failed(UsageError("No project is open."))
