"""Re-ranking keeps its memory promise, its dtype and its symmetries."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.index import distance, expansion, rerank
from reid_core.index.nearest import smallest


def _people(rng: np.random.Generator, n: int, dim: int = 16) -> np.ndarray:
    centres = rng.normal(size=(max(1, n // 8), dim))
    return centres[rng.integers(0, len(centres), n)] + 0.4 * rng.normal(size=(n, dim))


def test_memory_is_a_few_blocks_and_not_the_whole_square() -> None:
    features = _people(np.random.default_rng(0), 5000).astype(np.float32)
    square_bytes = 4 * len(features) ** 2
    tracemalloc.start()
    for rows, block in rerank.k_reciprocal_blocks(features[:500], features[500:], block_rows=64):
        assert block.final.shape == (rows.stop - rows.start, 4500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.25 * square_bytes


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 60), st.booleans())
@settings(max_examples=40)
def test_the_order_of_the_gallery_does_not_matter(
    seed: int, n_queries: int, n_gallery: int, twins: bool
) -> None:
    rng = np.random.default_rng(seed)
    features = _people(rng, n_queries + n_gallery)
    queries, gallery = features[:n_queries], features[n_queries:]
    if twins:  # equal pictures of one person
        gallery = np.concatenate([gallery, queries])
    order = rng.permutation(len(gallery))
    found = rerank.k_reciprocal_distance(queries, gallery)
    assert found.shape == (n_queries, len(gallery))
    assert np.isfinite(found).all()
    assert (found >= -1e-9).all()
    assert (found <= 1 + 1e-9).all()
    if not twins:  # with ties, which neighbour comes first depends on the order
        np.testing.assert_allclose(
            rerank.k_reciprocal_distance(queries, gallery[order]), found[:, order], atol=1e-9
        )


@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(1, 40), st.integers(1, 50))
def test_smallest_is_a_stable_sort_cut_short(seed: int, n: int, width: int, k: int) -> None:
    values = np.random.default_rng(seed).integers(0, 6, (n, width)).astype(np.float32)
    columns, found = smallest(values, k)
    order = np.argsort(values, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(columns, order)
    np.testing.assert_array_equal(found, np.take_along_axis(values, order, axis=1))


@pytest.mark.parametrize(
    ("given_type", "kept"),
    [(np.float16, np.float32), (np.float32, np.float32), (np.float64, np.float64), (np.int64, np.float64)],
)
def test_dtypes_are_kept(given_type: type, kept: type) -> None:
    x, y = np.arange(12).reshape(3, 4).astype(given_type), np.arange(1, 21).reshape(5, 4).astype(given_type)
    for metric in (
        distance.euclidean,
        distance.squared_euclidean,
        distance.cosine,
        distance.normalised_euclidean,
    ):
        assert metric(x, y).dtype == kept
        assert metric(x, y).shape == (3, 5)
    assert rerank.k_reciprocal_distance(x, y).dtype == kept
    assert rerank.fastreid_jaccard(x).dtype == kept
    assert expansion.average_expansion(x, y).dtype == kept
    assert expansion.relevance_feedback(x[1], x[:1], x[2:]).dtype == kept
    assert all(part.dtype == kept for part in expansion.alpha_expansion(x, y))


def test_inputs_are_left_as_they_were() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 8)), rng.normal(size=(9, 8))
    before = x.copy(), y.copy()
    for work in (
        distance.euclidean,
        distance.cosine,
        distance.normalised_euclidean,
        distance.squared_euclidean,
    ):
        work(x, y)
    rerank.k_reciprocal_distance(x, y)
    expansion.alpha_expansion(x, y)
    plain = distance.euclidean(x, y), distance.euclidean(x, x), distance.euclidean(y, y)
    copies = tuple(matrix.copy() for matrix in plain)
    rerank.k_reciprocal(*plain)
    for now, then in zip((x, y, *plain), (*before, *copies), strict=True):
        np.testing.assert_array_equal(now, then)
