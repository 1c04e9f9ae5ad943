"""The stored crops of a tracklet for people to look at: without margin, others covered if asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reid_core.pipeline.export.others import Others, cover
from reid_core.pipeline.export.tables import Person, Tables
from reid_core.store.records import Tracklet
from reid_core.types import FloatArray, ImageArray


@dataclass(frozen=True, slots=True)
class Picture:
    """A crop with its moment on the common clock, ms."""

    image: ImageArray
    common_ms: float


def pictures(tables: Tables, person: Person, tracklet: Tracklet, most: int) -> Iterator[Picture]:
    """At most so many crops of a tracklet in the scope, best first."""
    from reid_core import imaging

    others = None
    if tables.options.blur:
        others = Others(tables, tracklet.source_id, person.everywhere, tracklet.start_idx, tracklet.end_idx)
    boxes = tables.boxes(tracklet)
    row_of = {frame: row for row, frame in enumerate(boxes.frame_idx.tolist())}
    found = 0
    for crop in tables.project.crops(tracklet.id):
        row = row_of.get(crop.member.frame_idx)
        if row is None or found == most:
            continue
        image = imaging.inner_of(imaging.decode_png(crop.png), crop.inner)
        if others is not None:
            cover(image, _in_crop(others.at(crop.t_ms), boxes.xyxy[row], image))
        common_ms = float(tables.common_ms(tracklet, np.array([crop.t_ms]))[0])
        found += 1
        yield Picture(image, common_ms)


def _in_crop(boxes: list[FloatArray], own: FloatArray, image: ImageArray) -> list[FloatArray]:
    """Boxes of the frame, in pixels of a crop of the box ``own``; those that miss it are left out."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = own.tolist()
    scale = np.array([width / max(x2 - x1, 1), height / max(y2 - y1, 1)] * 2, np.float32)
    moved = [(box - np.array([x1, y1, x1, y1], np.float32)) * scale for box in boxes]
    return [b for b in moved if b[2] > 0 and b[3] > 0 and b[0] < width and b[1] < height]
