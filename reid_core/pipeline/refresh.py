"""Edited tracklets get new crops from the footage and new vectors: the job behind ``sightline refresh``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from reid_core import imaging
from reid_core.crops.quality import measure
from reid_core.crops.select import Candidate, CropConfig, CropPool
from reid_core.errors import SourceError, UsageError
from reid_core.media.source import FrameSource
from reid_core.models.embedder import Embedder
from reid_core.pipeline.embed import embed_missing
from reid_core.pipeline.sources import open_footage
from reid_core.progress import CancelToken, Event, Notice, Progress
from reid_core.store.engine import Engine
from reid_core.store.failures import StoreError
from reid_core.store.project import Project
from reid_core.store.records import Boxes, Crop, CropRow, Source, Space
from reid_core.types import Detections, ImageArray, Member

MAX_LOOKED_AT = 16
"""Drawn or moved boxes of one tracklet that are looked at, evenly apart: each costs an exact seek."""

LoadEmbedder = Callable[[Space], Embedder]


def refresh(project: Project, engine: Engine, load: LoadEmbedder, cancel: CancelToken) -> Iterator[Event]:
    """Crop every tracklet that was edited anew, and describe it in every space that the project keeps.

    A generator of `Progress` and `Notice`. Committed tracklet by tracklet, so a stopped run is simply run
    again; a tracklet that is edited meanwhile waits for the next run.

    Args:
        project: An open project.
        engine: Its engine.
        load: Loads the model of a space; called only for spaces that need it.
        cancel: Stops between two pictures.

    Raises:
        CancelledError: The job was asked to stop.
        ModelNotFoundError: The model of a space was not found; crops are done by then.
    """
    yield from recrop(project, engine, cancel)
    for space in project.spaces():
        missing = project.stored.outdated_vectors(space.key)
        if missing:
            yield from embed_missing(project, engine, load(space), cancel, only=missing)


def recrop(project: Project, engine: Engine, cancel: CancelToken) -> Iterator[Event]:
    """Choose and cut the crops of edited tracklets; pictures that are stored already are not cut again.

    Where the footage is out of reach, a `Notice` says so, and its tracklets keep the crops that they have.
    """
    stale = dict(project.stored.outdated_crops())
    source_of = {tracklet.id: tracklet.source_id for tracklet in project.tracklets()}
    done = 0
    for source in project.sources():
        own = [tracklet_id for tracklet_id in stale if source_of.get(tracklet_id) == source.id]
        footage = _Footage(project, source)
        try:
            for place, tracklet_id in enumerate(own):
                cancel.raise_if_cancelled()
                try:
                    rows = _choose(project, tracklet_id, footage, cancel)
                except SourceError as error:
                    yield Notice(f"{error} Edited tracklets keep their old crops.", source.camera, "warning")
                    done += len(own) - place
                    break
                _keep(project, engine, tracklet_id, stale[tracklet_id], rows)
                done += 1
                yield Progress("crop edited tracklets", done, len(stale), "tracklets")
        finally:
            footage.close()


def _choose(
    project: Project, tracklet_id: str, footage: _Footage, cancel: CancelToken
) -> tuple[CropRow, ...]:
    """The best crops of a tracklet as it stands now, best first.

    Detections count with their stored quality; boxes that a person placed are looked at in the footage.

    Raises:
        SourceError: A picture is needed, and the footage is out of reach.
    """
    try:
        with project.reading():
            boxes, qualities = project.boxes(tracklet_id), project.stored.qualities(tracklet_id)
    except UsageError:  # somebody took it away meanwhile
        return ()
    pool = CropPool(CropConfig())
    detected = np.flatnonzero(~np.isnan(qualities) & ~boxes.edited)
    for row in detected.tolist():
        pool.offer(_member(boxes, row), float(boxes.t_ms[row]), float(qualities[row]), None)
    placed = np.flatnonzero(boxes.edited) if boxes.edited.any() or len(detected) else np.arange(len(boxes))
    for row in _spread(placed.tolist(), MAX_LOOKED_AT):
        cancel.raise_if_cancelled()
        looked = footage.look(tracklet_id, boxes, row)
        pool.offer(_member(boxes, row), float(boxes.t_ms[row]), looked[0], lambda looked=looked: looked[1])  # type: ignore[misc]
    known = _known(project, tracklet_id)
    rows = []
    for candidate in pool.best():
        cancel.raise_if_cancelled()
        row = int(np.searchsorted(boxes.frame_idx, candidate.member.frame_idx))
        rows.append(_crop_row(candidate, known.get(candidate.member), footage, boxes, row))
    return tuple(rows)


@dataclass
class _Footage:
    """A source that is opened when the first picture is needed."""

    project: Project
    source: Source
    _open: FrameSource | None = field(default=None, init=False)

    def patch(self, boxes: Boxes, row: int) -> imaging.Patch:
        """The picture of a box."""
        return imaging.cut(self._read(int(boxes.frame_idx[row])), boxes.xyxy[row])

    def look(self, tracklet_id: str, boxes: Boxes, row: int) -> tuple[float, imaging.Patch]:
        """Quality and picture of a box that no detection stands behind."""
        frame_idx = int(boxes.frame_idx[row])
        image = self._read(frame_idx)
        others = [
            xyxy.tolist()
            for name, xyxy in self.project.boxes_at(self.source.id, frame_idx)
            if name != tracklet_id
        ]
        everyone = [boxes.xyxy[row].tolist(), *others]
        quality = measure(image, Detections.of(everyone, [1.0] * len(everyone)))
        return float(quality[0]), imaging.cut(image, boxes.xyxy[row])

    def close(self) -> None:
        """Close the footage, if it is open."""
        if self._open is not None:
            self._open.close()

    def _read(self, frame_idx: int) -> ImageArray:
        if self._open is None:
            self._open = open_footage(self.project, self.source)
        return self._open.read(frame_idx).image


def _crop_row(candidate: Candidate, known: Crop | None, footage: _Footage, boxes: Boxes, row: int) -> CropRow:
    member, quality = candidate.member, candidate.quality
    if known is not None:
        return CropRow(member.frame_idx, member.detection_idx, known.png, known.inner, quality)
    patch = candidate.patch or footage.patch(boxes, row)
    return CropRow(
        member.frame_idx, member.detection_idx, imaging.encode_png(patch.image), patch.inner, quality
    )


def _keep(
    project: Project, engine: Engine, tracklet_id: str, revision: int, rows: tuple[CropRow, ...]
) -> None:
    """Store the crops, unless the tracklet was edited or taken away since its boxes were read."""
    with engine.transaction():
        if rows and project.stored.revision(tracklet_id) == revision:
            engine.write_crops(tracklet_id, rows)


def _known(project: Project, tracklet_id: str) -> dict[Member, Crop]:
    """Stored pictures of the tracklet's detections; none where they are lost."""
    try:
        return {crop.member: crop for crop in project.crops(tracklet_id) if crop.member.detection_idx >= 0}
    except (StoreError, UsageError):
        return {}


def _member(boxes: Boxes, row: int) -> Member:
    return Member(int(boxes.frame_idx[row]), -1 if boxes.edited[row] else int(boxes.detection_idx[row]))


def _spread(rows: list[int], most: int) -> list[int]:
    """At most so many of the rows, evenly apart, the first and the last among them."""
    if len(rows) <= most:
        return rows
    return [rows[round(n * (len(rows) - 1) / (most - 1))] for n in range(most)]
