"""Writing on pictures: time and camera, in any script that the bundled font knows."""

from __future__ import annotations

from functools import cached_property
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np

from reid_core.types import ImageArray

INK, PLATE, FRAME = (231, 234, 237), (10, 11, 12), (125, 178, 255)
PLATE_SHARE = 0.8
UNKNOWN = "\uffff"
"""A character that no font has: it shows how the font draws those."""


class Lettering:
    """One size of the bundled font.

    Args:
        size_px: Height of the letters.
    """

    def __init__(self, size_px: int) -> None:
        from PIL import ImageFont

        path = files("assets") / "fonts" / "Inter-Medium.otf"
        self._font: Any = ImageFont.truetype(BytesIO(path.read_bytes()), size_px)
        self.line_px = round(size_px * 1.5)

    def knows(self, text: str) -> bool:
        """Whether every character of the text can be drawn."""
        return all(char.isspace() or bytes(self._font.getmask(char)) != self._missing for char in set(text))

    @cached_property
    def _missing(self) -> bytes:
        return bytes(self._font.getmask(UNKNOWN))

    def fit(self, text: str, width_px: float) -> str:
        """The text, shortened with an ellipsis where it is too wide."""
        if self._font.getlength(text) <= width_px:
            return text
        while text and self._font.getlength(f"{text}…") > width_px:
            text = text[:-1]
        return f"{text}…"

    def width(self, text: str) -> float:
        """Width of a text, pixels."""
        return float(self._font.getlength(text))

    def write(self, image: ImageArray, text: str, left: int, top: int) -> None:
        """Write a line on a dark plate, in place; what does not fit into the picture is cut off."""
        from PIL import Image, ImageDraw

        pad = self.line_px // 4
        right = min(left + round(self.width(text)) + 2 * pad, image.shape[1])
        bottom = min(top + self.line_px, image.shape[0])
        if right <= left or bottom <= top or top < 0 or left < 0:
            return
        part = image[top:bottom, left:right]
        dark = (part * (1 - PLATE_SHARE) + np.array(PLATE) * PLATE_SHARE).astype(np.uint8)
        canvas = Image.fromarray(dark)
        middle = (pad, self.line_px // 2)
        ImageDraw.Draw(canvas).text(middle, text, font=self._font, fill=INK, anchor="lm")
        image[top:bottom, left:right] = np.asarray(canvas)


def frame_box(image: ImageArray, xyxy: np.ndarray, thickness_px: int = 2) -> None:
    """Draw a box, in place."""
    import cv2

    x1, y1, x2, y2 = (round(float(value)) for value in xyxy)
    cv2.rectangle(image, (x1, y1), (x2, y2), FRAME, thickness_px)
