"""Small sites for tests of linking: who was where and when, with vectors that tell people apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reid_core.linking.identities import Decision, Span, fold
from reid_core.linking.plan import LinkPlan
from reid_core.linking.planning import Known, make_plan
from reid_core.linking.travel import TravelTable
from reid_core.types import Verdict

SAME, DIFFERENT, UNSURE = Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSURE
DIM = 64


def span(name: str, camera: str, start_s: float, end_s: float) -> Span:
    return Span(name, camera, start_s * 1000, end_s * 1000)


def vectors_of(who: Sequence[int], noise: float = 0.3, seed: int = 0) -> np.ndarray:
    """``(n, DIM)`` unit vectors: people are orthogonal, sightings of one person ``1 - noise`` alike."""
    random = np.random.default_rng(seed)
    people, _ = np.linalg.qr(random.normal(size=(DIM, max(who, default=0) + 1)))
    own = random.normal(size=(len(who), DIM))
    own -= own @ people @ people.T
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    vectors = (1 - noise) ** 0.5 * people.T[list(who)] + noise**0.5 * own
    return vectors.astype(np.float32)


def decisions_of(verdicts: Sequence[tuple[str, str, Verdict]]) -> list[Decision]:
    return [Decision(n, n, a, b, verdict) for n, (a, b, verdict) in enumerate(verdicts, start=1)]


def planned(
    spans: Sequence[Span],
    vectors: np.ndarray,
    verdicts: Sequence[tuple[str, str, Verdict]] = (),
    table: TravelTable | None = None,
    *,
    undescribed: Sequence[str] = (),
) -> LinkPlan:
    """The plan of a site in which all verdicts were given by hand."""
    decisions = decisions_of(verdicts)
    kept = [row for row, one in enumerate(spans) if one.id not in undescribed]
    return make_plan(
        Known(
            spans,
            [spans[row].id for row in kept],
            vectors[kept],
            fold(spans, decisions),
            decisions,
            frozenset(d.number for d in decisions),
            TravelTable() if table is None else table,
        )
    )
