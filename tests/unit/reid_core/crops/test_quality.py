"""Each factor of crop quality orders as it should, alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reid_core.crops import quality
from reid_core.types import Detections

WIDTH, HEIGHT = 640, 480
STANDING = (200.0, 100.0, 300.0, 344.0)


def _frame(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (HEIGHT // 4, WIDTH // 4, 3), dtype=np.uint8)
    return cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def _one(image: np.ndarray, box: tuple[float, ...], score: float = 0.9) -> float:
    return float(quality.measure(image, Detections.of([box], [score]))[0])


def test_values_are_fractions_in_the_order_of_the_boxes() -> None:
    boxes = [STANDING, (10, 20, 40, 90), (400, 0, WIDTH, HEIGHT)]
    found = quality.measure(_frame(), Detections.of(boxes, [0.9, 0.5, 1.0]))
    assert found.shape == (3,)
    assert found.dtype == np.float32
    assert ((found > 0) & (found < 1)).all()
    backwards = quality.measure(_frame(), Detections.of(boxes[::-1], [1.0, 0.5, 0.9]))
    np.testing.assert_array_equal(found, backwards[::-1])


def test_blurred_is_worse_than_sharp() -> None:
    image = _frame()
    factors = [
        float(quality.sharpness(cv2.GaussianBlur(image, (0, 0), sigma), np.array([STANDING], np.float32))[0])
        for sigma in (0.5, 2, 4, 8)
    ]
    assert factors == sorted(factors, reverse=True)
    assert factors[0] > 1.5 * factors[2]
    assert _one(cv2.GaussianBlur(image, (0, 0), 4), STANDING) < _one(image, STANDING)


def test_sharpness_does_not_depend_on_contrast() -> None:
    image = _frame()
    faint = (image.astype(np.float32) * 0.4 + 60).astype(np.uint8)
    box = np.array([STANDING], np.float32)
    assert quality.sharpness(faint, box)[0] == pytest.approx(quality.sharpness(image, box)[0], rel=0.1)


def test_sensor_noise_on_a_flat_crop_is_little_detail() -> None:
    noise = np.random.default_rng(1).integers(-2, 3, (HEIGHT, WIDTH, 3))
    grey = (128 + noise).astype(np.uint8)
    box = np.array([STANDING], np.float32)
    assert quality.sharpness(grey, box)[0] < 0.6 * quality.sharpness(_frame(), box)[0]
    assert quality.sharpness(np.full_like(grey, 128), box)[0] == 0


def test_larger_is_better_up_to_the_size_that_the_embedder_sees() -> None:
    boxes = np.array([(0, 0, w, 2 * w) for w in (16, 32, 64, 128, 200)], np.float32)
    np.testing.assert_allclose(quality.size(boxes), [0.125, 0.25, 0.5, 1, 1])


def test_cut_off_is_worse_than_whole() -> None:
    inside = (200, 100, 300, 344)
    legs_outside = (200, 380, 300, 480)
    half_outside = (0, 100, 45, 344)
    touching = (0, 100, 101, 344)
    factors = quality.whole(
        np.array([inside, touching, half_outside, legs_outside], np.float32), WIDTH, HEIGHT
    )
    assert factors[0] == 1
    assert factors[1] == pytest.approx(0.8)
    assert factors[2] == pytest.approx(0.8 * 45 / (0.41 * 244))
    assert factors[3] == pytest.approx(0.8 * 41 / 100)


def test_covered_by_a_nearer_person_is_worse_and_only_the_farther_one_pays() -> None:
    far, near = (200, 100, 300, 300), (250, 120, 350, 330)
    free = quality.uncovered(np.array([far, near], np.float32))
    assert free[0] == pytest.approx(1 - 0.5 * 0.9, abs=0.05)
    assert free[1] == 1
    image = _frame()
    pair = quality.measure(image, Detections.of([far, near], [0.9, 0.9]))
    assert pair[0] < 0.7 * _one(image, far)
    assert pair[1] == _one(image, near)


def test_covers_that_overlap_count_once() -> None:
    boxes = [(0, 0, 80, 160), (40, 0, 120, 200), (40, 0, 120, 210)]
    assert quality.uncovered(np.array(boxes, np.float32))[0] == pytest.approx(0.5)


def test_a_surer_detector_is_better() -> None:
    image = _frame()
    assert _one(image, STANDING, 0.3) < _one(image, STANDING, 0.9)


@pytest.mark.parametrize(
    "box",
    [
        (50, 50, 50, 90),
        (90, 90, 50, 50),
        (-50, -50, -10, -10),
        (700, 500, 800, 700),
        (np.nan, np.nan, np.nan, np.nan),
    ],
)
def test_a_box_without_area_in_the_frame_has_quality_0(box: tuple[float, ...]) -> None:
    assert _one(_frame(), box) == 0


def test_no_detections_give_no_qualities() -> None:
    assert quality.measure(_frame(), Detections.empty()).shape == (0,)
