"""Fits a frame into the network's picture without distorting it, and takes boxes back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from reid_core import geometry
from reid_core.detection.base import STRIDE_PX
from reid_core.types import FloatArray, ImageArray

PADDING_GREY = 114
"""What surrounds the frame; the value that YOLO networks are trained with."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How frames of one size lie in the network's picture.

    Attributes:
        width: Of the frame, pixels.
        height: Of the frame.
        picture_width: Of the network's picture.
        picture_height: Of it.
        scaled_width: Of the frame inside the picture.
        scaled_height: Of it.
        left: First column of the frame inside the picture.
        top: First row of it.
    """

    width: int
    height: int
    picture_width: int
    picture_height: int
    scaled_width: int
    scaled_height: int
    left: int
    top: int

    @property
    def scale(self) -> float:
        """Pixels of the picture per pixel of the frame."""
        return min(self.picture_width / self.width, self.picture_height / self.height)

    def draw(self, image: ImageArray, picture: ImageArray) -> None:
        """Draw a frame into a picture.

        Args:
            image: ``(height, width, 3)`` RGB.
            picture: ``(picture_height, picture_width, 3)``, written in place; its border must already be
                grey.
        """
        inside = picture[self.top : self.top + self.scaled_height, self.left : self.left + self.scaled_width]
        if inside.shape == image.shape:
            inside[:] = image
        else:
            inside[:] = cv2.resize(
                image, (self.scaled_width, self.scaled_height), interpolation=cv2.INTER_LINEAR
            )

    def blank(self, n: int) -> ImageArray:
        """``(n, picture_height, picture_width, 3)`` of grey."""
        return np.full((n, self.picture_height, self.picture_width, 3), PADDING_GREY, np.uint8)

    def to_frame(self, xyxy: FloatArray) -> FloatArray:
        """Boxes ``(N, 4)`` of the picture as boxes of the frame, clipped to it."""
        offset = np.array([self.left, self.top, self.left, self.top], np.float32)
        return geometry.clip((xyxy - offset) / np.float32(self.scale), self.width, self.height).astype(
            np.float32
        )


def fit_aspect(width: int, height: int, long_side_px: int) -> Letterbox:
    """The letterbox whose picture has the frame's aspect, padded to multiples of 32.

    Args:
        width: Of the frame, pixels.
        height: Of the frame.
        long_side_px: Longer side of the picture, a multiple of 32.
    """
    scale = long_side_px / max(width, height)
    picture_width, picture_height = (
        max(-(-round(side * scale) // STRIDE_PX), 1) * STRIDE_PX for side in (width, height)
    )
    return _center(width, height, picture_width, picture_height, scale)


def fit_picture(width: int, height: int, picture_width: int, picture_height: int) -> Letterbox:
    """The letterbox of a picture whose size is given."""
    scale = min(picture_width / width, picture_height / height)
    return _center(width, height, picture_width, picture_height, scale)


def _center(width: int, height: int, picture_width: int, picture_height: int, scale: float) -> Letterbox:
    scaled_width = min(max(round(width * scale), 1), picture_width)
    scaled_height = min(max(round(height * scale), 1), picture_height)
    # An odd rest leaves its larger half right and below, as ultralytics has it.
    left = round((picture_width - scaled_width) / 2 - 0.1)
    top = round((picture_height - scaled_height) / 2 - 0.1)
    return Letterbox(width, height, picture_width, picture_height, scaled_width, scaled_height, left, top)
