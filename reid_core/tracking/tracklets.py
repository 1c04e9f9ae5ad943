"""Tracks to tracklets: split at cuts and long gaps, a deterministic function of the observations."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from reid_core.tracking.base import ClosedTracklet, Observation, Step
from reid_core.tracking.config import TrackingConfig
from reid_core.tracking.ultralytics_tracker import ByteTracker
from reid_core.types import FloatArray


@dataclass(slots=True)
class _Fragment:
    track: int
    last_ms: float = 0.0
    frames: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    boxes: list[FloatArray] = field(default_factory=list)


class TrackletBuilder:
    """Builds the tracklets of one segment while its frames stream by."""

    def __init__(self, config: TrackingConfig, *, width: int, height: int, frame_ms: float) -> None:
        self._config, self._frame_ms = config, frame_ms
        self._tracker = ByteTracker(config, frame_ms)
        self._open: dict[int, _Fragment] = {}
        self._n_fragments = self._n_closed = 0

    def push(self, observation: Observation) -> Step:
        """Take the next processed frame."""
        closed: list[ClosedTracklet] = []
        if observation.cut:
            closed += self._close(list(self._open))
            self._tracker = ByteTracker(self._config, self._frame_ms)
        longest_ms = max(self._config.max_gap_ms, 2 * self._frame_ms)
        over = [n for n, f in self._open.items() if observation.t_ms - f.last_ms > longest_ms]
        closed += self._close(over)
        by_track = {fragment.track: number for number, fragment in self._open.items()}
        assignments = []
        for track, row in sorted(self._tracker.update(observation.detections)):
            number = by_track.get(track)
            if number is None:
                number, self._n_fragments = self._n_fragments, self._n_fragments + 1
                self._open[number] = _Fragment(track)
            fragment = self._open[number]
            fragment.last_ms = observation.t_ms
            fragment.frames.append(observation.frame_idx)
            fragment.rows.append(row)
            fragment.boxes.append(observation.detections.xyxy[row])
            assignments.append((number, row))
        return Step(tuple(assignments), tuple(closed))

    def finish(self) -> Step:
        """Close every open tracklet."""
        return Step(closed=tuple(self._close(list(self._open))))

    def _close(self, numbers: list[int]) -> list[ClosedTracklet]:
        closed = []
        for number in numbers:
            fragment = self._open.pop(number)
            self._n_closed += 1
            closed.append(
                ClosedTracklet(
                    self._n_closed,
                    (number,),
                    np.array(fragment.frames, np.int64),
                    np.array(fragment.rows, np.int64),
                    np.array(fragment.boxes, np.float32),
                )
            )
        return closed
