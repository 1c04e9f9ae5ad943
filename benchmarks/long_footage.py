"""Long synthetic footage for benchmarks: tiny pictures in which people come and go all the time."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from reid_core.types import ImageArray

WIDTH, HEIGHT, FPS = 64, 48, 25
PERSON_WIDTH, PERSON_HEIGHT = 10, 22
LANES = ((0, 0.6), (24, -0.5))
"""Top of each lane, and its people's speed, pixels a frame."""
GAP = 45
"""Frames from one person to the next in the same lane."""

Person = tuple[int, int, float, float]
"""Number, lane, left, top."""


def people(frame: int) -> Iterator[Person]:
    """Who is in a frame, wholly or in part."""
    for lane, (top, speed) in enumerate(LANES):
        n_visible = int((WIDTH + PERSON_WIDTH) / abs(speed)) // GAP + 1
        newest = frame // GAP
        for number in range(max(newest - n_visible, 0), newest + 1):
            way = abs(speed) * (frame - number * GAP)
            left = way - PERSON_WIDTH if speed > 0 else WIDTH - way
            if -PERSON_WIDTH < left < WIDTH:
                yield number, lane, left, float(top)


def render(frame: int) -> ImageArray:
    """The picture of a frame, ``(48, 64, 3)`` RGB: each person in colours of their own."""
    image = np.full((HEIGHT, WIDTH, 3), 96, np.uint8)
    for number, lane, left, top in people(frame):
        x1, x2 = max(round(left), 0), min(round(left) + PERSON_WIDTH, WIDTH)
        y = round(top)
        color = cv2.cvtColor(np.uint8([[[(number * 37 + lane * 90) % 180, 200, 200]]]), cv2.COLOR_HSV2RGB)
        image[y : y + PERSON_HEIGHT, x1:x2] = color[0, 0]
        image[y : y + 5, x1:x2] = 230
    return image


def write(folder: Path, camera: str, n_frames: int) -> Path:
    """Write ``<camera>.mp4`` and ``boxes/<camera>.txt`` for the replay detector; the clip."""
    boxes = folder / "boxes"
    boxes.mkdir(parents=True, exist_ok=True)
    clip = folder / f"{camera}.mp4"
    options = {"preset": "ultrafast", "g": "250", "crf": "23"}
    with av.open(str(clip), "w") as container, (boxes / f"{camera}.txt").open("w") as lines:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = Fraction(1, FPS)
        for n in range(n_frames):
            frame = av.VideoFrame.from_ndarray(render(n), format="rgb24")
            frame.pts = n
            container.mux(stream.encode(frame))
            for _, _, left, top in people(n):
                box = f"{left + 1:.2f},{top + 1:.2f},{PERSON_WIDTH},{PERSON_HEIGHT}"
                lines.write(f"{n + 1},-1,{box},0.9\n")
        container.mux(stream.encode(None))
    return clip
