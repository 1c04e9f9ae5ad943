"""One search as the window asks for it; called off the GUI thread."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.snapshot import short_name
from app.views.results import Described
from app.wording import count_label
from app.workspace import QueryState, ResultRow, Results
from reid_core.crops.descriptor import pool_descriptor
from reid_core.errors import ReidError, UsageError
from reid_core.store.project import Project
from reid_core.store.records import Space
from reid_core.types import BoolArray, FloatArray

NOTHING_YET = "No tracklet can be searched yet: ingest finds people first."
MAX_PICTURE_BYTES = 64 * 2**20
ALL_DROPPED = "Every crop is left out of the query. Click one to use it again."


class _CannotSearchError(ReidError):
    """There is no answer, and the sentence says why."""

    def __init__(self, text: str, *, needs_vectors: bool = False) -> None:
        super().__init__(text)
        self.needs_vectors = needs_vectors


def load_engine() -> None:
    """Import what `find` needs."""
    import reid_core.pipeline.models
    import reid_core.pipeline.search  # noqa: F401
    from reid_core.index.library import load_faiss

    load_faiss()


def read_picture(path: Path) -> bytes:
    """A picture file's bytes; whether they are a picture is found out by whoever describes it.

    Raises:
        UsageError: There is no such file, or it is too large for a picture.
    """
    try:
        n_bytes = path.stat().st_size
        if n_bytes <= MAX_PICTURE_BYTES:
            return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path.name} cannot be opened: {error.strerror}.") from error
    raise UsageError(f"{path.name} is larger than {MAX_PICTURE_BYTES // 2**20} MB. Give a smaller picture.")


def find(project: Project, query: QueryState, picture: Described | None = None) -> Results:
    """Every tracklet that can be compared, best first, the impossible ones marked.

    Args:
        project: The open project.
        query: Who is searched for.
        picture: The query's picture as the engine describes it, or None without one.
    """
    from reid_core.pipeline.models import search_space
    from reid_core.pipeline.search import Query, SearchOptions, search

    start = time.perf_counter()
    n_tracklets = len(project.tracklets())
    if not project.spaces():
        problem = NOTHING_YET if not n_tracklets else _described(0, n_tracklets)
        return Results(query, problem=problem, n_tracklets=n_tracklets, needs_vectors=n_tracklets > 0)
    space = search_space(project, None)
    try:
        if picture is not None and picture.space != space.key:
            raise _CannotSearchError(f"The picture was described for another model than {space.name}.")
        descriptors = example_vectors(project, space, query, None if picture is None else picture.vector)
    except _CannotSearchError as error:
        return Results(
            query,
            problem=str(error),
            model=space.name,
            n_tracklets=n_tracklets,
            needs_vectors=error.needs_vectors,
        )
    found = search(project, space.key, Query(descriptors, query.tracklets), SearchOptions(impossible=True))
    rows = tuple(
        ResultRow(
            hit.span.tracklet,
            hit.span.camera,
            hit.span.start_ms,
            hit.span.end_ms,
            hit.similarity,
            reason=hit.reason,
        )
        for hit in found.hits
    )
    rows, n_impossible = _marked(project, rows, query.tracklets)
    return Results(
        query,
        rows,
        n_impossible=n_impossible,
        n_undescribed=found.n_undescribed,
        seconds=time.perf_counter() - start,
        model=space.name,
        n_tracklets=n_tracklets,
        needs_vectors=found.n_undescribed > 0,
    )


def example_vectors(
    project: Project, space: Space, query: QueryState, picture: FloatArray | None
) -> FloatArray:
    """``(Q, D)`` float32 of length 1: a vector for each example of the person, dropped crops left out.

    Raises:
        ReidError: An example has no vector in the space, or nothing is left of the query.
    """
    ids, matrix = project.descriptors(space.key)
    row_of = {tracklet_id: row for row, tracklet_id in enumerate(ids)}
    vectors: list[FloatArray] = [] if picture is None else [picture]
    for tracklet_id in query.tracklets:
        row = row_of.get(tracklet_id)
        if row is None:
            raise _without_vector(project, space, tracklet_id, len(ids))
        left_out = {rank for name, rank in query.dropped if name == tracklet_id}
        vector = np.asarray(matrix[row], np.float32) if not left_out else None
        if left_out:
            vector = _without_crops(project, space, tracklet_id, left_out)
        if vector is not None:
            vectors.append(vector)
    if not vectors:
        raise _CannotSearchError(ALL_DROPPED)
    stacked = np.stack(vectors)
    unit: FloatArray = (stacked / np.maximum(np.linalg.norm(stacked, axis=1, keepdims=True), 1e-12)).astype(
        np.float32
    )
    return unit


def nearest_example(project: Project, query: QueryState, tracklet_id: str) -> str:
    """The example tracklet that is most like a tracklet; the first where they cannot be compared.

    Empty when the query is a picture alone.
    """
    from reid_core.pipeline.models import search_space

    if len(query.tracklets) < 2 or not project.spaces():
        return query.tracklets[0] if query.tracklets else ""
    ids, matrix = project.descriptors(search_space(project, None).key)
    row_of = {name: row for row, name in enumerate(ids)}
    known = [name for name in query.tracklets if name in row_of]
    if tracklet_id not in row_of or not known:
        return query.tracklets[0]
    own = np.asarray(matrix[[row_of[name] for name in known]], np.float32)
    return known[int(np.argmax(own @ np.asarray(matrix[row_of[tracklet_id]], np.float32)))]


def _without_crops(project: Project, space: Space, tracklet_id: str, left_out: set[int]) -> FloatArray | None:
    vectors = np.asarray(project.crop_vectors(space.key, tracklet_id), np.float32)
    qualities = [crop.quality for crop in project.crops(tracklet_id)]
    kept = [rank for rank in range(min(len(vectors), len(qualities))) if rank not in left_out]
    if not kept:
        return None
    if vectors.shape[1] != space.dim:
        raise _CannotSearchError(f"{space.name} keeps no vectors of single crops, so none can be left out.")
    return pool_descriptor(vectors[kept], [qualities[rank] for rank in kept])


def _without_vector(project: Project, space: Space, tracklet_id: str, n_described: int) -> _CannotSearchError:
    name = short_name(tracklet_id)
    for other in project.spaces():
        if other.key != space.key and len(project.crop_vectors(other.key, tracklet_id)):
            return _CannotSearchError(
                f"Searched with another model: {name} has a vector of {other.name}, not of {space.name}.",
                needs_vectors=True,
            )
    if tracklet_id not in {tracklet.id for tracklet in project.tracklets()}:
        return _CannotSearchError(f"{name} is not there any more: its footage was tracked again.")
    return _CannotSearchError(
        f"{name} has no vector of {space.name} yet. {_described(n_described, len(project.tracklets()))}",
        needs_vectors=True,
    )


def _described(n_described: int, n_tracklets: int) -> str:
    return f"{n_described:,} of {count_label(n_tracklets, 'tracklet')} can be searched."


def _marked(
    project: Project, rows: tuple[ResultRow, ...], examples: tuple[str, ...]
) -> tuple[tuple[ResultRow, ...], int]:
    """The rows with the impossible ones marked, and how many those are."""
    if not rows or not examples:
        return rows, 0
    known = {tracklet.id: tracklet for tracklet in project.tracklets()}
    start = np.array([row.start_ms for row in rows])
    end = np.array([row.end_ms for row in rows])
    cameras = np.array([row.camera for row in rows])
    clash: BoolArray = np.zeros(len(rows), np.bool_)
    for name in examples:
        own = known[name]
        clash |= (cameras == own.camera) & (start <= own.end_ms) & (own.start_ms <= end)
    if not clash.any():
        return rows, 0
    marked = tuple(
        replace(row, is_impossible=True, reason="") if is_clash else row
        for row, is_clash in zip(rows, clash.tolist(), strict=True)
    )
    return marked, int(clash.sum())
