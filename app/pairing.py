"""What comparing two tracklets needs of the project; called off the GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.views.verify import Pair, Still
from app.workspace import QueryState
from reid_core.errors import ReidError, UsageError
from reid_core.store.events import Place
from reid_core.store.places import is_missing
from reid_core.store.project import Project
from reid_core.store.records import Source
from reid_core.types import FloatArray, IntArray, Verdict

SMOOTH_S = 0.8
"""The view follows a person by the mean over so long, so that it does not shake."""


@dataclass(frozen=True, eq=False)
class Sight:
    """One side of a pair, ready to be looked at; n boxes.

    Attributes:
        tracklet: Its id.
        camera: Camera name.
        source: The footage that it lies in.
        frame_idx: ``(n,)`` rank in the source.
        t_ms: ``(n,)`` time since the source's first frame.
        common_ms: ``(n,)`` time on the common clock.
        xyxy: ``(n, 4)`` boxes.
        frames: ``(n, 3)`` middle and height of the person, smoothed over time.
        crop_places: Where each crop was cut (a place among the boxes), in order of time.
        start: The place to begin at: the best crop's.
        has_footage: The file is there.
    """

    tracklet: str
    camera: str
    source: Source
    frame_idx: IntArray
    t_ms: NDArray[np.float64]
    common_ms: NDArray[np.float64]
    xyxy: FloatArray
    frames: FloatArray
    crop_places: tuple[int, ...]
    start: int
    has_footage: bool


def sight_of(project: Project, tracklet_id: str) -> Sight:
    """A tracklet as one side of a pair.

    Raises:
        UsageError: There is no such tracklet any more.
    """
    tracklet, boxes = project.tracklet(tracklet_id), project.boxes(tracklet_id)
    source = next(source for source in project.sources() if source.id == tracklet.source_id)
    camera = next(camera for camera in project.cameras() if camera.name == tracklet.camera)
    try:
        places = [
            int(np.searchsorted(boxes.frame_idx, c.member.frame_idx)) for c in project.crops(tracklet_id)
        ]
    except ReidError:
        places = []  # lost pictures leave the footage
    places = [min(place, len(boxes) - 1) for place in places]
    return Sight(
        tracklet=tracklet_id,
        camera=tracklet.camera,
        source=source,
        frame_idx=boxes.frame_idx,
        t_ms=boxes.t_ms,
        common_ms=np.array([camera.common_ms(source.start_ms + float(t)) for t in boxes.t_ms]),
        xyxy=boxes.xyxy,
        frames=smoothed(boxes.xyxy, boxes.t_ms),
        crop_places=tuple(sorted(places)),
        start=places[0] if places else len(boxes) // 2,
        has_footage=is_there(source),
    )


def is_there(source: Source) -> bool:
    """Whether the footage is where it was."""
    return not is_missing(source)


def smoothed(xyxy: FloatArray, t_ms: NDArray[np.float64]) -> FloatArray:
    """Middle and height of boxes, each the mean over `SMOOTH_S` around its moment.

    Args:
        xyxy: ``(n, 4)``.
        t_ms: ``(n,)`` rising.

    Returns:
        ``(n, 3)`` float32: x, y of the middle, height.
    """
    values = np.stack(
        [(xyxy[:, 0] + xyxy[:, 2]) / 2, (xyxy[:, 1] + xyxy[:, 3]) / 2, xyxy[:, 3] - xyxy[:, 1]], axis=1
    ).astype(np.float64)
    half_ms = SMOOTH_S * 500
    first = np.searchsorted(t_ms, t_ms - half_ms, "left")
    last = np.searchsorted(t_ms, t_ms + half_ms, "right")
    sums = np.concatenate([np.zeros((1, 3)), np.cumsum(values, axis=0)])
    mean: FloatArray = ((sums[last] - sums[first]) / (last - first)[:, None]).astype(np.float32)
    return mean


def crop_still(project: Project, tracklet_id: str, place: int, number: int) -> Still:
    """The stored crop nearest to a place: what is left to see where the footage is gone.

    Raises:
        StoreError: The crops are lost too.
    """
    from reid_core.imaging import decode_png

    boxes, crops = project.boxes(tracklet_id), project.crops(tracklet_id)
    if not crops:
        raise UsageError("It has no stored crops either.")
    at = float(boxes.t_ms[place])
    crop = min(crops, key=lambda crop: abs(crop.t_ms - at))
    height, width = decode_png(crop.png).shape[:2]
    x1, y1, x2, y2 = crop.inner
    return Still(
        crop.png, width, height, crop.inner, ((x1 + x2) / 2, (y1 + y2) / 2, max(y2 - y1, 1.0)), number
    )


def nearest_examples(project: Project, query: QueryState, hits: Sequence[str]) -> tuple[str, ...]:
    """For each hit, the example of the query that is most like it; the first where that is not known."""
    from app.result_list import query_nodes
    from reid_core.pipeline.models import search_space

    nodes = query_nodes(query)
    first = nodes[0]
    if len(query.tracklets) < 2 or not project.spaces():
        return (first,) * len(hits)
    ids, matrix = project.descriptors(search_space(project, None).key)
    row_of = {name: row for row, name in enumerate(ids)}
    known = [name for name in query.tracklets if name in row_of]
    if not known:
        return (first,) * len(hits)
    examples = np.asarray(matrix[[row_of[name] for name in known]], np.float32)
    rows = [row_of.get(name, -1) for name in hits]
    vectors = np.asarray(matrix[[max(row, 0) for row in rows]], np.float32)
    best = np.argmax(vectors @ examples.T, axis=1)
    return tuple(known[int(b)] if row >= 0 else first for b, row in zip(best, rows, strict=True))


def write_verdict(project: Project, pair: Pair, verdict: Verdict, picture: bytes | None, note: str) -> int:
    """Record a verdict about a pair; runs in the lane. The number of the event."""
    from app.result_list import image_node

    place: str | Place = pair.left
    if picture is not None and pair.left == image_node(picture):
        place = project.add_image(picture)
    return project.decide(place, pair.right, verdict, note=note).id
