"""Imported tracks, of which an ingest makes tracklets in place of a detector and a tracker.

They lie in the project's folder, a file for each source, as MOTChallenge results behind remarks that name
people. The content of that file is the cache key of the segment that is made of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from reid_core import geometry
from reid_core.crops.select import CropConfig
from reid_core.errors import SourceError
from reid_core.media.source import FrameSource, SourceEnd
from reid_core.pipeline.export.tables import frame_count
from reid_core.pipeline.importing import mot
from reid_core.pipeline.importing.files import read_bytes
from reid_core.pipeline.importing.labels import IMPORTED, Labels
from reid_core.pipeline.segment import SegmentRun
from reid_core.pipeline.stage import Channel
from reid_core.pipeline.workers import DecodeEnded, Detected, Result
from reid_core.store.project import Project
from reid_core.store.records import Segment, Source
from reid_core.tracking.base import INTERPOLATED, ClosedTracklet, Observation, Step
from reid_core.tracking.config import LinkConfig, TrackingConfig
from reid_core.types import Detections, FloatArray, Frame, IntArray

TRACKLETS = "tracklets"
MARK = "# track "
"""Begins a remark: number of a track, of its person, and the person's name in quotes."""
MAX_NAME = 100
VERSION = 1
"""Of the way from labels to tracklets; part of the key."""


@dataclass(frozen=True, slots=True)
class SourceLabels:
    """The imported boxes of one source.

    Attributes:
        frames: ``(n,)`` rising rank of the frame in the source.
        tracks: ``(n,)`` number of the track, rising within a frame.
        xyxy: ``(n, 4)`` float32, inside the picture.
        scores: ``(n,)`` float32 in 0..1.
        step: Every how many frames somebody was labelled; boxes between are interpolated.
        people: Number and name of the person of a track, where the person is known in every camera.
        key: Cache key of what is made of them.
    """

    frames: IntArray
    tracks: IntArray
    xyxy: FloatArray
    scores: FloatArray
    step: int
    people: Mapping[int, tuple[int, str]]
    key: str

    def rows(self, frame_idx: int) -> slice:
        """The boxes of a frame."""
        first, last = np.searchsorted(self.frames, [frame_idx, frame_idx + 1]).tolist()
        return slice(first, last)

    def detections(self, frame_idx: int) -> Detections:
        """The boxes of a frame as if a detector had found them."""
        rows = self.rows(frame_idx)
        return Detections(self.xyxy[rows], self.scores[rows])

    def keys(self, crops: CropConfig) -> tuple[str, str]:
        """Cache keys of the detections and of the tracklets of a segment that is made of these."""
        return self.key, f"{self.key};{crops.key}"


def source_labels(project: Project, source: Source) -> SourceLabels | None:
    """The imported tracks of a source, or None where its camera has none.

    Raises:
        LabelsError: The kept file cannot be read.
    """
    path = kept_file(project, source)
    if not path.exists():
        return None
    data = read_bytes(path, ())
    labels = mot.read(data, path.name, is_truth=False)
    xyxy = geometry.clip(labels.xyxy, source.width, source.height)
    inside = (labels.frames < frame_count(source)) & (geometry.area(xyxy) > 0)
    return SourceLabels(
        frames=labels.frames[inside],
        tracks=labels.tracks[inside],
        xyxy=xyxy[inside],
        scores=labels.scores[inside],
        step=_usual_step(labels),
        people=_read_people(data),
        key=f"{IMPORTED}{sha256(data).hexdigest()};version={VERSION}",
    )


def kept_file(project: Project, source: Source) -> Path:
    """Where the imported tracks of a source lie, whatever its camera is called."""
    number = next(camera.id for camera in project.cameras() if camera.name == source.camera)
    return (
        project.sidecar / TRACKLETS / f"c{number}-{sha256(source.fingerprint.encode()).hexdigest()[:16]}.txt"
    )


def source_text(source: Source, labels: Labels, first_idx: int) -> str:
    """What is kept of a source, whose first frame is number ``first_idx`` of its camera."""
    inside = (labels.frames >= first_idx) & (labels.frames < first_idx + frame_count(source))
    own = labels.select(inside)
    return tracklets_text(replace(own, frames=own.frames - first_idx))


def _usual_step(labels: Labels) -> int:
    """The commonest distance between two boxes of a track that follow each other, frames."""
    order = np.lexsort((labels.frames, labels.tracks))
    steps = np.diff(labels.frames[order])[np.diff(labels.tracks[order]) == 0]
    return int(np.bincount(np.minimum(steps, 1000)).argmax()) if len(steps) else 1


def tracklets_text(labels: Labels) -> str:
    """As it is kept: remarks on whose tracks they are, then MOTChallenge results with the tracks' numbers."""
    pairs = np.unique(np.stack([labels.tracks, labels.persons], axis=1), axis=0).tolist()
    remarks = [
        f"{MARK}{track} {person} {json.dumps(' '.join(labels.names.get(person, '').split())[:MAX_NAME])}\n"
        for track, person in pairs
        if person in labels.names
    ]
    order = np.lexsort((labels.tracks, labels.frames))
    own = labels.select(order)
    boxes = zip(own.frames.tolist(), own.tracks.tolist(), own.xyxy, own.scores, strict=True)
    return "".join(remarks) + "".join(
        f"{frame + 1},{track},{x1 + 1:.3f},{y1 + 1:.3f},{x2 - x1:.3f},{y2 - y1:.3f},{score:.4f},-1,-1,-1\n"
        for frame, track, (x1, y1, x2, y2), score in boxes
    )


