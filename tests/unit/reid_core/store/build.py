"""Small synthetic projects for tests: people who walk along rows of a picture, one row each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from sqlite3 import connect

import numpy as np

from reid_core.store.engine import Engine
from reid_core.store.project import Project
from reid_core.store.records import CropRow, FrameRow, TrackletRow
from reid_core.types import Detections

CACHES = ("current_tracklet", "current_box", "current_ghost")
PTS = 512
"""Timestamps between frames; 40 ms."""


@dataclass(frozen=True)
class FakeSpace:
    name: str = "fake"
    key: str = "f0" * 32
    dim: int = 8
    height: int = 64
    width: int = 32


SPACE = FakeSpace()


def box(person: int, frame_idx: int) -> tuple[float, float, float, float]:
    """Where a person is at a frame; rows do not overlap."""
    x, y = 10.0 + 2.0 * frame_idx, 100.0 * person
    return (x, y, x + 40.0, y + 80.0)


def frame(frame_idx: int, people: Sequence[int], dim: int | None = None) -> FrameRow:
    rng = np.random.default_rng([frame_idx, *people])
    return FrameRow(
        frame_idx=frame_idx,
        pts=1000 + frame_idx * PTS,
        t_ms=frame_idx * 40.0,
        detections=Detections.of([box(p, frame_idx) for p in people], [0.5 + p / 100 for p in people]),
        quality=np.array([0.1 + 0.01 * p for p in people], np.float32),
        appearance=None if dim is None else rng.normal(size=(len(people), dim)).astype(np.float16),
    )


def png(label: str, n_bytes: int = 300) -> bytes:
    """Bytes that stand for a picture; different for each label."""
    out = b""
    while len(out) < n_bytes:
        out += hashlib.sha256(f"{label} {len(out)}".encode()).digest()
    return out[:n_bytes]


def tracklet(
    order: int, person: int, frames: Sequence[int], people: Sequence[int], *, crops: int = 2, label: str = ""
) -> TrackletRow:
    """The walk of one of ``people`` through the given frames."""
    idx = np.array(frames, np.int64)
    row = people.index(person)
    chosen = [int(f) for f in idx[:: max(len(idx) // max(crops, 1), 1)][:crops]]
    return TrackletRow(
        order=order,
        frame_idx=idx,
        detection_idx=np.full(len(idx), row, np.int64),
        xyxy=np.array([box(person, f) for f in frames], np.float32),
        crops=tuple(
            CropRow(f, row, png(f"{label} {person} {f}"), (4.0, 8.0, 36.0, 72.0), 0.9 - 0.1 * n)
            for n, f in enumerate(chosen)
        ),
    )


def vector(label: str, dim: int = SPACE.dim) -> np.ndarray:
    rng = np.random.default_rng(list(label.encode()))
    v = rng.normal(size=dim).astype(np.float32)
    return v / np.linalg.norm(v)


def add_source(project: Project, camera: str, number: int = 1, n_frames: int = 50) -> int:
    project.add_camera(camera)
    info = {
        "path": f"/footage/{camera}{number}.mp4",
        "kind": "video",
        "fingerprint": hashlib.sha256(f"{camera}{number}".encode()).hexdigest(),
        "width": 640,
        "height": 480,
        "fps": 25.0,
        "duration_ms": n_frames * 40.0,
        "codec": "h264",
    }
    return project.add_source(camera, info).id


def fill(
    project: Project,
    engine: Engine,
    source_id: int,
    *,
    people: Sequence[int] = (0, 1, 2),
    n_frames: int = 50,
    cuts: Sequence[int] = (),
    detections_key: str = "d",
    tracklets_key: str = "t",
    embed: bool = True,
    dim: int | None = None,
) -> list[str]:
    """Write a whole segment: every person is one tracklet, cut into several at ``cuts``."""
    camera = next(s.camera for s in project.sources() if s.id == source_id)
    segment = engine.begin_segment(source_id, detections_key, tracklets_key)
    ids = []
    with engine.transaction():
        engine.write_frames(segment.id, [frame(i, people, dim) for i in range(n_frames)])
        edges = [0, *cuts, n_frames]
        order = 0
        for person in people:
            for first, last in pairwise(edges):
                order += 1
                row = tracklet(order, person, range(first, last), people, label=camera)
                ids.append(engine.write_tracklet(segment.id, row))
        engine.finish_segment(segment.id, "done")
    if embed:
        embed_all(project, engine)
    return ids


def embed_all(project: Project, engine: Engine, space: FakeSpace = SPACE) -> None:
    stored = engine.ensure_space(space)
    with engine.transaction():
        for tracklet_id in project.undescribed_tracklets(space.key):
            rows = [vector(f"{space.key} {c.png[:8].hex()}", space.dim) for c in project.crops(tracklet_id)]
            engine.write_vectors(stored, tracklet_id, np.array(rows), vector(tracklet_id, space.dim))


@contextmanager
def made(path: Path, cameras: Sequence[str] = ("gate", "hall"), **options: object) -> Iterator[Project]:
    """An open project with one filled source for each camera."""
    with Project.create(path) as project:
        with project.engine() as engine:
            for camera in cameras:
                fill(project, engine, add_source(project, camera), **options)  # type: ignore[arg-type]
        yield project


def hashes(path: Path) -> dict[str, str]:
    """Contents of everything that belongs to a project, by relative name."""
    files = [p for p in path.parent.rglob("*") if p.is_file()]
    return {
        str(p.relative_to(path.parent)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(files)
    }


def pts(frame_idx: int) -> int:
    """Of a frame that `frame` makes."""
    return 1000 + frame_idx * PTS


def spans(project: Project, camera: str = "gate") -> dict[str, tuple[int, int]]:
    """First and last frame of every current tracklet of a camera."""
    return {t.id: (t.start_idx, t.end_idx) for t in project.tracklets() if t.camera == camera}


def state(project: Project) -> dict[str, list[tuple[int, tuple[float, ...]]]]:
    """Frames and boxes of every current tracklet."""
    found = {}
    for t in project.tracklets():
        b = project.boxes(t.id)
        found[t.id] = [(int(f), tuple(x)) for f, x in zip(b.frame_idx, b.xyxy.tolist(), strict=True)]
        assert (t.start_idx, t.end_idx, t.n_boxes) == (b.frame_idx[0], b.frame_idx[-1], len(b))
        assert (t.start_pts, t.end_pts) == (b.pts[0], b.pts[-1])
        assert t.n_detections == int(((b.detection_idx >= 0) | b.edited).sum())
    return found


def caches(project: Project) -> list[list[tuple[object, ...]]]:
    """Rows of the tables that are derived from the log."""
    with closing(connect(project.path)) as connection:
        return [sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in CACHES]


def check_rebuild(project: Project) -> None:
    """Deriving everything anew changes nothing."""
    before = caches(project), state(project)
    project.rebuild()
    assert (caches(project), state(project)) == before
