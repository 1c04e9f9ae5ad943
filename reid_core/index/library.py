"""FAISS as this project uses it: one OpenMP thread, and matrix products from three queries on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


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
    faiss.cvar.distance_compute_blas_threshold = 3 * dim
    faiss.omp_set_num_threads(1)
    try:
        yield faiss
    finally:
        faiss.omp_set_num_threads(before)
