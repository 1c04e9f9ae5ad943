"""The live cameras of one ingest, as the thread that writes sees them."""

from __future__ import annotations

import threading
import time
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from reid_core.crops.select import CropConfig
from reid_core.errors import SourceError
from reid_core.media.source import SourceEnd
from reid_core.pipeline.events import StreamChanged
from reid_core.pipeline.live import LiveCamera, LiveWorker, TakeOver
from reid_core.pipeline.live_messages import LiveBegan, LiveSaid
from reid_core.pipeline.live_segment import LiveFootage, LiveRun
from reid_core.pipeline.segment import FinishedTracklet
from reid_core.pipeline.stage import Channel, Crew
from reid_core.pipeline.takes import (
    live_epoch_s,
    open_take,
    recordings_folder,
    take_facts,
    take_info,
)
from reid_core.pipeline.workers import Decoded, DecodeEnded, Detected, Result
from reid_core.progress import Event, Notice
from reid_core.store.engine import Engine
from reid_core.store.project import Project
from reid_core.store.records import STREAM, FrameRow, SegmentState
from reid_core.streams.live_view import LivePicture, LiveView
from reid_core.streams.recorded import append_times
from reid_core.streams.recording import finish_parts
from reid_core.tracking.config import TrackingConfig
from reid_core.tracking.tracklets import TrackletBuilder

_LAST_WORDS_S = 20.0
"""How long the last tracklets may take to be described once the cameras are let go."""
_RENEW_S = 1.0
"""How often the length of a running take is renewed."""


