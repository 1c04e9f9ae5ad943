"""CMC, mAP and mINP: by hand, against a walk down the sorted list, and at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.training.evaluation import reference
from training.evaluation.protocol import Gallery, Labels
from training.evaluation.ranking import EvaluationError, RankingMeter, score_ranking


def scene(seed=0, n_query=20, n_gallery=60, n_pids=8, n_cams=3):
    rng = np.random.default_rng(seed)
    query = Labels.of(rng.integers(0, n_pids, n_query), rng.integers(0, n_cams, n_query))
    gallery = Labels.of(rng.integers(0, n_pids, n_gallery), rng.integers(0, n_cams, n_gallery))
    return rng.random((n_query, n_gallery)), query, gallery


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("decimals", [8, 1, 0])
def test_figures_are_those_of_a_walk_down_the_list_ties_included(seed, decimals):
    distances, query, gallery = scene(seed)
    distances = distances.round(decimals)
    cmc, ap, trapezoid, inp, rows = reference.figures(distances, query, gallery)
    scores = score_ranking(distances, query, gallery)
    np.testing.assert_array_equal(scores.queries, rows)
    np.testing.assert_allclose(scores.cmc, cmc)
    np.testing.assert_allclose(scores.ap, ap)
    np.testing.assert_allclose(scores.ap_trapezoid, trapezoid)
    np.testing.assert_allclose(scores.inp, inp)


def test_one_query_by_hand():
    # In order: junk, wrong, right, wrong, right.
    distances = np.array([[0.1, 0.2, 0.3, 0.4, 0.5]])
    gallery = Labels.of([1, 2, 1, 3, 1], [0, 0, 1, 1, 2])
    scores = score_ranking(distances, Labels.of([1], [0]), gallery)
    assert scores.first.tolist() == [2]
    assert scores.mean_ap == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert scores.mean_inp == pytest.approx(2 / 4)
    assert scores.cmc.tolist() == [0, 1, 1, 1, 1]
    assert (scores.rank(1), scores.rank(2), scores.rank(1000)) == (0, 1, 1)
    assert scores.summary == pytest.approx(scores.mean_ap / 2)


def test_perfect_ranking_is_all_ones():
    gallery = Labels.of([1, 1, 2, 2], [1, 2, 1, 2])
    scores = score_ranking(np.array([[0.0, 0.1, 1, 1], [1, 1, 0.0, 0.1]]), Labels.of([1, 2], [0, 0]), gallery)
    assert (scores.mean_ap, scores.mean_inp, scores.rank(1), scores.mean_ap_trapezoid) == (1, 1, 1, 1)


def test_background_images_are_distractors_not_junk():
    gallery = Labels.of([0, 1], [0, 1])
    scores = score_ranking(np.array([[0.1, 0.2]]), Labels.of([1], [0]), gallery)
    assert scores.rank(1) == 0
    assert scores.mean_ap == 0.5


def test_labels_that_mean_nothing_give_chance():
    distances, query, gallery = scene(3, n_query=400, n_gallery=500, n_pids=50, n_cams=6)
    chance = np.mean([(gallery.pids == pid).mean() for pid in query.pids])
    assert score_ranking(distances, query, gallery).rank(1) == pytest.approx(chance, abs=0.02)


@pytest.mark.parametrize("block", [1, 7, 20])
def test_blocks_do_not_matter(block):
    distances, query, gallery = scene()
    meter = RankingMeter(query, Gallery(gallery))
    for start in range(0, len(query), block):
        meter.add(start, distances[start : start + block])
    whole, blocks = score_ranking(distances, query, gallery), meter.result()
    np.testing.assert_array_equal(blocks.ap, whole.ap)
    np.testing.assert_array_equal(blocks.cmc, whole.cmc)


def test_integer_and_float32_distances_work():
    distances, query, gallery = scene()
    coarse = (distances * 1000).round()
    expected = score_ranking(coarse, query, gallery).ap
    np.testing.assert_array_equal(score_ranking(coarse.astype(np.float32), query, gallery).ap, expected)


def test_nan_is_refused():
    distances, query, gallery = scene()
    distances[3, 3] = np.nan
    with pytest.raises(EvaluationError, match="not a number"):
        score_ranking(distances, query, gallery)


def test_no_match_at_all_is_an_error_with_a_sentence():
    with pytest.raises(EvaluationError, match="No query has a match"):
        score_ranking(np.ones((1, 2)), Labels.of([1], [0]), Labels.of([1, 2], [0, 0]))


def test_labels_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="fit together"):
        Labels.of([1, 2], [0])
