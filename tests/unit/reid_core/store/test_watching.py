"""What a second reader sees of others: that something changed, one moment of it, a write under way."""

import pytest

from reid_core.errors import ProjectUnreadableError, UsageError
from reid_core.store.opening import is_current
from reid_core.store.project import Project


@pytest.fixture
def path(tmp_path):
    Project.create(tmp_path / "trial.sightline").close()
    return tmp_path / "trial.sightline"


def test_the_data_version_tells_of_others_only(path):
    with Project.open(path) as reader, Project.open(path) as writer:
        before = reader.data_version()
        reader.set_setting("own", 1)
        assert reader.data_version() == before
        writer.set_setting("other", 1)
        assert reader.data_version() != before


def test_what_is_read_inside_is_of_one_moment(path):
    with Project.open(path) as reader, Project.open(path) as writer:
        with reader.reading():
            assert reader.cameras() == []
            writer.add_camera("gate")
            assert reader.cameras() == []
        assert [camera.name for camera in reader.cameras()] == ["gate"]


def test_reading_ends_with_an_error_inside(path):
    with Project.open(path) as project:
        with pytest.raises(ZeroDivisionError), project.reading():
            _ = 1 // 0
        project.add_camera("gate")


def test_a_write_of_another_connection_is_seen(path):
    with Project.open(path) as watcher, Project.open(path) as writer:
        assert not watcher.is_being_written()
        with writer._database.transaction():
            assert watcher.is_being_written()
        assert not watcher.is_being_written()
        watcher.add_camera("gate")  # the look left nothing behind


def test_a_camera_is_described(path):
    with Project.open(path) as project:
        project.add_camera("gate", color="#102030", site="Hall")
        project.describe_camera("gate", color="#405060", site="North door")
        camera = project.cameras()[0]
        assert (camera.color, camera.site) == ("#405060", "North door")
        with pytest.raises(UsageError, match="no camera"):
            project.describe_camera("cellar")


def test_the_format_is_told_without_opening(path, tmp_path):
    assert is_current(path)
    with Project.open(path):
        assert is_current(path)
    with pytest.raises(ProjectUnreadableError):
        is_current(tmp_path / "absent.sightline")
