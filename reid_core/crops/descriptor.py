"""The descriptor of a tracklet: its crops' embeddings pooled into one vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reid_core.types import FloatArray


def pool_descriptor(embeddings: FloatArray, qualities: FloatArray | Sequence[float]) -> FloatArray:
    """Mean of the embeddings, weighted by crop quality, scaled to length 1.

    When every quality is 0 all crops weigh the same. Embeddings that cancel out exactly give the best crop's.

    Args:
        embeddings: ``(K, D)`` float32, L2-normalised, K at least 1.
        qualities: ``(K,)`` in 0..1, in the same order.

    Returns:
        ``(D,)`` float32 of length 1.

    Raises:
        ValueError: No embedding, shapes that do not fit, a value that is no number, or a zero vector alone.
    """
    vectors = np.asarray(embeddings, np.float64)
    weights = np.asarray(qualities, np.float64)
    if vectors.ndim != 2 or not len(vectors) or weights.shape != (len(vectors),):
        raise ValueError(f"embeddings {vectors.shape} and qualities {weights.shape} do not fit together")
    if not (np.isfinite(vectors).all() and np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("embeddings and qualities must be numbers, and qualities at least 0")
    if not weights.any():
        weights = np.ones_like(weights)
    pooled = weights @ vectors / weights.sum()
    if np.linalg.norm(pooled) < 1e-6:
        pooled = vectors[weights.argmax()]
    norm = np.linalg.norm(pooled)
    if norm == 0:
        raise ValueError("an embedding of length 0 has no direction")
    descriptor: FloatArray = (pooled / norm).astype(np.float32)
    return descriptor
