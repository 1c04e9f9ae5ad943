"""Distances for evaluation: metric, query expansion and re-ranking by name, a block of queries at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from reid_core.index import distance, expansion, rerank
from reid_core.index.distance import Reals, l2_normalised
from training.evaluation.blocks import distance_blocks

METRICS: Mapping[str, Callable[[Reals, Reals], Reals]] = {
    "cosine": distance.cosine,
    "euclidean": distance.squared_euclidean,
}
"""Metrics on vectors; the Euclidean one is squared, as in all code bases."""


class Rerank(StrEnum):
    """Re-ranking by k-reciprocal neighbours; see `reid_core.index.rerank`."""

    NONE = "none"
    K_RECIPROCAL = "k_reciprocal"
    FASTREID = "fastreid"


class Expand(StrEnum):
    """Query expansion; see `reid_core.index.expansion`."""

    NONE = "none"
    AVERAGE = "average"
    ALPHA = "alpha"


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """How a test set is searched.

    Attributes:
        metric: One of `METRICS`.
        expand: Expansion before the search.
        rerank: Re-ranking after it.
        k1: Neighbours of the re-ranking.
        k2: Neighbours that it averages over.
        lam: Share of the first distance in it.
    """

    metric: str = "cosine"
    expand: Expand = Expand.NONE
    rerank: Rerank = Rerank.NONE
    k1: int = 20
    k2: int = 6
    lam: float = 0.3


def search_blocks(queries: Reals, gallery: Reals, config: SearchConfig) -> Iterator[tuple[slice, Reals]]:
    """The distances of a test set.

    With the cosine metric the vectors have length 1 before expansion and re-ranking, as FastReID does.

    Args:
        queries: ``(Q, D)``.
        gallery: ``(G, D)``.
        config: What to do.

    Yields:
        The slice of queries, and its ``(b, G)`` distances.
    """
    metric = METRICS[config.metric]
    is_cosine = config.metric == "cosine"
    if is_cosine:
        queries, gallery = l2_normalised(queries), l2_normalised(gallery)
    if config.expand is Expand.AVERAGE:
        queries = expansion.average_expansion(queries, gallery)
    elif config.expand is Expand.ALPHA:
        queries, gallery = expansion.alpha_expansion(queries, gallery)
    if is_cosine and config.expand is not Expand.NONE:
        queries, gallery = l2_normalised(queries), l2_normalised(gallery)
    if config.rerank is Rerank.NONE:
        yield from distance_blocks(queries, gallery, metric)
        return
    parameters = (config.k1, config.k2, config.lam)
    blocks = (
        rerank.k_reciprocal_blocks(queries, gallery, *parameters)
        if config.rerank is Rerank.K_RECIPROCAL
        else rerank.fastreid_blocks(queries, gallery, metric, *parameters)
    )
    for rows, block in blocks:
        yield rows, block.final
