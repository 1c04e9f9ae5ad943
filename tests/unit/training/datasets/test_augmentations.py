"""Each augmentation alone does what its source says, all are pure functions of their generator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.config import BatchConfig
from training.datasets.augmentations import (
    Augmenter,
    RandomPatch,
    augmix,
    auto_augment,
    colour_jitter,
    cutout,
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


def test_random_patch_pastes_pieces_of_earlier_pictures_once_its_pool_is_filled():
    patch, generator = RandomPatch(n_least=3), rng(1)
    pictures = [np.full((3, 64, 32), float(value), np.float32) for value in range(1, 9)]
    for picture in pictures:
        patch(picture, 1.0, generator)
    assert all((picture == value).all() for value, picture in enumerate(pictures[:2], start=1))
    foreign = [set(np.unique(p).tolist()) - {float(v)} for v, p in enumerate(pictures, start=1)]
    assert any(foreign[2:])
    assert all(found <= set(range(1, v + 1)) for v, found in enumerate(foreign, start=1))
    never = np.zeros((3, 64, 32), np.float32)
    patch(never, 0.0, generator)
    assert not never.any()


def test_pool_forgets_the_oldest():
    patch = RandomPatch(n_least=1, n_most=2)
    for value in (1.0, 2.0, 3.0):
        patch(np.full((3, 64, 32), value, np.float32), 0.0, rng())
    assert {float(piece.max()) for piece in patch._pool} == {2.0, 3.0}


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
