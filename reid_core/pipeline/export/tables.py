"""Everything that is exported, gathered once: groups of tracklets that are one person, and their boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reid_core.pipeline.export.file_names import camera_files
from reid_core.pipeline.export.scope import Options, Scope
from reid_core.pipeline.identities import identities
from reid_core.pipeline.notes import Note, notes
from reid_core.store.decisions import Judgement
from reid_core.store.project import Project
from reid_core.store.records import Boxes, Camera, Source, Tracklet
from reid_core.types import BoolArray, FloatArray, IntArray

Watch = Callable[[int, int], None]


def unwatched(done: int, total: int) -> None:
    """Nobody watches the export."""


@dataclass(frozen=True, slots=True)
class Person:
    """Tracklets that count as one person: an identity, or a tracklet that nobody linked.

    Attributes:
        number: 1-based, the id in formats that know only numbers.
        identity: The identity's id, or None for a tracklet without one.
        name: Its name, or an empty string.
        tracklets: Its tracklets in the project's order.
        everywhere: Ids of all its tracklets, also of those that are not exported.
    """

    number: int
    identity: str | None
    name: str
    tracklets: tuple[Tracklet, ...]
    everywhere: frozenset[str]

    @property
    def label(self) -> str:
        """What people call it: its name, else its id, else the tracklet's id."""
        return self.name or self.identity or self.tracklets[0].id


