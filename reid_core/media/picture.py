"""From a decoded picture to the RGB array that the rest of the program sees: colours, orientation, size."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from av.video.reformatter import VideoReformatter

from reid_core.types import ImageArray

Orientation = tuple[int, int, int, int]
"""``(a, b, c, d)``, each -1, 0 or 1: the upright place of the stored pixel (x, y) is (a x + c y, b x + d y),
shifted so that the picture starts at 0. Source: ISO/IEC 14496-12, 6.2.2."""

IDENTITY: Orientation = (1, 0, 0, 1)

_TURNS = {(1, 0, 0, 1): 0, (0, 1, -1, 0): 90, (-1, 0, 0, -1): 180, (0, -1, 1, 0): 270}


def orientation_of(frame: Any) -> Orientation:
    """How a PyAV frame has to be turned or mirrored, to the nearest right angle."""
    side_data = next((data for data in frame.side_data if data.type.name == "DISPLAYMATRIX"), None)
    if side_data is None:
        return IDENTITY
    a, b, _, c, d = struct.unpack("=5i", bytes(side_data)[:20])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (-1 if a < 0 else 1, 0, 0, -1 if d < 0 else 1)
    return (0, -1 if b < 0 else 1, -1 if c < 0 else 1, 0)


def clockwise_degrees(orientation: Orientation) -> int:
    """The turn of an orientation in degrees clockwise (0, 90, 180 or 270), any mirroring undone first."""
    a, b, c, d = orientation
    if a * d - b * c < 0:
        a, b = -a, -b
    return _TURNS[(a, b, c, d)]


def upright(image: ImageArray, orientation: Orientation) -> ImageArray:
    """The picture ``(H, W, 3)`` turned and mirrored to be upright, contiguous; itself if it already is."""
    if orientation == IDENTITY:
        return image
    a, b, c, d = orientation
    if not a:
        image = image.transpose(1, 0, 2)
    flip_x, flip_y = a + c < 0, b + d < 0
    return np.ascontiguousarray(image[:: -1 if flip_y else 1, :: -1 if flip_x else 1])


def fit(image: ImageArray, width: int, height: int) -> ImageArray:
    """The picture scaled to the size in its own shape, in the middle, with black bars where it is short."""
    if image.shape[:2] == (height, width):
        return image
    import cv2  # rarely needed, and the window has to open without it

    scale = min(width / image.shape[1], height / image.shape[0])
    inner = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    scaled = cv2.resize(image, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    fitted = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    fitted[top : top + inner[1], left : left + inner[0]] = scaled
    return fitted


class PictureConverter:
    """Turns PyAV frames of one stream into RGB pictures of one size.

    Attributes:
        n_resized: How many pictures had another size than the first and were scaled.
    """

    def __init__(self, width: int, height: int, orientation: Orientation) -> None:
        """Prepare for pictures of ``width`` x ``height`` pixels after they are turned."""
        self._size = (width, height)
        self._orientation = orientation
        self._reformatter = VideoReformatter()
        self.n_resized = 0

    def convert(self, frame: Any) -> ImageArray:
        """RGB uint8 ``(height, width, 3)``, contiguous, owned by the caller."""
        rgb = self._reformatter.reformat(frame, format="rgb24", threads=1)
        image = upright(np.asarray(rgb.to_ndarray(), np.uint8), self._orientation)
        if image.shape[1::-1] != self._size:
            self.n_resized += 1
            image = fit(image, *self._size)
        return image
