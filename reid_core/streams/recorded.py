"""What was recorded of a take, as footage: frames by rank, exact, wherever a file holds them."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from reid_core.errors import SourceError
from reid_core.media.reader import VideoSource
from reid_core.media.source import SourceEnd, SourceInfo, TimeArray
from reid_core.streams.connection import TICKS_PER_S
from reid_core.streams.errors import NOT_RECORDED
from reid_core.streams.recording import PART, SUFFIX
from reid_core.types import Frame, IntArray

FOLDER = "recordings"
"""In a project's folder: ``recordings/<camera>/<take>``."""
TIMES_FILE = "times.i64"
_MAX_OPEN = 2
_TOLERANCE = TICKS_PER_S // 1000
"""A frame of a recording may be off by so many ticks and still be the one that was seen."""


class RecordedStream:
    """The recorded part of one take; implements `reid_core.media.source.FrameSource`.

    Ranks are those of the stored frames. What is still being recorded can be read as far as it was written
    when this was opened. A frame that no file holds (recording was off, the disk was full, the quota deleted
    it) raises `SourceError` in `read` and is left out of `frames`.
    """

    def __init__(self, camera: str, info: SourceInfo, folder: Path, cache_dir: Path | None) -> None:
        self.camera = camera
        self.info = replace(info, path=folder)
        self.end: SourceEnd | None = None
        self.end_reason = ""
        self.notices: tuple[str, ...] = ()
        self._cache_dir = cache_dir
        self._ticks = read_times(folder)
        self._files = sorted([*folder.glob(f"*{SUFFIX}"), *folder.glob(f"*{SUFFIX}{PART}")])
        self._starts = [int(path.name.partition(".")[0]) for path in self._files]
        self._open: OrderedDict[Path, tuple[VideoSource, IntArray]] = OrderedDict()
        self._lock = threading.Lock()
        if not self._files:
            raise SourceError(f"{NOT_RECORDED}: of this time only the pictures of people were kept")

    def frames(self, start_idx: int = 0, step: int = 1) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        if start_idx < 0 or step < 1:
            raise ValueError(f"start_idx {start_idx} and step {step}: at least 0 and 1 are expected")
        n_lost = n_given = 0
        for idx in range(start_idx, len(self._ticks), step):
            try:
                frame = self.read(idx)
            except SourceError:
                n_lost += 1
                continue
            n_given += 1
            yield frame
        self.end = SourceEnd.BROKEN if n_lost else SourceEnd.ENDED
        self.end_reason = f"{n_lost} pictures are not recorded" if n_lost else ""
        if not n_given:
            self.end = SourceEnd.EMPTY

    def read(self, frame_idx: int) -> Frame:
        """See `FrameSource.read`."""
        if not 0 <= frame_idx < len(self._ticks):
            raise SourceError(f"there is no frame {frame_idx} in this take")
        ticks = int(self._ticks[frame_idx])
        with self._lock:
            source, times = self._file_at(ticks)
            place = int(np.abs(times - ticks).argmin()) if len(times) else -1
            if place < 0 or abs(int(times[place]) - ticks) > _TOLERANCE:
                raise SourceError(f"frame {frame_idx} is {NOT_RECORDED}")
            image = source.read(place).image
        return Frame(self.camera, frame_idx, ticks, ticks * 1000.0 / TICKS_PER_S, image)

    def times(self) -> tuple[IntArray, TimeArray]:
        """See `FrameSource.times`."""
        t_ms: TimeArray = self._ticks.astype(np.float64) * (1000.0 / TICKS_PER_S)
        return self._ticks.copy(), t_ms

    def is_recorded(self, frame_idx: int) -> bool:
        """Whether a file may hold the frame, without opening it."""
        return 0 <= frame_idx < len(self._ticks) and int(self._ticks[frame_idx]) >= self._starts[0]

    def close(self) -> None:
        """See `FrameSource.close`."""
        with self._lock:
            for source, _ in self._open.values():
                source.close()
            self._open.clear()

    def _forget(self, path: Path) -> None:
        if (known := self._open.pop(path, None)) is not None:
            known[0].close()

    def _file_at(self, ticks: int) -> tuple[VideoSource, IntArray]:
        n = bisect_right(self._starts, ticks + _TOLERANCE) - 1
        if n < 0:
            raise SourceError(f"this moment is {NOT_RECORDED}")
        path = self._files[n]
        if path.suffix == PART and not path.exists():  # completed meanwhile
            self._forget(path)
            path = self._files[n] = path.with_suffix("")
        if path not in self._open:
            # The index of a file that is still written is worth nothing a second later.
            cache_dir = None if path.suffix == PART else self._cache_dir
            source = VideoSource.open(path, self.camera, cache_dir=cache_dir)
            pts, _ = source.times()
            unit = source.info.time_base * TICKS_PER_S
            times = (pts - source.info.first_pts) * unit.numerator // unit.denominator + self._starts[n]
            self._open[path] = (source, times)
            while len(self._open) > _MAX_OPEN:
                self._open.popitem(last=False)[1][0].close()
        self._open.move_to_end(path)
        return self._open[path]


def append_times(folder: Path, first_idx: int, ticks: Sequence[int]) -> None:
    """Note when the frames from rank ``first_idx`` on were; repeating it changes nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / TIMES_FILE
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(8 * first_idx)
        file.write(np.asarray(ticks, "<i8").tobytes())


def read_times(folder: Path) -> IntArray:
    """``(n,)`` int64 `TICKS_PER_S` of the frames of a take by rank."""
    with suppress(OSError):
        data = (folder / TIMES_FILE).read_bytes()
        return np.frombuffer(data[: len(data) // 8 * 8], "<i8").astype(np.int64)
    return np.zeros(0, np.int64)
