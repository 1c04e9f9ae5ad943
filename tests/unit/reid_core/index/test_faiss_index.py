"""The graph index: its file, deleted rows, filters, what it misses, and what it leaves as it was."""

from __future__ import annotations

import threading
from pathlib import Path

import faiss
import numpy as np
import pytest

from reid_core.index import faiss_index
from reid_core.index.exact import ExactIndex
from reid_core.index.faiss_index import HnswIndex
from reid_core.index.library import one_thread
from reid_core.index.opening import open_index

N, DIM = 3000, 32


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(100, DIM))
    vectors = centres[rng.integers(0, 100, N)] + 0.5 * rng.normal(size=(N, DIM))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def graph(matrix: np.ndarray) -> HnswIndex:
    return HnswIndex.build(matrix)


@pytest.fixture(autouse=True)
def no_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss_index, "SCAN_ROWS", 10)


def _queries(matrix: np.ndarray, n: int = 20) -> np.ndarray:
    return matrix[:: len(matrix) // n][:n].astype(np.float32)


def _recall(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, expected, strict=True)]))


def test_it_finds_nearly_all_and_tells_exact_similarities(matrix: np.ndarray, graph: HnswIndex) -> None:
    queries = _queries(matrix)
    similarity, rows = graph.search(queries, 10)
    expected_similarity, expected = ExactIndex(matrix).search(queries, 10)
    assert _recall(rows, expected) > 0.99
    np.testing.assert_array_equal(similarity[:, 0], expected_similarity[:, 0])


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
def test_filters_hold_and_still_find_nearly_all(matrix: np.ndarray, graph: HnswIndex, share: float) -> None:
    allowed = np.random.default_rng(1).random(N) < share
    _, rows = graph.search(_queries(matrix), 10, allowed)
    assert allowed[rows].all()
    assert _recall(rows, ExactIndex(matrix).search(_queries(matrix), 10, allowed)[1]) > 0.98


def test_long_lists_are_complete(matrix: np.ndarray, graph: HnswIndex) -> None:
    _, rows = graph.search(_queries(matrix, 2), N + 5)
    np.testing.assert_array_equal(np.sort(rows, axis=1), np.tile(np.arange(N), (2, 1)))


def test_deleted_rows_are_never_found_and_ask_for_a_new_graph(matrix: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "cache" / "space.hnsw"
    alive = np.ones(N, np.bool_)
    index = open_index(matrix, path, alive, exact_rows=100)
    assert isinstance(index, HnswIndex)
    assert index.deleted_share == 0
    alive[::20] = False  # 5 %
    index = open_index(matrix, path, alive, exact_rows=100)
    assert isinstance(index, HnswIndex)
    assert index.deleted_share == pytest.approx(0.05)
    assert alive[index.search(_queries(matrix), 10)[1]].all()
    alive[::5] = False  # 20 %
    assert HnswIndex.load(path, matrix, alive) is None
    index = open_index(matrix, path, alive, exact_rows=100)
    assert isinstance(index, HnswIndex)
    assert index.deleted_share == 0
    assert alive[index.search(_queries(matrix), 10)[1]].all()


def test_the_file_gives_the_same_answers_and_is_left_alone(
    matrix: np.ndarray, graph: HnswIndex, tmp_path: Path
) -> None:
    path = tmp_path / "space.hnsw"
    assert not graph.saved
    graph.save(path)
    assert graph.saved
    before = path.read_bytes(), path.stat().st_mtime_ns
    index = open_index(matrix, path, exact_rows=100)
    np.testing.assert_array_equal(
        index.search(_queries(matrix), 10)[1], graph.search(_queries(matrix), 10)[1]
    )
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["space.hnsw"]


@pytest.mark.parametrize(
    "damage", ["absent", "empty", "noise", "cut", "flipped", "other vectors", "fewer rows"]
)
def test_a_file_that_does_not_fit_is_built_again(
    matrix: np.ndarray, graph: HnswIndex, tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "space.hnsw"
    graph.save(path)
    data = bytearray(path.read_bytes())
    rows = matrix
    if damage == "absent":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "noise":
        path.write_bytes(np.random.default_rng(0).bytes(10_000))
    elif damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "flipped":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    elif damage == "other vectors":
        rows = matrix.copy()
        rows[1234, 5] *= -1
    else:
        rows = matrix[:-1]
    assert HnswIndex.load(path, rows) is None
    index = open_index(rows, path, exact_rows=100)
    _, found = index.search(rows[:3].astype(np.float32), 1)
    np.testing.assert_array_equal(found[:, 0], [0, 1, 2])
    assert HnswIndex.load(path, rows) is not None


def test_a_pickle_in_the_cache_is_not_run(matrix: np.ndarray, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    path = tmp_path / "space.hnsw"
    with path.open("wb") as file:
        np.savez(file, header=np.array([Trap()], object), rows=np.arange(3), graph=np.zeros(3, np.uint8))
    assert HnswIndex.load(path, matrix) is None
    assert not (tmp_path / "ran").exists()


def test_a_disk_that_cannot_be_written_costs_no_search(matrix: np.ndarray, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    index = open_index(matrix[:500], blocked / "space.hnsw", exact_rows=100)
    assert index.search(_queries(matrix, 1), 3)[1].shape == (1, 3)


def test_few_rows_are_searched_exactly_and_deleted_ones_are_left_out(matrix: np.ndarray) -> None:
    alive = np.ones(N, np.bool_)
    alive[0] = False
    index = open_index(matrix, alive=alive)
    assert isinstance(index, ExactIndex)
    assert 0 not in index.search(matrix[:1].astype(np.float32), N)[1]


def test_other_users_of_faiss_keep_their_threads(matrix: np.ndarray, graph: HnswIndex) -> None:
    before = faiss.omp_get_max_threads()
    seen: list[int] = []
    ExactIndex(matrix).search(_queries(matrix), 5)
    graph.search(_queries(matrix), 5)
    with one_thread(DIM):
        seen.append(faiss.omp_get_max_threads())
        other = threading.Thread(target=lambda: seen.append(faiss.omp_get_max_threads()))
        other.start()
        other.join()
    assert faiss.omp_get_max_threads() == before
    assert seen[0] == 1
    assert seen[1] == before
