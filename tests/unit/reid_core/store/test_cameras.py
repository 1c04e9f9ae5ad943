"""Renamed cameras keep their history; footage that is taken out leaves nothing but its place."""

from pathlib import Path

import pytest

from reid_core.errors import ProjectBusyError, UsageError
from reid_core.linking.travel import TravelTable, TravelWindow
from reid_core.pipeline.cameras import remove_source, rename_camera
from reid_core.pipeline.link_travel import set_travel, travel_table
from reid_core.store.project import Project
from reid_core.store.sidecar import HEADER_BYTES
from reid_core.types import Verdict
from tests.unit.reid_core.store.build import SPACE, frame, tracklet, vector

FACTS = {
    "path": "/films/gate.mp4", "kind": "video", "width": 640, "height": 480, "fps": 25.0,
    "duration_ms": 1600.0, "n_frames": 40,
}  # fmt: skip


def info(name: str) -> dict:
    return {**FACTS, "path": f"/films/{name}.mp4", "fingerprint": name.ljust(64, "0")}


def ingest(project: Project, source_id: int) -> None:
    """Two people, all frames, with vectors."""
    with project.engine() as engine:
        segment = engine.begin_segment(source_id, "d", "t")
        space = engine.ensure_space(SPACE)
        with engine.transaction():
            engine.write_frames(segment.id, [frame(n, (0, 1)) for n in range(40)])
            for order in (1, 2):
                made = engine.write_tracklet(
                    segment.id, tracklet(order, order - 1, range(40), (0, 1), label=str(source_id))
                )
                engine.write_vectors(space, made, [vector("a"), vector("b")], vector(made))
            engine.finish_segment(segment.id, "done")


@pytest.fixture
def project(tmp_path: Path):
    with Project.create(tmp_path / "p.sightline") as project:
        for name in ("gate", "hall"):
            project.add_camera(name)
            ingest(project, project.add_source(name, info(name)).id)
        yield project


def names(project: Project) -> list[str]:
    return [camera.name for camera in project.cameras()]


def test_a_renamed_camera_keeps_what_is_known_of_it(project):
    project.set_clock("gate", 400.0)
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    set_travel(project, TravelTable([TravelWindow("gate", "hall", 1000.0, 2000.0, 3000.0)]))
    rename_camera(project, "gate", " North gate ")
    assert names(project) == ["North gate", "hall"]
    assert project.cameras()[0].offset_ms == 400.0
    assert {t.camera for t in project.tracklets()} == {"North gate", "hall"}
    assert [s.camera for s in project.sources("gate")] == ["North gate"]
    assert [(j.a, j.b) for j in project.judgements()[0]] == [("c1s1t1", "c2s1t1")]
    assert travel_table(project).between("North gate", "hall").typical_ms == 2000.0
    assert project.add_camera("gate").id == 1  # its old name still leads to it
    project.set_clock("gate", 500.0)
    project.describe_camera("gate", site="Yard")
    assert (project.cameras()[0].offset_ms, project.cameras()[0].site) == (500.0, "Yard")
    assert project.verify_log() == []


def test_a_rename_is_undone_and_redone_and_other_connections_see_it(project):
    rename_camera(project, "gate", "north")
    rename_camera(project, "north", "south")
    with Project.open(project.path) as other:
        assert names(other) == ["south", "hall"]
    project.undo()
    assert names(project) == ["north", "hall"]
    project.undo()
    assert names(project) == ["gate", "hall"]
    project.redo()
    project.redo()
    assert names(project) == ["south", "hall"]
    project.withdraw(project.log()[0].id)
    assert names(project) == ["south", "hall"]
    rename_camera(project, "south", "gate")
    assert names(project) == ["gate", "hall"]


