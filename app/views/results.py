"""What the results panel can show, and what describes pictures: plain data, without Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.result_list import Filters, Order, ResultList, query_persons
from app.snapshot import Snapshot, short_name
from app.wording import clock_label, count_label, length_label, span_label
from app.workspace import QueryState, Results
from reid_core.errors import ReidError
from reid_core.types import FloatArray

Box = tuple[float, float, float, float]
ASK = "Click a person in a picture"


@dataclass(frozen=True, slots=True)
class Example:
    """A tracklet of the query, as its block shows it.

    Attributes:
        tracklet: Its id.
        label: As the screen calls it.
        dropped: Ranks of its crops that are left out.
    """

    tracklet: str
    label: str
    dropped: frozenset[int]


@dataclass(frozen=True, slots=True)
class QueryShown:
    """The query as its block shows it.

    Attributes:
        examples: Its tracklets.
        crop: The person in its picture, as a small picture file's bytes; empty until that is known; None
            without a picture.
        number: Identity number of the person, or 0.
        name: What the person is called, or ``Query``.
        where: Camera, tracklets, length.
    """

    examples: tuple[Example, ...]
    crop: bytes | None
    number: int
    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Head:
    """The line above the query.

    Attributes:
        text: ``38 tracklets, 0.04 s``.
        can_go_back: There is an earlier search.
        can_go_forward: There is a later one.
        is_searching: An answer is on its way, and may be stopped.
        n_impossible: Hits that cannot be the person.
        n_unreachable: Hits outside the travel times.
        can_search_again: The project has tracklets that were not there at the time of the search.
    """

    text: str = ""
    can_go_back: bool = False
    can_go_forward: bool = False
    is_searching: bool = False
    n_impossible: int = 0
    n_unreachable: int = 0
    can_search_again: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What stands where the list would be.

    Attributes:
        text: One or two sentences.
        action: ``clear_filters``, ``embed``, or empty.
        is_problem: It went wrong.
    """

    text: str
    action: str = ""
    is_problem: bool = False


class SeveralPeople(ReidError):  # noqa: N818 -- a question rather than an error
    """A query picture shows several people; the user chooses one.

    Attributes:
        boxes: The people found, in pixels of the picture.
        preview: The picture, small enough to be shown, as a file's bytes.
        width: Width of the picture itself, pixels.
        height: Height of the picture itself, pixels.
    """

    def __init__(self, text: str, boxes: Sequence[Box], preview: bytes, width: int, height: int) -> None:
        super().__init__(text)
        self.boxes, self.preview, self.width, self.height = tuple(boxes), preview, width, height


class SearchView(Protocol):
    """What the results panel can show."""

    def show_head(self, head: Head) -> None:
        """Count, time, what the buttons may do."""

    def show_query(self, query: QueryShown | None) -> None:
        """The query block."""

    def show_list(self, shown: ResultList) -> None:
        """The hits; unchanged ones keep their place."""

    def show_filters(self, filters: Filters, cameras: Sequence[str], count: str) -> None:
        """The chips, and ``34 of 120``."""

    def show_order(self, order: Order, is_grouped: bool) -> None:
        """What stands first."""

    def show_message(self, message: Message | None) -> None:
        """A sentence in place of the list."""

    def show_people(self, people: SeveralPeople | None) -> None:
        """A picture with several people, of whom one is to be chosen; None ends that."""

    def show_current(self, tracklet_id: str) -> None:
        """The row in hand."""


@dataclass(frozen=True, slots=True)
class Described:
    """A query picture as the engine describes it.

    Attributes:
        space: Key of the space that the vector lies in.
        vector: ``(D,)`` float32 of length 1.
        crop: The person, as a small picture file's bytes.
    """

    space: str
    vector: FloatArray
    crop: bytes


class PictureEngine(Protocol):
    """Describes query pictures in a child process."""

    def describe(
        self,
        picture: bytes,
        box: Box | None,
        then: Callable[[Described], None],
        failed: Callable[[ReidError], None],
    ) -> None:
        """Describe the person in a picture; fails with `SeveralPeople` where it is not clear who."""

    def cancel(self) -> None:
        """Forget what was asked for."""


def query_shown(query: QueryState, snapshot: Snapshot, crop: bytes) -> QueryShown:
    """A query as its block shows it; ``crop`` is the person in its picture, if it has one."""
    numbers = sorted(query_persons(query, snapshot))
    number = numbers[0] if numbers else 0
    return QueryShown(
        examples=tuple(
            Example(name, short_name(name), frozenset(rank for own, rank in query.dropped if own == name))
            for name in query.tracklets
        ),
        crop=None if query.image is None else crop,
        number=number,
        name=snapshot.persons_by_number[number].name if number else "",
        where=_where(query, snapshot),
    )


def _where(query: QueryState, snapshot: Snapshot) -> str:
    """``Lab 3 · T-3.16, T-3.17 · 26.4 s``, or what the picture is called."""
    tracklets = snapshot.tracklets
    rows = [tracklets.row_of[name] for name in query.tracklets if name in tracklets.row_of]
    parts: list[str] = []
    if query.image is not None:
        parts.append(query.label or "Picture")
    if rows:
        cameras = dict.fromkeys(snapshot.cameras[int(tracklets.camera[row])].name for row in rows)
        parts.append(", ".join(cameras))
        names = [tracklets.label(row) for row in rows]
        parts.append(", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else ""))
        parts.append(
            length_label(sum(float(tracklets.end_ms[row] - tracklets.start_ms[row]) for row in rows))
        )
    if len(rows) == 1:
        parts.insert(-1, clock_label(float(tracklets.start_ms[rows[0]])))
    return " · ".join(parts)


def message_of(results: Results | None, shown: ResultList, filters: Filters) -> Message | None:
    """What stands where the list would be, or None when the list does."""
    if results is None:
        return Message(ASK)
    if results.problem:
        return Message(results.problem, "embed" if results.needs_vectors else "", is_problem=True)
    if results.is_searching or shown.n_shown:
        return None
    if shown.n_all:
        return Message(f"{_nothing(filters)} {shown.n_all:,} are hidden by filters.", "clear_filters")
    if results.n_impossible:
        n = count_label(results.n_impossible, "tracklet is", "tracklets are")
        return Message(f"Nobody else can be this person: {n} in the same picture at the same time.")
    return Message("There is no other tracklet to compare with.")


def _nothing(filters: Filters) -> str:
    text = "No tracklet"
    if filters.min_similarity is not None:
        text += f" above {filters.min_similarity:.2f}"
    if filters.range_ms is not None:
        text += f" in {span_label(*filters.range_ms, decimals=0)}"
    return f"{text}."


def head_text(results: Results | None, snapshot: Snapshot | None) -> str:
    """The line above the query: ``38 tracklets, 0.04 s``."""
    if results is None or results.problem:
        return ""
    if results.is_searching:
        return "Searching"
    text = f"{count_label(len(results.rows) - results.n_impossible, 'tracklet')}, {results.seconds:.2f} s"
    if results.n_undescribed:
        text += f", {results.n_undescribed:,} not searched yet"
    n_new = n_new_since(results, snapshot)
    return f"{text}, {n_new:,} new since" if n_new else text


def n_new_since(results: Results | None, snapshot: Snapshot | None) -> int:
    """Tracklets that were not there yet at the time of the search."""
    if results is None or results.is_searching or results.problem or snapshot is None:
        return 0
    return max(len(snapshot.tracklets) - results.n_tracklets, 0)
