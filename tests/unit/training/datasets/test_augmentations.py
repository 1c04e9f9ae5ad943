"""Each augmentation alone does what its source says, all are pure functions of their generator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.config import BatchConfig
from training.datasets.augmentations import (
    Augmenter,
    augmix,
    auto_augment,
    colour_jitter,
    cutout,
    random_patch,
)
from training.datasets.transforms import prepare

OFF = BatchConfig(flip_p=0, pad_px=0, erasing_p=0)
ON = BatchConfig(
    flip_p=1, erasing_p=1, patch_p=1, cutout_p=1, auto_augment_p=1, augmix_p=1, jitter_p=1
)  # fmt: skip


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (200, 90, 3), np.uint8)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_all_off_is_the_transform_of_evaluation(image):
    np.testing.assert_array_equal(Augmenter(OFF)(image, rng()), prepare(image, 256, 128))


def test_all_on_keeps_the_shape_and_depends_on_the_generator_alone(image):
    first, second = (Augmenter(ON)(image, rng(3)) for _ in range(2))
    assert first.shape == (3, 256, 128)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, Augmenter(ON)(image, rng(4)))


@pytest.mark.parametrize(
    "name", ["flip_p", "erasing_p", "cutout_p", "auto_augment_p", "augmix_p", "jitter_p", "pad_px"]
)
def test_each_one_alone_changes_the_picture(image, name):
    config = replace(OFF, **{name: 10 if name == "pad_px" else 1.0})
    plain = prepare(image, 256, 128)
    assert any(not np.array_equal(Augmenter(config)(image, rng(seed)), plain) for seed in range(4))


def test_flip_mirrors(image):
    flipped = Augmenter(replace(OFF, flip_p=1.0))(image, rng())
    np.testing.assert_allclose(flipped[:, :, ::-1], prepare(image, 256, 128))


def test_cutout_sets_one_square_to_the_mean_and_skips_small_pictures():
    pixels = np.ones((3, 384, 128), np.float32)
    cutout(pixels, rng())
    assert (pixels == 0).sum() == 3 * 64 * 64
    rows, columns = np.nonzero(pixels[0] == 0)
    assert np.ptp(rows) == np.ptp(columns) == 63
    small = np.ones((3, 64, 64), np.float32)
    cutout(small, rng())
    assert small.all()


def test_random_patch_pastes_one_rectangle_of_the_earlier_picture():
    donor = np.full((3, 64, 32), 7.0, np.float32)
    shares = set()
    for seed in range(8):
        pixels = np.ones((3, 64, 32), np.float32)
        random_patch(pixels, donor, rng(seed))
        rows, columns = np.nonzero(pixels[0] == 7)
        assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        shares.add(len(rows))
    assert len(shares) > 3
    assert max(shares) <= 0.55 * 64 * 32


def test_random_patch_needs_an_earlier_picture(image):
    config, white = replace(OFF, patch_p=1.0), np.full((50, 20, 3), 255, np.uint8)
    plain = prepare(image, 256, 128)
    np.testing.assert_array_equal(Augmenter(config)(image, rng()), plain)
    patched = Augmenter(config)(image, rng(), lambda: white)
    changed = patched != plain
    assert changed.any()
    assert set(np.unique(patched[0][changed[0]])) == {prepare(white, 1, 1)[0, 0, 0]}


@pytest.mark.parametrize("change", [auto_augment, augmix, colour_jitter])
def test_torchvisions_transforms_leave_the_global_generator_alone(image, change):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    changed = [change(image, rng(seed)) for seed in range(5)]
    assert torch.rand(1) == expected
    assert all(c.shape == image.shape and c.dtype == np.uint8 for c in changed)
    assert any(not np.array_equal(c, image) for c in changed)
    np.testing.assert_array_equal(change(image, rng(2)), changed[2])
