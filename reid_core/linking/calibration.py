"""From similarity to probability, where people have decided enough pairs to know.

Platt, "Probabilistic outputs for support vector machines", 1999: a logistic curve fitted to the decided
pairs, with his smoothed targets, which keep a few clean decisions from claiming certainty. The fit is
Newton's method as Lin, Lin and Weng (2007) write it down. The probability holds for pairs like those that
were decided.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_PAIRS = 30
"""Decided pairs that a calibration needs."""
LEAST_OF_EACH = 5
"""Of these, pairs decided the same and pairs decided different."""
_MAX_STEPS = 100

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """``p = 1 / (1 + exp(-(slope * similarity + offset)))``.

    Attributes:
        slope: How fast the probability rises; above 0.
        offset: Its logit at similarity 0.
        n_pairs: Decided pairs that it rests on.
    """

    slope: float
    offset: float
    n_pairs: int

    def probability(self, similarity: float) -> float:
        """Probability in 0..1 that a pair of this similarity is one person."""
        return float(_logistic(np.array(self.slope * similarity + self.offset)))

    def similarity(self, probability: float) -> float:
        """The similarity at which the probability is reached; the inverse of `probability`."""
        inside = min(max(probability, 1e-12), 1.0 - 1e-12)
        return (float(np.log(inside / (1.0 - inside))) - self.offset) / self.slope


def calibrate(similarities: Reals, same: NDArray[np.bool_]) -> Calibration | None:
    """The calibration of decided pairs; None with too few, or when similarity says nothing about them.

    Args:
        similarities: ``(n,)`` of each decided pair.
        same: ``(n,)`` whether it was decided to be one person.
    """
    n_same = int(same.sum())
    n_different = len(same) - n_same
    if len(same) < LEAST_PAIRS or min(n_same, n_different) < LEAST_OF_EACH:
        return None
    targets = np.where(same, (n_same + 1) / (n_same + 2), 1 / (n_different + 2))
    centre, spread = float(similarities.mean()), float(similarities.std())
    if spread < 1e-9:
        return None
    slope, offset = _fit((similarities - centre) / spread, targets)
    if slope <= 0:
        return None
    slope /= spread
    return Calibration(slope, offset - slope * centre, len(same))


def _fit(values: Reals, targets: Reals) -> tuple[float, float]:
    """Slope and offset with the least cross entropy (damped Newton steps)."""
    design = np.stack([values, np.ones_like(values)], axis=1)
    weights = np.zeros(2)
    loss = _cross_entropy(design @ weights, targets)
    for _ in range(_MAX_STEPS):
        p = _logistic(design @ weights)
        gradient = design.T @ (p - targets)
        if float(np.abs(gradient).max()) < 1e-9:
            break
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while size > 1e-6 and _cross_entropy(design @ (weights - size * step), targets) > loss:
            size /= 2
        weights = weights - size * step
        loss = _cross_entropy(design @ weights, targets)
    return float(weights[0]), float(weights[1])


def _cross_entropy(logits: Reals, targets: Reals) -> float:
    return float((np.logaddexp(0.0, logits) - targets * logits).sum())


def _logistic(logits: Reals) -> Reals:
    found: Reals = 0.5 * (1.0 + np.tanh(0.5 * logits))
    return found
