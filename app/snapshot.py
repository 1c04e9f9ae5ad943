"""What the window knows of the project at one moment: plain immutable data, made off the GUI thread.

Presenters compute with it, widgets draw it. A new one replaces the old whenever the project has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reid_core.linking.identities import Conflict, Decision
from reid_core.linking.travel import TravelTable
from reid_core.pipeline.notes import Note
from reid_core.store.records import Camera, Segment, Source
from reid_core.types import IntArray, Verdict

TimeArray = NDArray[np.float64]

UNASSIGNED = 0
"""Identity number of a tracklet that belongs to nobody yet."""


class SourceState(StrEnum):
    """What a source's row says."""

    WAITING = "waiting"
    OPEN = "open"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source with what has become of it.

    Attributes:
        source: As the project has it.
        segment: Its segment, once ingest has begun.
        state: How far it is.
        reason: Why it is partial, failed or missing; may be empty.
        n_tracklets: Tracklets found so far.
        n_frames: Frames stored so far.
        is_missing: The file is not where it was.
    """

    source: Source
    segment: Segment | None
    state: SourceState
    reason: str
    n_tracklets: int
    n_frames: int
    is_missing: bool

    @property
    def total_frames(self) -> int:
        """Frames in the footage."""
        return int(self.source.info.get("n_frames", 0))


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """A live camera of the project.

    Attributes:
        camera: Its name.
        address: Where it is, without a password.
        is_recorded: Whether what it sends is kept.
    """

    camera: str
    address: str
    is_recorded: bool


@dataclass(frozen=True, slots=True)
class Person:
    """An identity as the window shows it.

    Attributes:
        id: The core's id, ``P7``.
        number: 1, 2, 3 ... in the window; decides the colour.
        name: What people call it; ``Person 3`` until it is named.
        tracklets: Rows of `Tracklets`, by start.
        cameras: Camera names in order of first appearance.
        first_ms: On the common clock.
        last_ms: On the common clock.
        cover: Tracklet id of its cover crop.
        is_conflicted: Some decisions about it contradict each other.
    """

    id: str
    number: int
    name: str
    tracklets: tuple[int, ...]
    cameras: tuple[str, ...]
    first_ms: float
    last_ms: float
    cover: str
    is_conflicted: bool


@dataclass(frozen=True)
class Tracklets:
    """All tracklets as columns, sorted by camera row, then start; N rows.

    Attributes:
        ids: Tracklet ids (``c1s1t7``).
        camera: ``(N,)`` row in `Snapshot.cameras`.
        source_id: ``(N,)`` number of the source.
        start_ms: ``(N,)`` float64 on the common clock.
        end_ms: ``(N,)`` float64 on the common clock.
        start_idx: ``(N,)`` first frame in its source.
        end_idx: ``(N,)`` last frame in its source.
        n_boxes: ``(N,)`` boxes.
        person: ``(N,)`` number of its `Person`, or `UNASSIGNED`.
        revision: ``(N,)``; another value means other boxes.
    """

    ids: tuple[str, ...]
    camera: IntArray
    source_id: IntArray
    start_ms: TimeArray
    end_ms: TimeArray
    start_idx: IntArray
    end_idx: IntArray
    n_boxes: IntArray
    person: IntArray
    revision: IntArray

    @classmethod
    def none(cls) -> Tracklets:
        """No tracklets."""
        whole, real = np.zeros(0, np.int64), np.zeros(0, np.float64)
        return cls((), whole, whole, real, real, whole, whole, whole, whole, whole)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Row of each id."""
        return {tracklet_id: row for row, tracklet_id in enumerate(self.ids)}

    def label(self, row: int) -> str:
        """What the screen calls it: ``T-017``, counted over the whole project, and stable while it grows."""
        return short_name(self.ids[row])


def short_name(tracklet_id: str) -> str:
    """The id as the screen writes it.

    >>> short_name("c1s1t7"), short_name("c2s3t12"), short_name("c1s1e42")
    ('T-1.7', 'T-2.3.12', 'T-1.e42')
    """
    camera, _, rest = tracklet_id[1:].partition("s")
    segment, kind, number = rest.partition("e") if "e" in rest else rest.partition("t")
    middle = "" if segment == "1" else f".{segment}"
    return f"T-{camera}{middle}.{'e' if kind == 'e' else ''}{number}"


