"""Verification: how many genuine pairs are accepted while few impostor pairs are.

A pair is accepted when its distance is below a threshold; junk pairs do not count. `Roc` is the conventional
reading. FastReID's own "TPR@FPR" swaps the roles and is kept for comparison only, see `fastreid_tpr`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.index.distance import Reals
from training.evaluation.protocol import Gallery, Labels
from training.evaluation.ranking import Doubles, EvaluationError

TARGETS = (1e-4, 1e-3, 1e-2)
"""The false positive rates that a report gives."""
CURVE_PAIRS = 1_000_000
"""Impostor pairs that are kept for the curve, the nearest ones; more only where a target needs them."""


@dataclass(frozen=True, slots=True)
class Roc:
    """Sorted distances of all genuine pairs and of the nearest impostor pairs.

    Attributes:
        genuine: All of them, ascending.
        impostors: The nearest ones, ascending.
        n_impostors: How many there are in all.
    """

    genuine: Reals
    impostors: Reals
    n_impostors: int

    def tpr_at(self, fpr: float) -> float:
        """Share of genuine pairs below the largest threshold that accepts at most ``fpr`` of the impostors.

        Raises:
            EvaluationError: The kept impostors do not reach that far.
        """
        n_accepted = _largest_count(fpr, self.n_impostors)
        if n_accepted >= self.n_impostors:
            return 1.0
        if n_accepted >= len(self.impostors):
            raise EvaluationError(f"The curve was kept up to a false positive rate below {fpr:g} only.")
        below = np.searchsorted(self.genuine, self.impostors[n_accepted], side="left")
        return float(below / len(self.genuine))

    def curve(self) -> tuple[Doubles, Doubles]:
        """False and true positive rates, ascending, from (0, x) as far as impostors were kept."""
        thresholds, rejected = np.unique(self.impostors, return_index=True)
        fpr = rejected / self.n_impostors
        tpr = np.searchsorted(self.genuine, thresholds, side="left") / len(self.genuine)
        if len(self.impostors) == self.n_impostors:
            fpr, tpr = np.append(fpr, 1.0), np.append(tpr, 1.0)
        return fpr, tpr


class RocMeter:
    """Gathers a `Roc` from blocks of queries in bounded memory, exactly.

    Args:
        query: Labels of all queries.
        gallery: Labels of the gallery.
        targets: False positive rates that will be asked for.
    """

    def __init__(self, query: Labels, gallery: Gallery, targets: Sequence[float] = TARGETS) -> None:
        self._query, self._gallery = query, gallery
        self._targets = tuple(targets)
        pairs = [gallery.matches(int(p), int(c)) for p, c in zip(query.pids, query.cams, strict=True)]
        special = sum(len(hits) + len(junk) for hits, junk in pairs)
        self.n_impostors = len(query) * len(gallery) - special
        needed = _largest_count(max(self._targets, default=0.0), self.n_impostors) + 1
        self._capacity = max(needed, CURVE_PAIRS)
        self._genuine: list[Reals] = []
        self._impostors: list[Reals] = []
        self._n_held = 0
        self._limit = math.inf

    def add(self, start: int, distances: Reals) -> None:
        """Take the queries ``start, start + 1, ...`` in; ``(b, G)`` distances, lower is nearer."""
        for offset, values in enumerate(distances):
            row = start + offset
            hits, junk = self._gallery.matches(int(self._query.pids[row]), int(self._query.cams[row]))
            counts = values <= self._limit
            counts[hits] = False
            counts[junk] = False
            self._genuine.append(values[hits])
            self._impostors.append(values[counts])
            self._n_held += len(self._impostors[-1])
            if self._n_held > 2 * self._capacity:
                self._drop_far()

    def _drop_far(self) -> None:
        nearest = np.partition(np.concatenate(self._impostors), self._capacity - 1)[: self._capacity]
        self._impostors, self._n_held = [nearest], len(nearest)
        self._limit = float(nearest.max())

    def result(self) -> Roc:
        """The verification figures of all queries so far.

        Raises:
            EvaluationError: There is no genuine, or no impostor pair.
        """
        genuine = np.sort(np.concatenate(self._genuine or [np.zeros(0)]))
        impostors = np.sort(np.concatenate(self._impostors or [np.zeros(0)]))
        if not len(genuine) or not len(impostors):
            raise EvaluationError("Verification needs genuine and impostor pairs, and one kind is missing.")
        return Roc(genuine, impostors[: self._capacity], self.n_impostors)


def score_pairs(distances: Reals, query: Labels, gallery: Labels, targets: Sequence[float] = TARGETS) -> Roc:
    """The `Roc` of a whole distance matrix ``(Q, G)``; the errors of `RocMeter`."""
    meter = RocMeter(query, Gallery(gallery), targets)
    meter.add(0, distances)
    return meter.result()


def fastreid_tpr(roc: Roc, fpr: float) -> float:
    """FastReID's "TPR@FPR": the share of impostor pairs rejected at a rate of genuine pairs rejected.

    It calls "different" positive and distance the score, and takes the point of scikit-learn's ROC (collinear
    points left out) that is nearest to the target. Verified; do not report it as TPR@FPR.

    Args:
        roc: With all impostors kept.
        fpr: The target.
    """
    thresholds = np.unique(np.concatenate([roc.genuine, roc.impostors]))[::-1]
    n_genuine, n_impostors = len(roc.genuine), len(roc.impostors)
    genuine = n_genuine - np.searchsorted(roc.genuine, thresholds, side="left")
    impostors = n_impostors - np.searchsorted(roc.impostors, thresholds, side="left")
    genuine, impostors = np.append(0, genuine), np.append(0, impostors)
    bends = (np.diff(genuine, 2) != 0) | (np.diff(impostors, 2) != 0)
    corners = np.concatenate([[True], bends, [True]])
    nearest = np.abs(genuine[corners] / n_genuine - fpr).argmin()
    return float(impostors[corners][nearest] / n_impostors)


def _largest_count(share: float, n: int) -> int:
    """The largest k with ``k / n <= share``, as the division itself rounds."""
    k = min(int(share * n) + 1, n)
    while k > 0 and k / n > share:
        k -= 1
    return k
