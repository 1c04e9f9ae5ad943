"""The right index for a number of vectors."""

from __future__ import annotations

import contextlib
from pathlib import Path

from reid_core.index.base import Matrix, VectorIndex
from reid_core.index.exact import ExactIndex
from reid_core.index.faiss_index import HnswIndex
from reid_core.types import BoolArray

EXACT_ROWS = 200_000


def open_index(
    matrix: Matrix,
    cache: Path | None = None,
    alive: BoolArray | None = None,
    *,
    exact_rows: int = EXACT_ROWS,
) -> VectorIndex:
    """An exact index for up to 200,000 rows, an HNSW graph beyond.

    The graph is read from ``cache`` where it fits the vectors, else built (minutes) and written there. Call
    it again when rows were added or deleted: later rows are added to the graph, and past 10 % of deleted rows
    it is built anew.

    Args:
        matrix: ``(N, D)`` float16 or float32, usually the memory map of a vector file.
        cache: File for the graph; None to keep none.
        alive: ``(N,)`` False for deleted rows, which are never found. None when there are none.
        exact_rows: Most rows that are searched exactly.
    """
    if len(matrix) <= exact_rows:
        return ExactIndex(matrix, alive)
    index = HnswIndex.load(cache, matrix, alive) if cache is not None else None
    if index is None:
        index = HnswIndex.build(matrix, alive)
    if cache is not None and not index.saved:
        with contextlib.suppress(OSError):  # a full or read-only disk costs time, not the search
            index.save(cache)
    return index
