"""The state that pages and docks share: one project, one playhead, one selection, one query."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from app.observed import Observed
from app.snapshot import Snapshot


class Page(StrEnum):
    """The pages of the rail, from top to bottom."""

    START = "start"
    SOURCES = "sources"
    INVESTIGATE = "investigate"
    VERIFY = "verify"
    IDENTITIES = "identities"
    LINKS = "links"
    TRAIN = "train"
    MODELS = "models"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A hit of the running search.

    Attributes:
        tracklet: Its id.
        camera: Camera name.
        start_ms: On the common clock.
        end_ms: On the common clock.
        similarity: -1..1.
        is_impossible: The person of the query is elsewhere in that camera's picture at that time.
        reason: Why it lies outside the travel times from the query, or empty.
    """

    tracklet: str
    camera: str
    start_ms: float
    end_ms: float
    similarity: float
    is_impossible: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QueryState:
    """Who is searched for.

    Attributes:
        tracklets: Example tracklets.
        image: A picture file's bytes as example, or None.
        dropped: ``(tracklet, rank of the crop)`` left out of the query.
        box: Where the person is in the picture, ``x1, y1, x2, y2`` in its pixels; None finds it.
        label: What the picture is called: a file's name, or the camera and moment of a drawn box.
    """

    tracklets: tuple[str, ...] = ()
    image: bytes | None = None
    dropped: frozenset[tuple[str, int]] = frozenset()
    box: tuple[float, float, float, float] | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found.

    Attributes:
        query: What was asked.
        rows: Best first.
        n_impossible: Left out, because the person was elsewhere in that picture at that time.
        n_undescribed: Tracklets that have no vector of this model yet.
        seconds: How long it took.
        is_searching: An answer is on its way.
        problem: Why there is none, for the user; empty when all is well.
        model: Name of the model that was searched with.
        n_tracklets: Tracklets of the project at that time.
        needs_vectors: Vectors of this model would help.
    """

    query: QueryState
    rows: tuple[ResultRow, ...] = ()
    n_impossible: int = 0
    n_undescribed: int = 0
    seconds: float = 0.0
    is_searching: bool = False
    problem: str = ""
    model: str = ""
    n_tracklets: int = 0
    needs_vectors: bool = False


@dataclass(frozen=True, slots=True)
class JobState:
    """A job as its row in the strip shows it.

    Attributes:
        id: Stable while the window lives.
        name: ``Ingest gate.mp4``.
        unit: What is counted, ``frames``.
        done: Units finished.
        total: Units in all, or None.
        rate: Units a second.
        left_s: Seconds left, or None.
        status: ``queued``, ``running``, ``paused``, ``stopping``, ``done``, ``failed``.
        message: Why it failed, or what it is doing.
    """

    id: int
    name: str
    unit: str = "frames"
    done: int = 0
    total: int | None = None
    rate: float = 0.0
    left_s: float | None = None
    status: str = "queued"
    message: str = ""


@dataclass(frozen=True, slots=True)
class ActiveModel:
    """The model that the project is searched with.

    Attributes:
        key: Key of its space.
        name: What people call it.
        source: Name or file that it is loaded by.
        metrics: What it reaches on this project: ``mAP 0.71 here``; empty while that is not measured.
        about: What that was measured on, and how well; for the tooltip.
        others: ``(key, name)`` of models whose vectors the project keeps beside.
    """

    key: str
    name: str
    source: str
    metrics: str = ""
    about: str = ""
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the inline bar: ``level`` is ``info``, ``ok``, ``warn`` or ``bad``."""

    text: str
    level: str = "info"


@dataclass
class Workspace:
    """What everybody may look at, and change.

    Attributes:
        snapshot: The open project, or None.
        page: Page in front.
        playhead_ms: Moment shown, on the common clock.
        is_playing: Whether time runs.
        is_live: Whether panes of live cameras show what comes, and the playhead goes along.
        rate: Speed: 1 is real time, negative runs back.
        active_camera: Name of the active pane's camera, or empty.
        selected: Tracklets that are highlighted everywhere.
        query: Who is searched for, or None.
        results: Of the latest search, or None.
        current: The result row in hand (a tracklet id), or empty.
        range_ms: Marked stretch of the common clock, or None.
        jobs: All jobs, oldest first.
        model: What the project is searched with, or None without vectors.
        notice: The latest message for the inline bar, or None.
    """

    snapshot: Observed[Snapshot | None] = field(default_factory=lambda: Observed[Snapshot | None](None))
    page: Observed[Page] = field(default_factory=lambda: Observed(Page.START))
    playhead_ms: Observed[float] = field(default_factory=lambda: Observed(0.0))
    is_playing: Observed[bool] = field(default_factory=lambda: Observed(False))
    is_live: Observed[bool] = field(default_factory=lambda: Observed(False))
    rate: Observed[float] = field(default_factory=lambda: Observed(1.0))
    active_camera: Observed[str] = field(default_factory=lambda: Observed(""))
    selected: Observed[tuple[str, ...]] = field(default_factory=lambda: Observed[tuple[str, ...]](()))
    query: Observed[QueryState | None] = field(default_factory=lambda: Observed[QueryState | None](None))
    results: Observed[Results | None] = field(default_factory=lambda: Observed[Results | None](None))
    current: Observed[str] = field(default_factory=lambda: Observed(""))
    range_ms: Observed[tuple[float, float] | None] = field(
        default_factory=lambda: Observed[tuple[float, float] | None](None)
    )
    jobs: Observed[tuple[JobState, ...]] = field(default_factory=lambda: Observed[tuple[JobState, ...]](()))
    model: Observed[ActiveModel | None] = field(default_factory=lambda: Observed[ActiveModel | None](None))
    notice: Observed[Notice | None] = field(default_factory=lambda: Observed[Notice | None](None))
