"""Verification: against scikit-learn's ROC, in bounded memory, and at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.training.evaluation import reference
from tests.unit.training.evaluation.test_ranking import scene
from training.evaluation import roc as roc_module
from training.evaluation.protocol import Gallery, Labels
from training.evaluation.ranking import EvaluationError
from training.evaluation.roc import Roc, RocMeter, fastreid_tpr, score_pairs

TARGETS = (0.001, 0.01, 0.1, 0.25, 0.5)


@pytest.fixture(scope="module")
def roc_curve():
    return pytest.importorskip("sklearn.metrics", reason="scikit-learn is a development extra").roc_curve


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("decimals", [8, 1])
def test_tpr_is_the_highest_of_sklearns_curve_within_the_target(roc_curve, seed, decimals):
    distances, query, gallery = scene(seed)
    distances = distances.round(decimals)
    genuine, impostors = reference.pairs(distances, query, gallery)
    truth = np.repeat([1, 0], [len(genuine), len(impostors)])
    fpr, tpr, _ = roc_curve(truth, -np.concatenate([genuine, impostors]), drop_intermediate=False)
    roc = score_pairs(distances, query, gallery, TARGETS)
    assert (len(roc.genuine), roc.n_impostors) == (len(genuine), len(impostors))
    for target in TARGETS:
        # Rates that differ by rounding only are the same rate.
        assert roc.tpr_at(target) == pytest.approx(tpr[fpr <= target + 1e-12].max())


@pytest.mark.parametrize("seed", range(4))
def test_fastreids_reading_is_sklearns_curve_with_roles_swapped(roc_curve, seed):
    distances, query, gallery = scene(seed)
    genuine, impostors = reference.pairs(distances, query, gallery)
    different = np.repeat([0, 1], [len(genuine), len(impostors)])
    fpr, tpr, _ = roc_curve(different, np.concatenate([genuine, impostors]))
    roc = score_pairs(distances, query, gallery, TARGETS)
    for target in TARGETS:
        assert fastreid_tpr(roc, target) == pytest.approx(tpr[np.abs(fpr - target).argmin()])


def test_curve_is_sklearns(roc_curve):
    distances, query, gallery = scene(1)
    genuine, impostors = reference.pairs(distances, query, gallery)
    truth = np.repeat([1, 0], [len(genuine), len(impostors)])
    fpr, tpr, _ = roc_curve(truth, -np.concatenate([genuine, impostors]), drop_intermediate=False)
    ours = score_pairs(distances, query, gallery).curve()
    assert ours[0][-1] == ours[1][-1] == 1
    for x, y in zip(*ours, strict=True):
        assert y == pytest.approx(tpr[fpr <= x + 1e-12].max())


def test_far_impostors_are_dropped_without_changing_a_figure(monkeypatch):
    distances, query, gallery = scene(2, n_query=60, n_gallery=80)
    whole = score_pairs(distances, query, gallery, (0.001, 0.01))
    monkeypatch.setattr(roc_module, "CURVE_PAIRS", 40)
    meter = RocMeter(query, Gallery(gallery), (0.001, 0.01))
    for start in range(0, 60, 5):
        meter.add(start, distances[start : start + 5])
    small = meter.result()
    assert len(small.impostors) < 60 < len(whole.impostors)
    assert [small.tpr_at(t) for t in (0.001, 0.01)] == [whole.tpr_at(t) for t in (0.001, 0.01)]
    np.testing.assert_array_equal(small.impostors, whole.impostors[: len(small.impostors)])
    fpr, tpr = small.curve()
    assert fpr[-1] < 0.05
    assert tpr[-1] < 1
    with pytest.raises(EvaluationError, match="was kept up to"):
        small.tpr_at(0.5)


def test_a_target_of_one_accepts_everything():
    roc = Roc(np.array([0.1, 0.9]), np.array([0.5]), 1)
    assert roc.tpr_at(1.0) == 1
    assert roc.tpr_at(0.0) == 0.5


@pytest.mark.parametrize("n", [3, 7, 10, 29, 100, 1000])
def test_targets_on_the_grid_are_met_exactly(n):
    impostors = np.arange(n) / n
    for k in range(n):
        roc = Roc(np.array([(k + 0.5) / n]), impostors, n)
        assert roc.tpr_at((k + 1) / n) == 1
        assert roc.tpr_at(k / n) == 0


def test_one_kind_of_pair_is_an_error_with_a_sentence():
    with pytest.raises(EvaluationError, match="one kind is missing"):
        score_pairs(np.ones((1, 1)), Labels.of([1], [0]), Labels.of([1], [1]))
