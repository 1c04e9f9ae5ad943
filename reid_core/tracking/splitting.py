"""Cuts a track into pieces where it may have passed from one person to another."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from reid_core.tracking.config import SplitConfig, TrackingConfig
from reid_core.tracking.pieces import Piece, Rows, describe_end
from reid_core.types import BoolArray, IntArray

_LEAST_SIDE = 3
"""Detections that are needed on each side of a moment to compare the appearance before and after it."""


def split(
    rows: Rows, config: TrackingConfig, *, width: int, n_done: int = 0, n_settled: int | None = None
) -> list[Piece]:
    """The pieces of a run: consecutive detections of one track without a gap.

    Long runs come in portions, so that memory has a bound. A portion overlaps with the one before and the
    one after it, and only ``rows[n_done:n_settled]`` become pieces; the rest is there to be looked at.

    Args:
        rows: The portion.
        config: Where to cut, and how ends are described.
        width: Of the picture, pixels.
        n_done: Rows that an earlier portion has dealt with.
        n_settled: The first row that the next portion will deal with; None for the last portion.
    """
    kept = _kept(rows, config.split)
    breaks = _breaks(rows, kept, config.split)
    n_settled = len(rows) if n_settled is None else n_settled
    pieces = []
    for first, stop in pairwise(breaks):
        begin, end = max(first, n_done), min(stop, n_settled)
        if begin >= end or not kept[first]:
            continue
        whole = rows[first:stop]
        pieces.append(
            Piece(
                rows[begin:end],
                head=describe_end(whole, config.link, last=False, width=width),
                tail=describe_end(whole, config.link, last=True, width=width),
                continues=begin > first,
                is_continued=end < stop,
            )
        )
    return pieces


def _kept(rows: Rows, config: SplitConfig) -> BoolArray:
    """``(n,)`` false for the rows of short encounters: whose they are is not said by their place."""
    hidden = rows.overlap > config.overlap
    kept = ~hidden
    edges = np.flatnonzero(np.diff(hidden)) + 1
    for first, stop in zip([0, *edges], [*edges, len(hidden)], strict=True):
        if hidden[first] and rows.t_s[stop - 1] - rows.t_s[first] > config.overlap_s:
            kept[first:stop] = True
    return kept


def _breaks(rows: Rows, kept: BoolArray, config: SplitConfig) -> list[int]:
    """Rows at which a piece or an encounter begins; the first is 0, the last is n."""
    hidden = rows.overlap > config.overlap
    encounters = np.flatnonzero((np.diff(hidden)) | (np.diff(kept))) + 1
    return sorted({0, *encounters.tolist(), *_changes(rows, config).tolist(), len(rows)})


def _changes(rows: Rows, config: SplitConfig) -> IntArray:
    """Rows at which the appearance changes most, and more than `SplitConfig.change`."""
    n = len(rows)
    if n < 2 * _LEAST_SIDE or not rows.appearance.any():
        return np.zeros(0, np.int64)
    sums = np.concatenate([np.zeros((1, rows.appearance.shape[1])), rows.weighted_appearance().cumsum(0)])
    middle = np.arange(n)
    before = np.searchsorted(rows.t_s, rows.t_s - config.change_window_s)
    after = np.searchsorted(rows.t_s, rows.t_s + config.change_window_s)
    left, right = sums[middle] - sums[before], sums[after] - sums[middle]
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    known = (middle - before >= _LEAST_SIDE) & (after - middle >= _LEAST_SIDE) & (lengths > 0)
    change = np.where(known, 1 - (left * right).sum(1) / np.where(known, lengths, 1), 0)
    found = []
    while (strongest := int(change.argmax())) >= 0 and change[strongest] > config.change:
        found.append(strongest)
        change[np.abs(rows.t_s - rows.t_s[strongest]) < config.change_window_s] = 0
    return np.array(sorted(found), np.int64)
