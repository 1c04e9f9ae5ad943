"""Footage to tracklets in the store: `ingest` is the job behind ``sightline ingest``.

One thread decodes each source, one owns the device and every model, and the caller's thread tracks and
writes. What is committed survives anything; running the same command again goes on from there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from reid_core.crops.descriptor import pool_descriptor
from reid_core.crops.select import CropConfig
from reid_core.detection.base import Detector
from reid_core.errors import SourceError
from reid_core.media.source import FrameSource
from reid_core.models.embedder import Embedder
from reid_core.pipeline.embed import embed_missing
from reid_core.pipeline.events import SourceFinished
from reid_core.pipeline.importing.labels import LabelsError
from reid_core.pipeline.importing.people import tell_people
from reid_core.pipeline.importing.tracklets import (
    LabelledRun,
    SourceLabels,
    decode_labelled,
    source_labels,
)
from reid_core.pipeline.live import LiveCamera, TakeOver
from reid_core.pipeline.live_job import LiveJob
from reid_core.pipeline.live_messages import LiveBegan, LiveSaid
from reid_core.pipeline.live_segment import LiveRun
from reid_core.pipeline.segment import FinishedTracklet, SegmentRun
from reid_core.pipeline.sources import open_footage
from reid_core.pipeline.stage import Channel, Crew, Stopped
from reid_core.pipeline.workers import (
    Decoded,
    DecodeEnded,
    Detected,
    DeviceWorker,
    Embedded,
    EmbedRequest,
    Result,
    decode,
)
from reid_core.progress import CancelToken, Event, Notice, Progress
from reid_core.store.engine import Engine
from reid_core.store.project import Project
from reid_core.store.records import STREAM, FrameRow, Segment, SegmentState, Source
from reid_core.tracking.appearance import ColourHistogram
from reid_core.tracking.config import TrackingConfig
from reid_core.types import FloatArray

COMMIT_EVERY_S = 0.5
COMMIT_LIVE_EVERY_S = 0.2
"""Somebody who leaves a live camera is to be found two seconds later."""
COMMIT_EVERY_FRAMES = 64
REPORT_EVERY_S = 0.25
WAIT_S = 0.1
"""Longest wait for a result: how soon a cancel is seen."""


@dataclass(frozen=True, slots=True)
class IngestConfig:
    """How footage becomes tracklets.

    Attributes:
        stride: Every how many frames the detector looks; boxes between are interpolated.
        tracking: Tracker, splitting and stitching.
        crops: How many pictures are kept of a tracklet, and which.
        n_parallel: How many sources are decoded at once.
    """

    stride: int = 1
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    crops: CropConfig = field(default_factory=CropConfig)
    n_parallel: int = max(4, os.cpu_count() or 1)

    def detections_key(self, detector: Detector) -> str:
        """Cache key of the stored detections and their appearance."""
        return f"{detector.key};stride={self.stride};{ColourHistogram.key}"

    def tracklets_key(self, detector: Detector) -> str:
        """Cache key of the tracklets made from them."""
        return f"{self.detections_key(detector)};{self.tracking.key};{self.crops.key}"


def ingest(
    project: Project,
    detector: Detector,
    embedder: Embedder,
    config: IngestConfig,
    cancel: CancelToken,
    live: Sequence[LiveCamera] = (),
) -> Iterator[Event]:
    """Process every source of the project that is not finished; a generator of events.

    Args:
        project: An open project whose sources are known (`sources.register_cameras`).
        detector: Finds people.
        embedder: Turns crops into vectors of its space.
        config: Stride, tracking and crop settings; with other settings or another detector than before, a
        source is processed anew and its old tracklets are replaced. Decisions stay with the pixels.
        cancel: Stops the job within a second; live cameras are let go, and what came of them is completed.
        live: Live cameras to watch until then; the project knows them.

    Yields:
        `Progress`, `Notice` and one `SourceFinished` for each source; `StreamChanged` of live cameras.

    Raises:
        ProjectBusyError: Another engine works on this project.
        CancelledError: The job was asked to stop; it can be resumed.
    """
    with project.engine() as engine:
        for sentence in engine.notices:
            yield Notice(sentence, level="warning")
        with ExitStack() as closing, Crew() as crew:
            job = _Ingest(project, engine, detector, embedder, config, cancel, crew, live)
            closing.callback(job.close)  # after the crew's threads have ended
            try:
                yield from job.run()
            except Stopped:
                crew.raise_error()
                raise
            finally:
                job.live.stop()
        if live and cancel.cancelled:
            return  # how live cameras end
        yield from embed_missing(project, engine, embedder, cancel)


class _Ingest:
    def __init__(
        self,
        project: Project,
        engine: Engine,
        detector: Detector,
        embedder: Embedder,
        config: IngestConfig,
        cancel: CancelToken,
        crew: Crew,
        live: Sequence[LiveCamera],
    ) -> None:
        self._project, self._engine, self._config, self._cancel = project, engine, config, cancel
        self._detector, self._crew = detector, crew
        self._space = engine.ensure_space(embedder.space)
        self._frames: Channel[Decoded | DecodeEnded] = crew.channel(2 * detector.batch_size)
        self._requests: Channel[EmbedRequest] = crew.channel()
        self._results: Channel[Result] = crew.channel(4 * detector.batch_size)
        self._worker = DeviceWorker(
            detector, embedder, ColourHistogram(), self._frames, self._requests, self._results
        )
        self.live = LiveJob(project, engine, config.tracking, config.crops, config.stride, live)
        self._runs: dict[int, SegmentRun] = {}
        self._qualities: dict[str, tuple[float, ...]] = {}
        self._vectors: list[tuple[str, FloatArray]] = []
        self._n_uncommitted = 0
        self._committed_at = self._reported_at = time.monotonic()

    def run(self) -> Iterator[Event]:
        self._crew.start("device", self._worker.run)
        yield from self._close_takes()
        self.live.start(self._crew, self._detector.batch_size, self._frames, self._results)
        waiting = (source for source in self._project.sources() if source.kind != STREAM)
        exhausted = False
        while True:
            while not exhausted and len(self._runs) < self._config.n_parallel + self.live.n_runs:
                record = next(waiting, None)
                if record is None:
                    exhausted = True
                    break
                yield from self._begin(record)
            if not self._runs and not self._qualities and not self.live.n_watched:
                break
            if self._cancel.cancelled and self.live.is_over(patient=bool(self._qualities)):
                self._commit()
                if not self.live.cameras or not exhausted or self._runs:
                    self._cancel.raise_if_cancelled()
                break
            yield from self._take(self._results.get(WAIT_S))
            if self._commit_is_due():
                self._commit()
            yield from self._report()
        self._commit()

    def close(self) -> None:
        """Close the footage of every source that is still open."""
        for run in self._runs.values():
            run.close()

    def _begin(self, record: Source) -> Iterator[Event]:
        """Open a source and start its decoder, unless it is finished already."""
        try:
            labels = source_labels(self._project, record)
        except LabelsError as error:
            yield SourceFinished(record.camera, record.path, "failed", str(error))
            return
        segment = self._engine.begin_segment(record.id, *self._keys(labels))
        if segment.state is not SegmentState.OPEN:
            yield _finished(record, segment)
            return
        try:
            source = open_footage(self._project, record)
        except SourceError as error:
            yield SourceFinished(record.camera, record.path, "failed", str(error))
            return
        run = self._runs[record.id] = self._run(source, segment, labels)
        for sentence in source.notices:
            yield Notice(sentence, part=_name(source))
        if segment.n_frames:
            yield Notice(f"going on after {segment.n_frames} frames", part=_name(source))
            run.replay(self._cancellable(self._project.frame_rows(segment.id)))
        if labels is None:
            work = partial(decode, record.id, source, run.last_idx, self._config.stride, self._frames)
        else:
            work = partial(decode_labelled, record.id, source, run.last_idx, labels, self._results)
        self._crew.start(f"decode {record.path}", work)

    def _keys(self, labels: SourceLabels | None) -> tuple[str, str]:
        """Cache keys of a segment: of the imported tracks, where there are some, else of the networks."""
        if labels is not None:
            return labels.keys(self._config.crops)
        return self._config.detections_key(self._detector), self._config.tracklets_key(self._detector)

    def _run(self, source: FrameSource, segment: Segment, labels: SourceLabels | None) -> SegmentRun:
        if labels is not None:
            return LabelledRun(source, segment, labels, self._config.crops)
        return SegmentRun(
            source,
            segment,
            self._config.tracking,
            self._config.crops,
            n_stored_tracklets=segment.n_tracklets,
            stride=self._config.stride,
        )

    def _cancellable(self, rows: Iterable[FrameRow]) -> Iterator[FrameRow]:
        for row in rows:
            self._cancel.raise_if_cancelled()
            yield row

    def _take(self, result: Result | None) -> Iterator[Event]:
        match result:
            case Detected() if result.run < 0:
                self.live.push(result)
                self._n_uncommitted += 1
            case Detected():
                run = self._runs[result.run]
                run.push(result.frame, result.cut, result.detections, result.appearance)
                self._n_uncommitted += 1
            case Embedded():
                if result.tracklet_id in self._qualities:  # else it was provisional, and is gone
                    self._vectors.append((result.tracklet_id, result.vectors))
            case LiveBegan():
                run, event = self.live.begin(result, self._keys(None))
                self._runs[result.run] = run
                yield event
            case LiveSaid():
                yield from self.live.hear(result)
            case TakeOver():
                yield from self._finish_take(result)
            case DecodeEnded():
                yield self._finish(result)
            case None:
                pass

    def _commit_is_due(self) -> bool:
        waited_s = time.monotonic() - self._committed_at
        every_s = COMMIT_LIVE_EVERY_S if self.live.n_runs else COMMIT_EVERY_S
        return self._n_uncommitted >= COMMIT_EVERY_FRAMES or waited_s >= every_s

    def _commit(self) -> None:
        """Write all that has come, in one transaction, and ask for the vectors of new tracklets."""
        with self._engine.transaction():
            for run in self._runs.values():
                self._write(run)
            for tracklet_id, vectors in self._vectors:
                if tracklet_id not in self._qualities:
                    continue
                descriptor = pool_descriptor(vectors, self._qualities.pop(tracklet_id))
                self._engine.write_vectors(self._space, tracklet_id, vectors, descriptor)
        self._vectors.clear()
        self._n_uncommitted = 0
        self._committed_at = time.monotonic()

    def _write(self, run: SegmentRun) -> None:
        rows, finished = run.take()
        if rows:
            self._engine.write_frames(run.segment.id, rows)
        for tracklet in finished:
            self._request(self._engine.write_tracklet(run.segment.id, tracklet.row), tracklet)
        if isinstance(run, LiveRun):
            written, gone = self.live.write(run, rows, self._qualities)
            for tracklet_id in gone:
                self._qualities.pop(tracklet_id, None)
            for tracklet in written:
                self._request(self._engine.write_tracklet(run.segment.id, tracklet.row), tracklet)

    def _request(self, tracklet_id: str, tracklet: FinishedTracklet) -> None:
        if tracklet.crops:
            self._qualities[tracklet_id] = tuple(crop.quality for crop in tracklet.row.crops)
            self._requests.put(EmbedRequest(tracklet_id, tracklet.crops))

    def _finish(self, ended: DecodeEnded) -> SourceFinished:
        run = self._runs.pop(ended.run)
        state, reason = run.outcome(ended.end, ended.reason)
        run.finish()
        with self._engine.transaction():
            self._write(run)
            self._engine.finish_segment(run.segment.id, state, reason)
        run.close()
        if isinstance(run, LabelledRun):
            tell_people(self._project, run.segment.source_id)
        return SourceFinished(
            camera=run.source.camera,
            path=str(run.source.info.path),
            state=str(state),
            reason=reason,
            n_frames=run.last_idx + 1,
            n_tracklets=self._engine.count_tracklets(run.segment.id),
        )

    def _finish_take(self, over: TakeOver) -> Iterator[Event]:
        run = self._runs.pop(over.run)
        assert isinstance(run, LiveRun)
        run.finish()
        with self._engine.transaction():
            self._write(run)
            event = self.live.finish(run, over)
        yield event

    def _close_takes(self) -> Iterator[Event]:
        """Complete the takes that a crash or a kill left open, from their stored rows."""
        for run in self.live.interrupted():
            run.replay(self._cancellable(self._project.frame_rows(run.segment.id)))
            run.finish()
            with self._engine.transaction():
                self._write(run)
                yield self.live.finish(run, None)
            run.close()

    def _report(self) -> Iterator[Event]:
        if time.monotonic() - self._reported_at < REPORT_EVERY_S:
            return
        self._reported_at = time.monotonic()
        for run in self._runs.values():
            yield Progress(_name(run.source), run.last_idx + 1, run.source.info.n_frames)


def _finished(record: Source, segment: Segment) -> SourceFinished:
    return SourceFinished(
        camera=record.camera,
        path=record.path,
        state=str(segment.state),
        reason=segment.reason,
        n_frames=segment.n_frames,
        n_tracklets=segment.n_tracklets,
    )


def _name(source: FrameSource) -> str:
    return f"{source.camera}: {source.info.path.name}"
