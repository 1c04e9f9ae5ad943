"""A lane that works at once, in the caller's thread."""

from __future__ import annotations

from typing import Any

from reid_core.errors import ReidError


class ImmediateLane:
    """`app.ports.ProjectLane` over one open project, or over anything that stands in for it."""

    def __init__(self, project: Any) -> None:
        self.project = project
        self.errors: list[ReidError] = []

    def ask(self, work: Any, then: Any, failed: Any = None, *, topic: str = "") -> None:
        try:
            result = work(self.project)
        except ReidError as error:
            self.errors.append(error)
            if failed is not None:
                failed(error)
        else:
            then(result)


class ImmediateBackground:
    """`app.ports.Background` in the caller's thread."""

    def __init__(self) -> None:
        self.errors: list[ReidError] = []

    def ask(self, work: Any, then: Any, failed: Any = None, *, topic: str = "") -> None:
        try:
            result = work()
        except ReidError as error:
            self.errors.append(error)
            if failed is not None:
                failed(error)
        else:
            then(result)
