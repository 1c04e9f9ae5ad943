"""Hits as the results list shows them: filtered, ordered, grouped, each with what was decided about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any

from app.snapshot import Snapshot
from app.workspace import QueryState, ResultRow, Results
from reid_core.types import Verdict

Range = tuple[float, float]


class Order(StrEnum):
    """What stands first."""

    BEST = "Best first"
    TIME = "By time"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which hits are shown.

    Attributes:
        cameras: Only these; empty means all.
        range_ms: Only what touches this stretch of the common clock.
        min_similarity: Only from here on.
        verdicts: Only what was decided so (None is undecided); empty means all.
        with_impossible: Also hits that cannot be the person.
        without_unreachable: No hits outside the travel times.
    """

    cameras: frozenset[str] = frozenset()
    range_ms: Range | None = None
    min_similarity: float | None = None
    verdicts: frozenset[Verdict | None] = frozenset()
    with_impossible: bool = False
    without_unreachable: bool = False

    def renamed(self, names: Mapping[str, str]) -> Filters:
        """The same with what the cameras are called now."""
        return replace(self, cameras=frozenset(names.get(name, name) for name in self.cameras))

    @property
    def are_on(self) -> bool:
        """Whether any of them hides something."""
        narrowed = self.cameras or self.verdicts or self.without_unreachable
        narrowed = narrowed or self.min_similarity is not None
        return bool(narrowed) or self.range_ms is not None


@dataclass(frozen=True, slots=True)
class Group:
    """Hits under one head.

    Attributes:
        camera: Camera name; empty for the one group of a list without heads.
        rows: In order.
        best: Highest similarity among them.
    """

    camera: str
    rows: tuple[ResultRow, ...]
    best: float


