"""Whole test sets, a block of queries at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reid_core.index import distance
from reid_core.index.distance import Reals
from training.evaluation.protocol import Gallery, Labels
from training.evaluation.ranking import RankingMeter, RankingScores
from training.evaluation.roc import TARGETS, Roc, RocMeter

BLOCK_BYTES = 32 << 20
"""Size that a block of distances aims at."""

Metric = Callable[[Reals, Reals], Reals]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that is measured on one test set.

    Attributes:
        ranking: CMC, mAP, mINP.
        roc: Verification.
    """

    ranking: RankingScores
    roc: Roc


def distance_blocks(
    queries: Reals, gallery: Reals, metric: Metric = distance.cosine
) -> Iterator[tuple[slice, Reals]]:
    """Distances of features by blocks of queries, about `BLOCK_BYTES` each.

    Args:
        queries: ``(Q, D)``.
        gallery: ``(G, D)``.
        metric: From two sets of vectors to their distances; see `reid_core.index.distance`.

    Yields:
        The slice of queries, and its ``(b, G)`` distances.
    """
    n_rows = max(1, BLOCK_BYTES // max(1, len(gallery) * queries.itemsize))
    for start in range(0, len(queries), n_rows):
        rows = slice(start, min(start + n_rows, len(queries)))
        yield rows, metric(queries[rows], gallery)


def evaluate(
    blocks: Iterable[tuple[slice, Reals]],
    query: Labels,
    gallery: Labels,
    targets: Sequence[float] = TARGETS,
) -> Evaluation:
    """Score blocks of distances, from `distance_blocks` or from a re-ranking.

    Args:
        blocks: Slices of queries and their ``(b, G)`` distances.
        query: Labels of all queries.
        gallery: Labels of the gallery.
        targets: False positive rates that will be asked for.

    Raises:
        EvaluationError: A distance is NaN, no query has a match, or there is no impostor pair.
    """
    grouped = Gallery(gallery)
    ranking, pairs = RankingMeter(query, grouped), RocMeter(query, grouped, targets)
    for rows, distances in blocks:
        ranking.add(rows.start, distances)
        pairs.add(rows.start, distances)
    return Evaluation(ranking.result(), pairs.result())
