"""What each stage of an ingest costs when it runs alone; part of `benchmarks.pipeline`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from benchmarks import lab4
from reid_core.crops.descriptor import pool_descriptor
from reid_core.crops.quality import measure as measure_quality
from reid_core.detection.base import DetectorConfig
from reid_core.detection.letterbox import fit_aspect
from reid_core.detection.load import load_detector
from reid_core.media.source import FrameSource
from reid_core.models.embedder import Embedder
from reid_core.models.load import load_embedder
from reid_core.pipeline.ingest import COMMIT_EVERY_FRAMES, IngestConfig
from reid_core.pipeline.segment import SegmentRun
from reid_core.pipeline.sources import open_footage, register_cameras
from reid_core.pipeline.workers import embed_groups
from reid_core.progress import CancelToken
from reid_core.store.engine import Engine
from reid_core.store.project import Project
from reid_core.tracking.base import Observation
from reid_core.tracking.cuts import CutDetector
from reid_core.tracking.tracklets import TrackletBuilder
from reid_core.types import Detections, Frame

SETTLE_S = 0.3
"""FFmpeg's threads go on decoding a little after a frame is taken; so long they are waited for."""


class Stopwatch:
    """CPU seconds of this process, all threads, by stage."""

    def __init__(self) -> None:
        self.spent_s: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count what is done inside to a stage."""
        started = time.process_time()
        yield
        self.spent_s[stage] = self.spent_s.get(stage, 0.0) + time.process_time() - started


def measure(folder: Path, detector: str) -> dict[str, float]:
    """CPU seconds a frame by stage, over every frame of lab4; one stage at a time, nothing beside it."""
    watch, n_frames = Stopwatch(), 0
    bench = Bench(watch, detector)
    with Project.open(folder / "stages.sightline", create=True) as project:
        clips = {camera: (file,) for camera, file in lab4.footage().items()}
        for _ in register_cameras(project, clips, fps=None, cancel=CancelToken()):
            pass
        with project.engine() as engine:
            for record in project.sources():
                source = open_footage(project, record)
                with watch("decode"):
                    for _ in source.frames():
                        n_frames += 1
                    time.sleep(SETTLE_S)
                bench.camera(engine, record.id, source)
                source.close()
    # What takes several stages together was measured whole; what it is made of was measured alone.
    watch.spent_s["detect"] -= watch.spent_s["preprocess"]
    watch.spent_s["crops"] -= watch.spent_s["quality"] + watch.spent_s["track"]
    return {stage: spent_s / n_frames for stage, spent_s in watch.spent_s.items()}


class Bench:
    """Runs the stages behind the decoder one after the other on pieces of the footage."""

    def __init__(self, watch: Stopwatch, detector: str) -> None:
        self.watch, self.config = watch, IngestConfig()
        self.detector = load_detector(detector)
        self.embedder: Embedder = load_embedder()
        self._is_warm = False

    def camera(self, engine: Engine, source_id: int, source: FrameSource) -> None:
        """All stages on one camera."""
        info, watch = source.info, self.watch
        segment = engine.begin_segment(source_id, "d", "t")
        tracking = self.config.tracking
        run = SegmentRun(source, segment, tracking, self.config.crops, n_stored_tracklets=0, stride=1)
        builder = TrackletBuilder(tracking, width=info.width, height=info.height, frame_ms=1000.0 / info.fps)
        cuts = CutDetector()
        for piece in pieces(source):
            if not self._is_warm:
                self.warm_up(piece, source)
            found = self.detect(piece)
            with watch("cuts"):
                is_cut = [cuts.push(frame.image) for frame in piece]
            with watch("quality"):
                for frame, detections in zip(piece, found, strict=True):
                    measure_quality(frame.image, detections)
            seen = [observe(*one) for one in zip(piece, is_cut, found, strict=True)]
            with watch("track"):
                for one in seen:
                    builder.push(one)
            with watch("crops"):
                for frame, cut, detections in zip(piece, is_cut, found, strict=True):
                    run.push(frame, cut, detections, None)
            self.keep(engine, run)
        with watch("track"):
            builder.finish()
        with watch("crops"):
            run.finish()
        self.keep(engine, run)

    def warm_up(self, piece: list[Frame], source: FrameSource) -> None:
        """Run every stage once untimed: the first call of each loads or compiles something."""
        info = source.info
        builder = TrackletBuilder(self.config.tracking, width=info.width, height=info.height, frame_ms=100.0)
        for frame, detections in zip(piece, self.detector.detect(piece), strict=True):
            measure_quality(frame.image, detections)
            builder.push(observe(frame, False, detections))
        builder.finish()
        self.embedder.embed([piece[0].image])
        self._is_warm = True

    def detect(self, piece: list[Frame]) -> list[Detections]:
        """Detections of each frame; the pictures are drawn once more, alone."""
        size = self.detector.batch_size
        batches = [piece[start : start + size] for start in range(0, len(piece), size)]
        box = fit_aspect(piece[0].image.shape[1], piece[0].image.shape[0], DetectorConfig().long_side_px)
        with self.watch("preprocess"):
            for batch in batches:
                pictures = box.blank(len(batch))
                for frame, picture in zip(batch, pictures, strict=True):
                    box.draw(frame.image, picture)
        with self.watch("detect"):
            return [one for batch in batches for one in self.detector.detect(batch)]

    def keep(self, engine: Engine, run: SegmentRun) -> None:
        """Embed and write what a run has ready, as an ingest does."""
        rows, finished = run.take()
        with self.watch("embed"):
            vectors = embed_groups(self.embedder, [tracklet.crops for tracklet in finished])
        space = engine.ensure_space(self.embedder.space)
        with self.watch("store"), engine.transaction():
            engine.write_frames(run.segment.id, rows)
            for tracklet, own in zip(finished, vectors, strict=True):
                tracklet_id = engine.write_tracklet(run.segment.id, tracklet.row)
                if len(own):
                    descriptor = pool_descriptor(own, [crop.quality for crop in tracklet.row.crops])
                    engine.write_vectors(space, tracklet_id, own, descriptor)


def pieces(source: FrameSource) -> Iterator[list[Frame]]:
    """The footage in pieces of a commit's length, each given when the decoder has come to rest."""
    frames = source.frames()
    while piece := list(islice(frames, COMMIT_EVERY_FRAMES)):
        time.sleep(SETTLE_S)
        yield piece


def observe(frame: Frame, cut: bool, detections: Detections) -> Observation:
    """What the tracker sees of a frame."""
    return Observation(frame.index, frame.t_ms, cut, None, detections, None)