@dataclass(frozen=True)
class Snapshot:
    """The project at one moment.

    Attributes:
        path: Project file.
        name: Its name for the title.
        cameras: In the order of adding; the rows of panes and timeline.
        sources: In the order of adding.
        tracklets: All of them.
        persons: Identities by number.
        conflicts: Contradictions among decisions.
        verdicts: The verdict that holds between two tracklets, by their ids in both orders.
        different: Pairs that were decided to be different people.
        spaces: ``(key, name)`` of the models that the project holds vectors of; the last is searched.
        log_head: Number of the last event.
        undo_text: What undo would take back, or empty.
        redo_text: What redo would bring again, or empty.
        by_hand: Tracklets about which a person, not a rule, decided who they are.
        travel: How long people take from camera to camera.
        notes: Notes and tags of people, by identity id.
        streams: Live cameras.
        is_watched: An engine, of this window or not, watches the live cameras now.
        former_names: What a camera is called now, by every name that it has or had.
        day: The day at whose midnight the common clock is 0; None where it counts from no known time.
    """

    path: str
    name: str
    cameras: tuple[Camera, ...] = ()
    sources: tuple[SourceFacts, ...] = ()
    tracklets: Tracklets = field(default_factory=Tracklets.none)
    persons: tuple[Person, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    verdicts: Mapping[tuple[str, str], Verdict] = field(default_factory=dict)
    different: tuple[Decision, ...] = ()
    spaces: tuple[tuple[str, str], ...] = ()
    log_head: int = 0
    undo_text: str = ""
    redo_text: str = ""
    by_hand: frozenset[str] = frozenset()
    travel: TravelTable = field(default_factory=TravelTable)
    notes: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)
    streams: tuple[StreamFacts, ...] = ()
    is_watched: bool = False
    former_names: Mapping[str, str] = field(default_factory=dict)
    day: date | None = None

    @cached_property
    def sources_of(self) -> Mapping[str, tuple[SourceFacts, ...]]:
        """A camera's sources in order of time."""
        return {
            camera.name: tuple(
                sorted(
                    (facts for facts in self.sources if facts.source.camera == camera.name),
                    key=lambda facts: facts.source.start_ms,
                )
            )
            for camera in self.cameras
        }

    @cached_property
    def extent_ms(self) -> tuple[float, float]:
        """First and last moment of all footage on the common clock; ``(0, 0)`` without any."""
        spans = [self.span_ms(facts) for facts in self.sources]
        if not spans:
            return 0.0, 0.0
        return min(start for start, _ in spans), max(end for _, end in spans)

    def span_ms(self, facts: SourceFacts) -> tuple[float, float]:
        """Where a source lies on the common clock."""
        camera = self.camera(facts.source.camera)
        start = facts.source.start_ms
        return camera.common_ms(start), camera.common_ms(start + facts.source.duration_ms)

    def camera(self, name: str) -> Camera:
        """The camera that has that name, or had it."""
        name = self.present_name(name)
        return next(camera for camera in self.cameras if camera.name == name)

    def shown_offset_ms(self, camera: Camera) -> float:
        """A camera's offset as people read it: where times are times of day, against the first camera's."""
        is_live = any(stream.camera == camera.name for stream in self.streams)
        return camera.offset_ms - (0.0 if self.day is None or is_live else self.cameras[0].offset_ms)

    def present_name(self, name: str) -> str:
        """What the camera is called now that had this name; the name itself where none had."""
        return self.former_names.get(name, name)

    def person_of(self, tracklet_id: str) -> Person | None:
        """Whose tracklet it is."""
        row = self.tracklets.row_of.get(tracklet_id)
        number = UNASSIGNED if row is None else int(self.tracklets.person[row])
        return None if number == UNASSIGNED else self.persons_by_number[number]

    @cached_property
    def persons_by_number(self) -> Mapping[int, Person]:
        """Persons by their number."""
        return {person.number: person for person in self.persons}