@dataclass(frozen=True)
class ResultList:
    """What the list shows.

    Attributes:
        groups: In order.
        verdicts: What was decided about hits; those that are missing are undecided.
        numbers: Identity numbers of tracklets that have one.
        n_all: Hits that could be shown without filters.
        is_grouped: Whether groups have heads.
    """

    groups: tuple[Group, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    n_all: int = 0
    is_grouped: bool = True

    @property
    def n_shown(self) -> int:
        """Hits in the list, also those in folded groups."""
        return sum(len(group.rows) for group in self.groups)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Tracklets from top to bottom."""
        return tuple(row.tracklet for group in self.groups for row in group.rows)

    @cached_property
    def place_of(self) -> Mapping[str, int]:
        """Place in `ids`."""
        return {tracklet_id: place for place, tracklet_id in enumerate(self.ids)}

    @cached_property
    def row_of(self) -> Mapping[str, ResultRow]:
        """The hit of a tracklet."""
        return {row.tracklet: row for group in self.groups for row in group.rows}

    def with_state(self, verdicts: Mapping[str, Verdict], numbers: Mapping[str, int]) -> ResultList:
        """The same hits after something was decided; what is known of their places is kept."""
        made = replace(self, verdicts=verdicts, numbers=numbers)
        known: dict[str, Any] = {
            name: self.__dict__[name] for name in ("ids", "place_of", "row_of") if name in self.__dict__
        }
        made.__dict__.update(known)
        return made

    def neighbour(self, tracklet_id: str, step: int, *, undecided: bool = False) -> str:
        """The hit below (1) or above (-1), or the next undecided one in that direction; empty at the end."""
        place = self.place_of.get(tracklet_id, -1 if step > 0 else len(self.ids)) + step
        while 0 <= place < len(self.ids):
            if not undecided or self.ids[place] not in self.verdicts:
                return self.ids[place]
            place += step
        return ""


@lru_cache(maxsize=8)
def image_node(image: bytes) -> str:
    """How decisions name a query picture."""
    return f"image:{sha256(image).hexdigest()}"


def query_nodes(query: QueryState) -> tuple[str, ...]:
    """What a decision about this query may join a hit with: its tracklets, and its picture."""
    return query.tracklets + (() if query.image is None else (image_node(query.image),))


def left_of(
    query: QueryState | None, results: Results | None, snapshot: Snapshot
) -> tuple[QueryState | None, bool]:
    """A query without the examples that are gone, None where nothing is left of it; and whether that is news.

    Tracklets go when their file is removed, or when they are joined with others. A lost hit is news too.
    """
    known = snapshot.tracklets.row_of
    if query is None:
        return None, False
    tracklets = tuple(name for name in query.tracklets if name in known)
    if tracklets != query.tracklets:
        return (replace(query, tracklets=tracklets) if tracklets or query.image else None), True
    return query, results is not None and any(row.tracklet not in known for row in results.rows)


def query_persons(query: QueryState, snapshot: Snapshot) -> frozenset[int]:
    """Numbers of the persons whom the query shows, as far as that is decided."""
    nodes = set(query_nodes(query))
    found = {person.number for name in nodes if (person := snapshot.person_of(name)) is not None}
    for a, b in snapshot.verdicts:  # a picture has no number of its own, the tracklets joined with it have
        if a in nodes and snapshot.verdicts[a, b] is Verdict.SAME:
            person = snapshot.person_of(b)
            if person is not None:
                found.add(person.number)
    return frozenset(found)


def members(numbers: Iterable[int], snapshot: Snapshot) -> set[str]:
    """Tracklets of persons."""
    return {
        snapshot.tracklets.ids[row]
        for number in numbers
        for row in snapshot.persons_by_number[number].tracklets
    }


def decided(query: QueryState, snapshot: Snapshot) -> dict[str, Verdict]:
    """What holds between the query's person and every tracklet about which anything was decided.

    A verdict about the very pair counts first; otherwise members of the same person are accepted, and
    members of persons that differ from it are rejected.
    """
    nodes, numbers = set(query_nodes(query)), query_persons(query, snapshot)
    own = members(numbers, snapshot)
    sides = own | nodes
    found: dict[str, Verdict] = {}
    for (a, b), verdict in snapshot.verdicts.items():
        if verdict is Verdict.DIFFERENT and a in sides:
            other = snapshot.person_of(b)
            for name in members([other.number], snapshot) if other is not None else (b,):
                found[name] = Verdict.DIFFERENT
    found.update(dict.fromkeys(own, Verdict.SAME))
    for (a, b), verdict in snapshot.verdicts.items():
        if a in nodes:
            found[b] = verdict
    return found


def numbers_of(snapshot: Snapshot) -> dict[str, int]:
    """The identity number of every tracklet that has one."""
    ids = snapshot.tracklets.ids
    return {ids[row]: person.number for person in snapshot.persons for row in person.tracklets}


def arrange(
    results: Results,
    filters: Filters,
    order: Order = Order.BEST,
    *,
    is_grouped: bool = True,
    verdicts: Mapping[str, Verdict] | None = None,
    numbers: Mapping[str, int] | None = None,
) -> ResultList:
    """The hits of a search as the list shows them."""
    verdicts = verdicts or {}
    possible = [row for row in results.rows if filters.with_impossible or not row.is_impossible]
    rows = _kept(possible, filters, verdicts)
    if order is Order.TIME:
        rows = sorted(rows, key=lambda row: (row.start_ms, row.end_ms))
    return ResultList(
        groups=tuple(_groups(rows, order)) if is_grouped else (_flat(rows),) if rows else (),
        verdicts=verdicts,
        numbers=numbers or {},
        n_all=len(possible),
        is_grouped=is_grouped,
    )


def _kept(rows: list[ResultRow], filters: Filters, verdicts: Mapping[str, Verdict]) -> list[ResultRow]:
    tests: list[Callable[[ResultRow], bool]] = []
    if filters.cameras:
        tests.append(lambda row: row.camera in filters.cameras)
    if filters.range_ms is not None:
        first, last = filters.range_ms
        tests.append(lambda row: row.end_ms >= first and row.start_ms <= last)
    if filters.min_similarity is not None:
        least = filters.min_similarity
        tests.append(lambda row: row.similarity >= least)
    if filters.without_unreachable:
        tests.append(lambda row: not row.reason)
    if filters.verdicts:
        tests.append(lambda row: verdicts.get(row.tracklet) in filters.verdicts)
    for test in tests:
        rows = [row for row in rows if test(row)]
    return rows


def _flat(rows: list[ResultRow]) -> Group:
    return Group("", tuple(rows), max(row.similarity for row in rows))


def _groups(rows: list[ResultRow], order: Order) -> list[Group]:
    by_camera: dict[str, list[ResultRow]] = {}
    for row in rows:
        by_camera.setdefault(row.camera, []).append(row)
    groups = [
        Group(camera, tuple(own), max(row.similarity for row in own)) for camera, own in by_camera.items()
    ]
    if order is Order.BEST:
        groups.sort(key=lambda group: -group.best)
    return groups
