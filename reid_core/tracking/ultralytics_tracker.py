"""ByteTrack of the ultralytics package behind our protocol: one fresh instance a segment, no shared ids."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from reid_core.geometry import xywh_from_xyxy
from reid_core.thirdparty import quiet_ultralytics
from reid_core.tracking.config import TrackingConfig
from reid_core.types import Detections, FloatArray


class _Results:
    def __init__(self, detections: Detections) -> None:
        self.conf, self.xyxy = detections.scores, detections.xyxy
        self.cls = np.zeros(len(detections), np.float32)
        self._detections = detections

    @property
    def xywh(self) -> FloatArray:
        box = xywh_from_xyxy(self.xyxy)
        box[:, :2] += box[:, 2:] / 2
        return box

    def __len__(self) -> int:
        return len(self.conf)

    def __getitem__(self, rows: Any) -> _Results:
        return _Results(self._detections.select(rows))


class ByteTracker:
    """Tracks of one segment."""

    def __init__(self, config: TrackingConfig, frame_ms: float) -> None:
        quiet_ultralytics()
        from ultralytics.trackers.byte_tracker import BYTETracker

        settings = SimpleNamespace(
            tracker_type="bytetrack",
            track_high_thresh=config.high_score,
            track_low_thresh=config.low_score,
            new_track_thresh=config.high_score,
            track_buffer=max(1, round(config.max_gap_ms / frame_ms)),
            match_thresh=config.match_cost,
            fuse_score=True,
        )
        self._tracker = BYTETracker(settings)
        self._numbers: dict[int, int] = {}

    def update(
        self, detections: Detections, appearance: FloatArray | None = None
    ) -> tuple[tuple[int, int], ...]:
        """``(track, detection_idx)``; tracks are numbered from 0 in this segment."""
        rows = self._tracker.update(_Results(detections), None)
        return tuple(
            (self._numbers.setdefault(int(row[-4]), len(self._numbers)), int(row[-1])) for row in rows
        )
