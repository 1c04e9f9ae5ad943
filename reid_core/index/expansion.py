"""Better queries from first results: query expansion (two forms) and relevance feedback.

Plain numpy in and out; the dtype of the input is kept (float32 or float64).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reid_core.index.distance import Reals, as_reals, l2_normalised, squared_euclidean
from reid_core.index.nearest import smallest


def average_expansion(queries: ArrayLike, gallery: ArrayLike, m: int = 5) -> Reals:
    """``f_new = (f_q + sum of the m Euclidean-nearest gallery vectors) / (m + 1)``, as the paper writes it.

    With fewer than ``m`` gallery vectors all of them are used and the divisor shrinks with them.

    Args:
        queries: ``(Q, D)``.
        gallery: ``(G, D)``.
        m: Neighbours to add, at least 0.

    Returns:
        ``(Q, D)`` expanded queries, not normalised.
    """
    q, g = as_reals(queries), as_reals(gallery)
    m = min(m, len(g))
    if m == 0:
        return q.copy()
    nearest, _ = smallest(squared_euclidean(q, g), m)
    expanded: Reals = (q + g[nearest].sum(axis=1)) / (m + 1)
    return expanded


def alpha_expansion(
    queries: ArrayLike,
    gallery: ArrayLike,
    k: int = 5,
    alpha: float = 3.0,
    times: int = 1,
    *,
    block_rows: int = 1024,
) -> tuple[Reals, Reals]:
    """Alpha query expansion as FastReID runs it: over query and gallery together, both are replaced.

    Each vector becomes the mean over its ``k`` cosine-nearest vectors (itself included) of
    ``similarity ** alpha * vector``, the vectors not normalised. A negative similarity has no fractional
    power (the released code gives NaN there); it is clamped to 0 in that case. Streamed: memory is
    ``block_rows`` x (Q + G) beside the vectors.

    Args:
        queries: ``(Q, D)``.
        gallery: ``(G, D)``.
        k: Neighbours, the vector itself among them.
        alpha: Exponent of the similarity.
        times: How often the expansion is repeated.
        block_rows: Rows compared at once.

    Returns:
        The expanded queries ``(Q, D)`` and gallery ``(G, D)``, not normalised.
    """
    q = as_reals(queries)
    vectors: Reals = np.concatenate([q, as_reals(gallery)])
    k = min(k, len(vectors))
    for _ in range(times):
        unit = l2_normalised(vectors)
        expanded = np.empty_like(vectors)
        for start in range(0, len(vectors), block_rows):
            distance = unit[start : start + block_rows] @ unit.T
            nearest, negative = smallest(np.negative(distance, out=distance), k)
            similarity = -negative
            if alpha != int(alpha):
                similarity = np.maximum(similarity, 0)
            weighted = similarity[..., None] ** alpha * vectors[nearest]
            expanded[start : start + block_rows] = weighted.mean(axis=1)
        vectors = expanded
    return vectors[: len(q)], vectors[len(q) :]


def relevance_feedback(
    query: ArrayLike,
    positives: ArrayLike,
    negatives: ArrayLike,
    *,
    keep: float = 1.0,
    toward: float = 0.75,
    away: float = 0.15,
) -> Reals:
    """The query moved towards what a person accepted and away from what they rejected.

    Rocchio, "Relevance feedback in information retrieval", 1971, with his usual weights, on unit vectors:
    ``normalise(keep * q + toward * mean(positives) - away * mean(negatives))``. It is a pure function of the
    first query and the lists, so taking a verdict back restores the old order exactly. When the sum vanishes
    the query comes back as it was.

    Args:
        query: ``(D,)``.
        positives: ``(P, D)`` accepted vectors, may be empty.
        negatives: ``(N, D)`` rejected vectors, may be empty.
        keep: Weight of the query.
        toward: Weight of the accepted mean.
        away: Weight of the rejected mean.

    Returns:
        ``(D,)`` of length 1.
    """
    origin = l2_normalised(query)
    moved: Reals = keep * origin
    for vectors, weight in ((as_reals(positives), toward), (as_reals(negatives), -away)):
        if len(vectors):
            moved = moved + weight * l2_normalised(vectors).mean(axis=0).astype(origin.dtype)
    return l2_normalised(moved) if np.linalg.norm(moved) > np.finfo(origin.dtype).eps else origin
