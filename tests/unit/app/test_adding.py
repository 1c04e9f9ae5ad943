"""Footage is found, added, refused with a reason, and found again by its content."""

import pytest
from PIL import Image

from app.adding import (
    Rejected,
    add_footage,
    camera_names,
    drop_rejected,
    find_footage,
    find_missing,
    rejected_files,
    relink,
    relink_all,
)
from reid_core.errors import SourceError, UsageError
from reid_core.store.project import Project
from tests.fakes.footage import TWO_WALKERS, write_clip


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for number, name in enumerate(("cam2.mp4", "cam10.mp4", "sub/gate.mp4"), start=3):
        (folder / name).parent.mkdir(exist_ok=True)
        write_clip(folder / name, TWO_WALKERS, number)
    pictures = folder / "stills"
    pictures.mkdir()
    for n in range(3):
        Image.new("RGB", (32, 24), (n, 0, 0)).save(pictures / f"{n}.png")
    (folder / "notes.txt").write_text("no footage")
    (folder / "old.sightline.d").mkdir()
    return folder


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "trial.sightline") as project:
        yield project


def test_a_folder_gives_its_videos_and_picture_folders_in_natural_order(clips):
    found = find_footage([clips, clips / "cam2.mp4"])
    assert [piece.path.removeprefix(str(clips))[1:] for piece in found] == [
        "cam2.mp4",
        "cam10.mp4",
        "stills",
        "sub/gate.mp4",
    ]
    assert [(piece.kind, piece.n_pictures) for piece in found][2] == ("images", 3)


def test_a_folder_without_footage_is_said(tmp_path):
    with pytest.raises(UsageError, match="No video"):
        find_footage([tmp_path])


def test_names_that_a_camera_may_not_have_are_changed():
    assert camera_names(["/x/a=b,c.mp4", "/x/a=b,c.mkv"], []) == ("a-b-c", "x-a-b-c")


def test_footage_is_added_once(project, clips):
    first = add_footage(project, "gate", str(clips / "cam2.mp4"), None)
    again = add_footage(project, "other", str(clips / "cam2.mp4"), None)
    assert first == again
    assert [camera.name for camera in project.cameras()] == ["gate"]


def test_a_bad_file_is_kept_with_its_reason_and_leaves_no_camera(project, clips):
    bad = add_footage(project, "notes", str(clips / "notes.txt"), None)
    assert isinstance(bad, Rejected)
    assert bad.reason
    add_footage(project, "notes", str(clips / "notes.txt"), None)  # tried again
    assert rejected_files(project) == (bad,)
    assert project.cameras() == []
    drop_rejected(project, bad.path)
    assert rejected_files(project) == ()


def test_a_file_that_became_good_leaves_the_list(project, tmp_path):
    path = tmp_path / "late.mp4"
    path.write_bytes(b"not yet")
    assert isinstance(add_footage(project, "late", str(path), None), Rejected)
    write_clip(path, TWO_WALKERS, 4)
    assert not isinstance(add_footage(project, "late", str(path), None), Rejected)
    assert rejected_files(project) == ()


def test_the_rate_of_pictures_is_used(project, clips):
    source = add_footage(project, "stills", str(clips / "stills"), 2.0)
    assert source.fps == 2.0


def test_missing_files_are_found_by_content(project, clips, tmp_path):
    a, b = tmp_path / "a.mp4", tmp_path / "b.mp4"
    write_clip(a, TWO_WALKERS, 5)
    write_clip(b, TWO_WALKERS, 6)
    sources = [add_footage(project, path.stem, str(path), None) for path in (a, b)]
    moved = tmp_path / "moved" / "deep"
    moved.mkdir(parents=True)
    a.rename(moved / "renamed.mp4")
    b.rename(moved / "b.mp4")
    write_clip(moved / "a.mp4", TWO_WALKERS, 7)  # the old name, other content
    found = find_missing(tmp_path, sources)
    assert found == {sources[0].id: str(moved / "renamed.mp4"), sources[1].id: str(moved / "b.mp4")}
    assert relink_all(project, found) == 2
    assert {source.id: source.path for source in project.sources()} == found


def test_relink_takes_only_the_same_recording(project, tmp_path):
    path = write_clip(tmp_path / "a.mp4", TWO_WALKERS, 5)
    source = add_footage(project, "a", str(path), None)
    path.rename(tmp_path / "c.mp4")
    other = write_clip(tmp_path / "b.mp4", TWO_WALKERS, 6)
    with pytest.raises(SourceError, match="content differs"):
        relink(project, source, str(other))
    relink(project, source, str(tmp_path / "c.mp4"))
    assert project.sources()[0].path == str(tmp_path / "c.mp4")
