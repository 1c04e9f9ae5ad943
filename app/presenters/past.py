"""Searches that were made before."""

from __future__ import annotations

from app.workspace import QueryState


class Past:
    """Searches in the order they were made, and the one that is looked at."""

    def __init__(self) -> None:
        self._queries: list[QueryState] = []
        self._place = -1

    def add(self, query: QueryState) -> None:
        """A new search; those after the one looked at are forgotten."""
        del self._queries[self._place + 1 :]
        self._queries.append(query)
        self._place = len(self._queries) - 1

    def replace(self, query: QueryState) -> None:
        """The search that is looked at has changed."""
        if self._queries:
            self._queries[self._place] = query

    def can_move(self, by: int) -> bool:
        """Whether there is a search there."""
        return bool(self._queries) and 0 <= self._place + by < len(self._queries)

    def move(self, by: int) -> QueryState | None:
        """Look at an earlier (negative) or later one; None where there is none."""
        if not self.can_move(by):
            return None
        self._place += by
        return self._queries[self._place]
