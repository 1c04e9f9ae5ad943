"""A small finished case with real footage: three walkers in two cameras, one of uneven frame rate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from reid_core import imaging
from reid_core.media.source import open_source
from reid_core.pipeline.notes import write_note
from reid_core.pipeline.sources import source_facts
from reid_core.store.edits import name
from reid_core.store.project import Project
from reid_core.store.records import CropRow, FrameRow, TrackletRow
from reid_core.types import Detections, Verdict
from tests.fakes.footage import BLUE, GREEN, HEIGHT, RED, WIDTH, Walker, render
from tests.unit.reid_core.store.build import embed_all

N_FRAMES = 50
WALKERS = {
    "gate": (
        Walker(RED, (8, 20), (4, 0), 0, 49),
        Walker(GREEN, (250, 120), (-4, 0), 5, 44),
        Walker(BLUE, (8, 150), (4, 0), 10, 39),
    ),
    "hall": (
        Walker(RED, (250, 30), (-4, 0), 0, 49),
        Walker(GREEN, (8, 130), (4, 0), 0, 49),
        Walker(BLUE, (130, 60), (2, 0), 20, 49),
    ),
}
INTERPOLATED = range(20, 25)
"""In these frames the first walker of each camera was not detected."""


def frame_ticks(camera: str) -> list[int]:
    """Timestamps in milliseconds: 100 apart, but uneven in the hall."""
    gaps = [100] * N_FRAMES if camera == "gate" else [40, 160, 100, 300, 60] * (N_FRAMES // 5)
    return [0, *np.cumsum(gaps[:-1]).tolist()]


def write_footage(path: Path, camera: str) -> Path:
    """Encode a camera's clip."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "10", "g": "20"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for n, ticks in enumerate(frame_ticks(camera)):
            frame = av.VideoFrame.from_ndarray(render(WALKERS[camera], n), format="rgb24")
            frame.pts, frame.time_base = ticks, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@contextmanager
def made_case(folder: Path, *, decide: bool = True) -> Iterator[Project]:
    """An open project ``case.sightline`` over the clips, with its tracklets, crops, vectors and decisions.

    Tracklets are ``c1s1t1`` to ``c1s1t3`` and ``c2s1t1`` to ``c2s1t3``: red, green, blue. Red is ``P1`` and
    has a name, blue is ``P3``; of green nobody is sure.
    """
    with Project.create(folder / "case.sightline") as project:
        with project.engine() as engine:
            for camera in WALKERS:
                _fill(project, engine, camera, write_footage(folder / f"{camera}.mp4", camera))
            embed_all(project, engine)
        project.set_clock("hall", 250.0)
        if decide:
            project.decide("c1s1t1", "c2s1t1", Verdict.SAME, actor="ann")
            name(project, "c1s1t1", "Ann <b> & co")
            project.decide("c1s1t3", "c2s1t3", Verdict.SAME, actor="ben", note="=1+1")
            project.decide("c1s1t2", "c2s1t2", Verdict.UNSURE, actor="ann")
            write_note(project, "c1s1t2", "@green <coat>", ("coat",), actor="ben")
        yield project


def _fill(project, engine, camera: str, path: Path) -> None:
    project.add_camera(camera)
    source = open_source(path, camera)
    record = project.add_source(camera, source_facts(source.info))
    pts, t_ms = source.times()
    source.close()
    segment = engine.begin_segment(record.id, "boxes", "walks")
    rows, tracks = [], {n: [] for n in range(len(WALKERS[camera]))}
    for frame in range(N_FRAMES):
        boxes = []
        for n, walker in enumerate(WALKERS[camera]):
            box = walker.box(frame)
            if box is None:
                continue
            seen = n > 0 or frame not in INTERPOLATED
            tracks[n].append((frame, len(boxes) if seen else -1, box))
            if seen:
                boxes.append(box)
        scores = [0.9 - 0.1 * k for k in range(len(boxes))]
        rows.append(
            FrameRow(
                frame,
                int(pts[frame]),
                float(t_ms[frame]),
                detections=Detections.of(boxes, scores),
                quality=np.full(len(boxes), 0.5, np.float32),
            )
        )
    with engine.transaction():
        engine.write_frames(segment.id, rows)
        for n, track in tracks.items():
            frames, detections, boxes = zip(*track, strict=True)
            engine.write_tracklet(
                segment.id,
                TrackletRow(
                    n + 1,
                    np.array(frames),
                    np.array(detections),
                    np.array(boxes, np.float32),
                    tuple(_crop(camera, *track[k]) for k in (3, len(track) // 3, len(track) - 3)),
                ),
            )
        engine.finish_segment(segment.id, "done")


def _crop(camera: str, frame: int, detection: int, box: tuple[float, ...]) -> CropRow:
    patch = imaging.cut(render(WALKERS[camera], frame), box)
    return CropRow(frame, detection, imaging.encode_png(patch.image), patch.inner, 0.9 - frame / 1000)
