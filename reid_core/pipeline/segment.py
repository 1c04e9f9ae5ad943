"""One segment on its way into the store: detections become tracklets, tracklets get their crops.

Everything here is a pure function of the segment's stored rows and of the footage, so a killed ingest
replays the rows and goes on as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from reid_core import imaging
from reid_core.crops.quality import measure
from reid_core.crops.select import Candidate, CropConfig, CropPool
from reid_core.errors import SourceError
from reid_core.media.source import FrameSource, SourceEnd
from reid_core.store.records import CropRow, FrameRow, Segment, SegmentState, TrackletRow
from reid_core.tracking.base import ClosedTracklet, Observation, Step
from reid_core.tracking.config import TrackingConfig
from reid_core.tracking.tracklets import TrackletBuilder
from reid_core.types import Detections, FloatArray, Frame, ImageArray, IntArray, Member


@dataclass(frozen=True, slots=True)
class FinishedTracklet:
    """A tracklet that is ready to be kept, with the pictures that are embedded."""

    row: TrackletRow
    crops: tuple[ImageArray, ...]


class Builder(Protocol):
    """Makes tracklets of observations; see `TrackletBuilder`."""

    def push(self, observation: Observation) -> Step: ...  # noqa: D102

    def finish(self) -> Step: ...  # noqa: D102


class SegmentRun:
    """Turns the frames of one segment into rows for the store, in order.

    Attributes:
        source: The footage.
        segment: Its segment in the project.
        rows: Frame rows since the last `take`.
        finished: Tracklets closed since the last `take`.
        last_idx: Rank of the last frame that was pushed, or -1.

    ``n_stored_tracklets`` are in the store already. Crops that a kill made us forget are read again.
    ``builder`` makes the tracklets; by default a tracker with those settings does.
    """

    def __init__(
        self,
        source: FrameSource,
        segment: Segment,
        tracking: TrackingConfig,
        crops: CropConfig,
        *,
        n_stored_tracklets: int,
        stride: int,
        builder: Builder | None = None,
    ) -> None:
        info = source.info
        self.source, self.segment = source, segment
        self.rows: list[FrameRow] = []
        self.finished: list[FinishedTracklet] = []
        self.last_idx = -1
        self._n_stored = n_stored_tracklets
        self._crops = crops
        self._stride = stride
        self._n_lost = 0
        self._pools: dict[int, CropPool] = {}
        self._pts, self._t_ms = source.times()
        self._builder: Builder = builder or TrackletBuilder(
            tracking,
            width=info.width,
            height=info.height,
            frame_ms=stride * 1000.0 / info.fps,
        )

    def replay(self, rows: Iterable[FrameRow]) -> None:
        """Take up where a former run stopped, from its stored rows."""
        for row in rows:
            self.last_idx = row.frame_idx
            if row.processed:
                self._track(row, None)
            else:
                self._count_lost(row.frame_idx)

    def push(
        self,
        frame: Frame,
        cut: bool,
        detections: Detections,
        appearance: FloatArray | None,
    ) -> None:
        """Take the next frame with what was found in it."""
        for idx in range(self.last_idx + 1, frame.index):
            self.rows.append(self._skipped(idx))
            self._count_lost(idx)
        row = FrameRow(
            frame_idx=frame.index,
            pts=frame.pts,
            t_ms=frame.t_ms,
            processed=True,
            cut=cut,
            motion=None,
            detections=detections,
            quality=measure(frame.image, detections),
            appearance=None if appearance is None else appearance.astype(np.float16),
        )
        self.rows.append(row)
        self.last_idx = frame.index
        self._track(row, frame.image)

    def finish(self) -> None:
        """Close what is open: the segment is over."""
        self._close(self._builder.finish())

    def outcome(self, end: SourceEnd, reason: str) -> tuple[SegmentState, str]:
        """State and reason of the segment, however often its reading was interrupted."""
        if self.last_idx < 0:
            return SegmentState.FAILED, reason or "not one picture could be decoded"
        if end is SourceEnd.ENDED and not self._n_lost:
            return SegmentState.DONE, ""
        return SegmentState.PARTIAL, reason or f"{self._n_lost} pictures could not be decoded"

    def close(self) -> None:
        """Close the footage."""
        self.source.close()

    def take(self) -> tuple[list[FrameRow], list[FinishedTracklet]]:
        """What has come since the last call, to be committed together."""
        taken = self.rows, self.finished
        self.rows, self.finished = [], []
        return taken

    def _count_lost(self, idx: int) -> None:
        self._n_lost += idx % self._stride == 0  # the others were left out on purpose

    def _skipped(self, idx: int) -> FrameRow:
        return FrameRow(
            frame_idx=idx,
            pts=int(self._pts[idx]),
            t_ms=float(self._t_ms[idx]),
            processed=False,
            cut=False,
            motion=None,
            detections=Detections.empty(),
            quality=np.zeros(0, np.float32),
            appearance=None,
        )

    def _track(self, row: FrameRow, image: ImageArray | None) -> None:
        # Appearance passes through float16 here too, so that a replay sees the very same numbers.
        step = self._builder.push(
            Observation(
                frame_idx=row.frame_idx,
                t_ms=row.t_ms,
                cut=row.cut,
                motion=row.motion,
                detections=row.detections,
                appearance=None if row.appearance is None else row.appearance.astype(np.float32),
            )
        )
        self._note(row, step)
        for fragment, detection_idx in step.assignments:
            pool = self._pools.get(fragment)
            if pool is None:
                pool = self._pools[fragment] = CropPool(self._crops)
            pool.offer(
                Member(row.frame_idx, detection_idx),
                row.t_ms,
                float(row.quality[detection_idx]),
                None if image is None else _cutter(image, row.detections.xyxy[detection_idx]),
            )
        self._close(step)

    def _note(self, row: FrameRow, step: Step) -> None:
        """Called with every tracked frame, before its tracklets are closed; files need nothing here."""

    def _close(self, step: Step) -> None:
        for fragment, other in step.merged:
            self._pools[fragment].merge(self._pools.pop(other))
        for closed in step.closed:
            pools = [self._pools[fragment] for fragment in closed.fragments]
            if closed.order > self._n_stored:
                self.finished.append(self._finish(closed, pools))
        for fragment in step.dropped:
            self._pools.pop(fragment, None)

    def _finish(self, closed: ClosedTracklet, pools: list[CropPool]) -> FinishedTracklet:
        pool = CropPool(self._crops)
        for part in pools:
            pool.merge(part)
        best = pool.best(set(zip(closed.frame_idx.tolist(), closed.detection_idx.tolist(), strict=True)))
        found = [(candidate, self._patch(candidate, closed)) for candidate in best]
        kept = [(candidate, patch) for candidate, patch in found if patch is not None]
        return FinishedTracklet(
            TrackletRow(
                order=closed.order,
                frame_idx=closed.frame_idx,
                detection_idx=closed.detection_idx,
                xyxy=closed.xyxy,
                crops=tuple(
                    CropRow(
                        frame_idx=candidate.member.frame_idx,
                        detection_idx=candidate.member.detection_idx,
                        png=imaging.encode_png(patch.image),
                        inner=patch.inner,
                        quality=candidate.quality,
                    )
                    for candidate, patch in kept
                ),
            ),
            tuple(imaging.inner_image(patch) for _, patch in kept),
        )

    def _patch(self, candidate: Candidate, closed: ClosedTracklet) -> imaging.Patch | None:
        """The candidate's picture; after a kill it is read again, exactly. None when that is impossible."""
        if candidate.patch is not None:
            return candidate.patch
        place: IntArray = np.flatnonzero(closed.frame_idx == candidate.member.frame_idx)
        try:
            image = self.source.read(candidate.member.frame_idx).image
        except SourceError:
            return None
        return imaging.cut(image, closed.xyxy[place[0]])


def _cutter(image: ImageArray, xyxy: FloatArray) -> Callable[[], imaging.Patch]:
    return lambda: imaging.cut(image, xyxy)
