"""One take of a live camera on its way into the store: as of a file, and provisionally while it comes in.

The final tracklets wait for stitching: whether somebody who left comes back is decided some seconds later.
So every stretch of a track is also shown as a provisional tracklet, from half a second on, renewed as it
grows and when it ends; it goes in the very transaction in which the final one comes.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

import numpy as np

from reid_core import imaging
from reid_core.crops.select import Candidate, CropConfig
from reid_core.errors import SourceError
from reid_core.media.source import FrameSource, SourceEnd, SourceInfo
from reid_core.pipeline.segment import FinishedTracklet, SegmentRun
from reid_core.store.records import (
    PROVISIONAL_ORDER,
    CropRow,
    FrameRow,
    Segment,
    SegmentState,
    Source,
    TrackletRow,
)
from reid_core.streams.connection import TICKS_PER_S
from reid_core.streams.errors import NOT_RECORDED
from reid_core.streams.live_view import LiveBox
from reid_core.tracking.base import Step
from reid_core.tracking.config import TrackingConfig
from reid_core.types import Detections, FloatArray, Frame, IntArray

_FIRST_MS = 500.0
"""Age at which somebody becomes a provisional tracklet."""
_GROWTH = 3.0
"""It is renewed when it is so many times as old as before, and when it ends."""
_UNSEEN_MS = 300.0
_N_LEAST = 3
_N_CROPS = 3


class LiveFootage:
    """What a run knows of the live camera behind it: no picture can be read again."""

    def __init__(self, camera: str, info: SourceInfo) -> None:
        self.camera, self.info = camera, info

    def read(self, frame_idx: int) -> Frame:
        """Raises `SourceError`: a live picture comes once."""
        raise SourceError(f"frame {frame_idx} of {self.camera} is {NOT_RECORDED}")

    def times(self) -> tuple[IntArray, FloatArray]:
        """Nothing: times come with the pictures."""
        return np.zeros(0, np.int64), np.zeros(0, np.float32)

    def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class _Stretch:
    """One fragment of the tracker."""

    members: list[tuple[int, int, FloatArray]] = field(default_factory=list)
    first_ms: float = 0.0
    last_ms: float = 0.0
    shown_ms: float = -1.0
    n_shown: int = 0
    fragments: set[int] = field(default_factory=set)


class LiveRun(SegmentRun):
    """Turns the pictures of one take into rows for the store, in order.

    Attributes:
        record: The take in the project.
        n_dropped: Pictures that came too fast to be looked at.
        boxes: Who is in the last picture, by the ids that provisional tracklets have.
    """

    def __init__(
        self,
        record: Source,
        footage: LiveFootage | FrameSource,
        segment: Segment,
        tracking: TrackingConfig,
        crops: CropConfig,
        *,
        stride: int,
    ) -> None:
        super().__init__(
            footage,  # type: ignore[arg-type]  # the parts of a source that a run uses
            segment,
            tracking,
            crops,
            n_stored_tracklets=segment.n_tracklets,
            stride=stride,
        )
        self.record = record
        self.n_dropped = 0
        self.boxes: tuple[LiveBox, ...] = ()
        self._skipped_ticks: dict[int, int] = {}
        self._stretches: dict[int, _Stretch] = {}
        self._shown: set[int] = set()
        self._now_ms = 0.0

    def push_live(
        self,
        frame: Frame,
        cut: bool,
        detections: Detections,
        appearance: FloatArray,
        skipped: tuple[int, ...],
    ) -> None:
        """Take the next picture, and the times of those before it that were skipped."""
        self._skipped_ticks = dict(enumerate(skipped, start=frame.index - len(skipped)))
        self.push(frame, cut, detections, appearance)

    @property
    def duration_ms(self) -> float:
        """Time of the last picture."""
        return self._now_ms

    def outcome(self, end: SourceEnd, reason: str) -> tuple[SegmentState, str]:
        """A take that was stopped is done; one whose camera was lost is partial, and says why."""
        if self.last_idx < 0:
            return SegmentState.FAILED, reason or "no picture was looked at"
        return (SegmentState.PARTIAL, reason) if reason else (SegmentState.DONE, "")

    def provisional(self, busy: Container[str]) -> tuple[list[FinishedTracklet], list[int]]:
        """What is to be shown and taken back now.

        Args:
            busy: Ids of tracklets whose vectors are still being computed; they are not renewed yet.

        Returns:
            The tracklets to write, and the orders of those to withdraw before.
        """
        alive = {fragment for stretch in self._stretches.values() for fragment in stretch.fragments}
        gone = [order for order in self._shown if order - PROVISIONAL_ORDER not in alive]
        self._shown.difference_update(gone)
        written = []
        for fragment, stretch in self._stretches.items():
            order = PROVISIONAL_ORDER + fragment
            if self._is_due(stretch) and f"{self.segment.name}t{order}" not in busy:
                tracklet = self._show(order, fragment, stretch)
                if tracklet is not None:
                    written.append(tracklet)
                    self._shown.add(order)
                stretch.shown_ms, stretch.n_shown = self._now_ms, len(stretch.members)
        return written, gone

    def _is_due(self, stretch: _Stretch) -> bool:
        if len(stretch.members) < _N_LEAST or len(stretch.members) == stretch.n_shown:
            return False
        age_ms = stretch.last_ms - stretch.first_ms
        if stretch.shown_ms < 0:
            return age_ms >= _FIRST_MS or self._now_ms - stretch.last_ms >= _UNSEEN_MS
        has_ended = self._now_ms - stretch.last_ms >= _UNSEEN_MS
        return has_ended or age_ms >= _GROWTH * (stretch.shown_ms - stretch.first_ms)

    def _show(self, order: int, fragment: int, stretch: _Stretch) -> FinishedTracklet | None:
        pool = self._pools.get(fragment)
        if pool is None:
            return None
        own = {(frame_idx, row) for frame_idx, row, _ in stretch.members}
        best = [one for one in pool.best(own) if one.patch is not None][:_N_CROPS]
        frame_idx, rows, boxes = zip(*stretch.members, strict=True)
        row = TrackletRow(
            order=order,
            frame_idx=np.array(frame_idx, np.int64),
            detection_idx=np.array(rows, np.int64),
            xyxy=np.array(boxes, np.float32).reshape(-1, 4),
            crops=tuple(_crop(one) for one in best),
        )
        return FinishedTracklet(row, tuple(imaging.inner_image(one.patch) for one in best if one.patch))

    def _note(self, row: FrameRow, step: Step) -> None:
        self._now_ms = row.t_ms
        self.boxes = tuple(
            (
                f"{self.segment.name}t{PROVISIONAL_ORDER + fragment}",
                *row.detections.xyxy[detection_idx].tolist(),
            )
            for fragment, detection_idx in step.assignments
        )
        for fragment, detection_idx in step.assignments:
            stretch = self._stretches.get(fragment)
            if stretch is None:
                stretch = self._stretches[fragment] = _Stretch(first_ms=row.t_ms, fragments={fragment})
            stretch.members.append((row.frame_idx, detection_idx, row.detections.xyxy[detection_idx]))
            stretch.last_ms = row.t_ms

    def _close(self, step: Step) -> None:
        super()._close(step)
        for fragment, other in step.merged:  # the first stands for both from now on; both stay shown
            merged = self._stretches.pop(other, None)
            if merged is not None and fragment in self._stretches:
                self._stretches[fragment].fragments |= merged.fragments
        for fragment in step.dropped:
            self._stretches.pop(fragment, None)

    def _skipped(self, idx: int) -> FrameRow:
        ticks = self._skipped_ticks[idx]
        return FrameRow(frame_idx=idx, pts=ticks, t_ms=ticks * 1000.0 / TICKS_PER_S, processed=False)


def _crop(one: Candidate) -> CropRow:
    assert one.patch is not None
    return CropRow(
        frame_idx=one.member.frame_idx,
        detection_idx=one.member.detection_idx,
        png=imaging.encode_png(one.patch.image),
        inner=one.patch.inner,
        quality=one.quality,
    )
