"""The augmentations of BoT and of FastReID's toolbox, each with its own probability, in FastReID's order.

AutoAugment, resize, colour jitter, flip, pad and crop, AugMix, normalise, random erasing, random patch,
cutout. All are pure functions of the picture, a random generator and, for random patch, an earlier picture.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from reid_core.types import FloatArray, ImageArray
from training.config import BatchConfig
from training.datasets.transforms import erase, normalise, prepare, resize, shift

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

    def __call__(
        self, image: ImageArray, rng: np.random.Generator, donor: Callable[[], ImageArray] | None = None
    ) -> FloatArray:
        """RGB uint8 ``(h, w, 3)`` of any size to normalised float32 ``(3, height, width)``.

        Args:
            image: The picture.
            rng: Decides.
            donor: Gives an earlier picture for random patch; None leaves that out.
        """
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
        if donor is not None and rng.random() < config.patch_p:
            random_patch(pixels, prepare(donor(), config.height, config.width), rng)
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


def random_patch(pixels: FloatArray, donor: FloatArray, rng: np.random.Generator) -> None:
    """Paste a piece of another picture into one, in place; mirrored half of the time.

    Zhou et al., OSNet's code, as in FastReID, keeps pieces of the 50,000 latest pictures in a pool. Here the
    piece is cut from one of those pictures anew, which needs no memory and survives a resume: the same choice
    among the same pictures, but the donor is not augmented.

    Args:
        pixels: ``(3, H, W)``, normalised.
        donor: ``(3, H, W)``, normalised: an earlier picture.
        rng: Decides.
    """
    height, width = pixels.shape[1:]
    for _ in range(_PATCH_TRIES):
        area, aspect = rng.uniform(0.01, 0.5) * height * width, rng.uniform(0.1, 10)
        h, w = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
        if 0 < h < height and 0 < w < width:
            top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
            piece = donor[:, top : top + h, left : left + w]
            piece = piece[:, :, ::-1] if rng.random() < 0.5 else piece
            top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
            pixels[:, top : top + h, left : left + w] = piece
            return


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
