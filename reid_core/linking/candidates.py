"""Which tracklets are worth comparing: the nearest of each in the vector index, never all pairs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reid_core.index.base import Matrix, VectorIndex, widened
from reid_core.linking.constraints import Constraints
from reid_core.types import BoolArray, IntArray

N_NEIGHBOURS = 20
"""More do not change the links of the simulated site."""
BLOCK = 1024
"""Tracklets that are looked up at once."""


def find_pairs(
    index: VectorIndex,
    matrix: Matrix,
    rows: IntArray,
    constraints: Constraints,
    proceed: Callable[[], None] = lambda: None,
) -> IntArray:
    """Pairs of sightings that look alike and can be one person.

    Each sighting is paired with its nearest ones. Where every two cameras have a maximum travel time it is
    also paired with the nearest that are within reach: among very many people the nearest overall are
    strangers at other times of the day.

    Args:
        index: Over the ``(N, D)`` matrix.
        matrix: The vectors.
        rows: ``(N,)`` sighting of each vector: a row of the constraints, or -1 for a vector that takes no
            part.
        constraints: Where and when the sightings were.
        proceed: Called for each block of vectors; may raise to stop.

    Returns:
        ``(P, 2)`` int64 rows of the constraints, lower first, each pair once, in order.
    """
    known = rows >= 0
    wanted = np.flatnonzero(known)
    wanted = wanted[
        np.argsort(constraints.start_ms[rows[wanted]], kind="stable")
    ]  # then a block is one stretch of time
    reach_ms = reach(constraints)
    found = [np.zeros((0, 2), np.int64)]
    for at in range(0, len(wanted), BLOCK):
        proceed()
        block = wanted[at : at + BLOCK]
        found.append(_nearest(index, matrix, rows, block, known))
        if np.isfinite(reach_ms):
            near = known & _near(rows, block, constraints, reach_ms)
            if np.count_nonzero(near) < len(wanted):
                found.append(_nearest(index, matrix, rows, block, near))
    pairs: IntArray = np.unique(np.concatenate(found), axis=0)
    return pairs[constraints.possible(pairs[:, 0], pairs[:, 1])]


def reach(constraints: Constraints) -> float:
    """The longest that anybody may be out of sight between cameras, ms; infinite where one has no limit."""
    between = ~np.eye(len(constraints.most_ms), dtype=bool)
    return float(constraints.most_ms[between].max(initial=0.0)) if between.any() else float("inf")


def _near(rows: IntArray, block: IntArray, constraints: Constraints, reach_ms: float) -> BoolArray:
    """Which vectors are of sightings within reach of a block's."""
    first = constraints.start_ms[rows[block]].min() - reach_ms
    last = constraints.end_ms[rows[block]].max() + reach_ms
    near: BoolArray = (constraints.end_ms[rows] >= first) & (constraints.start_ms[rows] <= last)
    return near


def _nearest(
    index: VectorIndex, matrix: Matrix, rows: IntArray, block: IntArray, allowed: BoolArray
) -> IntArray:
    _, nearest = index.search(widened(matrix[block]), N_NEIGHBOURS + 1, allowed)
    pairs: IntArray = np.stack([np.repeat(rows[block], nearest.shape[1]), rows[nearest].ravel()], axis=1)
    return np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
