"""What live cameras need of the store: sources that grow, tracklets that come and go."""

from dataclasses import replace

import numpy as np
import pytest

from reid_core.store import tracks
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


def sizes(project):
    return {path.name: path.stat().st_size for path in project.sidecar.rglob("*") if path.is_file()}


def test_what_provisional_tracklets_leave_is_written_again_and_the_files_stay_small(project):
    take, space = add_take(project), ColorEmbedder().space
    rng = np.random.default_rng(3)
    after_warm_up: dict[str, int] = {}
    with project.engine() as engine:
        segment = engine.begin_segment(take.id, "d", "t")
        engine.write_frames(segment.id, rows(9))
        made = engine.ensure_space(space)
        expected = {}
        for n in range(300):
            order, n_crops = PROVISIONAL_ORDER + 1 + n % 4, int(rng.integers(1, 4))
            pngs = [rng.bytes(int(rng.integers(2000, 9000))) for _ in range(n_crops)]
            crops = tuple(CropRow(k, 0, png, (0, 0, 5, 5), 0.5) for k, png in enumerate(pngs))
            row = replace(tracklet(order, 3 + n % 6), crops=crops)
            with engine.transaction():
                if n % 3 == 0:
                    engine.withdraw_provisional(segment.id, [order])
                    expected.pop(f"{segment.name}t{order}", None)
                name = engine.write_tracklet(segment.id, row)
            vectors = np.zeros((n_crops, space.dim), np.float32)
            vectors[:, n % space.dim] = 1
            engine.write_vectors(made, name, vectors, vectors[0])
            expected[name] = (pngs, n % space.dim)
            if n == 60:
                after_warm_up = sizes(project)
        engine.write_tracklet(segment.id, tracklet(1, 9))
        for name, (pngs, hot) in expected.items():
            assert [crop.png for crop in project.crops(name)] == pngs
            assert project.crop_vectors(space.key, name)[:, hot].tolist() == [1] * len(pngs)
        ids, matrix = project.descriptors(space.key)
        assert {name: int(np.argmax(vector)) for name, vector in zip(ids, matrix, strict=True)} == {
            name: hot for name, (_, hot) in expected.items()
        }
        for name, n_bytes in sizes(project).items():
            if name == "crops.pack" or name.endswith(".f16"):
                assert n_bytes <= 1.5 * after_warm_up[name], name  # without it: five times as much
        gone = next(iter(expected.values()))[0][0]
        engine.withdraw_provisional(segment.id)
    assert gone not in (project.sidecar / "crops.pack").read_bytes()  # nobody's picture stays in a hole
    assert [crop.png for crop in project.crops(f"{segment.name}t1")] == [b"png"]
    assert project.problems() == []


def test_what_was_given_up_is_kept_when_the_transaction_fails(project):
    take = add_take(project)
    with project.engine() as engine:
        segment = engine.begin_segment(take.id, "d", "t")
        engine.write_frames(segment.id, rows(9))
        name = engine.write_tracklet(segment.id, tracklet(PROVISIONAL_ORDER + 1, 4))

        def replace_in_vain():
            with engine.transaction():
                engine.withdraw_provisional(segment.id)
                engine.write_tracklet(segment.id, tracklet(1, 12))

        with pytest.raises(ValueError, match="must be stored before"):
            replace_in_vain()
        assert [crop.png for crop in project.crops(name)] == [b"png"]
        engine.write_tracklet(segment.id, tracklet(2, 9))  # takes no place of what is still referred to
        assert [crop.png for crop in project.crops(name)] == [b"png"]


def test_a_reader_that_was_overtaken_looks_again(project, monkeypatch):
    take = add_take(project)
    with project.engine() as engine:
        segment = engine.begin_segment(take.id, "d", "t")
        engine.write_frames(segment.id, rows(9))
        name = engine.write_tracklet(segment.id, tracklet(PROVISIONAL_ORDER + 1, 4))
        look, looks = tracks.crop_rows, []

        def overtaken(database, tracklet_id):
            found = look(database, tracklet_id)
            looks.append(found)
            if len(looks) == 1:
                newer = CropRow(2, 0, b"newer picture", (0, 0, 5, 5), 0.5)
                engine.write_tracklet(segment.id, replace(tracklet(PROVISIONAL_ORDER + 1, 6), crops=(newer,)))
            return found

        monkeypatch.setattr(tracks, "crop_rows", overtaken)
        assert [crop.png for crop in project.crops(name)] == [b"newer picture"]
        assert len(looks) == 3
