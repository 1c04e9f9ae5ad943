"""Frames and what was detected in them: they come back as they went, in order, in bounded memory."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reid_core.store import Project
from reid_core.store.records import FrameRow
from tests.unit.reid_core.store.build import add_source, frame


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "e.sightline") as project:
        yield project


def same(a: FrameRow, b: FrameRow) -> bool:
    def equal(x: np.ndarray | None, y: np.ndarray | None) -> bool:
        return (x is None) == (y is None) and (x is None or (x.dtype == y.dtype and np.array_equal(x, y)))

    return (
        (a.frame_idx, a.pts, a.t_ms, a.processed, a.cut) == (b.frame_idx, b.pts, b.t_ms, b.processed, b.cut)
        and equal(a.motion, b.motion)
        and equal(a.detections.xyxy, b.detections.xyxy)
        and equal(a.detections.scores, b.detections.scores)
        and equal(a.quality, b.quality)
        and equal(a.appearance, b.appearance)
    )


def varied(n: int) -> list[FrameRow]:
    rows = []
    for i in range(n):
        row = frame(i, list(range(i % 5)), 6 if i % 3 else None)
        if i % 7 == 0:
            row = FrameRow(i, row.pts, row.t_ms, processed=False)
        rows.append(
            replace(row, cut=i % 11 == 0, motion=np.full((2, 3), i / 3, np.float32) if i % 2 else None)
        )
    return rows


def test_frames_come_back_as_they_went(empty: Project) -> None:
    rows = varied(1000)
    with empty.engine() as engine:
        segment = engine.begin_segment(add_source(empty, "gate"), "d", "t")
        for start in range(0, 1000, 137):
            engine.write_frames(segment.id, rows[start : start + 137])
        back = list(empty.frame_rows(segment.id))
        assert len(back) == 1000
        assert all(same(a, b) for a, b in zip(rows, back, strict=True))
        assert [r.frame_idx for r in empty.frame_rows(segment.id, 990)] == list(range(990, 1000))
        assert list(empty.frame_rows(segment.id, 1000)) == []
        found = engine.segment_of(1)
        assert (found.n_frames, found.next_frame_idx, found.last_pts) == (1000, 1000, rows[-1].pts)
        assert engine.count_frames(segment.id) == 1000


def test_frames_written_again_replace_those_before(empty: Project) -> None:
    with empty.engine() as engine:
        segment = engine.begin_segment(add_source(empty, "gate"), "d", "t")
        engine.write_frames(segment.id, [frame(i, [0, 1, 2], 4) for i in range(10)])
        again = [frame(i, [5], 4) for i in range(5, 15)]
        engine.write_frames(segment.id, again)
        engine.write_frames(segment.id, again)
        back = list(empty.frame_rows(segment.id))
    assert [len(r.detections) for r in back] == [3] * 5 + [1] * 10
    assert all(same(a, b) for a, b in zip(again, back[5:], strict=True))


def test_frames_must_rise(empty: Project) -> None:
    with empty.engine() as engine:
        segment = engine.begin_segment(add_source(empty, "gate"), "d", "t")
        with pytest.raises(ValueError, match="rising"):
            engine.write_frames(segment.id, [frame(1, [0]), frame(0, [0])])
        engine.write_frames(segment.id, [])


def test_reading_frames_while_writing(empty: Project) -> None:
    """Readers in between see whole transactions and never block the writer."""
    with empty.engine() as engine, Project.open(empty.path) as reader:
        segment = engine.begin_segment(add_source(empty, "gate"), "d", "t")
        engine.write_frames(segment.id, [frame(i, [0]) for i in range(600)])
        rows = reader.frame_rows(segment.id)
        first = [next(rows) for _ in range(10)]
        engine.write_frames(segment.id, [frame(i, [0]) for i in range(600, 1200)])
        assert len(first) + len(list(rows)) == 1200


def test_streaming_needs_bounded_memory(empty: Project) -> None:
    with empty.engine() as engine:
        segment = engine.begin_segment(add_source(empty, "gate"), "d", "t")
        for start in range(0, 3000, 1000):
            engine.write_frames(segment.id, [frame(i, [0, 1], 64) for i in range(start, start + 1000)])
    peaks = []
    for start in (2400, 0):
        tracemalloc.start()
        n = sum(1 for _ in empty.frame_rows(segment.id, start))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert n == 3000 - start
    assert peaks[1] < 1.5 * peaks[0] + 500_000


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("quality", np.zeros(2, np.float32)),
        ("motion", np.zeros((3, 3), np.float32)),
        ("appearance", np.zeros((2, 4), np.float16)),
    ],
)
def test_frame_rows_check_their_shapes(name: str, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match=name):
        replace(frame(0, [0]), **{name: bad})
