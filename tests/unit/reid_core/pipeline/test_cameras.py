"""Live cameras that are renamed or taken out of a project, and when cameras began."""

from datetime import datetime

import pytest

from reid_core.errors import ProjectBusyError, UsageError
from reid_core.pipeline.cameras import remove_stream, rename_camera
from reid_core.pipeline.live_cameras import StoredStream, register_stream, stored_streams
from reid_core.pipeline.start_times import set_start
from reid_core.pipeline.takes import live_epoch_s, recordings_folder
from reid_core.store.project import Project
from reid_core.streams.recording import Quota


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "p.sightline") as project:
        register_stream(project, "lobby", StoredStream("rtsp://h/a", Quota(max_bytes=5)))
        yield project


def take(project, name, start_ms):
    """One connection of which a recording lies in the project."""
    (recordings_folder(project, name) / f"take{start_ms:.0f}").mkdir(parents=True)
    facts = {
        "path": "rtsp://h/a", "kind": "stream", "fingerprint": f"take{start_ms:.0f}", "width": 64,
        "height": 48, "fps": 10.0, "duration_ms": 1000.0, "start_ms": start_ms,
        "recording": f"c1/take{start_ms:.0f}",
    }  # fmt: skip
    return project.add_source(name, facts)


def test_a_live_camera_keeps_its_address_and_recordings_under_another_name(project):
    first = take(project, "lobby", 0.0)
    folder = recordings_folder(project, "lobby")
    rename_camera(project, "lobby", "entrance")
    assert list(stored_streams(project)) == ["entrance"]
    assert recordings_folder(project, "entrance") == recordings_folder(project, "lobby") == folder
    assert [source.id for source in project.sources("entrance")] == [first.id]
    register_stream(project, "lobby", StoredStream("rtsp://h/b"))
    assert stored_streams(project) == {"entrance": StoredStream("rtsp://h/b")}


def test_a_live_camera_that_is_watched_is_neither_renamed_nor_removed(project):
    with Project.open(project.path) as other, other.engine():
        with pytest.raises(ProjectBusyError):
            rename_camera(project, "lobby", "entrance")
        with pytest.raises(ProjectBusyError):
            remove_stream(project, "lobby")
    assert list(stored_streams(project)) == ["lobby"]


def test_a_live_camera_goes_with_what_was_recorded_of_it(project):
    take(project, "lobby", 0.0), take(project, "lobby", 5000.0)
    folder = recordings_folder(project, "lobby")
    remove_stream(project, "lobby")
    assert (project.cameras(), project.sources(), stored_streams(project)) == ([], [], {})
    assert list(folder.iterdir()) == []
    with pytest.raises(UsageError, match="no live camera"):
        remove_stream(project, "lobby")


def test_a_live_camera_that_never_connected_goes_altogether(project):
    remove_stream(project, "lobby")
    assert project.cameras() == []
    register_stream(project, "lobby", StoredStream("rtsp://h/b"))
    assert [camera.name for camera in project.cameras()] == ["lobby"]


def test_live_time_counts_from_midnight_where_the_files_do(project):
    project.add_camera("gate")
    set_start(project, "gate", datetime(2026, 11, 21, 14, 2))
    offsets = {camera.name: camera.offset_ms for camera in project.cameras()}
    assert offsets == {"lobby": 0.0, "gate": 50_520_000.0}
    noon = datetime(2026, 11, 21, 12).timestamp()
    assert live_epoch_s(project, noon) == datetime(2026, 11, 21).timestamp()
    assert live_epoch_s(project, noon + 5) == datetime(2026, 11, 21).timestamp()


def test_where_live_cameras_began_no_other_start_can_be_said(project):
    project.add_camera("gate")
    assert live_epoch_s(project, 1000.0) == 1000.0
    with pytest.raises(UsageError, match="began with their first picture"):
        set_start(project, "gate", datetime(2026, 11, 21, 14, 2))
    with pytest.raises(UsageError, match="no camera 'nobody'"):
        set_start(project, "nobody", datetime(2026, 11, 21, 14, 2))
