from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from sqlite3 import connect

import numpy as np
import pytest

from reid_core.errors import UsageError
from reid_core.store import Project
from reid_core.store.failures import StoreError
from reid_core.store.records import FrameRow, SegmentState
from reid_core.types import Detections
from tests.unit.reid_core.store.build import (
    PTS,
    SPACE,
    FakeSpace,
    add_source,
    box,
    embed_all,
    fill,
    frame,
    made,
    png,
    tracklet,
    vector,
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with made(tmp_path / "p.sightline") as project:
        yield project


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "e.sightline") as project:
        yield project


def dump(project: Project, *tables: str) -> list[list[tuple[object, ...]]]:
    with closing(connect(project.path)) as connection:
        return [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]


# --- cameras, sources, settings


def test_cameras_and_clock(empty: Project) -> None:
    gate = empty.add_camera("gate", color="#ff0000", site="north", offset_ms=-1500, drift_ppm=20)
    assert (gate.id, gate.name, gate.site, gate.offset_ms) == (1, "gate", "north", -1500.0)
    assert empty.add_camera("gate", offset_ms=9) == gate
    assert empty.add_camera("hall").id == 2
    assert gate.common_ms(1_000_000) == pytest.approx(-1500 + 1_000_020)
    empty.set_clock("gate", 250, 5)
    assert [(c.offset_ms, c.drift_ppm) for c in empty.cameras()] == [(250.0, 5.0), (0.0, 0.0)]
    empty.undo()
    assert empty.cameras()[0].offset_ms == -1500.0


