"""The figures of an evaluation as plain values and as lines."""

from __future__ import annotations

from collections.abc import Mapping

from training.evaluation.blocks import Evaluation
from training.evaluation.roc import TARGETS

RANKS = (1, 5, 10)


def as_figures(found: Evaluation) -> dict[str, float]:
    """Fractions by name: ``rank1 rank5 rank10 map minp``, and ``tpr@FPR`` at the three rates."""
    ranking = found.ranking
    return {
        **{f"rank{k}": ranking.rank(k) for k in RANKS},
        "map": ranking.mean_ap,
        "minp": ranking.mean_inp,
        **{f"tpr@{target:g}": found.roc.tpr_at(target) for target in TARGETS},
    }


def as_lines(figures: Mapping[str, float]) -> str:
    """Two lines: ranking, then verification; four decimals."""
    ranked = " ".join(f"{name} {value:.4f}" for name, value in figures.items() if not name.startswith("tpr"))
    verified = " ".join(f"{name} {value:.4f}" for name, value in figures.items() if name.startswith("tpr"))
    return f"{ranked}\n{verified}\n"
