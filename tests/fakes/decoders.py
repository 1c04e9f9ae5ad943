"""Cameras whose pictures are there at once, or when a test says so."""

from __future__ import annotations

import numpy as np

from app.playback.decoder import Look, Seen
from app.playback.picture import Shot
from app.playback.track import Track

FRAME_MS = 40.0


def shot(source_id: int, frame_idx: int, t_ms: float, size: tuple[int, int] = (64, 36)) -> Shot:
    """A grey picture of a 640x360 frame."""
    pixels = np.full((size[1], size[0], 4), 128, np.uint8)
    return Shot(source_id, frame_idx, t_ms, t_ms + FRAME_MS, pixels, 640, 360)


class FakeDecoder:
    """`app.presenters.stage.Decoder` with 25 frames a second, decoded without delay."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.media_ms, self.rate = 0.0, 0.0
        self.size = (0, 0)
        self.is_late = False
        self.is_closed = self.is_stopped = False
        self.problem = ""
        self.n_retries = 0
        self._made: dict[tuple[int, int], Shot] = {}

    def use(self, track: Track) -> None:
        self.track = track

    def resize(self, width_px: int, height_px: int) -> None:
        self.size = (width_px, height_px)

    def aim(self, common_ms: float, rate: float) -> None:
        self.media_ms, self.rate = self.track.clock.media_ms(common_ms), rate

    def look(self) -> Look:
        source = self.track.source_at(self.media_ms)
        if source is None:
            return Look(None, Seen.NONE, False, "", True)
        if self.problem:
            return Look(None, Seen.NONE, True, self.problem, True)
        if self.is_late:
            return Look(None, Seen.NONE, True, "", False)
        rank = int((self.media_ms - source.start_ms + 0.01) // FRAME_MS)
        key = (source.id, rank)
        if key not in self._made:
            self._made[key] = shot(source.id, rank, source.start_ms + rank * FRAME_MS)
        return Look(self._made[key], Seen.EXACT, True, "", True)

    def is_ready(self) -> bool:
        return not self.is_late

    def beside(self, n_frames: int) -> float | None:
        rank = int((self.media_ms + 0.01) // FRAME_MS) + n_frames
        return self.track.clock.common_ms(rank * FRAME_MS)

    def retry(self) -> None:
        self.n_retries += 1

    @property
    def is_over(self) -> bool:
        return self.is_stopped

    def stop(self) -> None:
        self.is_stopped = True

    def close(self) -> None:
        self.is_closed = True
