"""Stored crops to vectors: the job behind ``sightline embed``, and the last step of an ingest."""

from __future__ import annotations

from collections.abc import Iterator

from reid_core import imaging
from reid_core.crops.descriptor import pool_descriptor
from reid_core.models.embedder import Embedder
from reid_core.pipeline.workers import embed_groups
from reid_core.progress import CancelToken, Event, Progress
from reid_core.store.engine import Engine
from reid_core.store.project import Project

GROUP = 32
"""Tracklets that are embedded and committed together."""


def embed_missing(
    project: Project, engine: Engine, embedder: Embedder, cancel: CancelToken
) -> Iterator[Event]:
    """Give every tracklet that has crops but no vectors in the embedder's space its vectors.

    Needs no footage. Vectors of other spaces stay. A generator of `Progress`; committed group by group, so
    a stopped run is simply run again.

    Raises:
        CancelledError: The job was asked to stop.
    """
    space = engine.ensure_space(embedder.space)
    missing = project.undescribed_tracklets(space.key)
    for start in range(0, len(missing), GROUP):
        cancel.raise_if_cancelled()
        group = missing[start : start + GROUP]
        crops = [project.crops(tracklet_id) for tracklet_id in group]
        images = [
            [imaging.inner_image(imaging.Patch(imaging.decode_png(c.png), c.inner)) for c in own]
            for own in crops
        ]
        vectors = embed_groups(embedder, images)
        with engine.transaction():
            for tracklet_id, own, rows in zip(group, crops, vectors, strict=True):
                descriptor = pool_descriptor(rows, [crop.quality for crop in own])
                engine.write_vectors(space, tracklet_id, rows, descriptor)
        yield Progress(f"describe with {embedder.space.name}", start + len(group), len(missing), "tracklets")
