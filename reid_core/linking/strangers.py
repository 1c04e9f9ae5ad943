"""How alike two different people look in a project, and from there the likeness at which links are proposed.

One model gives strangers a similarity of 0.4 in one building and of 0.7 in another, where the light is dim
and everybody wears black, so no fixed similarity can be the threshold. What carries over is how far a pair is
on the way from the likeness of strangers to being identical (similarity 1). The more people there are, the
more strangers look alike by chance, so the threshold rises with the number of tracklets. Its two numbers were
chosen on validation identities: see docs/linking.md.
"""

from __future__ import annotations

import numpy as np

from reid_core.linking.constraints import Constraints
from reid_core.types import FloatArray, IntArray

WAY_AT_ONE, WAY_PER_DECADE = 0.2, 0.1
LEAST_WAY, MOST_WAY = 0.3, 0.6
TRAVEL_WEIGHT = 0.1
"""What a crossing in the usual time adds to a likeness, as a share of the way from strangers to identical."""
N_SAMPLED = 100_000
_BLOCK = 8192
N_MANY = 30
"""With fewer tracklets the typical pair may well be one person."""
ASSUMED = 0.7
"""How alike strangers are where nothing is known: as OSNet finds them in a room where all wear black."""
ASSUMED_BY_MODEL = {"person-reidentification-retail-0277": 0.35}
"""The same for models with another scale, by name."""


def stranger_likeness(vectors: FloatArray, rows: IntArray, constraints: Constraints, assumed: float) -> float:
    """The typical similarity of two different people.

    Who is in one camera at one time is certainly not one person; the median of such pairs is robust against
    the few that are one person boxed twice. The median of any two tracklets is a second witness, since in a
    site with many people almost all pairs are strangers; the lower one counts. With a few tracklets and
    nobody seen beside anybody, what is assumed is an upper limit.

    Args:
        vectors: ``(N, D)`` float32 unit vectors.
        rows: ``(N,)`` their rows in the constraints.
        constraints: Where and when they were.
        assumed: What strangers are taken to be where nothing is known.
    """
    n = len(vectors)
    if n < 2:
        return assumed
    first, second = _sample(n)
    similarity = np.empty(len(first), np.float32)
    for at in range(0, len(first), _BLOCK):
        block = slice(at, at + _BLOCK)
        similarity[block] = np.einsum("nd,nd->n", vectors[first[block]], vectors[second[block]])
    beside = constraints.camera[rows[first]] == constraints.camera[rows[second]]
    beside &= ~constraints.possible(rows[first], rows[second])
    witnesses = [float(np.median(similarity))]
    if beside.any():
        witnesses.append(float(np.median(similarity[beside])))
    elif n < N_MANY:
        witnesses.append(assumed)
    return float(np.clip(min(witnesses), 0.0, 0.95))


def default_threshold(strangers: float, n_tracklets: int) -> float:
    """The likeness from which links are proposed, from that of strangers."""
    way = WAY_AT_ONE + WAY_PER_DECADE * float(np.log10(max(n_tracklets, 1)))
    return strangers + min(max(way, LEAST_WAY), MOST_WAY) * (1.0 - strangers)


def floor_threshold(strangers: float, n_tracklets: int) -> float:
    """The likeness below which links are not even planned: strangers', higher where there are very many."""
    lowered = default_threshold(strangers, n_tracklets) - LEAST_WAY * (1.0 - strangers)
    return max(strangers, lowered)


def _sample(n: int) -> tuple[IntArray, IntArray]:
    """All pairs of n, or evenly drawn ones, always the same for the same n."""
    if n * (n - 1) // 2 <= N_SAMPLED:
        first, second = np.triu_indices(n, 1)
        return first, second
    random = np.random.default_rng(n)
    first = random.integers(0, n, N_SAMPLED)
    return first, (first + random.integers(1, n, N_SAMPLED)) % n
