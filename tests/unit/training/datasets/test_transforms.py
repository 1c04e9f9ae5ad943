"""Transforms: the numbers of the plain path, and that every augmentation does what its name says."""

from __future__ import annotations

import numpy as np
import pytest

from training.datasets.transforms import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Augmentation,
    augment,
    normalise,
    prepare,
)

OFF = Augmentation(flip_p=0, pad_px=0, jitter_p=0, grey_p=0, erasing_p=0, strip_p=0)


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (128, 64, 3)).astype(np.uint8)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def with_only(**changes) -> Augmentation:
    return Augmentation(**{name: getattr(OFF, name) for name in OFF.__slots__} | changes)


def test_normalise_is_imagenets(image):
    x, y, channel = 17, 90, 2
    value = (image[y, x, channel] / 255 - (0.485, 0.456, 0.406)[channel]) / (0.229, 0.224, 0.225)[channel]
    pixels = normalise(image)
    assert pixels.shape == (3, 128, 64)
    assert pixels.dtype == np.float32
    assert pixels[channel, y, x] == pytest.approx(value, rel=1e-5)


def test_all_steps_off_is_the_transform_of_evaluation(image, rng):
    np.testing.assert_array_equal(augment(image, 256, 128, OFF, rng), prepare(image, 256, 128))


def test_same_generator_same_picture(image):
    first, second = (augment(image, 160, 80, Augmentation(), np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.shape == (3, 160, 80)
    assert not np.array_equal(first, augment(image, 160, 80, Augmentation(), np.random.default_rng(8)))


def test_flip_mirrors_left_to_right(image, rng):
    flipped = augment(image, 128, 64, with_only(flip_p=1), rng)
    np.testing.assert_array_equal(flipped, prepare(image, 128, 64)[:, :, ::-1])


def test_pad_and_crop_shifts_by_at_most_the_border(image):
    plain = prepare(image, 256, 128)
    black = (0 - IMAGENET_MEAN) / IMAGENET_STD
    for seed in range(8):
        shifted = augment(image, 256, 128, with_only(pad_px=10), np.random.default_rng(seed))
        core = shifted[:, 10:-10, 10:-10]
        fits = [
            (dy, dx)
            for dy in range(21)
            for dx in range(21)
            if np.array_equal(core, plain[:, dy : dy + 236, dx : dx + 108])
        ]
        assert len(fits) == 1
        (dy, dx) = fits[0]
        if dy < 10:
            np.testing.assert_allclose(shifted[:, : 10 - dy].mean((1, 2)), black, rtol=1e-4)
        if dx > 10:
            np.testing.assert_allclose(shifted[:, :, 118 - dx + 20 :].mean((1, 2)), black, rtol=1e-4)


def test_erasing_sets_one_rectangle_of_allowed_area_to_the_mean(image):
    image = np.maximum(image, 200)  # no pixel equals the mean, which lies near 120
    for seed in range(40):
        pixels = augment(image, 256, 128, with_only(erasing_p=1), np.random.default_rng(seed))
        erased = (pixels == 0).all(0)
        rows, columns = np.flatnonzero(erased.any(1)), np.flatnonzero(erased.any(0))
        height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
        assert erased.sum() == height * width
        assert 0.015 < erased.mean() < 0.41
        assert 0.25 < height / width < 4


def test_strip_hides_one_whole_side_in_one_colour(image):
    sides = set()
    for seed in range(40):
        pixels = augment(image, 256, 128, with_only(strip_p=1), np.random.default_rng(seed))
        hidden = (pixels != prepare(image, 256, 128)).all(0)
        whole_rows, whole_columns = hidden.all(1), hidden.all(0)
        share = max(whole_rows.mean(), whole_columns.mean())
        assert 0.09 < share < 0.51
        assert np.ptp(pixels[:, hidden], axis=1).max() == 0
        sides.add((whole_rows[0], whole_rows[-1], whole_columns[0], whole_columns[-1]))
    assert len(sides) == 4


def test_jitter_keeps_shape_and_moves_colours_within_its_limits(rng):
    grey = np.full((128, 64, 3), 120, np.uint8)
    levels = []
    for _ in range(60):
        pixels = augment(grey, 128, 64, with_only(jitter_p=1), rng)
        levels.append((pixels.mean((1, 2)) * IMAGENET_STD + IMAGENET_MEAN) * 255)
    levels = np.array(levels)
    assert levels.min() >= 120 * 0.75 * 0.92 - 1
    assert levels.max() <= 120 * 1.25 * 1.08 + 1
    assert levels.std() > 5


def test_grey_removes_the_colours(image, rng):
    pixels = augment(image, 128, 64, with_only(grey_p=1), rng)
    levels = pixels * IMAGENET_STD[:, None, None] + IMAGENET_MEAN[:, None, None]
    assert np.ptp(levels, axis=0).max() < 1e-5
