"""Nothing of the forgotten is left, and they stay forgotten."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import UsageError
from reid_core.store import Project, edits
from tests.unit.reid_core.store.build import (
    SPACE,
    made,
    png,
    pts,
    spans,
    tracklet,
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two cameras; three people in each, whose walks are cut in two at frame 25."""
    with made(tmp_path / "p.sightline", cuts=[25]) as project:
        yield project


def test_forget(tmp_path: Path) -> None:
    with made(tmp_path / "p.sightline", ("gate",), dim=6) as project:
        ids, matrix = project.descriptors(SPACE.key)
        bytes_of = {i: bytes(m) for i, m in zip(ids, np.asarray(matrix), strict=True)}
        crop_vectors = bytes(project.crop_vectors(SPACE.key, "c1s1t2"))
        appearance = next(project.frame_rows(project.segments()[0].id)).appearance
        assert appearance is not None
        kept = project.tracklets()
        project.decide("c1s1t2", "c1s1t1", "same")
        event = project.forget(["c1s1t2"], reason="asked for", actor="Ana")
        assert [t.id for t in project.tracklets()] == [t.id for t in kept if t.id != "c1s1t2"]
        assert event.payload.reason == "asked for"
        assert project.undo().kind == "decided"  # a tombstone is no step to undo
        project.redo()
        (judgement,), _ = project.judgements()
        assert judgement.a.startswith("lost:")
        with pytest.raises(UsageError):
            project.crops("c1s1t2")
        assert len(project.crops("c1s1t1")) == 2
        assert project.verify_log() == []
        after = next(project.frame_rows(project.segments()[0].id)).appearance
        assert after is not None
        assert after[1].tolist() == [0] * 6
        assert np.array_equal(after[[0, 2]], appearance[[0, 2]])
    everything = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for gone in (
        png("gate 1 0"),
        png("gate 1 25"),
        bytes_of["c1s1t2"],
        crop_vectors,
        appearance[1].tobytes(),
    ):
        assert gone not in everything
    for kept_bytes in (png("gate 0 0"), bytes_of["c1s1t1"]):
        assert kept_bytes in everything


def test_forgetting_is_completed_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reid_core.store import forget

    with made(tmp_path / "p.sightline") as project:
        with monkeypatch.context() as broken:
            broken.setattr(forget, "overwrite", lambda database: None)
            project.forget(["c1s1t2"])
        assert png("gate 1 0") in (project.sidecar / "crops.pack").read_bytes()
        with project.engine():
            pass
        assert png("gate 1 0") not in (project.sidecar / "crops.pack").read_bytes()


def test_the_forgotten_stay_forgotten_when_tracked_again(tmp_path: Path) -> None:
    with made(tmp_path / "p.sightline") as project:
        project.forget(["c1s1t2"])
        with project.engine() as engine:
            segment = engine.begin_segment(1, "d", "again")
            with engine.transaction():
                for order in (1, 2, 3):
                    row = tracklet(order, order - 1, range(50), [0, 1, 2], label="again")
                    engine.write_tracklet(segment.id, row)
        assert spans(project) == {"c1s1t1": (0, 49), "c1s1t3": (0, 49)}
        assert png("again 1 0") not in (project.sidecar / "crops.pack").read_bytes()
        assert png("again 2 0") in (project.sidecar / "crops.pack").read_bytes()


def test_forget_part_of_a_tracklet(project: Project) -> None:
    event = edits.split(project, "c1s1t1", pts(10))
    project.forget([f"c1s1e{event.id}"])
    assert [c.png for c in project.crops("c1s1t1")] == [png("gate 0 0")]
    assert png("gate 0 12") not in (project.sidecar / "crops.pack").read_bytes()
    project.undo()  # without the split the whole tracklet holds the forgotten place: nothing of it is shown
    assert "c1s1t1" not in spans(project)
    project.redo()
    assert [c.png for c in project.crops("c1s1t1")] == [png("gate 0 0")]


def test_forget_a_picture(project: Project) -> None:
    picture = project.add_image(b"query picture of somebody" * 40)
    with project.engine() as engine:
        engine.forget([picture])
    project.close()
    everything = b"".join(p.read_bytes() for p in project.path.parent.rglob("*") if p.is_file())
    assert b"query picture of somebody" not in everything
