"""What holds for every ranking: bounds, permutations, duplicates, the junk rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.unit.training.evaluation import reference
from training.evaluation.protocol import Labels
from training.evaluation.ranking import score_ranking
from training.evaluation.roc import score_pairs

FIGURES = ("ap", "ap_trapezoid", "inp", "first")
quick = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


@st.composite
def scenes(draw, n_levels=12):
    """Distances from a few levels, so that ties are common, and labels that give someone a match."""
    n_query, n_gallery = draw(st.integers(1, 6)), draw(st.integers(2, 14))

    def labels(n):
        column = st.lists(st.integers(0, 3), min_size=n, max_size=n)
        return Labels.of(draw(column), draw(column))

    query, gallery = labels(n_query), labels(n_gallery)
    same = query.pids[:, None] == gallery.pids
    other_camera = query.cams[:, None] != gallery.cams
    assume((same & other_camera).any())
    n = n_query * n_gallery
    levels = draw(st.lists(st.integers(0, n_levels), min_size=n, max_size=n))
    return np.reshape(levels, (n_query, n_gallery)).astype(float), query, gallery


@st.composite
def scenes_without_ties(draw):
    distances, query, gallery = draw(scenes())
    order = np.random.default_rng(draw(st.integers(0, 2**16))).permutation(distances.size)
    return order.reshape(distances.shape).astype(float), query, gallery


@quick
@given(scenes())
def test_figures_are_those_of_a_walk_down_the_list(scene):
    cmc, ap, trapezoid, inp, rows = reference.figures(*scene)
    scores = score_ranking(*scene)
    assert scores.queries.tolist() == rows
    np.testing.assert_allclose(scores.cmc, cmc)
    np.testing.assert_allclose(scores.ap, ap)
    np.testing.assert_allclose(scores.ap_trapezoid, trapezoid)
    np.testing.assert_allclose(scores.inp, inp)


@quick
@given(scenes())
def test_bounds(scene):
    scores = score_ranking(*scene)
    assert (np.diff(scores.cmc) >= 0).all()
    assert 0 <= scores.cmc[0] <= scores.cmc[-1] == 1
    for values in (scores.ap, scores.ap_trapezoid, scores.inp):
        assert ((values > 0) & (values <= 1)).all()
    assert (scores.ap_trapezoid <= scores.ap + 1e-12).all()
    assert (scores.inp >= 1 / len(scene[2])).all()


@quick
@given(scenes(), st.randoms(use_true_random=False))
def test_order_of_queries_does_not_matter(scene, random):
    distances, query, gallery = scene
    order = list(range(len(query)))
    random.shuffle(order)
    shuffled = score_ranking(distances[order], query.select(order), gallery)
    scores = score_ranking(distances, query, gallery)
    np.testing.assert_allclose(shuffled.cmc, scores.cmc)
    assert shuffled.mean_ap == pytest.approx(scores.mean_ap)
    assert shuffled.mean_inp == pytest.approx(scores.mean_inp)


@quick
@given(scenes_without_ties(), st.randoms(use_true_random=False))
def test_order_of_the_gallery_does_not_matter_without_ties(scene, random):
    distances, query, gallery = scene
    order = list(range(len(gallery)))
    random.shuffle(order)
    shuffled = score_ranking(distances[:, order], query, gallery.select(order))
    scores = score_ranking(distances, query, gallery)
    for name in FIGURES:
        np.testing.assert_array_equal(getattr(shuffled, name), getattr(scores, name))


@quick
@given(scenes())
def test_duplicate_queries_change_no_mean(scene):
    distances, query, gallery = scene
    twice = np.tile(np.arange(len(query)), 2)
    doubled = score_ranking(distances[twice], query.select(twice), gallery)
    scores = score_ranking(distances, query, gallery)
    np.testing.assert_allclose(doubled.cmc, scores.cmc)
    assert doubled.mean_ap == pytest.approx(scores.mean_ap)
    assert doubled.mean_inp == pytest.approx(scores.mean_inp)


@quick
@given(scenes())
def test_only_the_order_of_distances_matters(scene):
    distances, query, gallery = scene
    scores, bent = score_ranking(*scene), score_ranking(np.exp(distances / 3) - 7, query, gallery)
    for name in FIGURES:
        np.testing.assert_array_equal(getattr(bent, name), getattr(scores, name))


@quick
@given(scenes(), st.floats(-5, 20))
def test_distances_of_junk_do_not_matter(scene, value):
    distances, query, gallery = scene
    is_junk = (query.pids[:, None] == gallery.pids) & (query.cams[:, None] == gallery.cams)
    moved = score_ranking(np.where(is_junk, value, distances), query, gallery)
    scores = score_ranking(distances, query, gallery)
    for name in FIGURES:
        np.testing.assert_array_equal(getattr(moved, name), getattr(scores, name))


@quick
@given(scenes())
def test_a_hit_that_comes_nearer_lowers_no_figure(scene):
    distances, query, gallery = scene
    scores = score_ranking(*scene)
    is_hit = (query.pids[:, None] == gallery.pids) & (query.cams[:, None] != gallery.cams)
    nearer = score_ranking(np.where(is_hit, distances - 1, distances), query, gallery)
    assert (nearer.ap >= scores.ap - 1e-12).all()
    assert (nearer.first <= scores.first).all()
    assert (nearer.inp >= scores.inp - 1e-12).all()


@quick
@given(scenes())
def test_true_positive_rates_grow_with_the_target_and_are_reached(scene):
    distances, query, gallery = scene
    genuine, impostors = reference.pairs(distances, query, gallery)
    assume(len(impostors))
    roc = score_pairs(distances, query, gallery)
    targets = [k / len(impostors) for k in range(len(impostors) + 1)]
    rates = [roc.tpr_at(target) for target in targets]
    assert rates == sorted(rates)
    assert rates[-1] == 1
    for target, rate in zip(targets, rates, strict=True):
        thresholds = [*np.unique(impostors), np.inf]
        allowed = [t for t in thresholds if (impostors < t).mean() <= target]
        assert rate == pytest.approx((genuine < max(allowed)).mean())
