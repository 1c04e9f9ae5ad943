"""The scene of the demo: two photographs, the people in them, and three pretended cameras that film them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from reid_core.geometry import area, clip
from reid_core.types import FloatArray, ImageArray

N_FRAMES_PER_SHOT = 40
MIN_VISIBLE = 0.5
"""Share of a person's box that must lie inside the picture for the person to count as visible."""

Box = tuple[float, float, float, float]

PEOPLE: dict[str, dict[str, Box]] = {
    "bus.jpg": {
        "beige coat": (48, 396, 247, 902),
        "black coat": (223, 404, 346, 860),
        "dark jacket": (667, 392, 810, 882),
        "patterned sleeve": (0, 552, 80, 872),
    },
    "zidane.jpg": {
        "bald man": (122, 198, 1155, 720),
        "grey hair": (748, 40, 1148, 720),
    },
}
"""Boxes of the people in the photographs, set by hand: xyxy in pixels of the photograph."""

BYSTANDERS = frozenset({"patterned sleeve"})
"""People whom the photograph itself cuts: in the truth, but not searched for."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a photograph that a camera sees; its width follows from the camera's shape.

    Attributes:
        x: Left edge, pixels of the photograph.
        y: Top edge, pixels of the photograph.
        height: Height, pixels of the photograph.
    """

    x: float
    y: float
    height: float

    def toward(self, other: Window, share: float) -> Window:
        """The window ``share`` (0..1) of the way to another one."""
        return Window(
            self.x + share * (other.x - self.x),
            self.y + share * (other.y - self.y),
            self.height + share * (other.height - self.height),
        )


@dataclass(frozen=True, slots=True)
class Shot:
    """One move over one photograph, from a window to another."""

    photograph: str
    start: Window
    end: Window

    def window(self, frame_idx: int) -> Window:
        """What the camera sees in a frame of the shot; it starts and stops softly."""
        share = 0.5 - 0.5 * math.cos(math.pi * frame_idx / (N_FRAMES_PER_SHOT - 1))
        return self.start.toward(self.end, share)


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """A pretended camera.

    Attributes:
        name: The camera's name, and the file's.
        width: Picture width in pixels.
        height: Picture height in pixels.
        mirrored: Whether left and right are swapped.
        gain: Factors of red, green and blue.
        gamma: Exponent of the brightness in 0..1; above 1 is darker.
        blur_px: Standard deviation of the lens's blur; 0 for none.
        shots: What it films, one after the other with a cut between.
    """

    name: str
    width: int
    height: int
    mirrored: bool
    gain: tuple[float, float, float]
    gamma: float
    blur_px: float
    shots: tuple[Shot, ...]


CAMERAS = (
    DemoCamera(
        "gate", 640, 480, mirrored=False, gain=(1.0, 1.0, 1.0), gamma=1.0, blur_px=0.0,
        shots=(
            Shot("bus.jpg", Window(0, 372, 560), Window(8, 330, 600)),
            Shot("zidane.jpg", Window(30, 0, 720), Window(260, 0, 720)),
        ),
    ),
    DemoCamera(
        "hall", 480, 640, mirrored=True, gain=(1.06, 0.97, 0.84), gamma=1.3, blur_px=0.7,
        shots=(
            Shot("zidane.jpg", Window(690, 0, 720), Window(170, 0, 720)),
            Shot("bus.jpg", Window(0, 330, 620), Window(330, 310, 640)),
        ),
    ),
    DemoCamera(
        "yard", 576, 720, mirrored=False, gain=(0.92, 1.0, 1.1), gamma=0.8, blur_px=0.0,
        shots=(
            Shot("bus.jpg", Window(20, 160, 900), Window(0, 70, 1000)),
            Shot("zidane.jpg", Window(150, 0, 720), Window(650, 0, 720)),
        ),
    ),
)  # fmt: skip


def film(camera: DemoCamera, photographs: Mapping[str, ImageArray]) -> Iterator[ImageArray]:
    """The camera's frames, ``(height, width, 3)`` RGB uint8."""
    import cv2

    brightness = np.linspace(0, 1, 256)[:, None] ** camera.gamma * np.array(camera.gain)
    levels = np.rint(np.clip(brightness, 0, 1) * 255).astype(np.uint8)[None]  # (1, 256, 3)
    for shot in camera.shots:
        for frame_idx in range(N_FRAMES_PER_SHOT):
            image = cv2.warpAffine(
                photographs[shot.photograph],
                _between_centres(_matrix(camera, shot.window(frame_idx))),
                (camera.width, camera.height),
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT_101,
            )
            if camera.blur_px:
                image = cv2.GaussianBlur(image, (0, 0), camera.blur_px)
            yield cv2.LUT(image, levels)


def true_boxes(camera: DemoCamera) -> tuple[list[str], list[int], FloatArray]:
    """Names, frames (0-based) and ``(n, 4)`` boxes of everyone who is visible, frame by frame."""
    names: list[str] = []
    frames: list[int] = []
    boxes: list[FloatArray] = []
    for shot_idx, shot in enumerate(camera.shots):
        people = PEOPLE[shot.photograph]
        for frame_idx in range(N_FRAMES_PER_SHOT):
            whole = _transform(
                np.array(list(people.values()), np.float32), _matrix(camera, shot.window(frame_idx))
            )
            shown = clip(whole, camera.width, camera.height)
            for row, name in enumerate(people):
                if area(shown)[row] >= MIN_VISIBLE * area(whole)[row]:
                    names.append(name)
                    frames.append(shot_idx * N_FRAMES_PER_SHOT + frame_idx)
                    boxes.append(shown[row])
    return names, frames, np.array(boxes, np.float32)


def _matrix(camera: DemoCamera, window: Window) -> FloatArray:
    """``(2, 3)`` affine matrix from the photograph's pixels to the camera's."""
    scale = camera.height / window.height
    matrix = np.array([[scale, 0, -scale * window.x], [0, scale, -scale * window.y]], np.float32)
    if camera.mirrored:
        matrix[0] = [-scale, 0, camera.width + scale * window.x]
    return matrix


def _between_centres(matrix: FloatArray) -> FloatArray:
    """The same mapping for pixel numbers: pixel i has its centre at i + 0.5 of the scale that boxes use."""
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5], np.float32) - 0.5
    return moved


def _transform(xyxy: FloatArray, matrix: FloatArray) -> FloatArray:
    """``(n, 4)`` boxes under a matrix that scales, shifts and may mirror."""
    corners = xyxy.reshape(-1, 2, 2) @ matrix[:, :2].T + matrix[:, 2]
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1).astype(np.float32)
