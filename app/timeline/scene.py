"""Everything that the timeline draws of a project, made of a snapshot off the GUI thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from app.snapshot import UNASSIGNED, Snapshot, SourceFacts, SourceState, Tracklets
from app.theme.tokens import IDENTITY_COLORS
from app.timeline.lanes import Lane, lay_out
from app.wording import clock_label, count_label, length_label, percent_label, similarity_label, span_label
from reid_core.store.records import STREAM
from reid_core.types import IntArray

NO_VIDEO = "no video"
N_COLORS = len(IDENTITY_COLORS)
PROPOSED_UNKNOWN = -1_000_000
"""Style of a hit of a search for somebody who is no identity yet."""
Span = tuple[float, float]


@dataclass(frozen=True)
class CameraRow:
    """One camera.

    Attributes:
        name: Camera name.
        footage: Where there is video, on the common clock.
        gaps: Where there is none between or behind it: ``(start, end, why)``.
        waiting: What was not looked at yet.
        status: ``62 %`` while it is incomplete; empty when all is done.
        problem: Why something is missing, for the tooltip of the head; may be empty.
        lanes: Its tracklets.
    """

    name: str
    footage: tuple[Span, ...] = ()
    gaps: tuple[tuple[float, float, str], ...] = ()
    waiting: tuple[Span, ...] = ()
    status: str = ""
    problem: str = ""
    lanes: tuple[Lane, ...] = ()


@dataclass(frozen=True)
class TimelineScene:
    """All cameras.

    Attributes:
        rows: In the order of adding.
        extent_ms: First and last moment of all footage.
        tracklets: What the lanes' rows point into.
        names: What people are called, by number.
    """

    rows: tuple[CameraRow, ...] = ()
    extent_ms: Span = (0.0, 0.0)
    tracklets: Tracklets = field(default_factory=Tracklets.none)
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LaneStyles:
    """How the ``n`` bars of a lane are drawn.

    Attributes:
        kind: ``(n,)`` see `kinds`.
        latest: Last proposed, and last decided bar at or before each, ``(n,)`` each; -1 where none is.
    """

    kind: IntArray
    latest: tuple[IntArray, ...]


@dataclass(frozen=True)
class Styles:
    """What is known of each tracklet at the moment.

    Attributes:
        style: ``(N,)`` identity number where it is decided, minus that number (or `PROPOSED_UNKNOWN`) where
            the running search proposes it, 0 where it belongs to nobody.
        similarity: Of the running search's hits, by row.
    """

    style: IntArray
    similarity: Mapping[int, float] = field(default_factory=dict)
    _known: dict[int, tuple[Lane, LaneStyles]] = field(default_factory=dict, compare=False)

    def of_lane(self, lane: Lane) -> LaneStyles:
        """The same for the bars of a lane, remembered."""
        known = self._known.get(id(lane))
        if known is None or known[0] is not lane:
            style, places = self.style[lane.row], np.arange(len(lane))
            latest = tuple(np.maximum.accumulate(np.where(one, places, -1)) for one in (style < 0, style > 0))
            known = self._known[id(lane)] = lane, LaneStyles(kinds(style), latest)
        return known[1]


def kinds(style: IntArray) -> IntArray:
    """Styles as places in a palette: nobody, the colours decided, the colours proposed, unknown proposed."""
    decided = (style - 1) % N_COLORS + 1
    proposed = (-style - 1) % N_COLORS + 1 + N_COLORS
    kind = np.where(style > 0, decided, np.where(style < 0, proposed, 0))
    return np.where(style == PROPOSED_UNKNOWN, 2 * N_COLORS + 1, kind)


def make_scene(snapshot: Snapshot) -> TimelineScene:
    """Lay everything out; takes some tenths of a second for 100,000 tracklets."""
    snapshot.tracklets.row_of  # noqa: B018 -- made here, so that nobody waits for it in the GUI thread
    return TimelineScene(
        rows=tuple(_row(snapshot, n) for n in range(len(snapshot.cameras))),
        extent_ms=snapshot.extent_ms,
        tracklets=snapshot.tracklets,
        names={person.number: person.name for person in snapshot.persons},
    )


def make_styles(
    tracklets: Tracklets, hits: Iterable[tuple[str, float]] = (), number: int = UNASSIGNED
) -> Styles:
    """Colour of every bar.

    Args:
        tracklets: All of them.
        hits: ``(tracklet id, similarity)`` of the running search, without those that were rejected.
        number: Who is searched for, or `UNASSIGNED` where that is not known.
    """
    style = tracklets.person.copy()
    row_of = tracklets.row_of
    found = {row_of[name]: similarity for name, similarity in hits if name in row_of}
    rows = np.fromiter(found, np.int64, len(found))
    proposed = rows[style[rows] == UNASSIGNED]
    style[proposed] = -number if number != UNASSIGNED else PROPOSED_UNKNOWN
    return Styles(style, found)


def describe_bar(scene: TimelineScene, styles: Styles, row: int, zero_ms: float = 0.0) -> str:
    """A bar in one line: ``T-1.7 · Person 2 · 14:02:10.1 – 14:02:36.8 · 26.7 s``."""
    tracklets, number = scene.tracklets, int(styles.style[row])
    start, end = float(tracklets.start_ms[row]), float(tracklets.end_ms[row])
    parts = [tracklets.label(row)]
    if number > 0:
        parts.append(scene.names.get(number, f"Person {number}"))
    if row in styles.similarity:
        parts.append(f"similarity {similarity_label(styles.similarity[row])}")
    elif number <= 0:
        parts.append("unassigned")
    parts += [span_label(start + zero_ms, end + zero_ms), length_label(end - start)]
    return " · ".join(parts)


def _why_nothing(before: SourceFacts | None) -> str:
    """What lies behind a source where nothing is."""
    if before is None or before.source.kind != STREAM:
        return "Not recorded between two files"
    return f"The camera was lost: {before.reason}" if before.reason else "The camera was not watched"


def _is_lost(last: SourceFacts) -> bool:
    """Whether a camera's last take ended because it was lost."""
    return last.source.kind == STREAM and last.state in (SourceState.PARTIAL, SourceState.FAILED)


