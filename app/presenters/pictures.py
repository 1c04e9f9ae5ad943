"""Query pictures that were described already, and those that still must be."""

from __future__ import annotations

from collections.abc import Callable

from app.views.results import Box, Described, PictureEngine
from app.workspace import QueryState
from reid_core.errors import ReidError


class DescribedPictures:
    """Asks the engine once for each picture and box.

    Args:
        engine: Describes pictures, or None where none can be described.
    """

    def __init__(self, engine: PictureEngine | None) -> None:
        self._engine = engine
        self._known: dict[tuple[bytes | None, Box | None], Described] = {}

    def known(self, query: QueryState) -> Described | None:
        """The query's picture as it was described, if it was."""
        return self._known.get((query.image, query.box)) if query.image is not None else None

    def describe(
        self, query: QueryState, then: Callable[[Described], None], failed: Callable[[ReidError], None]
    ) -> None:
        """Hand over the description of the query's picture, now or later."""
        if query.image is None or self._engine is None:
            failed(ReidError("Pictures cannot be searched here."))
            return
        known = self.known(query)
        if known is not None:
            then(known)
            return

        def keep(described: Described) -> None:
            self._known[query.image, query.box] = described
            then(described)

        self._engine.describe(query.image, query.box, keep, failed)

    def forget(self, query: QueryState) -> None:
        """Describe the query's picture anew at the next time."""
        self._known.pop((query.image, query.box), None)

    def clear(self) -> None:
        """Forget all, as for another project."""
        self._known.clear()

    def cancel(self) -> None:
        """Wait for no answer any more."""
        if self._engine is not None:
            self._engine.cancel()
