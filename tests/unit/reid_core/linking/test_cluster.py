from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.errors import CancelledError
from reid_core.linking.cluster import Start, agglomerate, labels_after
from reid_core.linking.constraints import constrain
from reid_core.linking.identities import Span
from reid_core.linking.travel import TravelTable, TravelWindow
from reid_core.progress import CancelToken
from tests.unit.reid_core.linking.sites import span


def unit(rows: list[list[float]]) -> np.ndarray:
    vectors = np.array(rows, np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def in_rooms(n: int) -> list[Span]:
    """Everybody in a camera of their own, so that nothing is impossible."""
    return [span(str(k), f"room {k}", 0, 1) for k in range(n)]


def all_pairs(n: int) -> np.ndarray:
    return np.array(list(combinations(range(n), 2)), np.int64).reshape(-1, 2)


def alone(vectors: np.ndarray, different=()) -> Start:
    n = len(vectors)
    return Start([np.array([k]) for k in range(n)], vectors, np.ones(n, np.int64), different)


def naive(vectors: np.ndarray) -> list[tuple[set[int], float]]:
    """Average linkage as the textbook has it: all groups, all pairs, again and again."""
    groups = [{row} for row in range(len(vectors))]
    similarity = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    merged = []
    while len(groups) > 1:
        found = [
            (np.mean([similarity[i, j] for i in a for j in b]), -k, -m)
            for k, a in enumerate(groups)
            for m, b in enumerate(groups)
            if k < m
        ]
        value, k, m = max(found)
        joined = groups[-k] | groups[-m]
        groups = [g for n, g in enumerate(groups) if n not in (-k, -m)] + [joined]
        merged.append((joined, float(value)))
    return merged


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_it_is_average_linkage(seed, n):
    vectors = unit(np.random.default_rng(seed).normal(size=(n, 6)).tolist())
    merges = agglomerate(alone(vectors), all_pairs(n), constrain(in_rooms(n), TravelTable()), floor=-2.0)
    expected = naive(vectors)
    assert [m.height for m in merges] == pytest.approx([v for _, v in expected], abs=1e-5)
    for k, (joined, _) in enumerate(expected, start=1):
        labels = labels_after(n, merges[:k])
        assert len({labels[row] for row in joined}) == 1


def test_only_candidates_are_joined_and_only_down_to_the_floor():
    vectors = unit([[1, 0, 0], [1, 0.1, 0], [0, 1, 0], [0.1, 1, 0]])
    rooms = constrain(in_rooms(4), TravelTable())
    assert agglomerate(alone(vectors), np.zeros((0, 2), np.int64), rooms, floor=0.0) == []
    merges = agglomerate(alone(vectors), np.array([[0, 1]]), rooms, floor=0.0)
    assert [(m.a, m.b) for m in merges] == [(0, 1)]
    merges = agglomerate(alone(vectors), all_pairs(4), rooms, floor=0.5)
    assert sorted((m.a, m.b) for m in merges) == [(0, 1), (2, 3)]


def test_different_people_stay_apart_also_through_others():
    vectors = unit([[1, 0], [1, 0.05], [1, 0.1]])
    rooms = constrain(in_rooms(3), TravelTable())
    merges = agglomerate(alone(vectors, [(0, 2)]), all_pairs(3), rooms, floor=0.0)
    assert len(merges) == 1
    labels = labels_after(3, merges)
    assert labels[0] != labels[2]


def test_nobody_is_twice_in_one_camera_at_one_time():
    spans = [span("a", "gate", 0, 10), span("b", "gate", 5, 15), span("c", "hall", 0, 10)]
    vectors = unit([[1, 0], [1, 0.05], [1, 0.02]])
    merges = agglomerate(alone(vectors), all_pairs(3), constrain(spans, TravelTable()), floor=0.0)
    assert len(merges) == 1
    assert {merges[0].a, merges[0].b} == {0, 2}


def test_the_usual_travel_time_decides_between_two_who_look_alike():
    table = TravelTable([TravelWindow("gate", "hall", 5_000, 20_000, 90_000)])
    spans = [
        span("a", "gate", 0, 10),
        span("b", "hall", 30, 35),
        span("c", "hall", 33, 98),
        span("d", "hall", 97, 99),
    ]
    vectors = unit([[1, 0], [1, 0.22], [0, 1], [1, 0.2]])
    start, pairs, constraints = alone(vectors), np.array([[0, 1], [0, 3]]), constrain(spans, table)
    by_looks = agglomerate(start, pairs, constrain(spans, TravelTable()), floor=0.5)
    by_both = agglomerate(start, pairs, constraints, floor=0.5, travel_weight=0.05)
    assert (by_looks[0].a, by_looks[0].b) == (0, 3)
    assert (by_both[0].a, by_both[0].b) == (0, 1)
    assert by_both[0].height == pytest.approx(float(vectors[0] @ vectors[1]) + 0.05, abs=1e-6)


def test_a_group_with_more_vectors_weighs_more():
    vectors = unit([[1, 0], [1, 0.2], [0.9, 0.4]])
    members = [np.array([0, 1]), np.array([2])]
    start = Start(members, np.array([vectors[0] + vectors[1], vectors[2]]), np.array([2, 1]))
    merges = agglomerate(start, np.array([[0, 1]]), constrain(in_rooms(3), TravelTable()), floor=0.0)
    expected = float((vectors[0] @ vectors[2] + vectors[1] @ vectors[2]) / 2)
    assert merges[0].height == pytest.approx(expected, abs=1e-6)


def test_it_can_be_stopped():
    token = CancelToken()
    token.cancel()
    vectors = unit([[1, 0], [1, 0.1]])
    with pytest.raises(CancelledError):
        agglomerate(
            alone(vectors),
            all_pairs(2),
            constrain(in_rooms(2), TravelTable()),
            floor=0.0,
            proceed=token.raise_if_cancelled,
        )


def test_people_who_differ_and_are_no_candidates_are_no_trouble():
    spans = [span("a", "gate", 0, 0), span("b", "gate", 0, 0)]
    vectors = unit([[1, 0], [1, 0.05]])
    start, constraints = alone(vectors, [(0, 1)]), constrain(spans, TravelTable())
    assert agglomerate(start, np.zeros((0, 2), np.int64), constraints, floor=0.0) == []
