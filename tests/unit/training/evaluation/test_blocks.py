"""Whole test sets in blocks: the same figures as in one piece, in little memory."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.index import distance, rerank
from training.evaluation import blocks
from training.evaluation.blocks import distance_blocks, evaluate
from training.evaluation.protocol import Labels
from training.evaluation.ranking import score_ranking


@pytest.fixture
def people():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(12, 16)).astype(np.float32)

    def images(n):
        pids, cams = rng.integers(0, 12, n), rng.integers(0, 4, n)
        features = centres[pids] + 0.9 * rng.normal(size=(n, 16)).astype(np.float32)
        return features, Labels.of(pids, cams)

    return images(40), images(90)


@pytest.mark.parametrize("metric", [distance.cosine, distance.squared_euclidean])
def test_blocks_give_the_figures_of_the_whole_matrix(people, metric, monkeypatch):
    (q, query), (g, gallery) = people
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 7 * len(g) * 4)
    pieces = list(distance_blocks(q, g, metric))
    assert [rows.stop - rows.start for rows, _ in pieces] == [7, 7, 7, 7, 7, 5]
    result = evaluate(iter(pieces), query, gallery)
    whole = score_ranking(metric(q, g), query, gallery)
    assert result.ranking.mean_ap == pytest.approx(whole.mean_ap, abs=1e-9)
    assert 0 < result.roc.tpr_at(1e-2) < 1


def test_reranked_blocks_can_be_scored_and_help_here(people):
    (q, query), (g, gallery) = people
    plain = evaluate(distance_blocks(q, g), query, gallery).ranking
    reranked = ((rows, block.final) for rows, block in rerank.k_reciprocal_blocks(q, g, 10, 4, block_rows=16))
    assert evaluate(reranked, query, gallery).ranking.mean_ap > plain.mean_ap


def test_a_gallery_larger_than_a_block_still_gives_one_query_at_a_time(people, monkeypatch):
    (q, _), (g, _) = people
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1)
    assert [d.shape for _, d in distance_blocks(q[:3], g)] == [(1, 90)] * 3
