"""Whether one model ranks better than another: the same queries, and an interval for the difference.

Queries of one person are alike, so the bootstrap draws people, not queries (Efron and Tibshirani, "An
Introduction to the Bootstrap", 1993; the percentile interval).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from reid_core.models.embedder import Embedder
from training.datasets.market import MarketSet
from training.evaluation.features import embed_pictures, labels_of
from training.evaluation.protocol import Gallery
from training.evaluation.ranking import Doubles, EvaluationError, RankingMeter, RankingScores
from training.evaluation.search import SearchConfig, search_blocks

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference, b minus a, with its 95 % interval.

    Attributes:
        value: Measured.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval says which is better."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on one test set.

    Attributes:
        a: Figures of the first; fractions.
        b: Figures of the second.
        n_query: Queries that have a match.
        n_ids: People among them.
        rounds: Draws of the bootstrap.
        difference: b minus a, by figure.
    """

    a: dict[str, float]
    b: dict[str, float]
    n_query: int
    n_ids: int
    rounds: int
    difference: dict[str, Interval]

    @property
    def verdict(self) -> str:
        """By mAP: which is better, or that there is no evidence for either."""
        of_map = self.difference["map"]
        if not of_map.excludes_zero:
            return "no evidence"
        return "b is better" if of_map.value > 0 else "a is better"

    def as_dict(self, a: str, b: str) -> dict[str, Any]:
        """For JSON, with the names of the models."""
        return asdict(self) | {
            "a": {"model": a, **self.a},
            "b": {"model": b, **self.b},
            "verdict": self.verdict,
        }


def score(embedder: Embedder, found: MarketSet) -> RankingScores:
    """The ranking of a model on a test set, by cosine.

    Raises:
        EvaluationError: No query has a match.
    """
    queries, gallery = (embed_pictures(embedder, part) for part in (found.query, found.gallery))
    meter = RankingMeter(labels_of(found.query), Gallery(labels_of(found.gallery)))
    for rows, distances in search_blocks(queries, gallery, SearchConfig()):
        meter.add(rows.start, distances)
    return meter.result()


def compare(
    a: RankingScores, b: RankingScores, pids: Sequence[int], *, rounds: int = 2000, seed: int = 0
) -> Comparison:
    """Compare two rankings of the same queries.

    Args:
        a: Of the first model.
        b: Of the second.
        pids: Person of every query of the test set.
        rounds: Draws of the bootstrap.
        seed: Decides them.

    Raises:
        EvaluationError: They are not rankings of the same queries.
    """
    if not np.array_equal(a.queries, b.queries):
        raise EvaluationError("The two models were not scored on the same queries.")
    people = np.asarray(pids, np.int64)[a.queries]
    _, groups = np.unique(people, return_inverse=True)
    n_ids = int(groups.max()) + 1
    counts = np.bincount(groups, minlength=n_ids).astype(np.float64)
    weights = np.random.default_rng(seed).multinomial(n_ids, np.full(n_ids, 1 / n_ids), rounds)
    sizes = weights @ counts
    difference = {}
    for name, values in _per_query(b).items():
        change = values - _per_query(a)[name]
        drawn = (weights @ np.bincount(groups, change, n_ids)) / sizes
        tail = (1 - CONFIDENCE) / 2
        low, high = np.quantile(drawn, (tail, 1 - tail)).tolist()
        difference[name] = Interval(float(change.mean()), low, high)
    return Comparison(_figures(a), _figures(b), len(people), n_ids, rounds, difference)


def _per_query(scores: RankingScores) -> dict[str, Doubles]:
    return {"rank1": (scores.first == 1).astype(np.float64), "map": scores.ap, "minp": scores.inp}


def _figures(scores: RankingScores) -> dict[str, float]:
    return {
        "rank1": scores.rank(1), "rank5": scores.rank(5), "map": scores.mean_ap, "minp": scores.mean_inp
    }  # fmt: skip
