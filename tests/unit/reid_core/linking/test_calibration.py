import numpy as np
import pytest

from reid_core.linking.calibration import LEAST_OF_EACH, LEAST_PAIRS, calibrate


def decided(n: int, seed: int = 0, slope: float = 20.0, middle: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Pairs whose verdicts follow a known curve."""
    random = np.random.default_rng(seed)
    similarity = random.uniform(0.2, 0.9, n)
    return similarity, random.random(n) < 1 / (1 + np.exp(-slope * (similarity - middle)))


def test_a_known_curve_is_found_again():
    calibration = calibrate(*decided(20_000))
    assert calibration.slope == pytest.approx(20.0, rel=0.05)
    assert calibration.probability(0.5) == pytest.approx(0.5, abs=0.02)
    assert calibration.probability(0.6) == pytest.approx(0.88, abs=0.02)
    assert calibration.n_pairs == 20_000


def test_probability_rises_and_can_be_turned_round():
    calibration = calibrate(*decided(60))
    grid = np.linspace(-1, 1, 41)
    rising = [calibration.probability(s) for s in grid.tolist()]
    assert rising == sorted(rising)
    assert 0 <= rising[0] < rising[-1] <= 1
    for similarity in (0.3, 0.5, 0.7):
        assert calibration.similarity(calibration.probability(similarity)) == pytest.approx(similarity)
    assert np.isfinite([calibration.similarity(0.0), calibration.similarity(1.0)]).all()


def test_a_clean_separation_does_not_claim_certainty():
    similarity = np.concatenate([np.full(15, 0.3), np.full(15, 0.8)])
    calibration = calibrate(similarity, similarity > 0.5)
    assert calibration.probability(0.8) == pytest.approx(16 / 17, abs=1e-3)
    assert calibration.probability(0.3) == pytest.approx(1 / 17, abs=1e-3)


def test_too_little_is_no_calibration():
    similarity, same = decided(200)
    assert calibrate(similarity[: LEAST_PAIRS - 1], same[: LEAST_PAIRS - 1]) is None
    few = np.arange(LEAST_PAIRS) < LEAST_OF_EACH - 1
    assert calibrate(similarity[:LEAST_PAIRS], few) is None
    assert calibrate(similarity[:LEAST_PAIRS], ~few) is None
    assert calibrate(np.zeros(0), np.zeros(0, np.bool_)) is None


def test_similarity_that_says_nothing_or_the_contrary_is_no_calibration():
    similarity, same = decided(200)
    assert calibrate(similarity, ~same) is None
    assert calibrate(np.full(40, 0.5), np.arange(40) < 20) is None
