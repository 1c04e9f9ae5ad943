"""From a decoded picture to the network's input: geometry, colour, occlusion, normalisation.

The order for training follows "Bag of Tricks" (Luo et al., CVPRW 2019): resize, flip, pad and crop,
normalise, erase; colours change before the resize, where there are fewer pixels. Pictures are RGB uint8
``(H, W, 3)``; the result is float32 ``(3, H, W)`` with ImageNet's mean and deviation. Erased pixels become
exactly 0, the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from reid_core.types import FloatArray, ImageArray

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
IMAGENET_STD = np.array([0.229, 0.224, 0.225], np.float32)
_ERASING_TRIES = 100


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How pictures are varied in training; every ``p`` is a probability, 0 switches the step off.

    Attributes:
        flip_p: Mirror left to right.
        pad_px: Black border before the random crop back to size, at a height of 256; scaled with the height.
        jitter_p: Change the colours.
        brightness: Largest relative change of brightness.
        contrast: Largest relative change of contrast about the picture's mean.
        tint: Largest relative change of each colour channel by itself.
        grey_p: Remove the colours.
        erasing_p: Erase one rectangle (Zhong et al., "Random Erasing", 2017).
        erasing_area: Range of the erased share of the picture.
        strip_p: Hide the top, bottom, left or right, as a table, a crowd or the frame's edge does.
        strip_share: Range of the hidden share.
    """

    flip_p: float = 0.5
    pad_px: int = 10
    jitter_p: float = 0.8
    brightness: float = 0.25
    contrast: float = 0.25
    tint: float = 0.08
    grey_p: float = 0.05
    erasing_p: float = 0.5
    erasing_area: tuple[float, float] = (0.02, 0.4)
    strip_p: float = 0.2
    strip_share: tuple[float, float] = (0.1, 0.5)


def resize(image: ImageArray, height: int, width: int) -> ImageArray:
    """To ``(height, width, 3)``, bilinear, as torchreid and the strong baseline do."""
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def normalise(image: ImageArray) -> FloatArray:
    """RGB uint8 ``(H, W, 3)`` to float32 ``(3, H, W)`` with ImageNet's mean and deviation."""
    scaled = (image.astype(np.float32) / 255 - IMAGENET_MEAN) / IMAGENET_STD
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


def prepare(image: ImageArray, height: int, width: int) -> FloatArray:
    """The transform of evaluation: resize and normalise; ``(3, height, width)``."""
    return normalise(resize(image, height, width))


def augment(
    image: ImageArray, height: int, width: int, config: Augmentation, rng: np.random.Generator
) -> FloatArray:
    """The transform of training; ``(3, height, width)`` float32, a pure function of its arguments."""
    image = _recolour(image, config, rng)
    image = resize(image, height, width)
    if rng.random() < config.flip_p:
        image = image[:, ::-1]
    image = shift(image, round(config.pad_px * height / 256), rng)
    pixels = normalise(image)
    if rng.random() < config.erasing_p:
        erase(pixels, config.erasing_area, rng)
    if rng.random() < config.strip_p:
        _hide_strip(pixels, config.strip_share, rng)
    return pixels


def _recolour(image: ImageArray, config: Augmentation, rng: np.random.Generator) -> ImageArray:
    """Contrast, brightness and tint as one affine map per channel, applied by table before resizing."""
    if rng.random() < config.grey_p:
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if rng.random() >= config.jitter_p:
        return image
    contrast = 1 + rng.uniform(-config.contrast, config.contrast)
    brightness = 1 + rng.uniform(-config.brightness, config.brightness)
    tint = 1 + rng.uniform(-config.tint, config.tint, 3)
    mean = float(image.mean())
    levels = np.arange(256)[:, None]
    table = ((levels - mean) * contrast + mean) * brightness * tint
    return np.asarray(cv2.LUT(image, np.clip(table + 0.5, 0, 255).astype(np.uint8)[None]), np.uint8)


def shift(image: ImageArray, pad_px: int, rng: np.random.Generator) -> ImageArray:
    """Pad ``(H, W, 3)`` with black and crop it back to its size at a random place."""
    if not pad_px:
        return image
    height, width = image.shape[:2]
    padded = np.zeros((height + 2 * pad_px, width + 2 * pad_px, 3), np.uint8)
    padded[pad_px : pad_px + height, pad_px : pad_px + width] = image
    top, left = rng.integers(0, 2 * pad_px + 1, 2)
    return padded[top : top + height, left : left + width]


def erase(pixels: FloatArray, area: tuple[float, float], rng: np.random.Generator) -> None:
    """Random erasing: set a random rectangle of aspect 0.3 to 3.33 to 0, in place.

    Args:
        pixels: ``(3, H, W)``, normalised, so that 0 is the mean.
        area: Range of the erased share of the picture.
        rng: Decides.

    Source: Zhong et al., "Random Erasing Data Augmentation" (2017), with BoT's 100 tries; verified geometry.
    """
    height, width = pixels.shape[1:]
    for _ in range(_ERASING_TRIES):
        share, aspect = rng.uniform(*area), rng.uniform(0.3, 1 / 0.3)
        h, w, fits = erased_size(height, width, share, aspect)
        if fits:
            top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
            pixels[:, top : top + h, left : left + w] = 0
            return


def erased_size(height: int, width: int, share: float, aspect: float) -> tuple[int, int, bool]:
    """Height and width of the rectangle that random erasing draws, and whether it fits (else: draw again).

    Args:
        height: Of the picture, px.
        width: Of the picture, px.
        share: Erased share of the picture's area.
        aspect: Height over width.
    """
    area = share * height * width
    h, w = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
    return h, w, 0 < h < height and 0 < w < width


def _hide_strip(pixels: FloatArray, share: tuple[float, float], rng: np.random.Generator) -> None:
    """Set one side of the picture to a flat random colour, in place; below more often than elsewhere."""
    height, width = pixels.shape[1:]
    part = rng.uniform(*share)
    colour = rng.normal(0, 0.8, (3, 1, 1)).astype(np.float32)
    h, w = max(1, round(part * height)), max(1, round(part * width))
    side = rng.choice(4, p=(0.4, 0.2, 0.2, 0.2))
    window = (
        pixels[:, height - h :],
        pixels[:, :h],
        pixels[:, :, :w],
        pixels[:, :, width - w :],
    )[int(side)]
    window[:] = colour
