"""What presenters need from the outside, as protocols without Qt; tests put fakes in their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

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
