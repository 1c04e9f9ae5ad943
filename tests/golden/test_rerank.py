"""Distances, DSR, query expansion and re-ranking against known answers, in float64, and by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reid_core.index import distance, expansion, rerank
from tests.data import ROOT

KNOWN_ANSWERS = ROOT.parent / "shared" / "vectors" / "known_answers.json"

Inputs = dict[str, np.ndarray]
Params = dict[str, Any]


def _dsr(inputs: Inputs, params: Params) -> dict[str, float]:
    q, g, w = inputs["Q"], inputs["G"], inputs["w"]
    kappa = params["kappa"]
    return {
        "dist": distance.dsr_least_squares(q, g, w, kappa),
        "reverse": distance.dsr_least_squares(g, q, w, kappa),
    }


def _k_reciprocal(inputs: Inputs, params: Params) -> dict[str, np.ndarray]:
    found = rerank.k_reciprocal(inputs["q_g"], inputs["q_q"], inputs["g_g"], **params)
    return {"final": found.final, "jaccard": found.jaccard}


def _alpha_expansion(inputs: Inputs, params: Params) -> dict[str, np.ndarray]:
    query, gallery = expansion.alpha_expansion(inputs["query"], inputs["gallery"], **params)
    return {"query": query, "gallery": gallery}


OPS: dict[str, Callable[[Inputs, Params], Any]] = {
    "distance/euclidean": lambda i, p: distance.euclidean(i["x"], i["y"]),
    "distance/squared_euclidean": lambda i, p: distance.squared_euclidean(i["x"], i["y"]),
    "distance/cosine": lambda i, p: distance.cosine(i["x"], i["y"]),
    "dsr/least_squares": _dsr,
    "dsr/nearest_match_score": lambda i, p: distance.dsr_match_similarity(i["X"], i["Y"]),
    "dsr/self_zero_limit": lambda i, p: [
        distance.dsr_least_squares(i["Q"], i["G"], i["w"], kappa) for kappa in p["kappas"]
    ],
    "rerank/k_reciprocal": _k_reciprocal,
    "rerank/fastreid_jaccard_features": lambda i, p: rerank.fastreid_jaccard(i["features"], **p),
    "qe/average": lambda i, p: expansion.average_expansion(i["query"], i["gallery"], **p),
    "qe/alpha_qe_fastreid": _alpha_expansion,
}


def _entries(path: Path = KNOWN_ANSWERS) -> list[dict[str, Any]]:
    entries = json.loads(path.read_text("utf-8")) if path.is_file() else []
    return [entry for entry in entries if entry["op"].split("/")[0] in {"distance", "dsr", "rerank", "qe"}]


@pytest.mark.data
@pytest.mark.skipif(not KNOWN_ANSWERS.is_file(), reason="the known answers are not at ../shared/vectors")
@pytest.mark.parametrize("entry", _entries(), ids=lambda entry: entry["name"])
def test_known_answer(entry: dict[str, Any]) -> None:
    inputs = {key: np.asarray(value, np.float64) for key, value in entry["inputs"].items()}
    found = OPS[entry["op"]](inputs, entry["params"])
    expected = entry["expected"]
    if isinstance(expected, dict):
        assert set(found) == set(expected)
        for key, value in expected.items():
            np.testing.assert_allclose(found[key], value, rtol=0, atol=entry["atol"], err_msg=key)
    else:
        np.testing.assert_allclose(found, expected, rtol=0, atol=entry["atol"])


def _naive_k_reciprocal(d: np.ndarray, n_queries: int, k1: int, k2: int, lam: float) -> np.ndarray:
    """The definition, one element after the other, on the whole matrix of plain distances."""
    n = len(d)
    squared = d**2
    scaled = (squared / squared.max(axis=0)).T
    order = np.argsort(scaled, axis=1, kind="stable")

    def reciprocal(i: int, k: int) -> set[int]:
        return {int(j) for j in order[i, : k + 1] if i in order[j, : k + 1]}

    v = np.zeros((n, n))
    for i in range(n):
        base = reciprocal(i, k1)
        members = set(base)
        for j in base:
            half = reciprocal(j, round(k1 / 2))
            if len(half & base) > 2 / 3 * len(half):
                members |= half
        for j in members:
            v[i, j] = np.exp(-scaled[i, j])
        v[i] /= v[i].sum()
    if k2 != 1:
        v = np.stack([v[order[i, :k2]].mean(axis=0) for i in range(n)])
    overlap = np.minimum(v[:, None], v[None, :]).sum(axis=2)
    final = (1 - lam) * (1 - overlap / (2 - overlap)) + lam * scaled
    return final[:n_queries, n_queries:]


@pytest.mark.parametrize(("k1", "k2"), [(20, 6), (7, 1), (3, 9), (1, 1), (200, 6)])
def test_streamed_blocks_follow_the_definition(k1: int, k2: int) -> None:
    rng = np.random.default_rng(k1)
    features = rng.normal(size=(60, 6)) + 3 * rng.integers(0, 4, size=(60, 1))
    plain = np.sqrt(((features[:, None] - features[None]) ** 2).sum(axis=2))
    expected = _naive_k_reciprocal(plain, 9, k1, k2, 0.3)
    whole = rerank.k_reciprocal(plain[:9, 9:], plain[:9, :9], plain[9:, 9:], k1, k2, 0.3)
    np.testing.assert_allclose(whole.final, expected, atol=1e-12)
    blocks = list(rerank.k_reciprocal_blocks(features[:9], features[9:], k1, k2, 0.3, block_rows=7))
    assert [rows for rows, _ in blocks] == [slice(0, 7), slice(7, 9)]
    np.testing.assert_allclose(np.concatenate([b.final for _, b in blocks]), expected, atol=1e-9)
    single = rerank.k_reciprocal_distance(features[:9].astype(np.float32), features[9:], k1, k2, 0.3)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, atol=1e-4)


def test_fastreid_blocks_mix_the_metric_in() -> None:
    rng = np.random.default_rng(5)
    features = rng.normal(size=(50, 8))
    jaccard = rerank.fastreid_jaccard(features, 9, 4)[:8, 8:]
    blocks = rerank.fastreid_blocks(features[:8], features[8:], distance.cosine, 9, 4, 0.25, block_rows=3)
    final = np.concatenate([block.final for _, block in blocks])
    expected = 0.75 * jaccard + 0.25 * distance.cosine(features[:8], features[8:])
    np.testing.assert_allclose(final, expected, atol=1e-12)


def test_reranking_pushes_back_the_nearest_item_that_belongs_to_another_crowd() -> None:
    query = np.array([[0.0, 0.0]])
    friends = np.array([[1.0, 0.0], [1.1, 0.0], [1.05, 0.1], [1.0, 0.1], [1.05, 0.0]])
    crowd = np.array([[-1.3 - 0.01 * i, 0.01 * i] for i in range(8)])
    impostor = np.array([[-0.95, 0.0]])  # nearest to the query, but the crowd is nearer to it
    gallery = np.concatenate([friends, impostor, crowd])
    assert distance.euclidean(query, gallery)[0].argmin() == 5
    order = rerank.k_reciprocal_distance(query, gallery, k1=5, k2=3)[0].argsort()
    assert set(order[:5].tolist()) == set(range(5))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_vectors_equal_is_no_division_by_zero(dtype: type) -> None:
    same = np.ones((30, 4), dtype)
    for found in (
        rerank.k_reciprocal_distance(same[:3], same[3:]),
        rerank.fastreid_jaccard(same),
    ):
        assert found.dtype == dtype
        assert np.isfinite(found).all()


def test_distances_by_hand() -> None:
    x, y = np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [4.0, 3.0], [-3.0, -4.0]])
    np.testing.assert_allclose(distance.squared_euclidean(x, y), [[25, 2, 100], [0, 25, 25]])
    np.testing.assert_allclose(distance.euclidean(x, y), [[5, 2**0.5, 10], [1e-6, 5, 5]])
    np.testing.assert_allclose(distance.cosine(x, y), [[1, 1 - 24 / 25, 2], [1, 1, 1]], atol=1e-15)
    np.testing.assert_allclose(
        distance.normalised_euclidean(x, y), [[2, 2 - 48 / 25, 4], [2, 2, 2]], atol=1e-15
    )


def test_expansion_by_hand() -> None:
    query, gallery = np.array([[0.0, 0.0]]), np.array([[3.0, 0.0], [0.0, 1.0], [2.0, 0.0]])
    np.testing.assert_allclose(expansion.average_expansion(query, gallery, 2), [[2 / 3, 1 / 3]])
    np.testing.assert_allclose(expansion.average_expansion(query, gallery, 9), [[5 / 4, 1 / 4]])
    np.testing.assert_allclose(expansion.average_expansion(query, gallery[:0], 2), query)


def test_alpha_expansion_of_opposite_vectors_is_finite_for_a_fractional_power() -> None:
    query, gallery = np.array([[1.0, 0.0]]), np.array([[-1.0, 0.1], [0.0, 1.0]])
    expanded, others = expansion.alpha_expansion(query, gallery, k=3, alpha=2.5)
    np.testing.assert_allclose(expanded, [[1 / 3, 0]], atol=1e-12)
    assert np.isfinite(others).all()


def test_relevance_feedback_moves_towards_accepted_and_away_from_rejected() -> None:
    query = np.array([1.0, 0.0, 0.0])
    accepted, rejected, nothing = np.array([[0.0, 1.0, 0.0]]), np.array([[0.0, 0.0, 1.0]]), np.zeros((0, 3))
    moved = expansion.relevance_feedback(query, accepted, rejected)
    np.testing.assert_allclose(moved, np.array([1, 0.75, -0.15]) / np.linalg.norm([1, 0.75, -0.15]))
    np.testing.assert_allclose(expansion.relevance_feedback(query, nothing, nothing), query)
    np.testing.assert_allclose(
        expansion.relevance_feedback(query, nothing, query[None], away=1.0), query, err_msg="a vanished sum"
    )


def test_dsr_prefers_the_gallery_that_holds_the_parts_of_the_query() -> None:
    rng = np.random.default_rng(0)
    whole = np.abs(rng.normal(size=(32, 24, 8)))
    other = np.abs(rng.normal(size=(32, 24, 8)))
    query = distance.dsr_columns(whole[:, :12])  # the upper half of the same person
    assert distance.dsr_columns(whole).shape == (32, 48 + 33 + 20 + 9)
    np.testing.assert_allclose(np.linalg.norm(query, axis=0), 1)
    small = distance.dsr_columns(whole, kernels=(8,))
    same = distance.dsr_least_squares(distance.dsr_columns(whole[:, 8:16], (8,)), small)
    assert same < distance.dsr_least_squares(
        distance.dsr_columns(whole[:, 8:16], (8,)), distance.dsr_columns(other, (8,))
    )
    assert distance.dsr_match_similarity(query, distance.dsr_columns(whole)) == pytest.approx(query.shape[1])
    with pytest.raises(ValueError, match="smaller than every kernel"):
        distance.dsr_columns(whole[:, :1])


def test_dsr_blend_reorders_only_the_candidates() -> None:
    rng = np.random.default_rng(1)
    gallery = np.stack([distance.dsr_columns(np.abs(rng.normal(size=(64, 8, 4))), (4,)) for _ in range(5)])
    query = gallery[2][None]
    base = np.array([[0.1, 0.2, 0.25, 0.3, 0.4]])
    mixed = distance.dsr_blend(base, query, gallery, n_candidates=4)
    assert mixed.argmin() == 2
    assert mixed[0, 4] == pytest.approx(0.5 * 0.4 + 50)
