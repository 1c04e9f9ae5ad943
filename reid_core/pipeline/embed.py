"""Stored crops to vectors: the job behind ``sightline embed``, and the last step of an ingest."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reid_core import imaging
from reid_core.crops.descriptor import pool_descriptor
from reid_core.errors import UsageError
from reid_core.models.embedder import Embedder
from reid_core.pipeline.workers import embed_groups
from reid_core.progress import CancelToken, Event, Progress
from reid_core.store.engine import Engine
from reid_core.store.project import Project
from reid_core.store.records import Crop

GROUP = 32
"""Tracklets that are embedded and committed together."""


def embed_missing(
    project: Project,
    engine: Engine,
    embedder: Embedder,
    cancel: CancelToken,
    *,
    only: Collection[str] | None = None,
) -> Iterator[Event]:
    """Give every tracklet that has crops but no vectors in the embedder's space its vectors.

    Needs no footage. Vectors of other spaces stay. A generator of `Progress`; committed group by group, so
    a stopped run is simply run again.

    Args:
        project: An open project.
        engine: Its engine.
        embedder: The model.
        cancel: Stops between two groups.
        only: Ids of the tracklets that may be described; None for all.

    Raises:
        CancelledError: The job was asked to stop.
    """
    space = engine.ensure_space(embedder.space)
    missing = [
        tracklet_id
        for tracklet_id in project.undescribed_tracklets(space.key)
        if only is None or tracklet_id in only
    ]
    for start in range(0, len(missing), GROUP):
        cancel.raise_if_cancelled()
        group = [_cropped(project, tracklet_id) for tracklet_id in missing[start : start + GROUP]]
        found = [cropped for cropped in group if cropped is not None]
        images = [
            [imaging.inner_image(imaging.Patch(imaging.decode_png(c.png), c.inner)) for c in cropped.crops]
            for cropped in found
        ]
        vectors = embed_groups(embedder, images)
        with engine.transaction():
            for cropped, rows in zip(found, vectors, strict=True):
                if project.stored.revision(cropped.tracklet_id) == cropped.revision:
                    descriptor = pool_descriptor(rows, [crop.quality for crop in cropped.crops])
                    engine.write_vectors(space, cropped.tracklet_id, rows, descriptor)
        done = min(start + GROUP, len(missing))
        yield Progress(f"describe with {embedder.space.name}", done, len(missing), "tracklets")


@dataclass(frozen=True, slots=True)
class _Cropped:
    """The crops of a tracklet at a revision: an edit since then makes their vectors worthless."""

    tracklet_id: str
    revision: int
    crops: list[Crop]


def _cropped(project: Project, tracklet_id: str) -> _Cropped | None:
    """None where an edit has taken the tracklet away since, or its crops."""
    revision = project.stored.revision(tracklet_id)
    if revision is None:
        return None
    try:
        crops = project.crops(tracklet_id)
    except UsageError:
        return None
    return _Cropped(tracklet_id, revision, crops) if crops else None
