"""A decoded picture at the size in which it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_SHOWN_PIXELS = 1920 * 1200
"""Largest picture that is made for a pane; a larger pane scales it up while painting."""

PixelArray = NDArray[np.uint8]
"""``(H, W, 4)`` uint8, blue, green, red, opaque: the memory of a ``QImage.Format_RGB32``."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of a camera, ready to be painted.

    Attributes:
        source_id: Number of its source.
        frame_idx: Rank in the source, 0-based.
        t_ms: The camera's own time of the frame.
        until_ms: The camera's own time of the frame after it.
        pixels: The picture as ``QImage`` wants it, C-contiguous rows, read-only.
        width: Width of the frame in its own pixels, in which boxes are given.
        height: Height of the frame in its own pixels.
    """

    source_id: int
    frame_idx: int
    t_ms: float
    until_ms: float
    pixels: PixelArray
    width: int
    height: int


def shown_size(width: int, height: int, pane: tuple[int, int]) -> tuple[int, int]:
    """Size in which a frame is shown in a pane, its shape kept, within `MAX_SHOWN_PIXELS`.

    Args:
        width: Of the frame, pixels.
        height: Of the frame, pixels.
        pane: Width and height of the pane, device pixels.

    >>> shown_size(1280, 720, (640, 480)), shown_size(100, 100, (4000, 4000))
    ((640, 360), (1518, 1518))
    """
    scale = min(pane[0] / width, pane[1] / height)
    scale = min(scale, (MAX_SHOWN_PIXELS / (width * height * scale * scale)) ** 0.5 * scale)
    return max(round(width * scale), 1), max(round(height * scale), 1)


class Scaler:
    """Turns PyAV frames into pixels of the shown size; for one thread.

    Attributes:
        width: Of the upright frame, pixels.
        height: Of the upright frame, pixels.
    """

    def __init__(self, width: int, height: int, orientation: tuple[int, int, int, int]) -> None:
        """Prepare for upright frames of ``width`` x ``height`` pixels."""
        from av.video.reformatter import VideoReformatter

        self.width, self.height = width, height
        self._orientation = orientation
        self._reformatter = VideoReformatter()

    def scale(self, picture: Any, pane: tuple[int, int]) -> PixelArray:
        """The picture at its shown size; one of another shape than the first gets black bars."""
        from reid_core.media.picture import upright

        canvas = shown_size(self.width, self.height, pane)
        is_turned = not self._orientation[0]
        own = (picture.height, picture.width) if is_turned else (picture.width, picture.height)
        inner = canvas
        if own != (self.width, self.height):
            fit = min(canvas[0] / own[0], canvas[1] / own[1])
            inner = max(round(own[0] * fit), 1), max(round(own[1] * fit), 1)
        width, height = inner[::-1] if is_turned else inner
        small = self._reformatter.reformat(
            picture, width=width, height=height, format="bgra", interpolation="BILINEAR", threads=1
        )
        pixels = np.ascontiguousarray(upright(np.asarray(small.to_ndarray(), np.uint8), self._orientation))
        if inner != canvas:
            pixels = _with_bars(pixels, canvas)
        pixels.flags.writeable = False
        return pixels


def _with_bars(pixels: PixelArray, canvas: tuple[int, int]) -> PixelArray:
    full = np.zeros((canvas[1], canvas[0], 4), np.uint8)
    full[:, :, 3] = 255
    left, top = (canvas[0] - pixels.shape[1]) // 2, (canvas[1] - pixels.shape[0]) // 2
    full[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return full
