"""How long a search takes, warm and in process, beside plain FAISS and numpy in the same run.

    python benchmarks/search.py                  # 100,000 x 512 exact, HNSW at 300,000 (minutes to build)
    python benchmarks/search.py --hnsw-rows 0    # exact only
    python benchmarks/search.py --rerank 3000 20000

Vectors are synthetic: identities are Gaussian centres, rows are centres plus 0.9 of their spread as noise,
made unit vectors and stored as half precision in a memory-mapped file, as a project stores them. No figure
printed here tells the quality of re-identification. Wall times are medians and 95th percentiles;
the CPU time beside them, of all threads of this process, tells how far other load slowed the computer down.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import faiss
import numpy as np

from reid_core.index.exact import ExactIndex
from reid_core.index.faiss_index import HnswIndex
from reid_core.index.rerank import k_reciprocal_blocks

K = 10
ROWS_PER_IDENTITY = 20
GOAL_MS = {1: 20.0, 64: 60.0}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--hnsw-rows", type=int, default=300_000)
    parser.add_argument("--rerank", type=int, nargs=2, metavar=("QUERIES", "GALLERY"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.rerank:
            rerank(*arguments.rerank, arguments.dim)
            return
        exact(Path(folder) / "exact.f16", arguments.rows, arguments.dim, arguments.rounds)
        if arguments.hnsw_rows:
            hnsw(Path(folder) / "hnsw.f16", arguments.hnsw_rows, arguments.dim, arguments.rounds)


def exact(path: Path, n_rows: int, dim: int, rounds: int) -> None:
    """Exact search beside plain FAISS and numpy, and with filters."""
    matrix, queries = vectors(path, n_rows, dim)
    print(f"exact, {n_rows:,} x {dim}, top {K}, {rounds} rounds")
    index = ExactIndex(matrix)
    started = time.perf_counter()
    index.search(queries[:1], K)
    print(f"  first search (reads and widens the rows) {1e3 * (time.perf_counter() - started):8.1f} ms")
    streamed = ExactIndex(matrix, resident_bytes=0)
    wide = np.asarray(matrix, np.float32)
    plain = faiss.IndexFlatIP(dim)
    plain.add(wide)
    half = np.random.default_rng(1).random(n_rows) < 0.5
    few = half.copy()
    few[n_rows // 50 :] = False
    nearly = np.ones(n_rows, np.bool_)
    nearly[:3] = False
    for n in (1, 64):
        some = queries[:n]
        wanted = set(index.search(some, K)[1][0].tolist())
        assert wanted == set(np.argsort(-(some[0] @ wide.T))[:K].tolist())
        timed(f"{n:2} queries, ours", partial(index.search, some, K), rounds, GOAL_MS[n])
        timed(f"{n:2} queries, ours, rows not kept as float32", partial(streamed.search, some, K), rounds)
        timed(f"{n:2} queries, ours, all but 3 rows allowed", partial(index.search, some, K, nearly), rounds)
        timed(f"{n:2} queries, ours, half of the rows allowed", partial(index.search, some, K, half), rounds)
        timed(f"{n:2} queries, ours, 1 % of the rows allowed", partial(index.search, some, K, few), rounds)
        faiss.cvar.distance_compute_blas_threshold = 128_000
        timed(f"{n:2} queries, faiss IndexFlatIP as it comes", partial(plain.search, some, K), rounds)
        timed(f"{n:2} queries, numpy", partial(plain_numpy, some, wide), rounds)


def hnsw(path: Path, n_rows: int, dim: int, rounds: int) -> None:
    """The graph: time to build, time to search, share of the true top 10 that it finds."""
    matrix, queries = vectors(path, n_rows, dim)
    print(f"HNSW over 8-bit codes, {n_rows:,} x {dim}, top {K}, one thread")
    started = time.perf_counter()
    index = HnswIndex.build(matrix)
    print(f"  build {time.perf_counter() - started:8.1f} s")
    cache = path.with_suffix(".hnsw")
    started = time.perf_counter()
    index.save(cache)
    print(f"  save  {time.perf_counter() - started:8.1f} s, {cache.stat().st_size / 1e6:.0f} MB")
    started = time.perf_counter()
    index = HnswIndex.load(cache, matrix) or index
    print(f"  load and check {time.perf_counter() - started:8.1f} s")
    scan = ExactIndex(matrix, resident_bytes=0)
    for label, allowed in (("all rows", None), ("half of the rows", np.arange(n_rows) % 2 == 0)):
        expected = scan.search(queries, K, allowed)[1]
        found = index.search(queries, K, allowed)[1]
        recall = np.mean([len(set(a) & set(b)) / K for a, b in zip(found, expected, strict=True)])
        print(f"  {label}: recall@{K} {recall:.4f}")
        timed("   1 query", partial(index.search, queries[:1], K, allowed), rounds)
        timed("  64 queries", partial(index.search, queries, K, allowed), rounds)


def rerank(n_queries: int, n_gallery: int, dim: int) -> None:
    """k-reciprocal re-ranking in streamed blocks: time and the most memory that it took."""
    rng = np.random.default_rng(0)
    features = identities(rng, n_queries + n_gallery, dim)
    before = peak_mb()
    started, busy = time.perf_counter(), time.process_time()
    for _ in k_reciprocal_blocks(features[:n_queries], features[n_queries:]):
        pass
    print(f"k-reciprocal re-ranking, {n_queries:,} queries x {n_gallery:,} x {dim}, streamed")
    print(f"  {time.perf_counter() - started:.1f} s, CPU {time.process_time() - busy:.1f} s")
    print(f"  peak memory {before:.0f} MB before, {peak_mb():.0f} MB after")


def identities(rng: np.random.Generator, n_rows: int, dim: int) -> np.ndarray:
    """Unit vectors ``(N, D)`` float32 around random centres, about 20 rows a centre."""
    centres = rng.standard_normal((max(1, n_rows // ROWS_PER_IDENTITY), dim), dtype=np.float32)
    rows = centres[rng.integers(0, len(centres), n_rows)]
    rows += 0.9 * rng.standard_normal((n_rows, dim), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def vectors(path: Path, n_rows: int, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """A memory-mapped half-precision matrix and 64 queries of the same identities that are not in it."""
    rows = identities(np.random.default_rng(0), n_rows + 64, dim)
    rows[64:].astype(np.float16).tofile(path)
    return np.memmap(path, np.float16, "r", shape=(n_rows, dim)), rows[:64].copy()


def plain_numpy(queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The plain numpy way to the best rows."""
    similarity = queries @ rows.T
    best = np.argpartition(-similarity, K, axis=1)[:, :K]
    return np.take_along_axis(best, np.argsort(-np.take_along_axis(similarity, best, 1), axis=1), 1)


def timed(label: str, work: Callable[[], object], rounds: int, goal_ms: float | None = None) -> None:
    """Print median and 95th percentile of the wall time, and the median CPU time, in milliseconds."""
    work()
    wall, cpu = [], []
    for _ in range(rounds):
        started, busy = time.perf_counter(), time.process_time()
        work()
        wall.append(1e3 * (time.perf_counter() - started))
        cpu.append(1e3 * (time.process_time() - busy))
    median = float(np.median(wall))
    verdict = (
        "" if goal_ms is None else f"   goal {goal_ms:.0f} ms: {'met' if median < goal_ms else 'missed'}"
    )
    print(
        f"  {label:48} median {median:8.1f}  p95 {np.percentile(wall, 95):8.1f}  "
        f"cpu {np.median(cpu):8.1f} ms{verdict}"
    )


def peak_mb() -> float:
    """Most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
