"""The augmentations of BoT and of FastReID's toolbox, each with its own probability, in FastReID's order.

AutoAugment, resize, colour jitter, flip, pad and crop, AugMix, normalise, random erasing, random patch,
cutout. All are pure functions of the picture and a random generator; only random patch remembers patches.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from reid_core.types import FloatArray, ImageArray
from training.config import BatchConfig
from training.datasets.transforms import erase, normalise, resize, shift

CUTOUT_SIDE = 64
ERASED_AREA = (0.02, 0.4)
_PATCH_TRIES = 50


class Augmenter:
    """The transform of training for one config.

    Args:
        config: Sizes and probabilities.
    """

    def __init__(self, config: BatchConfig) -> None:
        self._config = config
        self._patch = RandomPatch()

    def __call__(self, image: ImageArray, rng: np.random.Generator) -> FloatArray:
        """RGB uint8 ``(h, w, 3)`` of any size to normalised float32 ``(3, height, width)``."""
        config = self._config
        if rng.random() < config.auto_augment_p:
            image = auto_augment(image, rng)
        image = resize(image, config.height, config.width)
        if rng.random() < config.jitter_p:
            image = colour_jitter(image, rng)
        if rng.random() < config.flip_p:
            image = image[:, ::-1]
        image = shift(np.ascontiguousarray(image), config.pad_px, rng)
        if rng.random() < config.augmix_p:
            image = augmix(image, rng)
        pixels = normalise(image)
        if rng.random() < config.erasing_p:
            erase(pixels, ERASED_AREA, rng)
        if config.patch_p:
            self._patch(pixels, config.patch_p, rng)
        if rng.random() < config.cutout_p:
            cutout(pixels, rng)
        return pixels


def cutout(pixels: FloatArray, rng: np.random.Generator, side: int = CUTOUT_SIDE) -> None:
    """Set one random square to 0, in place; nothing where it does not fit inside.

    Source: DeVries and Taylor, "Improved Regularization with Cutout" (2017), as BDB and CBDB-Net use it.

    Args:
        pixels: ``(3, H, W)``, normalised.
        rng: Decides.
        side: Of the square, px.
    """
    height, width = pixels.shape[1:]
    if side < height and side < width:
        top, left = rng.integers(0, height - side), rng.integers(0, width - side)
        pixels[:, top : top + side, left : left + side] = 0


class RandomPatch:
    """Pastes pieces of earlier pictures into later ones.

    Zhou et al., OSNet's code, as in FastReID: every picture first leaves a piece in a pool; once the pool is
    filled, a picture gets one of the pieces, mirrored half of the time. Read there, not run.

    Args:
        n_least: Pieces in the pool before the first is pasted.
        n_most: Pieces that the pool remembers.
    """

    def __init__(self, n_least: int = 100, n_most: int = 50_000) -> None:
        self._pool: deque[FloatArray] = deque(maxlen=n_most)
        self._n_least = n_least

    def __call__(self, pixels: FloatArray, p: float, rng: np.random.Generator) -> None:
        """Cut a piece out of ``(3, H, W)`` for later, and with probability ``p`` paste one in, in place."""
        height, width = pixels.shape[1:]
        piece = self._cut(pixels, rng)
        if piece is not None:
            self._pool.append(piece)
        if len(self._pool) < self._n_least or rng.random() >= p:
            return
        pasted = self._pool[int(rng.integers(len(self._pool)))]
        if rng.random() < 0.5:
            pasted = pasted[:, :, ::-1]
        h, w = pasted.shape[1:]
        if h <= height and w <= width:
            top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
            pixels[:, top : top + h, left : left + w] = pasted

    @staticmethod
    def _cut(pixels: FloatArray, rng: np.random.Generator) -> FloatArray | None:
        height, width = pixels.shape[1:]
        for _ in range(_PATCH_TRIES):
            area, aspect = rng.uniform(0.01, 0.5) * height * width, rng.uniform(0.1, 10)
            h, w = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
            if 0 < h < height and 0 < w < width:
                top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
                return pixels[:, top : top + h, left : left + w].copy()
        return None


def auto_augment(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """AutoAugment with the policy for ImageNet: torchvision's, whose strengths FastReID bins a bit otherwise.

    Source: Cubuk et al., "AutoAugment" (CVPR 2019).
    """
    from torchvision.transforms import v2

    policy = v2.AutoAugmentPolicy.IMAGENET
    return _with_torchvision(v2.AutoAugment(policy, fill=128), image, rng)


def augmix(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """AugMix at FastReID's strength: width 3, depth 1, severity 1, coefficient 0.1; torchvision's.

    Source: Hendrycks et al., "AugMix" (ICLR 2020).
    """
    from torchvision.transforms import v2

    mix = v2.AugMix(severity=1, mixture_width=3, chain_depth=1, alpha=0.1)
    return _with_torchvision(mix, image, rng)


def colour_jitter(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """Brightness and contrast up to 15 %, saturation and hue up to 10 %, as FastReID; torchvision's."""
    from torchvision.transforms import v2

    jitter = v2.ColorJitter(brightness=0.15, contrast=0.15, saturation=0.1, hue=0.1)
    return _with_torchvision(jitter, image, rng)


def _with_torchvision(
    transform: Callable[[Any], Any], image: ImageArray, rng: np.random.Generator
) -> ImageArray:
    """Torchvision draws from torch's global generator: it is seeded from ours and then put back."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**62)))
        changed = transform(torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1))
    return np.asarray(changed.permute(1, 2, 0).numpy(), np.uint8)
