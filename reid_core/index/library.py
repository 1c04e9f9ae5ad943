"""FAISS as this project uses it: one OpenMP thread, and matrix products from three queries on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from reid_core.types import BoolArray, FloatArray, IntArray

MATRIX_QUERIES = 3
"""From this many queries on a matrix product beats scanning the base once per query."""


def load_faiss() -> Any:
    """The faiss module."""
    import faiss

    return faiss


def calm_thread() -> None:
    """Make this thread's FAISS calls use one OpenMP thread: two stall each other on a busy computer.

    OpenMP keeps the number per thread, so no other thread changes.
    """
    load_faiss().omp_set_num_threads(1)


@contextmanager
def one_thread(dim: int) -> Iterator[Any]:
    """FAISS for the calls inside: one OpenMP thread, put back afterwards, and the switch to matrix products.

    By default FAISS scans the whole base once per query until ``queries x dim`` reaches 128,000: 249 queries
    of 512 dimensions take eighteen times as long as 250. From three queries on a matrix product is faster.
    """
    faiss = load_faiss()
    before = faiss.omp_get_max_threads()
    faiss.cvar.distance_compute_blas_threshold = MATRIX_QUERIES * dim
    faiss.omp_set_num_threads(1)
    try:
        yield faiss
    finally:
        faiss.omp_set_num_threads(before)


def nearest(queries: FloatArray, vectors: FloatArray, k: int) -> tuple[FloatArray, IntArray]:
    """``(Q, k)`` largest inner products and their places among ``(N, D)`` vectors, k at most N."""
    with one_thread(vectors.shape[1]) as faiss:
        found: tuple[FloatArray, IntArray] = faiss.knn(queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    return found


def nearest_allowed(
    queries: FloatArray, vectors: FloatArray, k: int, allowed: BoolArray
) -> tuple[FloatArray, IntArray]:
    """`nearest` among the vectors that are ``allowed``, without copying those; -1 where there are no more.

    Always scans the base once per query.
    """
    similarity = np.empty((len(queries), k), np.float32)
    places = np.empty((len(queries), k), np.int64)
    bits = np.packbits(allowed, bitorder="little")
    with one_thread(vectors.shape[1]) as faiss:
        selector = faiss.IDSelectorBitmap(bits)
        pointers = [faiss.swig_ptr(array) for array in (queries, vectors, similarity, places)]
        faiss.knn_inner_product(
            *pointers[:2], vectors.shape[1], len(queries), len(vectors), k, *pointers[2:], selector
        )
    return similarity, places
