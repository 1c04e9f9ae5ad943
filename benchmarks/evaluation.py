"""How long scoring a test set takes, and that the figures are those of torchreid's and FastReID's evaluators.

    python -m benchmarks.evaluation                                  # 3,000 queries x 20,000 pictures
    python -m benchmarks.evaluation --peers FOLDER                   # beside theirs, in the same process
    python -m benchmarks.evaluation --rerank                         # with k-reciprocal re-ranking, streamed

FOLDER holds the packages as pip lays them out: `pip install --no-deps --target FOLDER torchreid fastreid`.
Their Cython evaluators are used where they were compiled, else their Python ones. Times are CPU seconds,
which other load on the computer hardly changes. Distances are synthetic: unit vectors around centres, persons
seen by six cameras. No figure printed here tells the quality of a model.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from reid_core.index import distance
from training.evaluation.blocks import evaluate
from training.evaluation.protocol import Gallery, Labels
from training.evaluation.ranking import RankingMeter, RankingScores
from training.evaluation.search import Rerank, SearchConfig, search_blocks

PEERS = {"torchreid": "torchreid/reid/metrics", "fastreid": "fastreid/evaluation"}
"""Folders of the evaluators; both have ``rank.py`` and perhaps a compiled ``rank_cylib``."""
MAX_RANK = 50


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--queries", type=int, default=3_000)
    parser.add_argument("--gallery", type=int, default=20_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--rerank", action="store_true")
    arguments = parser.parse_args()
    queries, gallery, query, gallery_labels = make_set(arguments.queries, arguments.gallery, arguments.dim)
    if arguments.rerank:
        rerank(queries, gallery, query, gallery_labels)
        return
    print(f"{len(queries):,} queries x {len(gallery):,} pictures, best of {arguments.rounds}", flush=True)
    distances = distance.cosine(queries, gallery)
    ours, found = timed(lambda: score(distances, query, gallery_labels), arguments.rounds)
    line = f"rank-1 {found.rank(1):.6f} mAP {found.mean_ap:.6f} mINP {found.mean_inp:.6f}"
    print(f"  ours                 {ours:7.2f} s CPU   {line}", flush=True)
    for name, folder in PEERS.items() if arguments.peers else ():
        module, kind = load_peer(arguments.peers / folder)
        theirs, answer = timed(
            lambda m=module: peer_score(m, distances, query, gallery_labels), arguments.rounds
        )
        check(name, answer, found)
        print(
            f"  {name + ' ' + kind:20} {theirs:7.2f} s CPU   the same figures, {theirs / ours:.2f} x our time"
        )


def make_set(n_queries: int, n_gallery: int, dim: int) -> tuple[Any, Any, Labels, Labels]:
    """Unit vectors of 750 persons under 6 cameras, and their labels."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(750, dim)).astype(np.float32)

    def part(n: int) -> tuple[Any, Labels]:
        pids, cams = rng.integers(0, 750, n), rng.integers(0, 6, n)
        vectors = centres[pids] + 2.5 * rng.normal(size=(n, dim)).astype(np.float32)
        return distance.l2_normalised(vectors), Labels.of(pids, cams)

    (queries, query), (gallery, labels) = part(n_queries), part(n_gallery)
    return queries, gallery, query, labels


def score(distances: Any, query: Labels, gallery: Labels) -> RankingScores:
    """CMC, mAP and mINP of a whole matrix, as the evaluators of others give them."""
    meter = RankingMeter(query, Gallery(gallery))
    for start in range(0, len(distances), 256):
        meter.add(start, distances[start : start + 256])
    return meter.result()


def peer_score(module: ModuleType, distances: Any, query: Labels, gallery: Labels) -> Any:
    """What a peer's ``evaluate_rank`` says."""
    return module.evaluate_rank(distances, query.pids, gallery.pids, query.cams, gallery.cams, MAX_RANK)


def check(name: str, answer: Any, found: RankingScores) -> None:
    """Compare a peer's figures with ours: torchreid gives mAP, FastReID the values of each query.

    Theirs add up in float32, so that the fifth decimal may differ.
    """
    cmc, mean_ap = np.asarray(answer[0]), np.mean(answer[1])
    np.testing.assert_allclose(cmc, found.cmc[:MAX_RANK], atol=5e-5, err_msg=f"CMC of {name}")
    np.testing.assert_allclose(mean_ap, found.mean_ap, atol=5e-5, err_msg=f"mAP of {name}")
    if len(answer) > 2:
        np.testing.assert_allclose(np.mean(answer[2]), found.mean_inp, atol=5e-5, err_msg=f"mINP of {name}")


def load_peer(folder: Path) -> tuple[ModuleType, str]:
    """A peer's ``rank.py`` alone, for its package asks for much that evaluation does not need."""
    import warnings

    name = "peer_" + folder.parts[-3 if folder.parts[-2] == "reid" else -2]
    for part, path in ((name, folder), (f"{name}.rank_cylib", folder / "rank_cylib")):
        spec = importlib.util.spec_from_loader(part, None, is_package=True)
        package = importlib.util.module_from_spec(spec)
        package.__path__ = [str(path)]
        sys.modules[part] = package
    spec = importlib.util.spec_from_file_location(f"{name}.rank", folder / "rank.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec.loader.exec_module(module)
    return module, "(Cython)" if module.IS_CYTHON_AVAI else "(Python)"


def timed(job: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """The least CPU time of some rounds in seconds, and the last answer."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        answer = job()
        times.append(time.process_time() - started)
    return min(times), answer


def rerank(queries: Any, gallery: Any, query: Labels, labels: Labels) -> None:
    """Re-rank and score in blocks; tells time and the most memory that the process ever held."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    found = evaluate(search_blocks(queries, gallery, SearchConfig(rerank=Rerank.K_RECIPROCAL)), query, labels)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole = 4 * (len(queries) + len(gallery)) ** 2 / 2**20
    seconds = time.process_time() - started
    print(f"{len(queries):,} queries x {len(gallery):,} pictures, re-ranked: {seconds:.1f} s")
    print(f"  mAP {found.ranking.mean_ap:.4f}; memory grew by {(after - before) / 1024:.0f} MiB at most,")
    print(f"  where one matrix of all distances takes {whole:.0f} MiB")


if __name__ == "__main__":
    main()
