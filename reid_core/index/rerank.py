"""k-reciprocal re-ranking, in the two forms that are in use, streamed over blocks of rows.

Zhong et al., "Re-ranking person re-identification with k-reciprocal encoding", CVPR 2017 (`k_reciprocal`,
the form of torchreid and strong-baseline), and the routine of FastReID 1.x (`fastreid_jaccard`). Neighbour
sets and the weights V are sparse; nothing of size (Q + G) x (Q + G) is ever held. For n = Q + G vectors of D
dims the cost is n^2 D multiplications, n^2 selections and some dozens to hundreds of weights (8 bytes each)
per vector; memory beside the vectors is a few blocks of ``block_rows`` x n values, those weights, and what
the caller keeps of the blocks that are yielded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from reid_core.index.distance import Reals, as_reals, squared_euclidean
from reid_core.index.nearest import smallest
from reid_core.types import IntArray

BLOCK_ROWS = 512

Weigh = Callable[[IntArray, IntArray, IntArray], Reals]


@dataclass(frozen=True, slots=True)
class Reranked:
    """Distances after re-ranking.

    Attributes:
        final: ``(Q, G)``, ``(1 - lam) * jaccard + lam * scaled squared distance``.
        jaccard: ``(Q, G)``, Jaccard distance of the neighbour sets, 0..1.
    """

    final: Reals
    jaccard: Reals


class _Squared(Protocol):
    """Squared distances among the n vectors (queries first), read by blocks or by pairs."""

    n: int

    def rows(self, start: int, stop: int) -> Reals: ...

    def pairs(self, rows: IntArray, columns: IntArray) -> Reals: ...


class _FromMatrices:
    """Squares of given distance matrices; row i holds distances *to* i, as the released code transposes."""

    def __init__(self, q_g: Reals, q_q: Reals, g_g: Reals) -> None:
        self._q_g, self._q_q, self._g_g = q_g, q_q, g_g
        self._n_queries = len(q_g)
        self.n = sum(q_g.shape)

    def rows(self, start: int, stop: int) -> Reals:
        split = min(max(self._n_queries, start), stop)
        queries = np.concatenate([self._q_q[:, start:split].T, self._q_g[start:split]], axis=1)
        gallery = slice(split - self._n_queries, stop - self._n_queries) if split < stop else slice(0, 0)
        others = np.concatenate([self._q_g[:, gallery].T, self._g_g[:, gallery].T], axis=1)
        squared: Reals = np.square(np.concatenate([queries, others]))
        return squared

    def pairs(self, rows: IntArray, columns: IntArray) -> Reals:
        start, stop = int(rows[0]), int(rows[-1]) + 1
        block = self.rows(start, stop)
        return block[rows - start, columns]


class _FromFeatures:
    """Squared Euclidean distances of features."""

    def __init__(self, features: Reals) -> None:
        self._features = features
        self.n = len(features)

    def rows(self, start: int, stop: int) -> Reals:
        return squared_euclidean(self._features[start:stop], self._features)

    def pairs(self, rows: IntArray, columns: IntArray) -> Reals:
        difference = self._features[rows] - self._features[columns]
        squared: Reals = np.einsum("nd,nd->n", difference, difference)
        return squared


def k_reciprocal(
    q_g: ArrayLike, q_q: ArrayLike, g_g: ArrayLike, k1: int = 20, k2: int = 6, lam: float = 0.3
) -> Reranked:
    """Re-rank from **plain Euclidean** distances; the routine squares them itself.

    Squares are divided by each column's maximum and transposed. ``R(i, k)`` holds the first ``k + 1``
    neighbours (self included) that also list ``i``; the set of half size of each member joins when more than
    2/3 of it is inside. V = exp(-scaled distance), normalised on the set and averaged over the first ``k2``
    neighbours; Jaccard = 1 - sum min / (2 - sum min). Known answers agree with torchreid and with FastReID's
    older routine. torchreid itself passes squared distances, so it squares twice; give plain ones here.

    Args:
        q_g: ``(Q, G)`` distances of queries to gallery.
        q_q: ``(Q, Q)`` distances among queries.
        g_g: ``(G, G)`` distances among gallery items.
        k1: Size of the neighbour sets.
        k2: Neighbours that V is averaged over; 1 leaves V as it is.
        lam: Share of the original distance in the result, 0..1.
    """
    squared = _FromMatrices(as_reals(q_g), as_reals(q_q), as_reals(g_g))
    n_queries, n_gallery = as_reals(q_g).shape
    final = np.empty((n_queries, n_gallery), as_reals(q_g).dtype)
    jaccard = np.empty_like(final)
    for rows, block in _zhong_blocks(squared, n_queries, k1, k2, lam, BLOCK_ROWS):
        final[rows], jaccard[rows] = block.final, block.jaccard
    return Reranked(final, jaccard)


def k_reciprocal_blocks(
    queries: ArrayLike,
    gallery: ArrayLike,
    k1: int = 20,
    k2: int = 6,
    lam: float = 0.3,
    *,
    block_rows: int = BLOCK_ROWS,
) -> Iterator[tuple[slice, Reranked]]:
    """`k_reciprocal` on the Euclidean distances of features, streamed: nothing square in memory.

    Args:
        queries: ``(Q, D)``.
        gallery: ``(G, D)``.
        k1: Size of the neighbour sets.
        k2: Neighbours that V is averaged over.
        lam: Share of the original distance, 0..1.
        block_rows: Rows worked on at once.

    Yields:
        The slice of queries and its ``(b, G)`` distances, in order.
    """
    features, n_queries = _joined(queries, gallery)
    return _zhong_blocks(_FromFeatures(features), n_queries, k1, k2, lam, block_rows)


def k_reciprocal_distance(
    queries: ArrayLike, gallery: ArrayLike, k1: int = 20, k2: int = 6, lam: float = 0.3
) -> Reals:
    """The final distances of `k_reciprocal_blocks` in one matrix, ``(Q, G)``.

    Args:
        queries: ``(Q, D)``.
        gallery: ``(G, D)``.
        k1: Size of the neighbour sets.
        k2: Neighbours that V is averaged over.
        lam: Share of the original distance, 0..1.
    """
    final = np.empty((len(as_reals(queries)), len(as_reals(gallery))), as_reals(queries).dtype)
    for rows, block in k_reciprocal_blocks(queries, gallery, k1, k2, lam):
        final[rows] = block.final
    return final


def fastreid_jaccard(features: ArrayLike, k1: int = 20, k2: int = 6) -> Reals:
    """Jaccard distances of FastReID 1.x among all features, ``(N, N)`` in 0..1.

    Differs from `k_reciprocal`: the search returns ``k1`` entries, self included, not ``k1 + 1``, and weights
    are softmax(-squared distance) on the set, without scaling.

    Args:
        features: ``(N, D)``.
        k1: Size of the neighbour sets.
        k2: Neighbours that V is averaged over.
    """
    vectors = as_reals(features)
    v = _fastreid_weights(_FromFeatures(vectors), k1, k2, BLOCK_ROWS)
    return _jaccard(v, v.tocsc(), 0, len(vectors), 0, vectors.dtype)


def fastreid_jaccard_blocks(
    features: ArrayLike, k1: int = 20, k2: int = 6, *, block_rows: int = BLOCK_ROWS
) -> Iterator[tuple[slice, Reals]]:
    """`fastreid_jaccard`, streamed.

    Yields:
        The slice of rows and its ``(b, N)`` distances, in order.
    """
    vectors = as_reals(features)
    v = _fastreid_weights(_FromFeatures(vectors), k1, k2, block_rows)
    columns = v.tocsc()
    for rows in _slices(len(vectors), block_rows):
        yield rows, _jaccard(v, columns, rows.start, rows.stop, 0, vectors.dtype)


def fastreid_blocks(
    queries: ArrayLike,
    gallery: ArrayLike,
    distance: Callable[[Reals, Reals], Reals],
    k1: int = 20,
    k2: int = 6,
    lam: float = 0.3,
    *,
    block_rows: int = BLOCK_ROWS,
) -> Iterator[tuple[slice, Reranked]]:
    """FastReID 1.x re-ranking, streamed: ``(1 - lam) * jaccard + lam * distance(queries, gallery)``.

    Args:
        queries: ``(Q, D)``.
        gallery: ``(G, D)``.
        distance: The metric that is mixed in, e.g. `reid_core.index.distance.cosine`.
        k1: Size of the neighbour sets.
        k2: Neighbours that V is averaged over.
        lam: Share of the metric distance, 0..1.
        block_rows: Rows worked on at once.

    Yields:
        The slice of queries and its ``(b, G)`` distances, in order.
    """
    features, n_queries = _joined(queries, gallery)
    v = _fastreid_weights(_FromFeatures(features), k1, k2, block_rows)
    columns = v.tocsc()
    for rows in _slices(n_queries, block_rows):
        jaccard = _jaccard(v, columns, rows.start, rows.stop, n_queries, features.dtype)
        final = (1 - lam) * jaccard + lam * distance(features[rows], features[n_queries:])
        yield rows, Reranked(final, jaccard)


def _joined(queries: ArrayLike, gallery: ArrayLike) -> tuple[Reals, int]:
    q, g = as_reals(queries), as_reals(gallery)
    return np.concatenate([q, g.astype(q.dtype, copy=False)]), len(q)


def _slices(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def _zhong_blocks(
    squared: _Squared, n_queries: int, k1: int, k2: int, lam: float, block_rows: int
) -> Iterator[tuple[slice, Reranked]]:
    order, largest = _neighbours(squared, max(k1 + 1, k2), block_rows)

    def weigh(rows: IntArray, columns: IntArray, starts: IntArray) -> Reals:
        weights = np.exp(-squared.pairs(rows, columns) / largest[rows])
        sums: Reals = np.add.reduceat(weights, starts)
        return weights / np.repeat(sums, np.diff(np.append(starts, len(weights))))

    v = _weights(order, k1 + 1, _half(k1) + 1, k2, weigh, block_rows)
    columns = v.tocsc()
    for rows in _slices(n_queries, block_rows):
        jaccard = _jaccard(v, columns, rows.start, rows.stop, n_queries, largest.dtype)
        scaled = squared.rows(rows.start, rows.stop)[:, n_queries:] / largest[rows, None]
        yield rows, Reranked((1 - lam) * jaccard + lam * scaled, jaccard)


def _fastreid_weights(squared: _Squared, k1: int, k2: int, block_rows: int) -> Any:
    order, _ = _neighbours(squared, max(k1, k2), block_rows)
    order = order[:, :k1]  # the released search returns k1 entries, so k2 cannot reach beyond them

    def weigh(rows: IntArray, columns: IntArray, starts: IntArray) -> Reals:
        distance = squared.pairs(rows, columns)
        lengths = np.diff(np.append(starts, len(distance)))
        weights = np.exp(np.repeat(np.minimum.reduceat(distance, starts), lengths) - distance)
        softmax: Reals = weights / np.repeat(np.add.reduceat(weights, starts), lengths)
        return softmax

    return _weights(order, k1, _half(k1) + 1, k2, weigh, block_rows)


def _half(k1: int) -> int:
    return int(np.around(k1 / 2))  # rounds halves to even, as the released code


def _neighbours(squared: _Squared, k: int, block_rows: int) -> tuple[IntArray, Reals]:
    """``(n, min(k, n))`` nearest columns of each row, ``(n,)`` the largest squared distance (1 for 0)."""
    order, largest = [], []
    for rows in _slices(squared.n, block_rows):
        block = squared.rows(rows.start, rows.stop)
        order.append(smallest(block, min(k, squared.n))[0].astype(np.int32))
        largest.append(block.max(axis=1))
    tops = np.concatenate(largest)
    return np.concatenate(order).astype(np.int64), np.where(tops > 0, tops, 1).astype(tops.dtype)


def _reciprocal(order: IntArray, k: int) -> Any:
    """Sparse ``(n, n)`` 0/1 matrix: j is among the first k of i and i among the first k of j."""
    lists = order[:, :k]
    n, width = lists.shape
    listed = sparse.csr_array(
        (np.ones(lists.size, np.int32), lists.ravel(), np.arange(n + 1) * width), shape=(n, n)
    )
    mutual = listed.multiply(listed.T).tocsr()
    mutual.sort_indices()
    return mutual


def _weights(order: IntArray, k: int, k_half: int, k2: int, weigh: Weigh, block_rows: int) -> Any:
    """V: sparse ``(n, n)``, in each row the weights of its expanded set, averaged over k2 neighbours."""
    n = len(order)
    near, half = _reciprocal(order, k), _reciprocal(order, k_half)
    sizes = np.diff(half.indptr)
    expanded = []
    for rows in _slices(n, block_rows):
        mine = near[rows]
        shared = (mine @ half.T).multiply(mine).tocoo()
        joins = 3 * shared.data > 2 * sizes[shared.col]
        kept = (np.ones(joins.sum(), np.int32), (shared.row[joins], shared.col[joins]))
        members = (mine + sparse.csr_array(kept, shape=mine.shape) @ half).tocsr()
        members.sort_indices()
        lengths = np.diff(members.indptr)
        filled = np.flatnonzero(lengths)
        row = np.repeat(np.arange(rows.start, rows.stop), lengths)
        weights = (
            weigh(row, members.indices.astype(np.int64), members.indptr[filled].astype(np.int64))
            if len(filled)
            else np.zeros(0)
        )
        expanded.append(sparse.csr_array((weights, members.indices, members.indptr), shape=mine.shape))
    v = sparse.vstack(expanded, format="csr")
    if k2 == 1:
        return v
    first = order[:, :k2]
    mean = sparse.csr_array(
        (
            np.full(first.size, 1 / first.shape[1], v.dtype),
            first.ravel(),
            np.arange(n + 1) * first.shape[1],
        ),
        shape=(n, n),
    )
    return mean @ v


def _jaccard(v: Any, columns: Any, start: int, stop: int, n_skipped: int, dtype: Any) -> Reals:
    """``(stop - start, n - n_skipped)`` Jaccard distances to all vectors after the first ``n_skipped``."""
    n = v.shape[0]
    distance = np.empty((stop - start, n - n_skipped), dtype)
    lengths = np.diff(columns.indptr)
    for row in range(start, stop):
        mine = slice(v.indptr[row], v.indptr[row + 1])
        features, weights = v.indices[mine], v.data[mine]
        counts = lengths[features]
        # All entries of V that share a column with this row, one after the other.
        offsets = np.repeat(columns.indptr[features] - np.cumsum(counts) + counts, counts)
        entries = offsets + np.arange(counts.sum())
        least = np.minimum(np.repeat(weights, counts), columns.data[entries])
        overlap = np.bincount(columns.indices[entries], least, minlength=n)[n_skipped:]
        distance[row - start] = 1 - overlap / (2 - overlap)
    return np.maximum(distance, 0, out=distance)
