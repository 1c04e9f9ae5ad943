"""What each pixel column of a lane shows: one bar, or how much of it is covered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.timeline.axis import Axis
from app.timeline.lanes import Lane, TimeArray
from reid_core.types import BoolArray, FloatArray, IntArray

DENSE_PX = 3.0
"""With more than one tracklet in so many pixels, a lane turns into a density strip."""


@dataclass(frozen=True)
class Columns:
    """A lane by pixel column, W of them.

    Attributes:
        piece: ``(W,)`` index of the bar in the lane, -1 where there is none.
        is_edge: ``(W,)`` the bar's first or last column; all False in a density strip.
        fill: ``(W,)`` float32 in 0..1, share of the column that is covered; 1 for bars.
        is_dense: It is a density strip.
    """

    piece: IntArray
    is_edge: BoolArray
    fill: FloatArray
    is_dense: bool


def is_dense(lane: Lane, axis: Axis) -> bool:
    """Whether the visible part of a lane has too many bars to be told apart."""
    near = lane.visible(axis.start_ms, axis.end_ms)
    return bool((near.stop - near.start) * DENSE_PX > axis.width_px)


def column_edges(axis: Axis, n_columns: int) -> TimeArray:
    """Moments at which pixel columns begin, and the end of the last: ``(n_columns + 1,)``, ms."""
    ms_per_column = axis.ms_per_px * axis.width_px / n_columns
    return axis.start_ms + np.arange(n_columns + 1, dtype=np.float64) * ms_per_column


def sample(lane: Lane, axis: Axis, edges: TimeArray, latest: Sequence[IntArray], *, step: int = 1) -> Columns:
    """A lane's columns on an axis.

    Args:
        lane: The lane.
        axis: What is visible.
        edges: See `column_edges`.
        latest: For kinds of rising importance, the last bar of the kind at or before each bar, or -1. In a
            density strip the most important kind gives a column its colour, so that a decided person never
            drowns in grey.
        step: Columns of a density strip that are computed together.
    """
    n_columns, ms_per_column = len(edges) - 1, edges[1] - edges[0]
    near = lane.visible(float(edges[0]), float(edges[-1]))
    if (near.stop - near.start) * DENSE_PX > axis.width_px:
        return _density(lane, edges[::step], latest, n_columns, step)
    piece = np.full(n_columns, -1)
    if near.start == near.stop:
        return Columns(piece, np.zeros(n_columns, np.bool_), np.zeros(n_columns, np.float32), False)
    left = np.floor((lane.start_ms[near] - edges[0]) / ms_per_column + 0.5).astype(np.int64)
    right = np.floor((lane.end_ms[near] - edges[0]) / ms_per_column + 0.5).astype(np.int64)
    right = np.maximum(right, left + 1)
    columns = _counting(n_columns)
    found = left.searchsorted(columns, "right") - 1
    inside = (found >= 0) & (columns < right[found])
    piece[inside] = found[inside] + near.start
    changes = piece[1:] != piece[:-1]
    edge = np.zeros(n_columns, np.bool_)
    edge[1:] = changes
    edge[:-1] |= changes
    return Columns(piece, edge & inside, inside.astype(np.float32), False)


@lru_cache(maxsize=8)
def _counting(n: int) -> IntArray:
    return np.arange(n)


def _density(lane: Lane, edges: TimeArray, latest: Sequence[IntArray], n_columns: int, step: int) -> Columns:
    if n_columns % step:
        edges = np.append(edges, 2 * edges[-1] - edges[-2])
    covered = np.diff(lane.covered_until(edges)) / (edges[1] - edges[0])
    near = lane.visible(float(edges[0]), float(edges[-1]))
    first = lane.end_ms[near].searchsorted(edges[:-1], "right") + near.start
    last = lane.start_ms[near].searchsorted(edges[1:], "left") + (near.start - 1)
    has = last >= first
    piece = np.where(has, last, -1)
    for kind in latest:
        candidate = kind[piece]
        piece = np.where(has & (candidate >= first), candidate, piece)
    shown = np.where(has, np.clip(covered, 0.01, 1.0), 0.0).astype(np.float32)
    piece, shown = (np.repeat(one, step)[:n_columns] for one in (piece, shown))
    return Columns(piece, np.zeros(n_columns, np.bool_), shown, True)


def overview(lanes: Iterable[Lane], from_ms: float, to_ms: float, n_columns: int) -> FloatArray:
    """Mean number of people in sight by column, ``(n_columns,)``, over all lanes."""
    edges = np.linspace(from_ms, to_ms, n_columns + 1)
    total = np.zeros(n_columns)
    for lane in lanes:
        total += np.diff(lane.covered_until(edges))
    mean: FloatArray = (total / max(edges[1] - edges[0], 1e-9)).astype(np.float32)
    return mean
