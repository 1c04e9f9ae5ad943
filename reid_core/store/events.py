"""What people and rules change: one typed payload per kind of event, and the recorded event itself.

Payloads name places in the footage (anchors), never tracklet ids, so they outlive re-tracking.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import ClassVar

from reid_core.errors import UsageError
from reid_core.types import Anchor, ImageAnchor, Verdict

Box = tuple[float, float, float, float]
Place = Anchor | ImageAnchor
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class PayloadError(UsageError, ValueError):
    """What was asked for cannot be recorded; the sentence says why."""


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise PayloadError(f"This cannot be recorded: {sentence}.")


def _box(xyxy: Box) -> None:
    x1, y1, x2, y2 = xyxy
    _require(all(math.isfinite(v) for v in xyxy) and x1 < x2 and y1 < y2, f"{xyxy} is not a box")


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict about two places ``a`` and ``b``.

    Attributes:
        verdict: same, different or unsure.
        supersedes: Earlier verdicts about the same two tracklets, which this one replaces, by their number
            among all verdicts, accepted links and names ever recorded (from 1).
        note: Why, in the person's words; needed to override a warning.
    """

    kind: ClassVar[str] = "decided"
    a: Place
    b: Place
    verdict: Verdict
    supersedes: tuple[int, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        _require(self.a != self.b, "a decision needs two different places")


@dataclass(frozen=True, slots=True)
class BoxAt:
    """A box that a person placed at a frame."""

    pts: int
    xyxy: Box

    def __post_init__(self) -> None:
        _box(self.xyxy)


@dataclass(frozen=True, slots=True)
class PtsRange:
    """Frames from ``first`` to ``last`` timestamp, both included."""

    first: int
    last: int

    def __post_init__(self) -> None:
        _require(self.first <= self.last, "a range ends before it starts")


@dataclass(frozen=True, slots=True)
class BoxesEdited:
    """Boxes drawn, moved, resized or deleted in one tracklet (trim and "end here" are ranges deleted).

    Attributes:
        tracklet: A place in the tracklet; None draws a new tracklet.
        camera: Camera of the boxes; ``source`` is the fingerprint of their source.
        boxes: Boxes to place; at a frame that has one, it is replaced.
        deleted: Frames whose box goes.
        whole: The tracklet goes altogether (deleting boxes alone never deletes it).
    """

    kind: ClassVar[str] = "boxes_edited"
    tracklet: Anchor | None
    camera: str
    source: str
    boxes: tuple[BoxAt, ...] = ()
    deleted: tuple[PtsRange, ...] = ()
    whole: bool = False

    def __post_init__(self) -> None:
        _require(bool(self.boxes or self.deleted or self.whole), "the edit changes nothing")
        _require(self.tracklet is not None or bool(self.boxes), "a new tracklet needs at least one box")
        _require(self.tracklet is None or self.tracklet.source == self.source, "boxes lie in another source")


@dataclass(frozen=True, slots=True)
class TrackletSplit:
    """One tracklet becomes two between these places (last box before, first box after the cut)."""

    kind: ClassVar[str] = "tracklet_split"
    before: Anchor
    after: Anchor

    def __post_init__(self) -> None:
        _require(self.before.source == self.after.source, "a split lies inside one source")
        _require(self.before.pts < self.after.pts, "a split needs a place before and one after the cut")


@dataclass(frozen=True, slots=True)
class TrackletsMerged:
    """The tracklets at these places are one; where both have a box, the first named one's stays."""

    kind: ClassVar[str] = "tracklets_merged"
    places: tuple[Anchor, ...]

    def __post_init__(self) -> None:
        _require(len(self.places) >= 2, "a merge needs at least two tracklets")
        _require(len({p.source for p in self.places}) == 1, "a merge lies inside one source")


@dataclass(frozen=True, slots=True)
class TracksSwapped:
    """From ``pts`` on, two tracklets change places to their ends.

    Attributes:
        a: A place of the one before ``pts``; ``b`` is one of the other.
        pts: First timestamp that is swapped.
        a_after: Where ``a`` goes on, at or behind ``pts``, and ``b_after`` where ``b`` does; None at its end.
    """

    kind: ClassVar[str] = "tracks_swapped"
    a: Anchor
    b: Anchor
    pts: int
    a_after: Anchor | None
    b_after: Anchor | None

    def __post_init__(self) -> None:
        after = [place for place in (self.a_after, self.b_after) if place is not None]
        _require(len({p.source for p in (self.a, self.b, *after)}) == 1, "a swap lies inside one source")
        _require(max(self.a.pts, self.b.pts) < self.pts, "both places lie before the swap")
        _require(bool(after) and all(p.pts >= self.pts for p in after), "nothing lies behind the swap")


@dataclass(frozen=True, slots=True)
class IdentityNamed:
    """The identity that holds a place has this name and colour; empty takes them away."""

    kind: ClassVar[str] = "identity_named"
    place: Place
    name: str
    color: str = ""


@dataclass(frozen=True, slots=True)
class Tagged:
    """Tags and a note on an identity, a tracklet or a moment; they replace what stood there.

    Attributes:
        target: ``identity``, ``tracklet`` or ``moment``.
        place: A place in it.
        tags: Its tags from now on; ``note`` is its note.
    """

    kind: ClassVar[str] = "tagged"
    target: str
    place: Place
    tags: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        _require(self.target in ("identity", "tracklet", "moment"), f"{self.target!r} cannot be tagged")


@dataclass(frozen=True, slots=True)
class CameraRenamed:
    """A camera has another name; every name that it ever had stays its own, so that old events are read."""

    kind: ClassVar[str] = "camera_renamed"
    camera: str
    name: str

    def __post_init__(self) -> None:
        _require(bool(self.name.strip()), "a camera needs a name")
        _require(self.camera != self.name, "this is the camera's name already")


@dataclass(frozen=True, slots=True)
class SourceRemoved:
    """Footage was taken out with all that was found in it; decisions hold again when it comes back."""

    kind: ClassVar[str] = "source_removed"
    camera: str
    source: str
    file: str


@dataclass(frozen=True, slots=True)
class ClockSet:
    """A camera's clock against the common clock.

    ``also`` are other cameras' clocks of the same step. ``day`` is the date (``2026-11-21``) at whose
    midnight the common clock is 0 from now on; empty leaves it as it is.
    """

    kind: ClassVar[str] = "clock_set"
    camera: str
    offset_ms: float
    drift_ppm: float = 0.0
    also: tuple[ClockSet, ...] = ()
    day: str = ""

    def __post_init__(self) -> None:
        _require(math.isfinite(self.offset_ms) and math.isfinite(self.drift_ppm), "a clock needs numbers")
        _require(abs(self.drift_ppm) < 1e6, "a drift of a million ppm stops the clock")
        _require(
            not self.day or bool(_DAY.fullmatch(self.day)), f"{self.day!r} is no date such as 2026-11-21"
        )


@dataclass(frozen=True, slots=True)
class TravelTime:
    """How long people take between two cameras ``a`` and ``b`` (both ways), ms; None where unknown.

    Attributes:
        min_ms: Shortest time between leaving one view and entering the other.
        typical_ms: Usual time.
        max_ms: Longest time.
        overlapping: The views overlap, so one person may be in both at once.
        n_learnt: Journeys that it was learnt from; 0 when it was set by hand.
    """

    a: str
    b: str
    min_ms: float | None = None
    typical_ms: float | None = None
    max_ms: float | None = None
    overlapping: bool = False
    n_learnt: int = 0

    def __post_init__(self) -> None:
        known = [t for t in (self.min_ms, self.typical_ms, self.max_ms) if t is not None]
        _require(self.a != self.b, "a travel time lies between two different cameras")
        _require(all(math.isfinite(t) and t >= 0 for t in known), "travel times are 0 or more")
        _require(known == sorted(known), "travel times must rise from minimum over typical to maximum")


@dataclass(frozen=True, slots=True)
class TopologySet:
    """The whole table of travel times between camera pairs; it replaces the one before."""

    kind: ClassVar[str] = "topology_set"
    pairs: tuple[TravelTime, ...]

    def __post_init__(self) -> None:
        names = [frozenset((p.a, p.b)) for p in self.pairs]
        _require(len(names) == len(set(names)), "a camera pair stands in the table twice")


@dataclass(frozen=True, slots=True)
class LinkedPair:
    """Two places that a rule takes for one person, with its calibrated probability if there is one."""

    a: Place
    b: Place
    probability: float | None = None

    def __post_init__(self) -> None:
        _require(self.a != self.b, "a link needs two different places")
        _require(self.probability is None or 0 <= self.probability <= 1, "a probability lies in 0..1")


@dataclass(frozen=True, slots=True)
class LinksAccepted:
    """A batch of proposals accepted in one step: each pair counts as "same".

    Attributes:
        links: The accepted pairs.
        threshold: Probability or similarity from which they were accepted, or None when hand-picked.
        note: Which rule or model proposed them.
    """

    kind: ClassVar[str] = "links_accepted"
    links: tuple[LinkedPair, ...]
    threshold: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        _require(bool(self.links), "no link was accepted")


@dataclass(frozen=True, slots=True)
class Regrouped:
    """Several verdicts and names in one step: an identity was split or merged, or a tracklet was moved.

    Attributes:
        decisions: Each counts as if it had been decided by itself, in this order.
        names: Each counts as if it had been given by itself, after the decisions.
        what: ``split``, ``take_out``, ``move``, ``merge`` or ``import`` (from the labels of another tool).
    """

    kind: ClassVar[str] = "regrouped"
    decisions: tuple[Decided, ...]
    names: tuple[IdentityNamed, ...] = ()
    what: str = ""

    def __post_init__(self) -> None:
        _require(bool(self.decisions or self.names), "nothing was regrouped")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """These places were erased at somebody's wish: a tombstone; it cannot be undone."""

    kind: ClassVar[str] = "forgotten"
    places: tuple[Place, ...]
    reason: str = ""

    def __post_init__(self) -> None:
        _require(bool(self.places), "nothing was named to be forgotten")


@dataclass(frozen=True, slots=True)
class Undone:
    """The event named by ``undoes`` was undone; undoing this one again is a redo."""

    kind: ClassVar[str] = "undone"


@dataclass(frozen=True, slots=True)
class Redone:
    """The undo named by ``undoes`` was taken back."""

    kind: ClassVar[str] = "redone"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The earlier action named by ``undoes`` was taken back out of order; this is an action itself."""

    kind: ClassVar[str] = "withdrawn"
    reason: str = ""


Action = (
    Decided
    | BoxesEdited
    | TrackletSplit
    | TrackletsMerged
    | TracksSwapped
    | IdentityNamed
    | Tagged
    | CameraRenamed
    | SourceRemoved
    | ClockSet
    | TopologySet
    | LinksAccepted
    | Regrouped
    | Forgotten
)
Payload = Action | Undone | Redone | Withdrawn
EDITS = (BoxesEdited.kind, TrackletSplit.kind, TrackletsMerged.kind, TracksSwapped.kind, Forgotten.kind)
"""Kinds that change tracklets."""
FINAL = (Forgotten.kind, SourceRemoved.kind)
"""Kinds that undo does not take back: what they took away is gone."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the append-only log.

    Attributes:
        id: 1-based, without gaps.
        at_utc: When, ISO 8601 in UTC with milliseconds.
        actor: Who: a person's name, or a rule's.
        kind: Name of the payload's class in the log.
        payload: What.
        undoes: The event that this one takes back, or None.
        prev_hash: Hash of the event before, hex.
        hash: sha256 (hex) over all of the above.
    """

    id: int
    at_utc: str
    actor: str
    kind: str
    payload: Payload
    undoes: int | None
    prev_hash: str
    hash: str
