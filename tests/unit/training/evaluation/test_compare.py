"""Comparisons: the difference, an interval that holds it, and a verdict only where there is evidence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reid_core.index.distance import l2_normalised
from tests.fakes.models import ColorEmbedder
from tests.fakes.people import write_market
from training.__main__ import main
from training.evaluation.clusters import OUTLIER, cluster
from training.evaluation.compare import compare
from training.evaluation.protocol import Labels
from training.evaluation.ranking import EvaluationError, score_ranking

PIDS = np.repeat(np.arange(30), 2)
QUERY, GALLERY = Labels.of(PIDS.tolist(), [1] * 60), Labels.of(list(range(30)), [2] * 30)


def scores(noise, seed=0):
    distance = np.abs(PIDS[:, None] - np.arange(30)).astype(np.float64)
    return score_ranking(distance + noise * np.random.default_rng(seed).random((60, 30)), QUERY, GALLERY)


def test_a_clear_difference_is_seen_and_mirrored():
    good, bad = scores(0.5), scores(30.0)
    result = compare(bad, good, PIDS.tolist(), rounds=400)
    assert result.verdict == "b is better"
    of_map = result.difference["map"]
    assert of_map.low <= of_map.value <= of_map.high
    assert of_map.value == pytest.approx(good.mean_ap - bad.mean_ap)
    assert (result.n_query, result.n_ids) == (60, 30)
    mirrored = compare(good, bad, PIDS.tolist(), rounds=400)
    assert mirrored.verdict == "a is better"
    assert mirrored.difference["map"].low == pytest.approx(-of_map.high)


def test_equals_give_no_evidence():
    result = compare(scores(20.0, 1), scores(20.0, 2), PIDS.tolist(), rounds=400)
    assert result.verdict == "no evidence"
    same = compare(scores(20.0), scores(20.0), PIDS.tolist(), rounds=50)
    assert [(d.low, d.high) for d in same.difference.values()] == [(0, 0)] * 3


def test_people_are_drawn_not_queries():
    """Copies of the queries are no new evidence: the interval stays as wide."""
    a, b = scores(25.0, 1), scores(15.0, 2)
    once = compare(a, b, PIDS.tolist(), rounds=500).difference["map"]
    thrice = Labels.of(np.repeat(PIDS, 3).tolist(), [1] * 180)

    def repeated(noise, seed):
        distance = np.abs(PIDS[:, None] - np.arange(30)).astype(np.float64)
        distance += noise * np.random.default_rng(seed).random((60, 30))
        return score_ranking(distance.repeat(3, 0), thrice, GALLERY)

    again = compare(repeated(25.0, 1), repeated(15.0, 2), np.repeat(PIDS, 3).tolist(), rounds=500)
    assert again.difference["map"].high - again.difference["map"].low == pytest.approx(
        once.high - once.low, rel=1e-9
    )


def test_other_queries_are_refused():
    with pytest.raises(EvaluationError, match="not scored on the same queries"):
        compare(scores(1.0), score_ranking(np.zeros((1, 30)), Labels.of([3], [1]), GALLERY), [3])


def test_the_command_prints_both_models(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("reid_core.models.load.load_embedder", lambda name, **_: ColorEmbedder(name))
    market = write_market(tmp_path / "set", n_ids=0, n_test_ids=6)
    assert main(["compare", "x", "y", "--data", str(market), "--rounds", "20", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["a"]["model"], result["b"]["model"], result["verdict"]) == ("x", "y", "no evidence")
    assert set(result["difference"]["map"]) == {"value", "low", "high"}
    assert main(["compare", "x", "y", "--data", str(market), "--rounds", "20"]) == 0
    assert "no evidence (12 queries of 6 people)" in capsys.readouterr().out


def test_clusters_are_found_and_numbered_and_the_lonely_are_left_out():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 16))
    truth = rng.permutation(np.repeat(np.arange(3), 12))
    features = l2_normalised(centres[truth] + 0.05 * rng.normal(size=(36, 16)))
    lonely = l2_normalised(rng.normal(size=(1, 16)))
    labels = cluster(np.concatenate([features, lonely]).astype(np.float32), k1=8, k2=1)
    assert labels[-1] == OUTLIER
    found = labels[:-1] != OUTLIER
    assert found.sum() >= 30
    assert len(set(zip(labels[:-1][found].tolist(), truth[found].tolist(), strict=True))) == 3
    assert labels[found.argmax()] == 0
    assert set(labels.tolist()) == {OUTLIER, 0, 1, 2}
