"""Exact and approximate search against the plain answer: sort all similarities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.index import exact, faiss_index
from reid_core.index.base import VectorIndex
from reid_core.index.exact import ExactIndex
from reid_core.index.faiss_index import HnswIndex

DIM = 8


def _unit(rng: np.random.Generator, n: int, dim: int = DIM) -> np.ndarray:
    vectors = rng.normal(size=(n, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _plain(
    matrix: np.ndarray, queries: np.ndarray, k: int, allowed: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    similarity = (queries.astype(np.float64) @ matrix.astype(np.float64).T).astype(np.float32)
    rows = np.arange(len(matrix)) if allowed is None else np.flatnonzero(allowed)
    order = np.stack([rows[np.argsort(-row[rows], kind="stable")][:k] for row in similarity])
    return np.take_along_axis(similarity, order, axis=1), order


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    """Blocks and limits so small that every path is walked with few rows."""
    patch = pytest.MonkeyPatch()
    patch.setattr(exact, "BLOCK_ROWS", 16)
    patch.setattr(exact, "MAX_HEAP", 40)
    patch.setattr(exact, "SORTED_QUERIES", 2)
    patch.setattr(exact, "QUERY_BLOCK", 4)
    yield
    patch.undo()


@st.composite
def searches(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int, np.ndarray | None]:
    """A matrix (often with equal rows), queries, k, and a mask or none."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.integers(1, 150))
    matrix = _unit(rng, n)[rng.integers(0, n, n)] if draw(st.booleans()) else _unit(rng, n)
    matrix = matrix.astype(draw(st.sampled_from([np.float16, np.float32])))
    queries = _unit(rng, draw(st.integers(1, 6)))
    if draw(st.booleans()):
        queries[0] = matrix[draw(st.integers(0, n - 1))]
    share = draw(st.sampled_from([None, 0.0, 0.02, 0.5, 0.99]))
    allowed = None if share is None else rng.random(n) < share
    if share == 0.02:
        allowed[draw(st.integers(0, n - 1))] = True
    return matrix, queries, draw(st.sampled_from([1, 3, 10, 39, 60, 1000])), allowed


@given(searches(), st.sampled_from([0, exact.RESIDENT_BYTES]), st.sampled_from([1, 3]))
@settings(max_examples=200)
def test_exact_search_is_the_sorted_list(search, resident_bytes: int, n_threads: int) -> None:
    matrix, queries, k, allowed = search
    index = ExactIndex(matrix, resident_bytes=resident_bytes, n_threads=n_threads)
    expected_similarity, expected_rows = _plain(matrix, queries, k, allowed)
    for _ in range(2):  # cold and warm
        similarity, rows = index.search(queries, k, allowed)
        assert similarity.dtype == np.float32
        assert rows.dtype == np.int64
        np.testing.assert_array_equal(rows, expected_rows)
        np.testing.assert_array_equal(similarity, expected_similarity)


@given(searches(), st.randoms(use_true_random=False))
def test_shuffled_rows_are_found_at_their_new_places(search, random) -> None:
    matrix, queries, k, allowed = search
    order = list(range(len(matrix)))
    random.shuffle(order)
    similarity, _ = ExactIndex(matrix).search(queries, k, allowed)
    moved, rows = ExactIndex(matrix[order]).search(queries, k, None if allowed is None else allowed[order])
    np.testing.assert_array_equal(moved, similarity)
    for place in range(len(queries)):
        assert len(set(rows[place].tolist())) == rows.shape[1]
        assert allowed is None or allowed[order][rows[place]].all()


@given(searches())
def test_one_query_answers_like_a_batch(search) -> None:
    matrix, queries, k, allowed = search
    index = ExactIndex(matrix)
    similarity, rows = index.search(queries, k, allowed)
    for place in range(len(queries)):
        alone = index.search(queries[place : place + 1], k, allowed)
        np.testing.assert_array_equal(alone[0][0], similarity[place])
        np.testing.assert_array_equal(alone[1][0], rows[place])


@given(searches(), st.integers(0, 2**32))
@settings(max_examples=60)
def test_the_graph_obeys_masks_and_tells_exact_similarities(search, seed: int) -> None:
    matrix, queries, k, allowed = search
    alive = np.random.default_rng(seed).random(len(matrix)) < 0.9
    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setattr(faiss_index, "SCAN_ROWS", 0)
        context.setattr(faiss_index, "MAX_K", 100)
        index = HnswIndex.build(matrix, alive)
        similarity, rows = index.search(queries, k, allowed)
    both = alive if allowed is None else alive & allowed
    expected_similarity, expected_rows = _plain(matrix, queries, k, both)
    # So few rows: the graph is searched wholly, and equal rows come in order.
    np.testing.assert_array_equal(rows, expected_rows)
    np.testing.assert_array_equal(similarity, expected_similarity)


def _indexes(matrix: np.ndarray) -> list[VectorIndex]:
    return [ExactIndex(matrix), HnswIndex.build(matrix)]


@pytest.mark.parametrize("which", [0, 1])
def test_an_empty_index_finds_nothing(which: int) -> None:
    index = _indexes(np.zeros((0, DIM), np.float16))[which]
    similarity, rows = index.search(np.ones((3, DIM), np.float32), 5)
    assert similarity.shape == rows.shape == (3, 0)
    assert (index.n_rows, index.dim) == (0, DIM)


@pytest.mark.parametrize("which", [0, 1])
def test_what_cannot_be_searched_is_refused(which: int) -> None:
    index = _indexes(_unit(np.random.default_rng(0), 20).astype(np.float16))[which]
    good = np.ones((2, DIM), np.float32)
    for bad in (np.nan, np.inf):
        query = good.copy()
        query[1, 3] = bad
        with pytest.raises(ValueError, match="no numbers"):
            index.search(query, 5)
    for shape in [(DIM,), (2, DIM + 1), (1, 2, DIM)]:
        with pytest.raises(ValueError, match="do not fit"):
            index.search(np.ones(shape, np.float32), 5)
    with pytest.raises(ValueError, match="at least 1"):
        index.search(good, 0)
    for mask in (np.ones(19, np.bool_), np.ones(20, np.int64)):
        with pytest.raises(ValueError, match="does not fit 20 rows"):
            index.search(good, 5, mask)
    assert index.search(good[:0], 5)[1].shape == (0, 5)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 2**32))
@settings(max_examples=40)
def test_a_stored_graph_takes_up_later_rows_and_returning_ones(n_first: int, n_later: int, seed: int) -> None:
    import tempfile

    rng = np.random.default_rng(seed)
    matrix = _unit(rng, n_first + n_later + 1).astype(np.float16)
    alive_first = rng.random(n_first) < 0.95
    alive = np.concatenate([alive_first | (rng.random(n_first) < 0.5), rng.random(n_later + 1) < 0.95])
    patch = pytest.MonkeyPatch()
    with tempfile.TemporaryDirectory() as folder, patch.context() as context:
        context.setattr(faiss_index, "SCAN_ROWS", 0)
        path = Path(folder) / "graph"
        HnswIndex.build(matrix[:n_first], alive_first).save(path)
        index = HnswIndex.load(path, matrix, alive)
        if index is None:  # a graph of nothing has learned no codes
            assert not alive_first.any()
            return
        queries = _unit(rng, 2)
        _, rows = index.search(queries, 10)
    np.testing.assert_array_equal(rows, _plain(matrix, queries, 10, alive)[1])