@dataclass(frozen=True, slots=True)
class Tables:
    """What every format is made from.

    Attributes:
        project: The open project.
        persons: Identities and single tracklets, by their first tracklet in the project's order.
        frame_offsets: Frames of its camera that lie before each source, by source id.
        cameras: By name, in the project's order.
        files: File name of each camera, by its name.
        sources: By id.
        numbers: The number of each tracklet's person in formats where a number may appear only once in a
            frame: a tracklet that is in the same frame as another of its person has one of its own.
        scope: Which part of the project this is.
        options: What was chosen about the format.
        watch: Called with the number of tracklets written and their total; what it raises ends the export.
        n_left_out: Tracklets of the project that are not in it.
        clipped: Tracklets of which only a part lies in the range.
    """

    project: Project
    persons: tuple[Person, ...]
    frame_offsets: dict[int, int]
    cameras: Mapping[str, Camera]
    files: Mapping[str, str]
    sources: Mapping[int, Source]
    numbers: Mapping[str, int]
    scope: Scope = field(default_factory=Scope)
    options: Options = field(default_factory=Options)
    watch: Watch = unwatched
    n_left_out: int = 0
    clipped: frozenset[str] = frozenset()

    def tracklets(self) -> Iterator[tuple[Person, Tracklet]]:
        """Every tracklet with its person."""
        for person in self.persons:
            for tracklet in person.tracklets:
                yield person, tracklet

    def watched(self) -> Iterator[tuple[Person, Tracklet]]:
        """The same for the loop that takes the time: whoever watches hears of each."""
        total = sum(len(person.tracklets) for person in self.persons)
        for done, pair in enumerate(self.tracklets()):
            self.watch(done, total)
            yield pair
        self.watch(total, total)

    def boxes(self, tracklet: Tracklet) -> Boxes:
        """The boxes of a tracklet that lie in the scope."""
        boxes = self.project.boxes(tracklet.id)
        if tracklet.id not in self.clipped:
            return boxes
        return _select(boxes, _inside(self.scope, self.common_ms(tracklet, boxes.t_ms)))

    def frames(self, tracklet: Tracklet, boxes: Boxes) -> IntArray:
        """``(n,)`` 0-based frame of each box in its camera: a second file goes on where the first ended."""
        return boxes.frame_idx + self.frame_offsets[tracklet.source_id]

    def common_ms(self, tracklet: Tracklet, t_ms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times since the source's first frame, on the common clock."""
        camera, start_ms = self.cameras[tracklet.camera], self.sources[tracklet.source_id].start_ms
        return camera.offset_ms + (start_ms + t_ms) * (1.0 + camera.drift_ppm * 1e-6)

    def of_people(self) -> Tables:
        """For formats that people look at: identities alone, unless tracklets were chosen by name."""
        if self.scope.tracklets is not None:
            return self
        return replace(self, persons=tuple(p for p in self.persons if p.identity is not None))

    def judgements(self) -> list[Judgement]:
        """The verdicts that hold; in a part of the project, those about one of its tracklets."""
        found, _ = self.project.judgements()
        if self.scope.is_whole:
            return found
        ids = self._ids()
        return [judgement for judgement in found if ids & {judgement.a, judgement.b}]

    def notes(self) -> list[Note]:
        """The notes and tags that hold; in a part of the project, those on its tracklets and persons."""
        ids = {i for person in self.persons for i in person.everywhere}
        return [note for note in notes(self.project) if self.scope.is_whole or note.tracklet in ids]

    def _ids(self) -> set[str]:
        return {tracklet.id for _, tracklet in self.tracklets()}


def gather(
    project: Project,
    scope: Scope | None = None,
    options: Options | None = None,
    watch: Watch = unwatched,
) -> Tables:
    """Read the project's tracklets and identities.

    Args:
        project: An open project.
        scope: What is wanted. Persons keep the numbers that they have in an export of everything.
        options: See `Tables`.
        watch: See `Tables`.
    """
    scope = scope or Scope()
    watch(0, 0)
    tracklets = {tracklet.id: tracklet for tracklet in project.tracklets()}
    persons = _persons(project, tracklets)
    watch(0, 0)
    cameras = {camera.name: camera for camera in project.cameras()}
    tables = Tables(
        project=project,
        persons=tuple(persons),
        frame_offsets=_frame_offsets(project),
        cameras=cameras,
        files=camera_files(cameras),
        sources={source.id: source for source in project.sources()},
        numbers=_numbers(project, persons),
        scope=scope,
        options=options or Options(),
        watch=watch,
    )
    return tables if scope.is_whole else _restrict(tables, len(tracklets))


def _persons(project: Project, tracklets: Mapping[str, Tracklet]) -> list[Person]:
    identity_of = {
        tracklet_id: identity
        for identity in identities(project).identities
        for tracklet_id in identity.tracklets
    }
    persons: list[Person] = []
    placed: set[str] = set()
    for tracklet_id in tracklets:
        if tracklet_id in placed:
            continue
        identity = identity_of.get(tracklet_id)
        ids = [i for i in identity.tracklets if i in tracklets] if identity else [tracklet_id]
        placed.update(ids)
        persons.append(
            Person(
                number=len(persons) + 1,
                identity=identity.id if identity else None,
                name=identity.name if identity else "",
                tracklets=tuple(tracklets[i] for i in ids),
                everywhere=frozenset(ids),
            )
        )
    return persons


def _restrict(tables: Tables, n_tracklets: int) -> Tables:
    """Leave out what lies outside the scope, and cut what reaches over its ends."""
    scope, clipped = tables.scope, set()
    persons = []
    for person in tables.persons:
        inside = []
        for tracklet in person.tracklets:
            if scope.tracklets is not None and tracklet.id not in scope.tracklets:
                continue
            if not scope.touches(tracklet.start_ms, tracklet.end_ms):
                continue
            if not scope.holds(tracklet.start_ms, tracklet.end_ms):
                tables.watch(0, 0)
                cut = _clip(tables, tracklet)
                if cut is None:
                    continue
                clipped.add(tracklet.id)
                tracklet = cut
            inside.append(tracklet)
        if inside:
            persons.append(replace(person, tracklets=tuple(inside)))
    n_kept = sum(len(person.tracklets) for person in persons)
    return replace(
        tables, persons=tuple(persons), clipped=frozenset(clipped), n_left_out=n_tracklets - n_kept
    )


def _clip(tables: Tables, tracklet: Tracklet) -> Tracklet | None:
    """The part of a tracklet inside the range; None where it has no box there."""
    boxes = tables.project.boxes(tracklet.id)
    common_ms = tables.common_ms(tracklet, boxes.t_ms)
    rows = np.flatnonzero(_inside(tables.scope, common_ms))
    if not len(rows):
        return None
    first, last = int(rows[0]), int(rows[-1])
    placed = (boxes.detection_idx[rows] >= 0) | boxes.edited[rows]
    return replace(
        tracklet,
        start_idx=int(boxes.frame_idx[first]),
        end_idx=int(boxes.frame_idx[last]),
        start_pts=int(boxes.pts[first]),
        end_pts=int(boxes.pts[last]),
        start_t_ms=float(boxes.t_ms[first]),
        end_t_ms=float(boxes.t_ms[last]),
        start_ms=float(common_ms[first]),
        end_ms=float(common_ms[last]),
        n_detections=int(placed.sum()),
        n_boxes=len(rows),
    )


def _inside(scope: Scope, common_ms: NDArray[np.float64]) -> BoolArray:
    first = -np.inf if scope.from_ms is None else scope.from_ms
    last = np.inf if scope.to_ms is None else scope.to_ms
    inside: BoolArray = (common_ms >= first) & (common_ms <= last)
    return inside


def _select(boxes: Boxes, rows: BoolArray) -> Boxes:
    return Boxes(
        boxes.frame_idx[rows],
        boxes.pts[rows],
        boxes.t_ms[rows],
        boxes.xyxy[rows],
        boxes.detection_idx[rows],
        boxes.scores[rows],
        boxes.edited[rows],
    )


def _numbers(project: Project, persons: list[Person]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    next_number = len(persons) + 1
    for person in persons:
        before: dict[int, list[Tracklet]] = {}  # of each source, those that may reach into the next one
        for tracklet in sorted(person.tracklets, key=lambda t: t.start_idx):
            near = [t for t in before.get(tracklet.source_id, ()) if t.end_idx >= tracklet.start_idx]
            if any(_meet(project, tracklet, other) for other in near):
                numbers[tracklet.id] = next_number
                next_number += 1
            else:
                near.append(tracklet)
                numbers[tracklet.id] = person.number
            before[tracklet.source_id] = near
    return numbers


def _meet(project: Project, a: Tracklet, b: Tracklet) -> bool:
    """Whether two tracklets of one source have a box in one frame."""
    return bool(np.isin(project.boxes(a.id).frame_idx, project.boxes(b.id).frame_idx).any())


def _frame_offsets(project: Project) -> dict[int, int]:
    offsets: dict[int, int] = {}
    n_frames: dict[str, int] = {}
    for source in project.sources():
        offsets[source.id] = n_frames.get(source.camera, 0)
        n_frames[source.camera] = offsets[source.id] + frame_count(source)
    return offsets


def frame_count(source: Source) -> int:
    """Frames of a source."""
    return int(source.info.get("n_frames") or round(source.duration_ms * source.fps / 1000))


def filled_scores(boxes: Boxes) -> FloatArray:
    """``(n,)`` scores in which interpolated boxes have their neighbours' score, linear in the frame rank."""
    seen = np.flatnonzero((boxes.detection_idx >= 0) | boxes.edited)
    if not len(seen):
        return boxes.scores
    filled = np.interp(boxes.frame_idx, boxes.frame_idx[seen], boxes.scores[seen])
    return filled.astype(np.float32)


def origins(boxes: Boxes) -> list[str]:
    """Where each box comes from: ``detected``, ``interpolated`` or ``edited``."""
    return [
        "edited" if edited else "detected" if detection >= 0 else "interpolated"
        for edited, detection in zip(boxes.edited, boxes.detection_idx, strict=True)
    ]


def overlaps(persons: tuple[Person, ...], numbers: Mapping[str, int]) -> int:
    """Tracklets that have a number of their own, because their person has another box in the same frame."""
    return sum(numbers[t.id] != p.number for p in persons for t in p.tracklets)