def test_no_two_cameras_ever_share_a_name(project):
    rename_camera(project, "gate", "north")
    with pytest.raises(UsageError, match="Another camera has the name gate before it was called north"):
        rename_camera(project, "hall", "gate")
    with pytest.raises(UsageError, match="Another camera has the name north:"):
        rename_camera(project, "hall", "north")
    for wrong, message in (("nobody", "no camera 'nobody'"),):
        with pytest.raises(UsageError, match=message):
            rename_camera(project, wrong, "x")
    for name in ("", "north"):
        with pytest.raises(UsageError):
            rename_camera(project, "north", name)
    assert names(project) == ["north", "hall"]


def test_a_job_that_runs_meanwhile_goes_on_under_the_old_name(project):
    """It knows the camera by the name that it had when the job began."""
    source = project.add_source("gate", {**info("gate2"), "start_ms": 5000.0})
    with Project.open(project.path) as engine_side, engine_side.engine() as engine:
        segment = engine.begin_segment(source.id, "d", "t")
        rename_camera(project, "gate", "north")
        engine.write_frames(segment.id, [frame(n, (0,)) for n in range(10)])
        engine.write_tracklet(segment.id, tracklet(1, 0, range(10), (0,)))
        assert engine_side.add_source("gate", info("gate3")).camera == "north"
    assert {t.camera for t in project.tracklets()} == {"north", "hall"}


def test_footage_that_is_taken_out_leaves_no_trace_of_people(project):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    before = (project.sidecar / "crops.pack").read_bytes()
    with pytest.raises(ProjectBusyError), Project.open(project.path) as other, other.engine():
        remove_source(project, 1)
    remove_source(project, 1)
    assert names(project) == ["hall"]
    assert [s.id for s in project.sources()] == [2]
    assert [s.source_id for s in project.segments()] == [2]
    assert [t.id for t in project.tracklets()] == ["c2s1t1", "c2s1t2"]
    assert project.descriptors(SPACE.key)[0] == ["c2s1t1", "c2s1t2"]
    assert project.crops("c2s1t1")  # the other's pictures are whole
    after = (project.sidecar / "crops.pack").read_bytes()
    half = HEADER_BYTES + (len(before) - HEADER_BYTES) // 2
    assert any(before[HEADER_BYTES:half])
    assert not any(after[HEADER_BYTES:half])
    assert after[half:] == before[half:]
    assert [event.kind for event in project.log()] == ["decided", "source_removed"]
    assert project.problems() == []
    with pytest.raises(UsageError, match="no source 1"):
        remove_source(project, 1)


def test_footage_that_comes_back_finds_its_decisions_again(project):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    remove_source(project, 1)
    assert project.judgements()[0][0].a != "c1s1t1"
    assert project.cursor().done == (1,)  # undo takes the decision back, not the removal
    project.add_camera("gate")
    source = project.add_source("gate", {**info("gate"), "path": "/elsewhere/gate.mp4"})
    assert (source.id, source.number, source.path) == (1, 1, "/elsewhere/gate.mp4")
    assert names(project) == ["gate", "hall"]
    ingest(project, source.id)
    assert [(j.a, j.b) for j in project.judgements()[0]] == [("c1s1t1", "c2s1t1")]


def test_numbers_of_footage_taken_out_are_not_given_again(project):
    second = project.add_source("gate", info("gate2"))
    remove_source(project, second.id)
    third = project.add_source("gate", info("gate3"))
    assert (second.number, third.number) == (2, 3)
    assert third.start_ms == second.start_ms  # it follows on what is there
    ingest(project, third.id)
    assert {t.id for t in project.tracklets() if t.source_id == third.id} == {"c1s3t1", "c1s3t2"}
    again = project.add_source("gate", info("gate2"))
    assert again.start_ms == third.start_ms + third.duration_ms


def test_the_same_footage_in_another_camera_finds_its_decisions(project):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    remove_source(project, 1)
    project.add_camera("yard")
    ingest(project, project.add_source("yard", info("gate")).id)
    assert [(j.a, j.b) for j in project.judgements()[0]] == [("c3s1t1", "c2s1t1")]
