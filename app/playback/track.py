"""Where a camera's footage lies on its own clock: sources in order, gaps between them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

from app.playback.ring import SLACK_MS
from app.snapshot import Snapshot
from reid_core.media.clock import CameraClock
from reid_core.store.records import Source


@dataclass(frozen=True, slots=True)
class Track:
    """A camera's sources in order of time.

    Attributes:
        camera: Name of the camera.
        sources: By start on the camera's own clock.
        clock: From the camera's clock to the common one.
    """

    camera: str
    sources: tuple[Source, ...]
    clock: CameraClock

    @classmethod
    def of(cls, snapshot: Snapshot, camera: str) -> Track:
        """The track of a camera that the snapshot has."""
        record = snapshot.camera(camera)
        return cls(
            camera,
            tuple(facts.source for facts in snapshot.sources_of[camera]),
            CameraClock(record.offset_ms, record.drift_ppm),
        )

    def with_offset(self, offset_ms: float) -> Track:
        """The same with another offset of the clock."""
        return replace(self, clock=replace(self.clock, offset_ms=offset_ms))

    def source_at(self, media_ms: float) -> Source | None:
        """The source that is recorded at a moment of the camera's own clock; None in a gap."""
        place = bisect_right(self.sources, media_ms + SLACK_MS, key=lambda source: source.start_ms) - 1
        if place < 0:
            return None
        source = self.sources[place]
        return source if media_ms < source.start_ms + source.duration_ms - SLACK_MS else None

    def beside(self, source: Source, step: int) -> Source | None:
        """The source after (1) or before (-1) another one."""
        place = self.sources.index(source) + step
        return self.sources[place] if 0 <= place < len(self.sources) else None

    def source(self, source_id: int) -> Source | None:
        """The source of that number."""
        return next((source for source in self.sources if source.id == source_id), None)
