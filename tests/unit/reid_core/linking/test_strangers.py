import numpy as np
import pytest

from reid_core.linking.constraints import constrain
from reid_core.linking.identities import Span
from reid_core.linking.strangers import N_MANY, default_threshold, stranger_likeness
from reid_core.linking.travel import TravelTable


def people_of(likeness: float, who: list[int], dim: int = 256) -> np.ndarray:
    """Unit vectors; two of different people have about this similarity, two of one person 0.95."""
    random = np.random.default_rng(0)
    common = random.normal(size=dim)
    own = random.normal(size=(max(who) + 1, dim))
    noise = random.normal(size=(len(who), dim))
    vectors = likeness**0.5 * common + (0.95 - likeness) ** 0.5 * own[who] + 0.05**0.5 * noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def judged(vectors: np.ndarray, spans: list[Span], assumed: float = 0.7) -> float:
    rows = np.arange(len(spans))
    return stranger_likeness(vectors, rows, constrain(spans, TravelTable()), assumed)


def apart(n: int) -> list[Span]:
    """Tracklets one after the other."""
    return [Span(str(k), f"camera {k % 3}", k * 10_000.0, k * 10_000.0 + 5_000) for k in range(n)]


@pytest.mark.parametrize("likeness", [0.1, 0.4, 0.7])
def test_many_people_tell_how_alike_strangers_are(likeness):
    who = list(range(60))
    assert judged(people_of(likeness, who), apart(60)) == pytest.approx(likeness, abs=0.05)


@pytest.mark.parametrize("likeness", [0.1, 0.4, 0.6])
def test_two_people_side_by_side_tell_it_though_half_of_all_pairs_are_one_person(likeness):
    spans = [Span(f"{who} {camera}", str(camera), 0.0, 9_000.0) for camera in range(5) for who in (0, 1)]
    assert judged(people_of(likeness, [0, 1] * 5), spans) == pytest.approx(likeness, abs=0.08)


def test_one_person_alone_is_not_taken_for_strangers():
    vectors = people_of(0.4, [0, 0, 0, 0])
    assert judged(vectors, apart(4)) == 0.7
    assert judged(vectors[:1], apart(1)) == 0.7
    assert judged(vectors[:0], []) == 0.7
    assert (
        judged(people_of(0.4, [0] * N_MANY), apart(N_MANY)) > 0.9
    )  # so many of one person alone are no site


def test_the_threshold_lies_between_strangers_and_identical_and_rises_with_their_number():
    thresholds = [default_threshold(0.5, n) for n in (0, 1, 10, 100, 1_000, 10_000, 100_000, 10**9)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] > 0.5
    assert thresholds[-1] < 1
