"""What a decoding thread works with: open sources, the ring it fills, and what went wrong."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.playback.footage import Footage, Opener
from app.playback.picture import Shot, shown_size
from app.playback.ring import SLACK_MS, Ring
from app.playback.track import Track
from reid_core.errors import CancelledError, SourceError
from reid_core.store.records import STREAM, Source

MAX_OPEN = 2
"""Sources of one camera that are open at once."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a pane shows now.

    Attributes:
        track: The camera's sources and clock.
        media_ms: The moment, on the camera's own clock.
        rate: Speed; 0 when it stands, negative when it runs back.
        pane: Size of the pane in device pixels.
    """

    track: Track
    media_ms: float = 0.0
    rate: float = 0.0
    pane: tuple[int, int] = (640, 360)

    @property
    def source(self) -> Source | None:
        """The source that is recorded at the moment; None in a gap."""
        return self.track.source_at(self.media_ms)


class Shelf:
    """Open sources and made pictures of one camera.

    Attributes:
        ring: The pictures; touched with the lock only.
        lock: Guards the ring.
        problems: Why a source cannot be shown, by its number.
        times: ``(n,)`` times of the frames of each source that was opened, by its number.
        is_closing: Stops even a first reading of a long file.
    """

    def __init__(self, open_footage: Opener, ring: Ring, lock: threading.Condition) -> None:
        self.ring, self.lock = ring, lock
        self.problems: dict[int, str] = {}
        self.times: dict[int, NDArray[np.float64]] = {}
        self.is_closing = False
        self._opener = open_footage
        self._open: OrderedDict[int, Footage] = OrderedDict()
        self._paths: dict[int, str] = {}

    def footage(self, source: Source) -> Footage:
        """The source, opened.

        Raises:
            SourceError: It cannot be, or holds no picture.
            CancelledError: The window is closing.
        """
        if source.id in self._open and self._paths.get(source.id) == _place(source):
            self._open.move_to_end(source.id)
            return self._open[source.id]
        if source.id in self._open:  # it was found again in another place, or has grown
            self._open.pop(source.id).close()
        footage = self._opener(source, self._stop_when_closing)
        if not len(footage.times_ms):
            footage.close()
            raise SourceError(f"{source.path} holds no picture that can be shown")
        self.times[source.id] = footage.times_ms
        self._open[source.id], self._paths[source.id] = footage, _place(source)
        while len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)[1].close()
        return footage

    def rank_at(self, source: Source, media_ms: float) -> int | None:
        """The frame that is shown at a moment of a source, once that was opened."""
        times = self.times.get(source.id)
        if times is None:
            return None
        return max(int(np.searchsorted(times, media_ms - source.start_ms + SLACK_MS, "right")) - 1, 0)

    def span_ms(self, source: Source, rank: int) -> tuple[float, float]:
        """From when to when a frame is shown, on the camera's own clock."""
        times = self.times[source.id]
        end = float(times[rank + 1]) if rank + 1 < len(times) else source.duration_ms
        return source.start_ms + float(times[rank]), source.start_ms + max(end, float(times[rank]) + 1.0)

    def put(self, source: Source, rank: int, picture: Any, goal: Goal) -> None:
        """Scale a decoded picture and put it into the ring."""
        scaler = self._open[source.id].scaler
        start_ms, end_ms = self.span_ms(source, rank)
        shot = Shot(
            source.id, rank, start_ms, end_ms, scaler.scale(picture, goal.pane), scaler.width, scaler.height
        )
        with self.lock:
            self.ring.add(shot, goal.media_ms, goal.rate)

    def holds(self, source: Source, goal: Goal) -> bool:
        """Whether the exact picture of the moment is here, in its size; with the lock."""
        shot = self.ring.at(goal.media_ms)
        return shot is not None and shot.source_id == source.id and is_of_size(shot, goal)

    def close(self) -> None:
        """Release all files."""
        for footage in self._open.values():
            footage.close()
        self._open.clear()

    def _stop_when_closing(self, _part: float) -> None:
        if self.is_closing:
            raise CancelledError("the window is closing")


def _place(source: Source) -> str:
    """Differs when a source is to be opened anew: elsewhere, or with more of a live camera."""
    return source.path if source.kind != STREAM else f"{source.path} {source.duration_ms}"


def is_of_size(shot: Shot, goal: Goal) -> bool:
    """Whether a picture has the size in which the pane shows it."""
    return shot.pixels.shape[1::-1] == shown_size(shot.width, shot.height, goal.pane)
