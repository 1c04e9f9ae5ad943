"""Approximate search for large projects: an HNSW graph over 8-bit codes, best hits scored again exactly.

Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical navigable
small world graphs", 2018, as FAISS implements it. The graph proposes 200 rows or more, the stored
half-precision rows decide. The graph file is a cache: one that does not fit the vectors is built again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.index.base import Matrix, checked, settled, widened
from reid_core.index.exact import ExactIndex
from reid_core.index.library import load_faiss, one_thread
from reid_core.types import BoolArray, FloatArray, IntArray

FORMAT = 1
NEIGHBOURS = 32
BUILD_BREADTH = 80
RESCORED = 200
MAX_K = 1000
MAX_BREADTH = 4096
SCAN_ROWS = 20_000
TRAINING_ROWS = 50_000
ADD_ROWS = 16_384
REBUILD_SHARE = 0.1


class HnswIndex:
    """The `VectorIndex` for more than about 200,000 rows: exact similarities, a few neighbours may be missed.

    Searches that ask for more than 1000 rows or allow less than 20,000, and those in which the graph finds
    too few, compare every allowed row instead and miss nothing.

    Attributes:
        matrix: ``(N, D)`` float16 or float32 memory map, not copied.
    """

    def __init__(
        self,
        matrix: Matrix,
        graph: Any,
        rows: IntArray,
        alive: BoolArray | None = None,
        *,
        n_rescored: int = RESCORED,
    ) -> None:
        """Take a graph over some rows of the matrix; `build` and `load` make one.

        Args:
            matrix: ``(N, D)``.
            graph: FAISS index whose i-th vector is row ``rows[i]``.
            rows: Row of each vector in the graph.
            alive: ``(N,)`` False for deleted rows; they are never found. None when there are none.
            n_rescored: Rows that the graph proposes at least; fewer are faster and miss more.
        """
        self.matrix = matrix
        self._graph, self._rows = graph, rows
        self._n_rescored = n_rescored
        self._alive = alive
        self._n_saved = 0
        self._scan = ExactIndex(matrix, alive, resident_bytes=0)

    @property
    def n_rows(self) -> int:
        """Rows of the matrix, deleted ones included."""
        return len(self.matrix)

    @property
    def dim(self) -> int:
        """Length of a row."""
        return int(self.matrix.shape[1])

    @property
    def deleted_share(self) -> float:
        """Share of the graph's rows that are deleted; past 10 % it should be built again."""
        if self._alive is None or not len(self._rows):
            return 0.0
        return 1 - float(self._alive[self._rows].mean())

    @property
    def saved(self) -> bool:
        """Whether the cache file that it came from or went to holds the whole graph."""
        return self._n_saved == len(self._rows)

    @classmethod
    def build(
        cls, matrix: Matrix, alive: BoolArray | None = None, *, n_rescored: int = RESCORED
    ) -> HnswIndex:
        """Make the graph of all rows that are alive; minutes of one core for some 100,000 rows."""
        faiss = load_faiss()
        rows = np.arange(len(matrix)) if alive is None else np.flatnonzero(alive)
        dim = int(matrix.shape[1])
        graph = faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = BUILD_BREADTH
        if len(rows):
            step = -(-len(rows) // TRAINING_ROWS)
            with one_thread(dim):
                graph.train(widened(matrix[rows[::step]]))
        index = cls(matrix, graph, rows[:0], alive, n_rescored=n_rescored)
        index._add(rows)
        return index

    def search(
        self, queries: FloatArray, k: int, allowed: BoolArray | None = None
    ) -> tuple[FloatArray, IntArray]:
        """See `VectorIndex.search`; deleted rows are never allowed."""
        request = checked(queries, k, allowed, self._alive, self.n_rows, self.dim)
        n_allowed = self.n_rows if request.rows is None else len(request.rows)
        if request.k > MAX_K or n_allowed <= SCAN_ROWS or not len(request.queries):
            return self._scan.search(queries, k, allowed)
        vectors, k = request.queries, request.k
        proposed = self._proposed(vectors, k, request.rows)
        # Fewer proposals than asked for: parts of the graph cannot be reached, and a best row may lie there.
        complete = (proposed >= 0).sum(axis=1) >= min(proposed.shape[1], n_allowed)
        similarity = np.empty((len(vectors), k), np.float32)
        found = np.empty((len(vectors), k), np.int64)
        if complete.any():
            similarity[complete], found[complete] = settled(
                self.matrix, vectors[complete], proposed[complete], k
            )
        if not complete.all():
            similarity[~complete], found[~complete] = self._scan.search(vectors[~complete], k, allowed)
        return similarity, found

    def _proposed(self, queries: FloatArray, k: int, rows: IntArray | None) -> IntArray:
        """``(Q, C)`` of the allowed rows that the graph proposes, -1 where it found no more."""
        depth = max(self._n_rescored, k)
        with one_thread(self.dim) as faiss:
            params, selector = faiss.SearchParametersHNSW(efSearch=2 * depth), None
            if rows is not None:
                # The search walks through forbidden rows as well, so it must be as much broader.
                params.efSearch = min(round(2 * depth * self.n_rows / len(rows)), MAX_BREADTH)
                allowed = np.zeros(self.n_rows, np.bool_)
                allowed[rows] = True
                bits = np.packbits(allowed[self._rows], bitorder="little")
                params.sel = selector = faiss.IDSelectorBitmap(bits)  # FAISS keeps no reference
            _, places = self._graph.search(queries, depth, params=params)
            del selector
        return np.where(places >= 0, self._rows[places], -1)

    def _add(self, rows: IntArray) -> None:
        for start in range(0, len(rows), ADD_ROWS):
            with one_thread(self.dim):
                self._graph.add(widened(self.matrix[rows[start : start + ADD_ROWS]]))
        self._rows = np.concatenate([self._rows, rows])

    def save(self, path: Path) -> None:
        """Write the graph as a cache file, whole or not at all."""
        graph = load_faiss().serialize_index(self._graph)
        covered = int(self._rows.max(initial=-1)) + 1
        header = {**_settings(self.matrix), "covered": covered, "vectors": _digest(self.matrix[:covered])}
        header["graph"] = hashlib.blake2b(graph).hexdigest()
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with draft.open("wb") as file:
                np.savez(file, header=np.array(json.dumps(header)), rows=self._rows, graph=graph)
            draft.replace(path)
            self._n_saved = len(self._rows)
        finally:
            draft.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path, matrix: Matrix, alive: BoolArray | None = None) -> HnswIndex | None:
        """The index from its cache file, rows it lacks added; None when the file does not fit.

        It does not fit when it is absent or damaged, when it was made from other vectors, by other settings
        or by another FAISS, and when more than 10 % of its rows are deleted by now.
        """
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                header = json.loads(str(stored["header"]))
                rows, graph = stored["rows"].astype(np.int64), stored["graph"]
            covered = int(header["covered"])
            if (
                {key: header[key] for key in _settings(matrix)} != _settings(matrix)
                or not 0 < covered <= len(matrix)
                or header["graph"] != hashlib.blake2b(graph).hexdigest()
                or header["vectors"] != _digest(matrix[:covered])
            ):
                return None
            index = cls(matrix, load_faiss().deserialize_index(graph), rows, alive)
            if index.deleted_share > REBUILD_SHARE:
                return None
            index._n_saved = len(rows)
            wanted = np.ones(len(matrix), np.bool_) if alive is None else alive.copy()
            wanted[rows] = False
            index._add(np.flatnonzero(wanted))
            return index
        return None


def _settings(matrix: Matrix) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "faiss": load_faiss().__version__,
        "dim": int(matrix.shape[1]),
        "dtype": str(matrix.dtype),
        "neighbours": NEIGHBOURS,
        "breadth": BUILD_BREADTH,
    }


def _digest(matrix: Matrix) -> str:
    digest = hashlib.blake2b()
    for start in range(0, len(matrix), ADD_ROWS):
        digest.update(np.ascontiguousarray(matrix[start : start + ADD_ROWS]).data)
    return digest.hexdigest()