def _read_people(data: bytes) -> dict[int, tuple[int, str]]:
    """Number and name of the person of each track, from the remarks; what is none is a remark."""
    people = {}
    for line in data.decode("utf-8", errors="replace").splitlines():
        if not line.startswith("#"):
            break
        track, _, rest = line.removeprefix(MARK).partition(" ")
        person, _, text = rest.partition(" ")
        try:
            name = json.loads(text)
        except ValueError:
            continue
        if track.isdecimal() and person.isdecimal() and isinstance(name, str):
            people[int(track)] = int(person), name.strip()[:MAX_NAME]
    return people


class LabelledBuilder:
    """What `TrackletBuilder` is to a tracker: a tracklet for every stretch in which a track is in view.

    A stretch ends where the track is not labelled for longer than tracking bridges (`LinkConfig.gap_s`).
    Shorter absences stay absences, but for those that come of labelling every few frames.
    """

    def __init__(self, labels: SourceLabels) -> None:
        self._labels = labels
        self._gap_ms = 1000 * LinkConfig().gap_s
        self._open: dict[int, _Stretch] = {}
        self._n_opened = self._n_closed = 0

    def push(self, observation: Observation) -> Step:
        """Take the next frame, whose detections are those of the labels."""
        closed = [
            self._close(track)
            for track, stretch in list(self._open.items())
            if observation.t_ms - stretch.last_ms > self._gap_ms
            and observation.frame_idx - stretch.frames[-1] > self._labels.step
        ]
        assignments = []
        rows = self._labels.rows(observation.frame_idx)
        for row, track in enumerate(self._labels.tracks[rows].tolist()):
            stretch = self._open.get(track)
            if stretch is None:
                self._n_opened += 1
                stretch = self._open[track] = _Stretch(self._n_opened, [], [], [])
            stretch.frames.append(observation.frame_idx)
            stretch.rows.append(row)
            stretch.xyxy.append(observation.detections.xyxy[row])
            stretch.last_ms = observation.t_ms
            assignments.append((stretch.number, row))
        return Step(assignments=tuple(assignments), closed=tuple(closed))

    def finish(self) -> Step:
        """Close everybody."""
        return Step(closed=tuple(self._close(track) for track in list(self._open)))

    def _close(self, track: int) -> ClosedTracklet:
        stretch = self._open.pop(track)
        self._n_closed += 1
        return ClosedTracklet(
            self._n_closed,
            (stretch.number,),
            *_fill_steps(
                np.array(stretch.frames, np.int64),
                np.array(stretch.rows, np.int64),
                np.array(stretch.xyxy, np.float32),
                self._labels.step,
            ),
        )


@dataclass
class _Stretch:
    """A track that is in view."""

    number: int
    frames: list[int]
    rows: list[int]
    xyxy: list[FloatArray]
    last_ms: float = 0.0


def _fill_steps(
    frames: IntArray, rows: IntArray, xyxy: FloatArray, step: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Boxes for the frames between two labelled ones that lie no further apart than the usual step."""
    every = np.arange(frames[0], frames[-1] + 1, dtype=np.int64)
    behind = np.searchsorted(frames, every, side="right") - 1
    ahead = np.minimum(behind + 1, len(frames) - 1)
    is_labelled = frames[behind] == every
    kept = is_labelled | (frames[ahead] - frames[behind] <= step)
    boxes = np.stack([np.interp(every, frames, side) for side in xyxy.T.astype(np.float64)], axis=1)
    filled = np.where(is_labelled, rows[behind], INTERPOLATED)
    return every[kept], filled[kept], boxes[kept].astype(np.float32)


class LabelledRun(SegmentRun):
    """A segment whose tracklets are those of the labels; pictures are cut as for any other."""

    def __init__(
        self, source: FrameSource, segment: Segment, labels: SourceLabels, crops: CropConfig
    ) -> None:
        super().__init__(
            source,
            segment,
            TrackingConfig(),
            crops,
            n_stored_tracklets=segment.n_tracklets,
            stride=1,
            builder=LabelledBuilder(labels),
        )

    def push(self, frame: Frame, cut: bool, detections: Detections, appearance: FloatArray | None) -> None:
        """Take the next frame; nobody compares appearance."""
        super().push(frame, cut, detections, None)


def decode_labelled(
    run: int, source: FrameSource, resume_after: int, labels: SourceLabels, results: Channel[Result]
) -> None:
    """Thread body: every frame of a source with its labels, then how it ended; no network looks at it."""
    nothing = np.zeros((0, 0), np.float32)
    try:
        for frame in source.frames(max(resume_after, 0), 1):
            if frame.index > resume_after:
                results.put(Detected(run, frame, False, labels.detections(frame.index), nothing))
        ended = DecodeEnded(run, source.end or SourceEnd.ENDED, source.end_reason)
    except (SourceError, OSError) as error:  # one bad source never stops the others
        ended = DecodeEnded(run, SourceEnd.BROKEN, str(error))
    results.put(ended)