@pytest.mark.parametrize("name", ["", "  "])
def test_a_camera_needs_a_name(empty: Project, name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        empty.add_camera(name)


def test_sources(empty: Project) -> None:
    first, second = add_source(empty, "gate"), add_source(empty, "gate", 2)
    assert (first, second, add_source(empty, "hall")) == (1, 2, 3)
    a, b = empty.sources("gate")
    assert (a.number, b.number, a.start_ms, b.start_ms) == (1, 2, 0.0, 2000.0)
    assert a.info == {"codec": "h264"}
    assert [s.id for s in empty.sources()] == [1, 2, 3]


def test_a_moved_source_is_found_by_fingerprint(empty: Project) -> None:
    source_id = add_source(empty, "gate")
    old = empty.sources()[0]
    info = {
        **old.info,
        **{k: getattr(old, k) for k in ("kind", "fingerprint", "width", "height", "fps", "duration_ms")},
    }
    moved = empty.add_source("gate", {**info, "path": "/elsewhere/x.mp4"})
    assert (moved.id, moved.path) == (source_id, "/elsewhere/x.mp4")
    assert len(empty.sources()) == 1


def test_a_source_needs_its_camera(empty: Project) -> None:
    with pytest.raises(UsageError, match="no camera 'nowhere'"):
        empty.add_source("nowhere", {"fingerprint": "x"})


def test_settings(empty: Project) -> None:
    assert empty.setting("detector") is None
    assert empty.setting("detector", "auto") == "auto"
    empty.set_setting("detector", {"name": "ä", "n": [1, 2.5, None]})
    assert empty.setting("detector") == {"name": "ä", "n": [1, 2.5, None]}
    empty.set_setting("detector", None)
    assert empty.setting("detector") is None


def test_images(empty: Project) -> None:
    anchor = empty.add_image(b"picture")
    assert empty.add_image(b"picture") == anchor
    assert empty.image(anchor) == b"picture"
    with pytest.raises(StoreError, match="no query picture"):
        empty.image(replace(anchor, sha256="0" * 64))


# --- tracklets


def test_tracklets(project: Project) -> None:
    found = project.tracklets()
    assert [t.id for t in found] == [f"c{c}s1t{t}" for c in (1, 2) for t in (1, 2, 3)]
    t = found[4]
    assert (t.camera, t.source_id, t.start_idx, t.end_idx, t.n_detections, t.n_boxes) == (
        "hall",
        2,
        0,
        49,
        50,
        50,
    )
    assert (t.start_pts, t.end_pts, t.start_t_ms, t.end_t_ms) == (1000, 1000 + 49 * PTS, 0.0, 49 * 40.0)
    assert project.tracklet("c2s1t2") == t
    boxes = project.boxes(t.id)
    assert np.array_equal(boxes.xyxy, np.array([box(1, i) for i in range(50)], np.float32))
    assert boxes.xyxy.dtype == np.float32
    assert np.allclose(boxes.scores, 0.51)
    assert boxes.pts[3] == 1000 + 3 * PTS
    assert not boxes.edited.any()
    assert len(boxes) == 50


def test_times_are_on_the_common_clock(empty: Project) -> None:
    empty.add_camera("gate", offset_ms=-1500, drift_ppm=1000)
    with empty.engine() as engine:
        fill(empty, engine, add_source(empty, "gate"), people=[0])
        fill(empty, engine, add_source(empty, "gate", 2), people=[0])
    first, second = empty.tracklets()
    assert (first.id, second.id) == ("c1s1t1", "c1s2t1")
    assert first.end_ms == pytest.approx(-1500 + 1960 * 1.001)
    assert second.start_ms == pytest.approx(-1500 + 2000 * 1.001)


def test_interpolated_boxes_keep_their_own_coordinates(empty: Project) -> None:
    with empty.engine() as engine:
        segment = engine.begin_segment(add_source(empty, "gate"), "d", "t")
        rows = [frame(i, [0]) for i in range(10)]
        rows[4] = FrameRow(4, rows[4].pts, rows[4].t_ms, processed=False)
        engine.write_frames(segment.id, rows)
        row = tracklet(1, 0, range(10), [0])
        detection_idx = row.detection_idx.copy()
        detection_idx[4] = -1
        xyxy = row.xyxy.copy()
        xyxy[4] = (1.5, 2.25, 30, 40)
        engine.write_tracklet(segment.id, replace(row, detection_idx=detection_idx, xyxy=xyxy))
    boxes = empty.boxes("c1s1t1")
    assert boxes.xyxy[4].tolist() == [1.5, 2.25, 30, 40]
    assert boxes.detection_idx.tolist() == [0] * 4 + [-1] + [0] * 5
    assert boxes.scores[4] == 0
    assert (empty.tracklets()[0].n_detections, empty.tracklets()[0].n_boxes) == (9, 10)


def test_unknown_tracklet(project: Project) -> None:
    for ask in (project.boxes, project.crops, project.anchor, project.tracklet):
        with pytest.raises(UsageError, match="no tracklet 'c9s1t1'"):
            ask("c9s1t1")


def test_boxes_at(project: Project) -> None:
    found = project.boxes_at(2, 7)
    assert [i for i, _ in found] == ["c2s1t1", "c2s1t2", "c2s1t3"]
    assert found[2][1].tolist() == list(box(2, 7))
    assert project.boxes_at(2, 999) == []


def test_tracklets_need_their_frames(empty: Project) -> None:
    with empty.engine() as engine:
        segment = engine.begin_segment(add_source(empty, "gate"), "d", "t")
        engine.write_frames(segment.id, [frame(i, [0]) for i in range(5)])
        with pytest.raises(ValueError, match="frames"):
            engine.write_tracklet(segment.id, tracklet(1, 0, range(10), [0]))
    assert empty.tracklets() == []


def test_the_same_again_changes_nothing(project: Project) -> None:
    tables = ("frame", "detection", "tracklet", "member", "crop", "vector", "sidecar")
    before = dump(project, *tables)
    with project.engine() as engine:
        for source_id in (1, 2):
            fill(project, engine, source_id)
    assert dump(project, *tables) == before


def test_a_tracklet_with_other_members_replaces_the_old(project: Project) -> None:
    with project.engine() as engine:
        segment = engine.begin_segment(1, "d", "t")
        engine.write_tracklet(segment.id, tracklet(2, 1, range(10, 20), [0, 1, 2], label="new"))
        assert engine.count_tracklets(segment.id) == 3
    assert project.tracklet("c1s1t2").n_boxes == 10
    assert project.crops("c1s1t2")[0].png == png("new 1 10")
    assert project.undescribed_tracklets(SPACE.key) == ["c1s1t2"]


def test_ids_derive_from_order_not_from_arrival(tmp_path: Path) -> None:
    """Cameras and tracklets that arrive in another order give the same tables, byte for byte."""
    dumps = []
    for arrival in ((1, 2), (2, 1)):
        with Project.create(tmp_path / f"{arrival}.sightline") as project:
            for camera in ("gate", "hall"):
                add_source(project, camera)
            with project.engine() as engine:
                for source_id in arrival:
                    segment = engine.begin_segment(source_id, "d", "t")
                    engine.write_frames(segment.id, [frame(i, [0, 1]) for i in range(20)])
                    for order in (1, 2) if arrival[0] == 1 else (2, 1):
                        engine.write_tracklet(segment.id, tracklet(order, order - 1, range(20), [0, 1]))
            dumps.append(dump(project, "segment", "frame", "detection", "tracklet", "member"))
            ids = [t.id for t in project.tracklets()]
    assert ids == ["c1s1t1", "c1s1t2", "c2s1t1", "c2s1t2"]
    without_generation = [[[row[:7] for row in d[0]], *d[1:]] for d in dumps]
    assert without_generation[0] == without_generation[1]


# --- segments and their keys


def test_another_tracklets_key_keeps_the_frames(project: Project) -> None:
    with project.engine() as engine:
        assert engine.begin_segment(1, "d", "t").state is SegmentState.DONE
        segment = engine.begin_segment(1, "d", "other")
        assert (segment.state, segment.n_frames, segment.n_tracklets) == (SegmentState.OPEN, 50, 0)
    assert [t.camera for t in project.tracklets()] == ["hall"] * 3
    assert project.descriptors(SPACE.key)[0] == ["c2s1t1", "c2s1t2", "c2s1t3"]


def test_another_detections_key_wipes_the_segment(project: Project) -> None:
    with project.engine() as engine:
        segment = engine.begin_segment(1, "other", "t")
        assert (segment.n_frames, segment.n_tracklets, segment.last_pts) == (0, 0, None)
        assert engine.begin_segment(2, "d", "t").n_frames == 50
        fill(project, engine, 1, people=[0], detections_key="other")
    assert len(project.tracklets()) == 4


def test_another_model_leaves_the_tracklets_byte_identical(project: Project) -> None:
    tables = ("segment", "frame", "detection", "tracklet", "member", "crop")
    before = dump(project, *tables)
    other = FakeSpace("other", "e1" * 32, 16)
    with project.engine() as engine:
        embed_all(project, engine, other)
    assert dump(project, *tables) == before
    assert [s.name for s in project.spaces()] == ["fake", "other"]
    assert project.descriptors(other.key)[1].shape == (6, 16)
    assert project.descriptors(SPACE.key)[1].shape == (6, 8)


def test_finish_states(project: Project) -> None:
    with project.engine() as engine:
        segment = engine.begin_segment(1, "d", "t")
        engine.finish_segment(segment.id, "partial", "it breaks at frame 40")
        assert (engine.segment_of(1).state, engine.segment_of(1).reason) == (
            "partial",
            "it breaks at frame 40",
        )
        with pytest.raises(ValueError, match="wonderful"):
            engine.finish_segment(segment.id, "wonderful")
        with pytest.raises(ValueError, match="99"):
            engine.segment_of(99)
        with pytest.raises(ValueError, match="99"):
            engine.begin_segment(99, "d", "t")
        assert [s.name for s in project.segments()] == ["c1s1", "c2s1"]


# --- crops and vectors


def test_crops(project: Project) -> None:
    first, second = project.crops("c1s1t2")
    assert first.png == png("gate 1 0")
    assert (first.inner, first.quality, first.pts, first.t_ms) == ((4.0, 8.0, 36.0, 72.0), 0.9, 1000, 0.0)
    assert (second.member.frame_idx, second.member.detection_idx) == (25, 1)


def test_vectors(project: Project) -> None:
    ids, matrix = project.descriptors(SPACE.key)
    assert ids == [t.id for t in project.tracklets()]
    assert isinstance(matrix, np.memmap)
    assert (matrix.dtype, matrix.shape, matrix.flags.writeable) == (np.float16, (6, 8), False)
    for tracklet_id, row in zip(ids, matrix, strict=True):
        assert np.array_equal(row, vector(tracklet_id).astype(np.float16))
    assert project.crop_vectors(SPACE.key, "c1s1t1").shape == (2, 8)
    assert project.undescribed_tracklets(SPACE.key) == []


def test_replaced_vectors(project: Project) -> None:
    with project.engine() as engine:
        space = engine.ensure_space(SPACE)
        assert engine.write_vectors(space, "c1s1t1", np.ones((2, 8), np.float32), np.ones(8, np.float32))
    ids, matrix = project.descriptors(SPACE.key)
    assert sorted(ids) == [t.id for t in project.tracklets()]
    assert matrix[ids.index("c1s1t1")].tolist() == [1.0] * 8
    assert matrix[ids.index("c2s1t3")].tolist() == vector("c2s1t3").astype(np.float16).tolist()
    assert project.crop_vectors(SPACE.key, "c1s1t1").tolist() == [[1.0] * 8] * 2


def test_descriptors_may_be_shorter_than_crop_vectors(project: Project) -> None:
    wide = FakeSpace("wide", "ab" * 32, 2048)
    with project.engine() as engine:
        space = engine.ensure_space(wide, descriptor_dim=512)
        engine.write_vectors(space, "c1s1t1", np.ones((2, 2048), np.float32), np.ones(512, np.float32))
        with pytest.raises(StoreError, match="512 numbers"):
            engine.ensure_space(wide)
    assert project.descriptors(wide.key)[1].shape == (1, 512)
    assert project.crop_vectors(wide.key, "c1s1t1").shape == (2, 2048)


def test_vectors_are_checked(project: Project) -> None:
    with project.engine() as engine:
        space = engine.ensure_space(SPACE)
        with pytest.raises(ValueError, match="do not fit"):
            engine.write_vectors(space, "c1s1t1", np.ones((2, 9), np.float32), np.ones(8, np.float32))
        with pytest.raises(StoreError, match="not finite"):
            engine.write_vectors(space, "c1s1t1", np.full((2, 8), np.nan, np.float32), np.ones(8, np.float32))
        with pytest.raises(UsageError, match="no tracklet"):
            engine.write_vectors(space, "c7s1t1", np.ones((2, 8), np.float32), np.ones(8, np.float32))


def test_unknown_space(project: Project) -> None:
    for ask in (project.descriptors, project.undescribed_tracklets):
        with pytest.raises(StoreError, match="sightline embed"):
            ask("none")


def test_space_names_need_not_be_hashes(project: Project) -> None:
    odd = FakeSpace("odd", "../../etc/passwd", 4)
    with project.engine() as engine:
        embed_all(project, engine, odd)
    assert len(project.descriptors(odd.key)[0]) == 6
    assert all(p.parent.name == "vectors" for p in project.sidecar.rglob("*.f16"))
    assert len(list((project.sidecar / "vectors").iterdir())) == 4


# --- transactions


def test_a_transaction_is_all_or_nothing(project: Project) -> None:
    tables = ("segment", "frame", "tracklet", "member", "crop", "vector", "sidecar", "space")
    before = dump(project, *tables)

    class Stop(Exception):
        pass

    with project.engine() as engine:
        with pytest.raises(Stop), engine.transaction():  # noqa: PT012 - the transaction's body is the case
            segment = engine.begin_segment(1, "d", "t")
            engine.write_frames(segment.id, [frame(i, [0]) for i in range(50, 60)])
            engine.write_tracklet(segment.id, tracklet(9, 0, range(50, 60), [0]))
            space = engine.ensure_space(FakeSpace("x", "x"))
            engine.write_vectors(space, "c1s1t9", np.ones((2, 8), np.float32), np.ones(8, np.float32))
            raise Stop
        assert dump(project, *tables) == before
        engine.write_frames(engine.begin_segment(1, "d", "t").id, [frame(i, [0]) for i in range(50, 60)])
        engine.write_tracklet(segment.id, tracklet(9, 0, range(50, 60), [0], label="after"))
    assert project.crops("c1s1t9")[0].png == png("after 0 50")
    assert project.crops("c2s1t3")[1].png == png("hall 2 25")


def test_empty_detections_round_trip(empty: Project) -> None:
    with empty.engine() as engine:
        segment = engine.begin_segment(add_source(empty, "gate"), "d", "t")
        row = FrameRow(0, 0, 0.0, detections=Detections.empty(), appearance=np.zeros((0, 5), np.float16))
        engine.write_frames(segment.id, [row])
    (back,) = empty.frame_rows(segment.id)
    assert back.appearance is not None
    assert back.appearance.shape == (0, 5)
    assert len(back.detections) == 0
