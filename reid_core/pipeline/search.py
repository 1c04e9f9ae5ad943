"""A query person to every tracklet, ranked by similarity: `search` is the job behind ``sightline search``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.errors import UsageError
from reid_core.index.exact import ExactIndex
from reid_core.index.expansion import average_expansion
from reid_core.linking.identities import Span as Sighting
from reid_core.linking.travel import TravelTable
from reid_core.pipeline.link_travel import travel_table
from reid_core.pipeline.timeline import Span, common_spans
from reid_core.store.project import Project
from reid_core.types import BoolArray, FloatArray

RERANK_POOL = 1000
"""k-reciprocal re-ranking looks at this many best tracklets; those behind keep their order after them."""

EXPAND_WITH = 5
"""Best hits that average query expansion adds to the query."""


@dataclass(frozen=True, slots=True)
class Query:
    """Who is searched for.

    Attributes:
        descriptors: ``(Q, D)`` float32, L2-normalised, one row for each example of the person.
        tracklet_ids: The examples that are tracklets of this project; they are no hits of their own query.
    """

    descriptors: FloatArray
    tracklet_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What may be a hit, and how hits are ranked.

    Attributes:
        impossible: Keep hits that cannot be the person: in a query tracklet's camera at the same time.
        rerank: k-reciprocal re-ranking (Zhong et al., 2017).
        expand: Average query expansion with the best hits.
        cameras: Only these cameras; empty means all.
        from_ms: Only tracklets that end at or after this time on the common clock.
        to_ms: Only tracklets that start at or before this time.
        reachable: Leave out hits outside the travel window from the query's tracklets.
    """

    impossible: bool = False
    rerank: bool = False
    expand: bool = False
    cameras: tuple[str, ...] = ()
    from_ms: float | None = None
    to_ms: float | None = None
    reachable: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A tracklet that may show the person.

    Attributes:
        span: The tracklet with its time on the common clock.
        similarity: To the query, in -1..1.
        reason: Why it lies outside the travel window from the query's tracklets; empty where it does not.
    """

    span: Span
    similarity: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Every hit, best first, and what was left out.

    Attributes:
        hits: Ranked tracklets.
        n_impossible: Tracklets dropped because the person was elsewhere in the same camera's picture at
        that time.
        n_filtered: Tracklets outside the asked cameras or times.
        n_undescribed: Tracklets without vectors of this model.
        n_unreachable: Tracklets dropped because they lie outside the travel window.
    """

    hits: tuple[Hit, ...]
    n_impossible: int
    n_filtered: int
    n_undescribed: int
    n_unreachable: int = 0


def tracklet_query(project: Project, space_key: str, tracklet_ids: Sequence[str]) -> Query:
    """The query made of one or several tracklets of the project.

    Raises:
        UsageError: A tracklet does not exist, or has no vector in this space.
    """
    ids, matrix = project.descriptors(space_key)
    rows = {tracklet_id: row for row, tracklet_id in enumerate(ids)}
    known = {tracklet.id for tracklet in project.tracklets()}
    for tracklet_id in tracklet_ids:
        if tracklet_id not in known:
            raise UsageError(
                f"There is no tracklet {tracklet_id!r}. List them with: sightline tracklets PROJECT"
            )
        if tracklet_id not in rows:
            raise UsageError(
                f"Tracklet {tracklet_id} has no vector of this model. Compute it: sightline embed PROJECT"
            )
    chosen = np.asarray(matrix[[rows[tracklet_id] for tracklet_id in tracklet_ids]], np.float32)
    return Query(_normalised(chosen), tuple(tracklet_ids))


def search(project: Project, space_key: str, query: Query, options: SearchOptions) -> SearchResult:
    """Rank every tracklet that has a vector in the space by its likeness to the query.

    Several examples are averaged. Only the query itself is left out, and, unless ``options.impossible``,
    tracklets in which the person cannot be: the same camera at the same time.
    """
    ids, matrix = project.descriptors(space_key)
    spans = common_spans(project)
    described = [tracklet_id for tracklet_id in ids if tracklet_id in spans]
    n_undescribed = len(spans) - len(described)
    itself = set(query.tracklet_ids)
    own_spans = [spans[tracklet_id] for tracklet_id in query.tracklet_ids]
    table = travel_table(project)
    reasons: dict[str, str] = {}
    allowed = np.zeros(len(ids), np.bool_)
    n_impossible = n_filtered = n_unreachable = 0
    for row, tracklet_id in enumerate(ids):
        span = spans.get(tracklet_id)
        if span is None or tracklet_id in itself:
            continue
        if not _wanted(span, options):
            n_filtered += 1
        elif not options.impossible and any(span.clashes(own) for own in own_spans):
            n_impossible += 1
        elif (reason := _unreachable(table, span, own_spans)) and options.reachable:
            n_unreachable += 1
        else:
            allowed[row] = True
            reasons[tracklet_id] = reason
    ranked = _rank(matrix, query, allowed, options)
    hits = tuple(Hit(spans[ids[row]], similarity, reasons[ids[row]]) for row, similarity in ranked)
    return SearchResult(hits, n_impossible, n_filtered, n_undescribed, n_unreachable)


def _unreachable(table: TravelTable, span: Span, own_spans: Sequence[Span]) -> str:
    """Why somebody seen in ``own_spans`` cannot, or hardly, be there; empty where nothing says so."""
    if not table.windows and not any(span.clashes(own) for own in own_spans):
        return ""
    misfit = table.misfit_of(_sighting(span), [_sighting(own) for own in own_spans])
    return "" if misfit is None else misfit.text


def _sighting(span: Span) -> Sighting:
    return Sighting(span.tracklet, span.camera, span.start_ms, span.end_ms)


def _wanted(span: Span, options: SearchOptions) -> bool:
    return (
        (not options.cameras or span.camera in options.cameras)
        and (options.from_ms is None or span.end_ms >= options.from_ms)
        and (options.to_ms is None or span.start_ms <= options.to_ms)
    )


def _rank(
    matrix: np.ndarray, query: Query, allowed: BoolArray, options: SearchOptions
) -> list[tuple[int, float]]:
    n_allowed = int(allowed.sum())
    if n_allowed == 0:
        return []
    index = ExactIndex(matrix)
    vector = _normalised(query.descriptors.mean(axis=0, keepdims=True))
    if options.expand:
        _, rows = index.search(vector, min(EXPAND_WITH, n_allowed), allowed)
        best = np.asarray(matrix[rows[0]], np.float32)
        vector = _normalised(average_expansion(vector, best, EXPAND_WITH))
    similarities, rows = index.search(vector, n_allowed, allowed)
    ranked = [(int(row), float(s)) for row, s in zip(rows[0], similarities[0], strict=True)]
    if options.rerank:
        from reid_core.index.rerank import k_reciprocal_distance  # scipy, which a plain search does without

        head, tail = ranked[:RERANK_POOL], ranked[RERANK_POOL:]
        gallery = np.asarray(matrix[[row for row, _ in head]], np.float32)
        distance = k_reciprocal_distance(vector, gallery)[0]
        order = np.argsort(distance, kind="stable")
        floor = min((s for _, s in tail), default=-1.0)
        ranked = [(head[i][0], max(1.0 - float(distance[i]), floor)) for i in order] + tail
    return ranked


def _normalised(vectors: FloatArray) -> FloatArray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: FloatArray = (vectors / np.maximum(norms, 1e-12)).astype(np.float32)
    return unit
