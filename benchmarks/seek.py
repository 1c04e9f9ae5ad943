"""How long it takes to show any frame of a clip, and whether it is the right one, beside other readers.

    python -m benchmarks.seek

Synthetic 720p clips with the frame number burnt in: long and short groups of pictures, a variable frame rate,
MPEG-TS, and a clip cut out with an edit list. The same random frames are asked of our source, of OpenCV
by frame number, and of PyAV the simple way (seek to the timestamp, decode up to it). Times are of one frame,
warm, median and 95th percentile; wrong are frames that show another number than asked for, or none.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from reid_core.media.source import open_source
from reid_core.types import ImageArray
from tests.unit.reid_core.media.clips import number_in, numbered, remux, write_clip

WIDTH, HEIGHT = 1280, 720
Reader = Callable[[int], ImageArray]


def main() -> None:
    """Write each clip and read it in every way."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--frames", type=int, default=750)
    parser.add_argument("--seeks", type=int, default=100)
    arguments = parser.parse_args()
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"  # what it says of MPEG-TS would hide the table
    print(
        f"{arguments.seeks} random frames of {arguments.frames}, {WIDTH} x {HEIGHT}; ms median/95th, n wrong"
    )
    print(f"{'clip':24} {'index':>8}  {'ours':>14} {'OpenCV':>16} {'PyAV, simply':>16}")
    with tempfile.TemporaryDirectory() as folder:
        for name, write in CLIPS.items():
            home = Path(folder) / name.replace(" ", "-")
            home.mkdir()
            clip, first = write(home, arguments.frames)
            show(name, clip, first, arguments.seeks)


def show(name: str, clip: Path, first: int, n_seeks: int) -> None:
    """One line of the table; ``first`` is the number that the clip's first frame shows."""
    started = time.perf_counter()
    source = open_source(clip, "gate")
    index_ms = 1e3 * (time.perf_counter() - started)
    times_ms, n_frames = source.times()[1], source.info.n_frames
    ranks = random.Random(7).choices(range(n_frames), k=n_seeks)
    capture = cv2.VideoCapture(str(clip))
    with av.open(str(clip)) as container:
        cells = [
            read_all(lambda rank: source.read(rank).image, ranks, first),
            read_all(lambda rank: by_opencv(capture, rank), ranks, first),
            read_all(lambda rank: by_pyav(container, float(times_ms[rank])), ranks, first),
        ]
    capture.release()
    source.close()
    print(f"{name:24} {index_ms:5.0f} ms  {cells[0]:>14} {cells[1]:>16} {cells[2]:>16}", flush=True)


def read_all(read: Reader, ranks: list[int], first: int) -> str:
    """Median and 95th percentile in milliseconds, and the number of wrong frames."""
    took_ms, n_wrong = [], 0
    for rank in ranks:
        started = time.perf_counter()
        try:
            image = read(rank)
        except LookupError:
            n_wrong += 1
            continue
        took_ms.append(1e3 * (time.perf_counter() - started))
        n_wrong += number_in(image) != first + rank
    if not took_ms:
        return f"-, {n_wrong}"
    return f"{np.median(took_ms):.0f}/{np.percentile(took_ms, 95):.0f}, {n_wrong}"


def by_opencv(capture: cv2.VideoCapture, rank: int) -> ImageArray:
    """A frame by its number."""
    capture.set(cv2.CAP_PROP_POS_FRAMES, rank)
    is_read, image = capture.read()
    if not is_read:
        raise LookupError(rank)
    return np.ascontiguousarray(image[..., ::-1])


def by_pyav(container: av.container.InputContainer, t_ms: float) -> ImageArray:
    """The first frame at or after a time since the stream's start."""
    stream = container.streams.video[0]
    start = stream.start_time or 0
    target = start + round(t_ms / 1000 / stream.time_base)
    container.seek(target, stream=stream)
    for frame in container.decode(stream):
        if frame.pts is not None and frame.pts >= target:
            return frame.to_ndarray(format="rgb24")
    raise LookupError(t_ms)


def draw(number: int) -> ImageArray:
    """A picture of 720p that says its number."""
    return numbered(number, WIDTH, HEIGHT)


def long_groups(home: Path, n: int) -> tuple[Path, int]:
    """A key picture every 250."""
    return write_clip(home / "a.mp4", n, gop=250, draw=draw), 0


def short_groups(home: Path, n: int) -> tuple[Path, int]:
    """A key picture every 25."""
    return write_clip(home / "a.mp4", n, gop=25, draw=draw), 0


def varying(home: Path, n: int) -> tuple[Path, int]:
    """Between 20 and 90 ms from frame to frame."""
    pts = np.cumsum(np.random.default_rng(5).integers(20, 90, n)).tolist()
    return write_clip(home / "a.mp4", n, gop=250, pts=pts, time_base=Fraction(1, 1000), draw=draw), 0


def transport_stream(home: Path, n: int) -> tuple[Path, int]:
    """MPEG-TS, as many recorders write it."""
    return write_clip(home / "a.ts", n, gop=50, draw=draw), 0


def cut_out(home: Path, n: int) -> tuple[Path, int]:
    """Cut at 2.2 s without encoding again: an edit list hides the frames before, back to the key picture."""
    return remux(write_clip(home / "whole.mp4", n, gop=40, draw=draw), home / "cut.mp4", start_s=2.2), 55


CLIPS: dict[str, Callable[[Path, int], tuple[Path, int]]] = {
    "mp4, group of 250": long_groups,
    "mp4, group of 25": short_groups,
    "mp4, variable rate": varying,
    "MPEG-TS, group of 50": transport_stream,
    "mp4, edit list": cut_out,
}


if __name__ == "__main__":
    main()
