"""Decisions and the places that they join: from tracklets to anchors, and from anchors to tracklets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.errors import UsageError
from reid_core.store import tracks
from reid_core.store.database import Database
from reid_core.store.events import (
    Decided,
    Event,
    IdentityNamed,
    LinkedPair,
    LinksAccepted,
    Place,
    Regrouped,
)
from reid_core.store.log import Log
from reid_core.store.records import Boxes
from reid_core.types import Anchor, ImageAnchor, Verdict

Resolve = Callable[[Anchor], str | None]

IMAGE = "image:"
"""How the node of a query picture begins; its hash follows."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One verdict that holds, with its places as they resolve now.

    Attributes:
        event: The event that recorded it.
        number: Place of the verdict among all verdicts and namings ever recorded, 1-based; it never changes,
            so that what is named after it keeps its name.
        a: Node of one side: a tracklet id, ``image:<sha256>``, or ``lost:...`` where no tracklet
            holds the place.
        b: Node of the other side.
        places: The two places themselves.
        verdict: same, different or unsure.
        supersedes: Numbers of the earlier verdicts about this pair, which it replaces.
        probability: Of an accepted link, if known.
    """

    event: Event
    number: int
    a: str
    b: str
    places: tuple[Place, Place]
    verdict: Verdict
    supersedes: tuple[int, ...] = ()
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Naming:
    """A name that holds, with its place as it resolves now (see `Judgement` for number and node)."""

    event: Event
    number: int
    node: str
    name: str
    color: str


def anchor_of(database: Database, tracklet_id: str) -> Anchor:
    """The place that stands for a tracklet: its best crop's box, else the middle one of its detections."""
    boxes = tracks.boxes(database, tracklet_id)
    crops = tracks.crop_rows(database, tracklet_id)
    found = np.flatnonzero(boxes.frame_idx == crops[0][1]) if crops else np.zeros(0, np.int64)
    if len(found) == 0:
        real = np.flatnonzero((boxes.detection_idx >= 0) | boxes.edited)
        found = real[len(real) // 2 :] if len(real) else np.array([len(boxes) // 2])
    return anchor_at(database, tracklet_id, boxes, int(found[0]))


def anchor_at(database: Database, tracklet_id: str, boxes: Boxes, row: int) -> Anchor:
    """The place of one of a tracklet's boxes."""
    segment_id, _ = tracks.require(database, tracklet_id)
    camera, source = database.row(  # type: ignore[misc]
        """SELECT camera.name, source.fingerprint FROM segment JOIN source ON segment.source_id = source.id
           JOIN camera ON source.camera_id = camera.id WHERE segment.id = ?""",
        (segment_id,),
    )
    x1, y1, x2, y2 = boxes.xyxy[row].tolist()
    return Anchor(camera, source, int(boxes.pts[row]), (x1, y1, x2, y2))


def node_of(place: Place, resolve: Resolve) -> str:
    """What a place is now, as a node of the graph of identities."""
    if isinstance(place, ImageAnchor):
        return f"{IMAGE}{place.sha256}"
    x1, y1, x2, y2 = place.xyxy
    return (
        resolve(place)
        or f"lost:{place.camera}@{place.pts}:{x1:.0f},{y1:.0f},{x2:.0f},{y2:.0f}:{place.source[:12]}"
    )


def decided(
    database: Database, log: Log, resolve: Resolve, a: Place, b: Place, verdict: Verdict, note: str
) -> Decided:
    """The payload of a decision, with the earlier ones about the same pair that it replaces."""
    if verdict not in tuple(Verdict):
        raise UsageError(f"A verdict is same, different or unsure, not {verdict!r}.")
    pair = {node_of(a, resolve), node_of(b, resolve)}
    if len(pair) == 1:
        raise UsageError(f"Both sides are the same tracklet ({pair.pop()}). Name two different ones.")
    sources = {_source(a), _source(b)}
    superseded = tuple(
        number
        for _, number, _, places in _verdicts(log.events())
        if {_source(place) for place in places} == sources
        and {node_of(place, resolve) for place in places} == pair
    )
    return Decided(a, b, Verdict(verdict), superseded, note)


def _source(place: Place) -> str:
    return place.sha256 if isinstance(place, ImageAnchor) else place.source


def _verdicts(
    events: Iterable[Event],
) -> Iterator[tuple[Event, int, Decided | LinkedPair | IdentityNamed, tuple[Place, ...]]]:
    """``(event, number, what, its places)`` of all that ever joined, parted or named, holding now or not."""
    number = 0
    for event in events:
        found: Sequence[Decided | LinkedPair | IdentityNamed] = ()
        match event.payload:
            case Decided() | IdentityNamed() as single:
                found = (single,)
            case LinksAccepted() as accepted:
                found = accepted.links
            case Regrouped() as regrouped:
                found = (*regrouped.decisions, *regrouped.names)
        for each in found:
            number += 1
            yield event, number, each, (each.place,) if isinstance(each, IdentityNamed) else (each.a, each.b)


def judgements(log: Log, resolve: Resolve) -> tuple[list[Judgement], list[Naming]]:
    """Every verdict and name that holds, oldest first; replaced verdicts are left out."""
    inactive = log.cursor().inactive
    found: list[Judgement] = []
    names: list[Naming] = []
    for event, number, each, places in _verdicts(log.events()):
        if event.id in inactive:
            continue
        nodes = [node_of(place, resolve) for place in places]
        if isinstance(each, IdentityNamed):
            names.append(Naming(event, number, nodes[0], each.name, each.color))
            continue
        pair = each.a, each.b
        if isinstance(each, Decided):
            made = Judgement(event, number, nodes[0], nodes[1], pair, each.verdict, each.supersedes)
        else:
            made = Judgement(
                event, number, nodes[0], nodes[1], pair, Verdict.SAME, probability=each.probability
            )
        found.append(made)
    superseded = {number for judgement in found for number in judgement.supersedes}
    return [judgement for judgement in found if judgement.number not in superseded], names
