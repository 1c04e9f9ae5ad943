"""The trackers of the ultralytics package behind our `Tracker`, each instance for itself.

The package's trackers are made to be fed by its own predictor. Here they get bare arrays and no picture:
camera motion comes from outside as a stored matrix, and ids are drawn from a counter of the instance, so that
cameras that are tracked side by side in one process cannot take ids from each other.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from reid_core.tracking.config import TrackerConfig
from reid_core.types import Detections, FloatArray


class UltralyticsTracker:
    """One tracker of the package; see `Tracker`.

    BoT-SORT, Deep OC-SORT and TrackTrack take camera motion into account, the others ignore it. None of them
    uses appearance here: that is the business of the stitching that follows.

    Args:
        config: Which tracker, and its thresholds. What it does not name stays at the package's default.
        frame_ms: Time between processed frames, milliseconds.
    """

    def __init__(self, config: TrackerConfig, frame_ms: float) -> None:
        self._motion = _StoredMotion()
        self._tracker = _make(config, max(1, round(config.lost_s * 1000 / frame_ms)), self._motion)

    def update(self, detections: Detections, motion: FloatArray | None) -> list[tuple[int, int]]:
        """See `Tracker.update`; sorted by track."""
        tracker = self._tracker
        self._motion.warp = motion
        tracker.update(_Rows(detections.xyxy, detections.scores), None if motion is None else _NO_PICTURE)
        # The package keeps a thousand dead tracks to strike them off the lost ones; the others are of no use.
        lost = {track.track_id for track in tracker.lost_stracks}
        tracker.removed_stracks = [track for track in tracker.removed_stracks if track.track_id in lost]
        return sorted(
            (int(track.track_id), int(track.idx))
            for track in tracker.tracked_stracks
            if track.frame_id == tracker.frame_id
        )


_NO_PICTURE = np.zeros((1, 1, 3), np.uint8)
"""Stands where the trackers ask whether there is a picture before they ask for its motion."""


class _StoredMotion:
    """Takes the place of the package's motion estimator, which would look at the picture."""

    method = "stored"

    def __init__(self) -> None:
        self.warp: FloatArray | None = None

    def apply(self, picture: Any, boxes: Any) -> FloatArray:
        """The stored ``(2, 3)`` matrix."""
        return np.eye(2, 3, dtype=np.float32) if self.warp is None else self.warp

    def reset_params(self) -> None:
        """Nothing is kept between frames."""


class _Rows:
    """Detections in the form that the trackers read: columns, and rows chosen by a mask."""

    def __init__(self, xyxy: FloatArray, conf: FloatArray) -> None:
        self.xyxy, self.conf = xyxy, conf
        self.cls = np.zeros(len(conf), np.float32)

    @property
    def xywh(self) -> FloatArray:
        """``(N, 4)`` centre, width, height."""
        size = self.xyxy[:, 2:] - self.xyxy[:, :2]
        return np.concatenate([self.xyxy[:, :2] + size / 2, size], axis=1)

    def __len__(self) -> int:
        return len(self.conf)

    def __getitem__(self, rows: Any) -> _Rows:
        return _Rows(self.xyxy[rows], self.conf[rows])


def _make(config: TrackerConfig, buffer_frames: int, motion: _StoredMotion) -> Any:
    from reid_core.thirdparty import quiet_ultralytics

    quiet_ultralytics()
    from ultralytics.trackers.track import TRACKER_MAP
    from ultralytics.utils import YAML, IterableSimpleNamespace
    from ultralytics.utils.checks import check_yaml

    settings = YAML.load(check_yaml(f"{config.kind}.yaml"))
    settings.update(
        track_high_thresh=config.high_score,
        track_low_thresh=config.low_score,
        new_track_thresh=config.new_score,
        match_thresh=config.match_cost,
        track_buffer=buffer_frames,
        with_reid=False,
        gmc_method="none",
    )
    tracker = TRACKER_MAP[config.kind](IterableSimpleNamespace(**settings, device="cpu"))
    if hasattr(tracker, "gmc"):
        tracker.gmc = motion
    _draw_ids_from(itertools.count(1), tracker)
    return tracker


def _draw_ids_from(counter: itertools.count[int], tracker: Any) -> None:
    """Give the tracker's new tracks their ids, whatever counter this version shares between trackers."""
    if hasattr(tracker, "_ids"):
        tracker._ids = counter
        return
    init_track = tracker.init_track

    def init_with_own_ids(*args: Any, **kwargs: Any) -> Any:
        tracks = init_track(*args, **kwargs)
        for track in tracks:
            track.next_id = counter.__next__
        return tracks

    tracker.init_track = init_with_own_ids