def _row(snapshot: Snapshot, n: int) -> CameraRow:
    camera = snapshot.cameras[n]
    sources = snapshot.sources_of[camera.name]
    spans = [snapshot.span_ms(facts) for facts in sources]
    footage: list[Span] = []
    gaps: list[tuple[float, float, str]] = []
    waiting: list[Span] = []
    problems: list[str] = []
    behind: float | None = None
    before: SourceFacts | None = None
    for facts, (start, end) in zip(sources, spans, strict=True):
        if behind is not None and start > behind + 1.0:
            gaps.append((behind, start, _why_nothing(before)))
        behind, before = (end if behind is None else max(behind, end)), facts
        if facts.source.kind == STREAM:  # a take is all there is of its time
            footage.append((start, end))
            continue
        seen = start + _part_seen(facts) * (end - start)
        if facts.state in (SourceState.FAILED, SourceState.PARTIAL):
            why = facts.reason or "The file is broken"
            gaps.append((seen, end, why))
            problems.append(why)
            footage += [(start, seen)] if seen > start else []
        else:
            footage.append((start, end))
            if facts.state is not SourceState.DONE and seen < end:
                waiting.append((seen, end))
        if facts.is_missing:
            problems.append(f"{facts.source.path} is not there any more")
    if before is not None and behind is not None and _is_lost(before):  # and has not come back
        gaps.append((behind, snapshot.extent_ms[1], _why_nothing(before)))
    return CameraRow(
        name=camera.name,
        footage=tuple(footage),
        gaps=tuple(gap for gap in gaps if gap[1] > gap[0]),
        waiting=tuple(waiting),
        status=_status(sources),
        problem=". ".join(dict.fromkeys(problems)),
        lanes=lay_out(snapshot.tracklets, n),
    )


def _part_seen(facts: SourceFacts) -> float:
    if facts.state is SourceState.DONE:
        return 1.0
    if facts.segment is None or facts.state is SourceState.FAILED or not facts.total_frames:
        return 0.0
    return min(facts.segment.next_frame_idx / facts.total_frames, 1.0)


def _status(sources: tuple[SourceFacts, ...]) -> str:
    """How much of a camera's footage was looked at, while there is more to come."""
    if not any(facts.state in (SourceState.WAITING, SourceState.OPEN) for facts in sources):
        return ""
    usable = [facts for facts in sources if facts.state is not SourceState.FAILED]
    total = sum(facts.source.duration_ms for facts in usable)
    seen = sum(
        (1.0 if facts.state is SourceState.PARTIAL else _part_seen(facts)) * facts.source.duration_ms
        for facts in usable
    )
    return percent_label(seen / total) if total else ""


def describe_view(
    scene: TimelineScene, from_ms: float, to_ms: float, playhead_ms: float, zero_ms: float
) -> str:
    """The timeline in a sentence, for those who do not see it."""
    cameras, tracklets = count_label(len(scene.rows), "camera"), count_label(len(scene.tracklets), "tracklet")
    visible, at = span_label(from_ms + zero_ms, to_ms + zero_ms), clock_label(playhead_ms + zero_ms)
    return f"{cameras}, {tracklets}. Visible {visible}, playhead {at}."
