"""Tracks to tracklets: split where a track may change its person, stitched over occlusions, and completed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from reid_core.geometry import iou
from reid_core.tracking.base import ClosedTracklet, Observation, Step
from reid_core.tracking.chains import Chain, ChainBuilder
from reid_core.tracking.config import TrackingConfig
from reid_core.tracking.interpolate import fill_gaps
from reid_core.tracking.pieces import join
from reid_core.tracking.runs import Row, Run
from reid_core.tracking.ultralytics_tracker import UltralyticsTracker
from reid_core.types import FloatArray

_EPSILON_S = 1e-6
"""Times a whole number of frames apart must not differ by their rounding."""
_LEAST_STEP_S = 1e-3
"""Broken timestamps that stand still or run back are taken to go on by this much a frame."""


class TrackletBuilder:
    """Builds the tracklets of one segment while its frames stream by.

    What comes out is a function of the observations alone. A tracklet comes out
    ``LinkConfig.gap_s + SplitConfig.portion_s`` and a few seconds of footage after its end at the latest, and
    what is kept is bounded by the number of people in view, not by the length of the footage.

    Args:
        config: All settings.
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        frame_ms: Usual time between processed frames, milliseconds.
    """

    def __init__(self, config: TrackingConfig, *, width: int, height: int, frame_ms: float) -> None:
        self._config, self._width, self._frame_s = config, width, frame_ms / 1000
        self._n_fragments = self._n_closed = 0
        self._scene = self._new_scene()

    def push(self, observation: Observation) -> Step:
        """Take the next processed frame."""
        if not observation.cut:
            return self._number(self._scene.push(observation))
        before = self._number(self._finish_scene())
        step = self._number(self._scene.push(observation))
        return replace(
            step,
            merged=before.merged + step.merged,
            closed=before.closed + step.closed,
            dropped=before.dropped + step.dropped,
        )

    def finish(self) -> Step:
        """Close every open tracklet."""
        return self._number(self._finish_scene())

    def _new_scene(self) -> _Scene:
        return _Scene(self._config, self._width, self._frame_s, self._n_fragments)

    def _finish_scene(self) -> Step:
        step = self._scene.finish()
        self._n_fragments = self._scene.n_fragments
        self._scene = self._new_scene()
        return step

    def _number(self, step: Step) -> Step:
        first = self._n_closed + 1
        self._n_closed += len(step.closed)
        return replace(
            step, closed=tuple(replace(one, order=n) for n, one in enumerate(step.closed, start=first))
        )


class _Scene:
    """Tracklets between two cuts; their ``order`` is not set here."""

    def __init__(self, config: TrackingConfig, width: int, frame_s: float, n_fragments: int) -> None:
        self._config, self._width, self._frame_s = config, width, frame_s
        self._tracker = UltralyticsTracker(config.tracker, frame_s * 1000)
        self._chains = ChainBuilder(config)
        self._runs: dict[int, Run] = {}  # by track
        self._n_steps = 0
        self._now_s = -math.inf
        self._merged: list[tuple[int, int]] = []
        self._dropped: list[int] = []
        self.n_fragments = n_fragments

    def push(self, observation: Observation) -> Step:
        """Take the next processed frame."""
        self._n_steps += 1
        self._now_s = now_s = max(observation.t_ms / 1000, self._now_s + _LEAST_STEP_S)
        pairs = self._tracker.update(observation.detections, observation.motion)
        for track in [track for track, run in self._runs.items() if self._is_over(run, now_s)]:
            self._end_run(track)
        assignments = tuple(self._assign(observation, pairs))
        for run_number, run in self._runs.items():
            if run.has_portion:
                self._take_portion(run_number, run)
        known_until_s = min([now_s, *(run.pending_s for run in self._runs.values())])
        return replace(self._settle(known_until_s), assignments=assignments)

    def finish(self) -> Step:
        """Close everything."""
        for track in list(self._runs):
            self._end_run(track)
        return self._settle(math.inf)

    def _is_over(self, run: Run, now_s: float) -> bool:
        gap_s = now_s - run.last_s - _EPSILON_S
        is_interrupted = self._n_steps - run.last_step > 1
        return gap_s > (self._config.split.gap_s if is_interrupted else self._hole_s)

    @property
    def _hole_s(self) -> float:
        """Consecutive frames further apart have a hole in the footage between them."""
        return max(self._config.split.gap_s, 2.5 * self._frame_s)

    def _assign(self, observation: Observation, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
        detections, appearance = observation.detections, observation.appearance
        rows = [row for _, row in pairs]
        overlaps = _overlaps(detections.xyxy[rows])
        assignments = []
        for (track, row), overlap in zip(pairs, overlaps, strict=True):
            run = self._runs.get(track)
            if run is None:
                run = self._runs[track] = Run(self._config, self._width, self._new_fragment())
            run.append(
                Row(
                    frame_idx=observation.frame_idx,
                    t_s=self._now_s,
                    detection_idx=row,
                    fragment=run.fragment,
                    xyxy=detections.xyxy[row],
                    score=float(detections.scores[row]),
                    overlap=float(overlap),
                    appearance=None if appearance is None else appearance[row],
                ),
                self._n_steps,
            )
            assignments.append((run.fragment, row))
        return assignments

    def _new_fragment(self) -> int:
        self.n_fragments += 1
        return self.n_fragments

    def _take_portion(self, track: int, run: Run) -> None:
        self._chains.add(track, run.take_portion())
        self._end_fragments(run.take_ended())
        run.fragment = self._new_fragment()

    def _end_run(self, track: int) -> None:
        run = self._runs.pop(track)
        self._chains.add(track, run.take_rest())
        self._chains.end_run(track)
        self._end_fragments(run.take_ended())

    def _end_fragments(self, fragments: list[int]) -> None:
        merged, dropped = self._chains.end_fragments(fragments)
        self._merged += merged
        self._dropped += dropped

    def _settle(self, known_until_s: float) -> Step:
        merged, finished = self._chains.settle(known_until_s)
        closed = [self._close(chain) for chain in finished if self._is_somebody(chain)]
        dropped = self._dropped + self._chains.release(finished)
        step = Step(merged=(*self._merged, *merged), closed=tuple(closed), dropped=tuple(dropped))
        self._merged, self._dropped = [], []
        return step

    def _is_somebody(self, chain: Chain) -> bool:
        n_enough = min(self._config.min_detections, self._n_steps)
        best = max(float(part.scores.max()) for part in chain.parts)
        return sum(map(len, chain.parts)) >= n_enough or best >= self._config.certain_score

    def _close(self, chain: Chain) -> ClosedTracklet:
        rows = join(chain.parts)
        frame_idx, detection_idx, xyxy = fill_gaps(rows.frame_idx, rows.detection_idx, rows.xyxy)
        return ClosedTracklet(0, tuple(sorted(chain.fragments)), frame_idx, detection_idx, xyxy)


def _overlaps(xyxy: FloatArray) -> FloatArray:
    """``(N,)`` highest IoU of each box with another one."""
    if len(xyxy) < 2:
        return np.zeros(len(xyxy), np.float32)
    shared = iou(xyxy, xyxy)
    np.fill_diagonal(shared, 0)
    highest: FloatArray = shared.max(axis=1)
    return highest