class LiveJob:
    """Keeps the books of the live cameras: which are watched, their takes, and what they left behind.

    Attributes:
        cameras: The live cameras.
        n_watched: How many of them are still watched.
    """

    def __init__(
        self,
        project: Project,
        engine: Engine,
        tracking: TrackingConfig,
        crops: CropConfig,
        stride: int,
        cameras: Sequence[LiveCamera],
    ) -> None:
        self.cameras = tuple(cameras)
        self.n_watched = 0
        self._project, self._engine = project, engine
        self._tracking, self._crops, self._stride = tracking, crops, stride
        self._address = {camera.name: camera.address for camera in cameras}
        self._workers: dict[str, LiveWorker] = {}
        self._runs: dict[int, LiveRun] = {}
        self._folders: dict[str, Path] = {}
        self._lost_at_s: dict[str, float] = {}
        self._renewed_at: dict[int, float] = {}
        self._stop = threading.Event()
        self._stopped_at: float | None = None
        self._view: LiveView | None = None

    @property
    def n_runs(self) -> int:
        """Cameras that give pictures now."""
        return len(self._runs)

    def start(
        self,
        crew: Crew,
        in_flight: int,
        frames: Channel[Decoded | DecodeEnded],
        results: Channel[Result],
    ) -> None:
        """Start watching."""
        if self.cameras:  # what tracking imports takes seconds: before the first picture, not after it
            TrackletBuilder(self._tracking, width=64, height=64, frame_ms=40.0)
            with suppress(OSError):  # panes then show what is recorded
                self._view = LiveView(self._project.sidecar)
        for number, camera in enumerate(self.cameras):
            self._folders[camera.name] = recordings_folder(self._project, camera.name)
            worker = LiveWorker(
                number,
                camera,
                self._folders[camera.name],
                stride=self._stride,
                in_flight=in_flight,
                frames=frames,
                results=results,
                stop=self._stop,
            )
            self._workers[camera.name] = worker
            self.n_watched += 1
            crew.start(f"watch {camera.name}", worker.run)

    def stop(self) -> None:
        """Let the cameras go; their last pictures and messages still come."""
        self._stop.set()
        if self._view is not None:
            self._view.close()

    def is_over(self, *, patient: bool) -> bool:
        """Called when the job was cancelled: whether all that live cameras left has been taken care of.

        Args:
            patient: Whether vectors are still awaited; they are, for some seconds.
        """
        if not self.cameras:
            return True
        self.stop()
        self._stopped_at = self._stopped_at or time.monotonic()
        is_late = time.monotonic() - self._stopped_at > _LAST_WORDS_S
        return is_late or not (self.n_watched or self._runs or patient)

    def begin(self, began: LiveBegan, keys: tuple[str, str]) -> tuple[LiveRun, StreamChanged]:
        """A camera gives pictures: a new source of the project, with a segment and a tracker of its own."""
        address = self._address[began.camera]
        start_ms = (began.at_s - live_epoch_s(self._project, began.at_s)) * 1000.0
        folder = self._folders[began.camera]
        facts = take_facts(began.info, began.take, address, folder, start_ms)
        with self._engine.transaction():
            record = self._project.add_source(began.camera, {**facts, "started_utc": _utc(began.at_s)})
            segment = self._engine.begin_segment(record.id, *keys)
        footage = LiveFootage(began.camera, take_info(record))
        run = LiveRun(record, footage, segment, self._tracking, self._crops, stride=self._stride)
        self._runs[began.run] = run
        lost_at_s = self._lost_at_s.pop(began.camera, None)
        return run, StreamChanged(
            began.camera,
            address,
            "live",
            _utc(began.at_s),
            f"{began.info.width}x{began.info.height} {began.info.fps:.3g} fps {began.info.codec}",
            segment.name,
            gap_ms=None if lost_at_s is None else max((began.at_s - lost_at_s) * 1000.0, 0.0),
        )

    def push(self, detected: Detected) -> None:
        """Take a picture that comes back from the detector."""
        run = self._runs[detected.run]
        self._workers[run.record.camera].release()
        run.n_dropped += detected.n_dropped
        run.push_live(
            detected.frame, detected.cut, detected.detections, detected.appearance, detected.skipped
        )
        if self._view is not None:
            frame = detected.frame
            self._view.show(LivePicture(run.record.id, frame.index, frame.t_ms, frame.image, run.boxes))

    def hear(self, said: LiveSaid) -> Iterator[Event]:
        """Pass on what a camera's thread says."""
        self.n_watched -= said.is_over
        if said.is_failure:
            now_s = time.time()
            yield StreamChanged(said.camera, self._address[said.camera], "waiting", _utc(now_s), said.text)
            yield Notice(f"{said.text}. It is tried again.", part=said.camera, level="warning")
        elif said.text:
            yield Notice(said.text, part=said.camera, level="warning")

    def write(
        self, run: LiveRun, rows: Sequence[FrameRow], busy: Container[str]
    ) -> tuple[list[FinishedTracklet], list[str]]:
        """Write what only live runs have; returns provisional tracklets to write, and ids taken back."""
        if rows and self._is_recorded(run):
            folder = self._folders[run.record.camera] / run.record.fingerprint
            with suppress(OSError):  # a full disk: people are still found, the recording has said so
                append_times(folder, rows[0].frame_idx, [row.pts for row in rows])
        written, gone = run.provisional(busy)
        if gone:
            self._engine.withdraw_provisional(run.segment.id, gone)
        if time.monotonic() - self._renewed_at.get(run.record.id, 0.0) >= _RENEW_S:
            self._renewed_at[run.record.id] = time.monotonic()
            self._extend(run)
        return written, [f"{run.segment.name}t{order}" for order in gone]

    def finish(self, run: LiveRun, over: TakeOver | None) -> StreamChanged:
        """A take is over: complete its source and segment. None for one that a crash left open."""
        self._engine.withdraw_provisional(run.segment.id)
        end, reason = SourceEnd.BROKEN, "the program was ended before the take was"
        at_s = time.time()
        camera = run.record.camera
        if over is not None:
            self._runs.pop(over.run, None)
            self._renewed_at.pop(run.record.id, None)
            end, reason, at_s = over.end, over.reason, over.at_s
            self._workers[camera].settle()
            if self._view is not None:
                self._view.clear(run.record.id)
        state, why = run.outcome(end, reason)
        self._extend(run)
        self._engine.finish_segment(run.segment.id, state, why)
        if over is not None and reason:
            self._lost_at_s[camera] = at_s
        return StreamChanged(
            camera,
            run.record.path,
            "stopped" if state is SegmentState.DONE else "lost",
            _utc(at_s),
            why,
            run.segment.name,
            run.last_idx + 1,
            run.n_dropped,
            self._engine.count_tracklets(run.segment.id),
        )

    def interrupted(self) -> Iterator[LiveRun]:
        """The takes that a crash or a kill left open, ready to be replayed and finished."""
        open_segments = {
            segment.source_id: segment
            for segment in self._project.segments()
            if segment.state is SegmentState.OPEN
        }
        for record in self._project.sources():
            segment = open_segments.get(record.id)
            if record.kind != STREAM or segment is None:
                continue
            finish_parts(recordings_folder(self._project, record.camera))
            try:
                footage = open_take(record, self._project.sidecar / "cache")
            except SourceError:
                footage = LiveFootage(record.camera, take_info(record))  # type: ignore[assignment]
            yield LiveRun(record, footage, segment, self._tracking, self._crops, stride=self._stride)

    def _is_recorded(self, run: LiveRun) -> bool:
        return any(c.name == run.record.camera and c.quota is not None for c in self.cameras)

    def _extend(self, run: LiveRun) -> None:
        info = {"n_frames": run.last_idx + 1, "n_dropped": run.n_dropped}
        self._engine.extend_source(run.record.id, run.duration_ms, info)


def _utc(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
