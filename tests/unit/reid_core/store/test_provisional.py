"""What live cameras need of the store: sources that grow, tracklets that come and go."""

import numpy as np
import pytest

from reid_core.store.places import is_missing
from reid_core.store.project import Project
from reid_core.store.records import PROVISIONAL_ORDER, STREAM, CropRow, FrameRow, SegmentState, TrackletRow
from reid_core.types import Detections
from tests.fakes.models import ColorEmbedder


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "p.sightline") as project:
        project.add_camera("lobby")
        yield project


def add_take(project, name="a"):
    facts = {
        "path": "rtsp://h/a",
        "kind": STREAM,
        "fingerprint": name,
        "width": 64,
        "height": 48,
        "fps": 10.0,
    }
    return project.add_source("lobby", {**facts, "duration_ms": 0.0, "start_ms": 0.0, "codec": "h264"})


def rows(n):
    found = Detections.of([[1, 2, 20, 40]], [0.9])
    return [
        FrameRow(i, i * 9000, i * 100.0, detections=found, quality=np.ones(1, np.float32)) for i in range(n)
    ]


def tracklet(order, n):
    crop = CropRow(0, 0, b"png", (0, 0, 5, 5), 0.5)
    idx = np.arange(n)
    return TrackletRow(
        order, idx, np.zeros(n, np.int64), np.tile(np.float32([1, 2, 20, 40]), (n, 1)), (crop,)
    )


def test_a_source_that_is_still_coming_in_grows(project):
    take = add_take(project)
    with project.engine() as engine:
        engine.extend_source(take.id, 1234.5, {"n_frames": 12})
        with pytest.raises(ValueError, match="no source"):
            engine.extend_source(99, 1.0, {})
    (grown,) = project.sources()
    assert (grown.duration_ms, grown.info["n_frames"], grown.info["codec"]) == (1234.5, 12, "h264")
    assert not is_missing(grown)


def test_a_provisional_tracklet_is_found_renewed_and_taken_back(project):
    take, space = add_take(project), ColorEmbedder().space
    with project.engine() as engine:
        segment = engine.begin_segment(take.id, "d", "t")
        engine.write_frames(segment.id, rows(9))
        made = engine.ensure_space(space)
        for n in (3, 6):  # it grows
            name = engine.write_tracklet(segment.id, tracklet(PROVISIONAL_ORDER + 7, n))
            engine.write_vectors(made, name, np.eye(6, dtype=np.float32)[:1], np.eye(6, dtype=np.float32)[0])
        assert name == "c1s1t1000007"
        assert [(t.id, t.n_boxes) for t in project.tracklets()] == [(name, 6)]
        assert project.descriptors(space.key)[0] == [name]
        assert engine.count_tracklets(segment.id) == project.segments()[0].n_tracklets == 0
        anchor = project.anchor(name)
        with engine.transaction():
            engine.withdraw_provisional(segment.id, [PROVISIONAL_ORDER + 7])
            engine.write_tracklet(segment.id, tracklet(1, 9))
        assert [t.id for t in project.tracklets()] == ["c1s1t1"]
        assert project.resolve(anchor) == "c1s1t1"  # what was decided on it stays with the person
        assert project.descriptors(space.key)[0] == []


def test_only_provisional_tracklets_are_taken_back(project):
    take = add_take(project)
    with project.engine() as engine:
        segment = engine.begin_segment(take.id, "d", "t")
        engine.write_frames(segment.id, rows(9))
        for order in (1, PROVISIONAL_ORDER + 1, PROVISIONAL_ORDER + 2):
            engine.write_tracklet(segment.id, tracklet(order, 4))
        engine.withdraw_provisional(segment.id, [1, PROVISIONAL_ORDER + 1])
        assert [t.id for t in project.tracklets()] == ["c1s1t1", "c1s1t1000002"]
        engine.withdraw_provisional(segment.id)
        engine.finish_segment(segment.id, SegmentState.DONE)
        assert [t.id for t in project.tracklets()] == ["c1s1t1"]
    assert project.problems() == []
