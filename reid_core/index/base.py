"""What every index of vectors can do, and the checks and the final order that all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from reid_core.types import BoolArray, FloatArray, IntArray

Matrix = NDArray[np.floating[Any]]
"""``(N, D)`` float16 (usually a memory map of the vector file) or float32, rows of length 1."""


class VectorIndex(Protocol):
    """Finds the rows of a matrix that are most similar to a query; rows keep their number for good."""

    @property
    def n_rows(self) -> int:
        """Rows of the matrix, deleted ones included."""
        ...

    @property
    def dim(self) -> int:
        """Length of a row."""
        ...

    def search(
        self, queries: FloatArray, k: int, allowed: BoolArray | None = None
    ) -> tuple[FloatArray, IntArray]:
        """The rows with the largest inner products, best first; ties go to the lower row.

        Args:
            queries: ``(Q, D)`` float32, of length 1 where similarities shall be cosines.
            k: How many per query, at least 1.
            allowed: ``(N,)`` True for rows that may be found; None for all.

        Returns:
            ``(Q, k')`` float32 similarities and ``(Q, k')`` int64 rows; k' is ``k`` or, when fewer rows are
            allowed, their number. The similarity is the inner product with the stored row, rounded to
            float32, whichever index found it.

        Raises:
            ValueError: Queries of the wrong shape or with values that are no numbers, ``k`` under 1, or a
                mask of the wrong length.
        """
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """A search that makes sense.

    Attributes:
        queries: ``(Q, D)`` contiguous float32 numbers.
        k: Rows to return per query, at most as many as are allowed; may be 0.
        rows: The allowed rows in order; None when all are.
    """

    queries: FloatArray
    k: int
    rows: IntArray | None


def checked(
    queries: FloatArray, k: int, allowed: BoolArray | None, alive: BoolArray | None, n_rows: int, dim: int
) -> Request:
    """Refuse what cannot be searched; see `VectorIndex.search`. ``alive`` is False for deleted rows."""
    vectors = np.ascontiguousarray(queries, np.float32)
    if vectors.ndim != 2 or vectors.shape[1] != dim:
        raise ValueError(f"queries of shape {vectors.shape} do not fit vectors of {dim} dimensions")
    if not np.isfinite(vectors).all():
        raise ValueError("a query holds values that are no numbers")
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    mask = np.ones(n_rows, np.bool_)
    for part in (allowed, alive):
        if part is not None:
            if part.shape != (n_rows,) or part.dtype != np.bool_:
                raise ValueError(f"a mask of {part.shape} {part.dtype} does not fit {n_rows} rows")
            mask &= part
    rows = np.flatnonzero(mask)
    return Request(vectors, min(k, len(rows)), None if len(rows) == n_rows else rows)


def widened(rows: Matrix) -> FloatArray:
    """The rows as contiguous float32; OpenCV converts half precision about nine times as fast as numpy."""
    if rows.dtype == np.float16 and rows.size:
        wide: FloatArray = cv2.convertFp16(np.ascontiguousarray(rows).view(np.int16))
        return wide
    return np.ascontiguousarray(rows, np.float32)


def settled(matrix: Matrix, queries: FloatArray, candidates: IntArray, k: int) -> tuple[FloatArray, IntArray]:
    """Exact similarities of candidate rows, in the final order.

    Sums are made in float64, so that they do not depend on the batch, the block or the index that proposed a
    row, and equal rows are equally similar.

    Args:
        matrix: ``(N, D)``.
        queries: ``(Q, D)``.
        candidates: ``(Q, C)`` rows, all different in a row; -1 where there is none.
        k: How many to keep, at most C.
    """
    found = np.sort(candidates, axis=1)
    exact = np.empty(found.shape, np.float32)
    for place, (query, proposed) in enumerate(zip(queries.astype(np.float64), found, strict=True)):
        exact[place] = widened(matrix[proposed]).astype(np.float64) @ query
    exact[found < 0] = -np.inf
    order = np.argsort(-exact, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(exact, order, axis=1), np.take_along_axis(found, order, axis=1)
