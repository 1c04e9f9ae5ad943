"""CMC, mAP and mINP of ranked galleries.

Per query: gallery ascending by distance (ties in gallery order), junk left out, queries without a match
skipped. Source: the Market-1501 protocol as all current code bases run it; verified against theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reid_core.errors import ReidError
from reid_core.index.distance import Reals
from reid_core.types import IntArray
from training.evaluation.protocol import Gallery, Labels, Matches

Doubles = np.typing.NDArray[np.float64]


class EvaluationError(ReidError):
    """A test set, or its distances, from which no figure can be computed."""


@dataclass(frozen=True, slots=True)
class RankingScores:
    """The figures of a test set; all are fractions.

    Attributes:
        queries: ``(V,)`` rows of the queries that have a match; the others are skipped.
        first: ``(V,)`` rank of the first hit, 1-based.
        ap: ``(V,)`` average precision: mean over hits of hits-so-far / rank.
        ap_trapezoid: ``(V,)`` as the 2015 Market-1501 toolkit computes it, a little lower.
        inp: ``(V,)`` inverse negative penalty: number of hits / rank of the last hit.
        n_gallery: Length of the CMC curve.
    """

    queries: IntArray
    first: IntArray
    ap: Doubles
    ap_trapezoid: Doubles
    inp: Doubles
    n_gallery: int

    @property
    def cmc(self) -> Doubles:
        """``(n_gallery,)``: share of queries with a hit among the first 1, 2, ... ranks."""
        counts = np.bincount(self.first, minlength=self.n_gallery + 1)
        return np.asarray(np.cumsum(counts[1:]) / len(self.first))

    def rank(self, k: int) -> float:
        """CMC at rank ``k`` (1-based); beyond the gallery it stays at its last value."""
        return float((self.first <= k).mean())

    @property
    def mean_ap(self) -> float:
        """The mean of `ap`, mAP."""
        return float(self.ap.mean())

    @property
    def mean_ap_trapezoid(self) -> float:
        """The mean of `ap_trapezoid`."""
        return float(self.ap_trapezoid.mean())

    @property
    def mean_inp(self) -> float:
        """The mean of `inp`, mINP."""
        return float(self.inp.mean())

    @property
    def summary(self) -> float:
        """``(mAP + rank-1) / 2``, what FastReID selects models by."""
        return (self.mean_ap + self.rank(1)) / 2


class RankingMeter:
    """Gathers `RankingScores` from blocks of queries; holds a few numbers a query.

    Args:
        query: Labels of all queries.
        gallery: Labels of the gallery.
    """

    def __init__(self, query: Labels, gallery: Gallery) -> None:
        self._query, self._gallery = query, gallery
        self._rows: list[int] = []
        self._scores: list[tuple[int, float, float, float]] = []

    def add(self, start: int, distances: Reals) -> None:
        """Take the queries ``start, start + 1, ...`` in.

        Args:
            start: Row of the first query.
            distances: ``(b, G)``, lower is nearer, no NaN.

        Raises:
            EvaluationError: The distances hold NaN.
        """
        if np.isnan(distances).any():
            raise EvaluationError("A distance is not a number: the features are broken, check the model.")
        ascending = np.sort(distances, axis=1)
        for offset, (values, in_order) in enumerate(zip(distances, ascending, strict=True)):
            row = start + offset
            matches = self._gallery.matches(int(self._query.pids[row]), int(self._query.cams[row]))
            if len(matches.hits):
                self._rows.append(row)
                self._scores.append(_score(hit_ranks(values, in_order, matches)))

    def result(self) -> RankingScores:
        """The figures of all queries so far.

        Raises:
            EvaluationError: No query had a match in the gallery.
        """
        if not self._rows:
            raise EvaluationError(
                "No query has a match under another camera in the gallery: check identities and cameras."
            )
        first, ap, trapezoid, inp = (np.asarray(column) for column in zip(*self._scores, strict=True))
        return RankingScores(np.asarray(self._rows), first, ap, trapezoid, inp, len(self._gallery))


def score_ranking(distances: Reals, query: Labels, gallery: Labels) -> RankingScores:
    """The figures of a whole distance matrix ``(Q, G)``; the errors of `RankingMeter`."""
    meter = RankingMeter(query, Gallery(gallery))
    meter.add(0, distances)
    return meter.result()


def hit_ranks(values: Reals, in_order: Reals, matches: Matches) -> IntArray:
    """The 1-based ranks of the hits among all gallery images that are not junk.

    Counting what lies before each hit replaces the argsort of the gallery; only the values are sorted.

    Args:
        values: ``(G,)`` distances of one query.
        in_order: ``(G,)`` the same, ascending.
        matches: The query's hits (at least one) and junk.

    Returns:
        ``(n_hits,)`` ascending.
    """
    hits, junk = matches
    mine = values[hits]
    before = np.searchsorted(in_order, mine, side="left")
    for tied in np.flatnonzero(np.searchsorted(in_order, mine, side="right") - before > 1):
        before[tied] += np.count_nonzero(values[: hits[tied]] == mine[tied])
    if len(junk):
        theirs = values[junk]
        is_tied_before = (theirs == mine[:, None]) & (junk < hits[:, None])
        before -= ((theirs < mine[:, None]) | is_tied_before).sum(axis=1)
    return np.sort(before) + 1


def _score(ranks: IntArray) -> tuple[int, float, float, float]:
    """First rank, AP, trapezoid AP and INP from the ascending ranks of the hits."""
    so_far = np.arange(1, len(ranks) + 1)
    precision = so_far / ranks
    # Precision just before each hit; by convention 1 before the first rank.
    previous = np.where(ranks == 1, 1.0, (so_far - 1) / np.maximum(ranks - 1, 1))
    trapezoid = (precision + previous).mean() / 2
    return int(ranks[0]), float(precision.mean()), float(trapezoid), float(precision[-1])
