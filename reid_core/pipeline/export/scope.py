"""What of the project leaves it: everything, an identity, some tracklets, a stretch of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reid_core.errors import UsageError
from reid_core.pipeline.identities import identities
from reid_core.store.project import Project


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the project.

    Attributes:
        tracklets: Ids of the tracklets that are wanted; None for all.
        from_ms: Only boxes at or after this moment of the common clock; None for no limit.
        to_ms: Only boxes at or before it; None for no limit.
    """

    tracklets: frozenset[str] | None = None
    from_ms: float | None = None
    to_ms: float | None = None

    def __post_init__(self) -> None:
        if self.from_ms is not None and self.to_ms is not None and self.from_ms > self.to_ms:
            raise UsageError(f"The range ends ({self.to_ms:g} ms) before it starts ({self.from_ms:g} ms).")

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self.tracklets is None and self.from_ms is None and self.to_ms is None

    def touches(self, start_ms: float, end_ms: float) -> bool:
        """Whether something from ``start_ms`` to ``end_ms`` reaches into the range."""
        return (self.from_ms is None or end_ms >= self.from_ms) and (
            self.to_ms is None or start_ms <= self.to_ms
        )

    def holds(self, start_ms: float, end_ms: float) -> bool:
        """Whether it lies inside the range altogether."""
        return (self.from_ms is None or start_ms >= self.from_ms) and (
            self.to_ms is None or end_ms <= self.to_ms
        )


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may choose about some formats; the others ignore it.

    Attributes:
        blur: Clips, contact sheets and reports: make everybody else unrecognisable.
        distractors: Market-1501: add tracklets without an identity to the gallery as person 0.
        test_share: Market-1501: share of the identities seen by several cameras that is kept for testing.
    """

    blur: bool = False
    distractors: bool = False
    test_share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.test_share <= 1:
            raise UsageError(f"The test share lies between 0 and 1; {self.test_share:g} does not.")


def tracklets_of(project: Project, wanted: Sequence[str]) -> frozenset[str]:
    """Tracklet ids of identities (by id or name) and of single tracklets (by id).

    Raises:
        UsageError: There is no such identity or tracklet, or several identities have that name.
    """
    known = {tracklet.id for tracklet in project.tracklets()}
    found: set[str] = set()
    everybody = identities(project).identities
    for text in wanted:
        if text in known:
            found.add(text)
            continue
        people = [p for p in everybody if p.id == text] or [p for p in everybody if p.name == text]
        if len(people) != 1:
            what = "There is no identity or tracklet" if not people else "Several identities are named"
            raise UsageError(f"{what} {text!r}. List them with: sightline identities PROJECT")
        found.update(people[0].tracklets)
    return frozenset(found)
