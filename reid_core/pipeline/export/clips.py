"""Clips of persons: one MP4 (H.264) for each tracklet, with camera and time burnt in.

Every frame keeps its time to a 90,000th of a second, so footage with uneven frame rates plays as it was
recorded. Pixels are encoded anew; nothing of the source file but its pictures goes in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.errors import ReidError
from reid_core.pipeline.export.base import Format, Group, Point, converted, kept, lost, shown, stops
from reid_core.pipeline.export.caption import Lettering, frame_box
from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.file_names import file_name
from reid_core.pipeline.export.others import Others
from reid_core.pipeline.export.tables import Person, Tables
from reid_core.pipeline.wording import clock_text
from reid_core.store.records import Tracklet
from reid_core.types import Frame, ImageArray

FOLDER = "clips"
TICKS_PER_S = 90_000
CODECS = (("libx264", {"crf": "18", "preset": "veryfast"}), ("mpeg4", {"q": "3"}))
"""The first that this FFmpeg can encode with, and its options."""


def write(tables: Tables, folder: Path) -> None:
    """Write ``clips/<person>_<camera>_<tracklet>.mp4``."""
    (folder / FOLDER).mkdir()
    tables = tables.of_people()
    pairs = list(tables.tracklets())
    total = sum(tracklet.end_idx - tracklet.start_idx + 1 for _, tracklet in pairs)
    done = 0
    tables.watch(0, total)
    for person, tracklet in pairs:
        name = "_".join(file_name(part) for part in (person.label, tracklet.camera, tracklet.id))
        started = done
        _write_clip(
            tables,
            person,
            tracklet,
            folder / FOLDER / f"{name}.mp4",
            lambda n, started=started: tables.watch(min(started + n, total), total),  # type: ignore[misc]
        )
        done += tracklet.end_idx - tracklet.start_idx + 1
    tables.watch(total, total)


def _write_clip(
    tables: Tables, person: Person, tracklet: Tracklet, path: Path, watch: Callable[[int], None]
) -> None:
    from reid_core.pipeline.sources import open_recorded

    record = tables.sources[tracklet.source_id]
    cache = tables.project.sidecar / "cache"
    source = open_recorded(record, cache if cache.is_dir() else None, lambda _: watch(0))
    with closing(source):
        drawing = _Drawing(tables, person, tracklet)
        movie = _Movie(path, record.width, record.height, record.fps)
        try:
            for frame in _frames(source.frames(tracklet.start_idx), tracklet.end_idx):
                watch(frame.index - tracklet.start_idx)
                movie.add(drawing.on(frame), frame.t_ms - tracklet.start_t_ms)
        finally:
            movie.close()
    if not movie.n_frames:
        raise ReidError(
            f"No picture of {tracklet.id} could be decoded from {record.path}. Leave it out of the export."
        )


def _frames(frames: Iterator[Frame], last_idx: int) -> Iterator[Frame]:
    for frame in frames:
        if frame.index > last_idx:
            return
        yield frame


class _Drawing:
    """What is drawn on the pictures of one clip."""

    def __init__(self, tables: Tables, person: Person, tracklet: Tracklet) -> None:
        self._tables, self._tracklet = tables, tracklet
        boxes = tables.boxes(tracklet)
        self._boxes = dict(zip(boxes.frame_idx.tolist(), boxes.xyxy, strict=True))
        record = tables.sources[tracklet.source_id]
        self._letters = Lettering(min(max(round(record.height / 36), 11), 48))
        self._others = (
            Others(tables, record.id, person.everywhere, tracklet.start_idx, tracklet.end_idx)
            if tables.options.blur
            else None
        )
        self._camera = camera_label(tables, tracklet.camera, self._letters)

    def on(self, frame: Frame) -> ImageArray:
        image = np.array(frame.image)
        if self._others is not None:
            self._others.hide(image, frame.t_ms)
        box = self._boxes.get(frame.index)
        if box is not None:
            frame_box(image, box)
        common_ms = self._tables.common_ms(self._tracklet, np.array([frame.t_ms]))[0]
        line = self._letters.line_px
        text = f"{self._camera}   {clock_text(float(common_ms))}"
        fitted = self._letters.fit(text, image.shape[1] - line)
        self._letters.write(image, fitted, 0, max(image.shape[0] - line, 0))
        return image


def camera_label(tables: Tables, camera: str, letters: Lettering) -> str:
    """The camera's name, or its number where the font lacks a letter of the name."""
    return camera if letters.knows(camera) else f"Camera {tables.cameras[camera].id}"


@dataclass
class _Movie:
    """An MP4 file that grows by a picture at a time.

    Attributes:
        path: The file.
        width: Of the pictures; odd sizes are padded by a line, as the codec asks.
        height: Likewise.
        fps: Nominal rate, for players that ask.
        n_frames: How many pictures it has.
    """

    path: Path
    width: int
    height: int
    fps: float
    n_frames: int = 0

    def __post_init__(self) -> None:
        import av

        name, options = next((n, o) for n, o in CODECS if n in av.codecs_available)
        self._container: Any = av.open(str(self.path), "w", format="mp4")
        rate = Fraction(self.fps if self.fps > 0 else 25).limit_denominator(1001)
        self._stream: Any = self._container.add_stream(name, rate=rate, options=options)
        self._stream.width, self._stream.height = self.width + self.width % 2, self.height + self.height % 2
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.thread_count = 2
        self._stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
        self._last = -1

    def add(self, image: ImageArray, t_ms: float) -> None:
        """Add a picture that is shown from ``t_ms`` on."""
        import av

        padded = np.pad(image, ((0, self.height % 2), (0, self.width % 2), (0, 0)), "edge")
        frame = av.VideoFrame.from_ndarray(padded, format="rgb24")
        self._last = max(round(t_ms * TICKS_PER_S / 1000), self._last + 1)
        frame.pts, frame.time_base = self._last, Fraction(1, TICKS_PER_S)
        self._container.mux(self._stream.encode(frame))
        self.n_frames += 1

    def close(self) -> None:
        """Write what is left, and the index."""
        if self.n_frames:
            self._container.mux(self._stream.encode())
        self._container.close()


def _points(facts: Facts) -> list[Point]:
    return [
        *shown(facts),
        *((stops("Footage", "files are not where they were", facts.n_missing),) if facts.n_missing else ()),
        kept("Tracklets", "a clip each", facts.n_shown),
        kept("Time of each frame", "also where frame rates are uneven"),
        kept("Camera and common clock", "burnt into the picture"),
        converted("Pictures", "encoded anew as H.264; the box is drawn"),
        lost("Sound", "is not copied"),
        lost("Decisions", "no field for them", facts.n_verdicts),
        lost("Notes and tags", "no field for them", facts.n_notes),
    ]


CLIPS = Format(
    key="clips",
    title="Clips",
    about="an MP4 a tracklet, time and camera burnt in",
    group=Group.PEOPLE,
    names=lambda facts: [FOLDER],
    points=_points,
    write=write,
    options=("blur",),
)
