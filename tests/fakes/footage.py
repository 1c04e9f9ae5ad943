"""Small clips of people-like rectangles that walk, with the truth: every test makes its own."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT, FPS = 320, 240, 10
CODE_BITS, CODE_PX = 12, 8


@dataclass(frozen=True)
class Walker:
    """A rectangle with a colour of its own that moves in a straight line while it is there."""

    color: tuple[int, int, int]
    start: tuple[float, float]
    speed: tuple[float, float]
    first: int
    last: int
    size: tuple[int, int] = (32, 80)

    def box(self, frame: int) -> tuple[float, float, float, float] | None:
        """Its box in a frame, or None where it is absent."""
        if not self.first <= frame <= self.last:
            return None
        step = frame - self.first
        x = self.start[0] + self.speed[0] * step
        y = self.start[1] + self.speed[1] * step
        return x, y, x + self.size[0], y + self.size[1]


RED, GREEN, BLUE = (220, 40, 40), (40, 200, 60), (50, 60, 230)
TWO_WALKERS = (
    Walker(RED, (10, 40), (3, 0), 0, 79),
    Walker(BLUE, (280, 120), (-3, 0), 10, 89),
)


def render(walkers: tuple[Walker, ...], frame: int) -> np.ndarray:
    """The picture of a frame: grey ground, walkers, and the frame number as black and white squares."""
    image = np.full((HEIGHT, WIDTH, 3), 96, np.uint8)
    for walker in walkers:
        box = walker.box(frame)
        if box is None:
            continue
        x1, y1, x2, y2 = (round(v) for v in box)
        x1, x2 = max(x1, 0), min(x2, WIDTH)
        if x1 >= x2:
            continue
        image[y1:y2, x1:x2] = walker.color
        image[y1 : y1 + 16, x1:x2] = 235  # a head, so that there is an edge to be sharp
    for bit in range(CODE_BITS):
        value = 255 if frame >> bit & 1 else 0
        image[-CODE_PX:, bit * CODE_PX : (bit + 1) * CODE_PX] = value
    return image


def read_code(image: np.ndarray) -> int:
    """The frame number in a picture made by `render`."""
    row = image[-CODE_PX // 2 - 1, CODE_PX // 2 : CODE_BITS * CODE_PX : CODE_PX].mean(axis=1)
    return int(sum(1 << bit for bit, value in enumerate(row) if value > 127))


def write_clip(path: Path, walkers: tuple[Walker, ...], n_frames: int, *, gop: int = 30) -> Path:
    """Encode a clip of ``n_frames`` frames at 10 fps."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "12", "g": str(gop), "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for n in range(n_frames):
            frame = av.VideoFrame.from_ndarray(render(walkers, n), format="rgb24")
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_boxes(folder: Path, camera: str, walkers: tuple[Walker, ...], n_frames: int) -> Path:
    """The true boxes as ``<camera>.txt`` for the replay detector; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for n in range(n_frames):
        for walker in walkers:
            box = walker.box(n)
            if box is None or box[0] >= WIDTH or box[2] <= 0:
                continue
            x1, y1, x2, y2 = box
            lines.append(f"{n + 1},-1,{x1 + 1:.2f},{y1 + 1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},0.9,-1,-1,-1")
    (folder / f"{camera}.txt").write_text("\n".join(lines) + "\n")
    return folder
