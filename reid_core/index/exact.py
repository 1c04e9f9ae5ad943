"""Exact search: every allowed row is compared, in blocks over the mapped half-precision rows."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from reid_core.index.base import Matrix, checked, settled, widened
from reid_core.index.library import MATRIX_QUERIES, calm_thread, nearest, nearest_allowed
from reid_core.types import BoolArray, FloatArray, IntArray

BLOCK_ROWS = 8192
MARGIN = 8
MAX_HEAP = 1024
QUERY_BLOCK = 256
SORTED_QUERIES = 16
RESIDENT_BYTES = 512 * 2**20


class ExactIndex:
    """The `VectorIndex` that misses nothing; for up to about 200,000 rows.

    Blocks of rows are compared by FAISS on a few threads with one OpenMP thread each; what comes out is
    scored again in float64. The float32 form of the rows is kept after the first search as long as it fits
    ``resident_bytes`` (205 MB for 100,000 x 512); otherwise each search converts block by block.

    Attributes:
        matrix: ``(N, D)`` float16 or float32, not copied.
    """

    def __init__(
        self,
        matrix: Matrix,
        alive: BoolArray | None = None,
        *,
        resident_bytes: int = RESIDENT_BYTES,
        n_threads: int | None = None,
    ) -> None:
        """Take a matrix as it lies; nothing is read before the first search.

        Args:
            matrix: ``(N, D)`` float16 or float32.
            alive: ``(N,)`` False for deleted rows; they are never found. None when there are none.
            resident_bytes: Memory that the float32 form may take.
            n_threads: Threads that compare; by default one for each core, at most 4.
        """
        if matrix.ndim != 2:
            raise ValueError(f"an index needs a matrix, not shape {matrix.shape}")
        self.matrix = matrix
        self._alive = alive
        self._keep = matrix.size * 4 <= resident_bytes
        self._kept: dict[int, FloatArray] = {}
        self._n_threads = n_threads or min(4, os.cpu_count() or 1)
        # Each block costs a fresh heap per query, so kept rows are compared in few ones, two for each thread.
        self._block_rows = max(BLOCK_ROWS, -(-len(matrix) // (2 * self._n_threads)) if self._keep else 0)

    @property
    def n_rows(self) -> int:
        """Rows of the matrix, deleted ones included."""
        return len(self.matrix)

    @property
    def dim(self) -> int:
        """Length of a row."""
        return int(self.matrix.shape[1])

    def search(
        self, queries: FloatArray, k: int, allowed: BoolArray | None = None
    ) -> tuple[FloatArray, IntArray]:
        """See `VectorIndex.search`. More than 1024 rows per query are found by sorting all similarities."""
        request = checked(queries, k, allowed, self._alive, self.n_rows, self.dim)
        n_queries, k = len(request.queries), request.k
        similarity = np.empty((n_queries, k), np.float32)
        found = np.empty((n_queries, k), np.int64)
        find, step = (self._nearest, QUERY_BLOCK) if k <= MAX_HEAP else (self._sorted, SORTED_QUERIES)
        for start in range(0, n_queries if k else 0, step):
            part = slice(start, start + step)
            similarity[part], found[part] = find(request.queries[part], k, request.rows)
        return similarity, found

    def _nearest(self, queries: FloatArray, k: int, rows: IntArray | None) -> tuple[FloatArray, IntArray]:
        wanted = k + MARGIN  # rounding inside a matrix product must not cost a row its place
        n_forbidden = 0 if rows is None else self.n_rows - len(rows)
        allowed = None
        if rows is not None and n_forbidden <= 64:  # look past them rather than gather all the others
            allowed = np.zeros(self.n_rows + 1, np.bool_)
            allowed[rows] = True
            rows, wanted = None, wanted + n_forbidden

        def nearest_of(block: tuple[int, int]) -> tuple[FloatArray, IntArray]:
            if rows is not None and self._keep and len(queries) < MATRIX_QUERIES:
                numbers, vectors = self._block(*block, None)
                chosen = np.zeros(len(vectors), np.bool_)
                chosen[_within(rows, *block) - block[0]] = True
                similarity, places = nearest_allowed(queries, vectors, min(wanted, len(vectors)), chosen)
            else:
                numbers, vectors = self._block(*block, rows)
                similarity, places = nearest(queries, vectors, min(wanted, len(vectors)))
            found = np.where(places >= 0, numbers[places], -1)
            if allowed is not None:
                similarity = np.where(allowed[found], similarity, -np.inf)
                found = np.where(allowed[found], found, -1)
            return similarity, found

        parts = self._over_blocks(nearest_of, rows)
        similarity = np.concatenate([part[0] for part in parts], axis=1)
        found = np.concatenate([part[1] for part in parts], axis=1)
        if found.shape[1] > k + MARGIN:
            best = np.argpartition(-similarity, k + MARGIN - 1, axis=1)[:, : k + MARGIN]
            found = np.take_along_axis(found, best, axis=1)
        return settled(self.matrix, queries, found, k)

    def _sorted(self, queries: FloatArray, k: int, rows: IntArray | None) -> tuple[FloatArray, IntArray]:
        wide = queries.astype(np.float64)

        def similarities_of(block: tuple[int, int]) -> tuple[FloatArray, IntArray]:
            numbers, vectors = self._block(*block, rows)
            return (wide @ vectors.astype(np.float64).T).astype(np.float32), numbers

        parts = self._over_blocks(similarities_of, rows)
        similarity = np.concatenate([part[0] for part in parts], axis=1)
        numbers = np.concatenate([part[1] for part in parts])
        order = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(similarity, order, axis=1), numbers[order]

    def _over_blocks(
        self, work: Callable[[tuple[int, int]], tuple[FloatArray, IntArray]], rows: IntArray | None
    ) -> list[tuple[FloatArray, IntArray]]:
        """``work`` done for every block of rows that holds an allowed one."""
        size = self._block_rows
        starts = np.arange(0, self.n_rows, size) if rows is None else np.unique(rows // size) * size
        blocks = [(int(start), min(int(start) + size, self.n_rows)) for start in starts]
        if len(blocks) < 3 or self._n_threads == 1:
            return [work(block) for block in blocks]
        with ThreadPoolExecutor(self._n_threads, "search", initializer=calm_thread) as pool:
            return list(pool.map(work, blocks))

    def _block(self, start: int, stop: int, rows: IntArray | None) -> tuple[IntArray, FloatArray]:
        """Row numbers and float32 vectors of the allowed rows of a block."""
        chosen = None
        if rows is not None:
            chosen = _within(rows, start, stop)
            if len(chosen) == stop - start:
                chosen = None
        if not self._keep:
            numbers = np.arange(start, stop) if chosen is None else chosen
            return numbers, widened(self.matrix[start:stop] if chosen is None else self.matrix[chosen])
        kept = self._kept.get(start)
        if kept is None:
            kept = self._kept[start] = widened(self.matrix[start:stop])
        if chosen is None:
            return np.arange(start, stop), kept
        return chosen, kept[chosen - start]


def _within(rows: IntArray, start: int, stop: int) -> IntArray:
    return rows[np.searchsorted(rows, start) : np.searchsorted(rows, stop)]
