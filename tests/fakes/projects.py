"""Snapshots of projects that do not exist, for tests of the window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.snapshot import Person, Snapshot, SourceFacts, SourceState, Tracklets
from reid_core.store.records import Boxes, Camera, Segment, SegmentState, Source


def source(
    source_id: int, camera: str, start_ms: float = 0.0, duration_ms: float = 10_000.0, path: str = "a.mp4"
) -> Source:
    """A source of 640x360 at 25 frames a second."""
    return Source(source_id, camera, 1, path, "video", "f" * 8, 640, 360, 25.0, duration_ms, start_ms)


def facts(of: Source, *, next_frame_idx: int = 10**6) -> SourceFacts:
    """A source that has been ingested as far as told."""
    segment = Segment(
        of.id, f"c1s{of.id}", of.id, of.camera, "d", "t", SegmentState.OPEN, "", 0, next_frame_idx, None, 0
    )
    return SourceFacts(of, segment, SourceState.DONE, "", 0, 250, False)


def snapshot_of(
    cameras: Sequence[Camera],
    sources: Sequence[SourceFacts],
    tracklets: Sequence[tuple[str, int, float, float, int]] = (),
    path: str = "p.sightline",
) -> Snapshot:
    """A snapshot; tracklets are ``(id, camera row, start_ms, end_ms, person)`` by camera, then start."""
    columns = list(zip(*tracklets, strict=True)) or [(), (), (), (), ()]
    start, end = np.array(columns[2], np.float64), np.array(columns[3], np.float64)
    row, person = np.array(columns[1], np.int64), np.array(columns[4], np.int64)
    first = [facts.source.id for camera in cameras for facts in sources if facts.source.camera == camera.name]
    table = Tracklets(
        tuple(columns[0]), row, np.array([first[r] for r in row.tolist()], np.int64), start, end,
        (start // 40).astype(np.int64), (end // 40).astype(np.int64), np.full(len(row), 10), person,
        np.zeros(len(row), np.int64),
    )  # fmt: skip
    persons = tuple(
        Person(f"P{n}", n, f"Person {n}", tuple(np.flatnonzero(person == n).tolist()), (), 0, 0, "", False)
        for n in sorted(set(person.tolist()) - {0})
    )
    return Snapshot(path, "p", tuple(cameras), tuple(sources), table, persons)


def two_cameras() -> Snapshot:
    """Two cameras of ten seconds, the second 200 ms late, with three tracklets."""
    return snapshot_of(
        (Camera(1, "Gate"), Camera(2, "Hall", offset_ms=200.0)),
        (facts(source(1, "Gate")), facts(source(2, "Hall"))),
        (("c1s1t1", 0, 0.0, 8000.0, 1), ("c1s1t2", 0, 1000.0, 5000.0, 0), ("c2s1t1", 1, 200.0, 9000.0, 0)),
    )


class FakeProject:
    """Answers what lanes ask in tests of playback."""

    def __init__(self) -> None:
        self.clocks: list[tuple[str, float, float]] = []
        self.n_asked = 0

    def boxes(self, tracklet_id: str) -> Boxes:
        """A box in every frame that walks 2 px a frame; where depends on the tracklet."""
        self.n_asked += 1
        n, number = 250, int(tracklet_id[-1])
        x = np.arange(n) * 2.0 % 500
        xyxy = np.stack([x + 10, np.full(n, 60.0 * number), x + 60, np.full(n, 60.0 * number + 100)], 1)
        ranks = np.arange(n)
        return Boxes(
            ranks, ranks, ranks * 40.0, xyxy.astype(np.float32), ranks, np.ones(n, np.float32),
            np.zeros(n, np.bool_),
        )  # fmt: skip

    def set_clock(self, camera: str, offset_ms: float, drift_ppm: float) -> None:
        self.clocks.append((camera, offset_ms, drift_ppm))
