"""The window's memory comes back as it was, and bears what it cannot read."""

import os

from PySide6.QtCore import QByteArray

from app.settings import MAX_RECENT, Settings, _process


def test_recent_projects_the_latest_first(tmp_path):
    settings = Settings(tmp_path / "s.ini")
    for name in "abc":
        settings.keep_recent(tmp_path / f"{name}.sightline")
    settings.keep_recent(tmp_path / "a.sightline", page="sources", position_ms=12.5)
    settings.sync()
    found = Settings(tmp_path / "s.ini").recent()
    assert [entry.path[-11] for entry in found] == list("acb")
    assert (found[0].page, found[0].position_ms) == ("sources", 12.5)
    settings.forget_recent(found[0].path)
    assert [entry.path[-11] for entry in settings.recent()] == list("cb")


def test_the_list_has_an_end(tmp_path):
    settings = Settings(tmp_path / "s.ini")
    for n in range(MAX_RECENT + 5):
        settings.keep_recent(tmp_path / f"{n}.sightline")
    assert len(settings.recent()) == MAX_RECENT


def test_a_window_that_did_not_end_is_remembered(tmp_path):
    settings = Settings(tmp_path / "s.ini")
    assert settings.unclean_project() == ""
    settings.begin_project(tmp_path / "a.sightline")
    assert Settings(tmp_path / "s.ini").unclean_project() == str(tmp_path / "a.sightline")
    settings.end_project()
    assert Settings(tmp_path / "s.ini").unclean_project() == ""


def test_a_project_that_another_window_has_open_is_no_crash(tmp_path):
    settings = Settings(tmp_path / "s.ini")
    settings.begin_project(tmp_path / "a.sightline")
    settings.set_text("open_by", _process(os.getppid()))
    assert settings.unclean_project() == ""
    settings.set_text("open_by", f"{os.getppid()} 12.00")  # the number is used again by another process
    assert settings.unclean_project() == str(tmp_path / "a.sightline")


def test_what_cannot_be_read_counts_as_nothing(tmp_path):
    settings = Settings(tmp_path / "s.ini")
    for text in ("{", "[1]", '[{"path": "x", "colour": 3}]', '{"a": 1}'):
        settings.set_text("recent", text)
        settings.set_text("speeds", text)
        assert settings.recent() == ()
        assert settings.speed("cpu") is None


def test_layouts_can_be_forgotten(tmp_path):
    settings = Settings(tmp_path / "s.ini")
    settings.set_state("layout/window", QByteArray(b"\x01\x00\xff"))
    settings.set_text("theme", "dark")
    settings.sync()
    assert Settings(tmp_path / "s.ini").state("layout/window") == QByteArray(b"\x01\x00\xff")
    settings.forget_layout()
    assert settings.state("layout/window") is None
    assert settings.text("theme") == "dark"


def test_speeds(tmp_path):
    settings = Settings(tmp_path / "s.ini")
    settings.keep_speed("cpu", 12.3456)
    settings.keep_speed("cuda", 200)
    assert settings.speed("cpu") == 12.35
    assert settings.speed("mps") is None
