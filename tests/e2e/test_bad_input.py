"""Whatever is given, the answer is one clear sentence and the right exit code, never a traceback."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.cli import sightline
from tests.fakes.footage import TWO_WALKERS, write_boxes, write_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "gate.mp4", TWO_WALKERS, 40)


@pytest.fixture(scope="module")
def boxes(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("boxes")
    for camera in ("gate", "broken", "cut"):
        write_boxes(folder, camera, TWO_WALKERS, 40)
    return f"replay:{folder}"


def test_one_bad_source_never_stops_the_others(clip, boxes, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is no video" * 100)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[: clip.stat().st_size * 2 // 3])
    outcome = sightline(
        "ingest", tmp_path / "case", "--detector", boxes, "--json",
        "--camera", f"broken={broken}", "--camera", f"gate={clip}", "--camera", f"gone={tmp_path}/no.mp4",
        expect=3,
    )  # fmt: skip
    states = {row["camera"]: row for row in outcome.json}
    assert states["gate"]["state"] == "done"
    assert states["gate"]["n_frames"] == 40
    for camera in ("broken", "gone"):
        assert states[camera]["state"] == "failed"
        assert len(states[camera]["reason"]) > 20


def test_footage_of_nothing_but_bad_files_is_told(tmp_path, boxes):
    (tmp_path / "empty.mp4").touch()
    outcome = sightline(
        "ingest",
        tmp_path / "case",
        "--detector",
        boxes,
        "--camera",
        f"a={tmp_path}/empty.mp4",
        "--json",
        expect=3,
    )
    assert outcome.json[0]["state"] == "failed"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("ingest",),
        ("ingest", "case", "--camera", "gate"),
        ("search", "case"),
        ("search", "case", "--tracklet", "c1s1t1"),
        ("decide", "case", "a", "a", "same"),
        ("export", "case", "--format", "pdf", "--out", "x"),
        ("nonsense",),
    ],
)
def test_what_means_nothing_is_a_usage_error(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = sightline(*arguments, expect=None)
    assert outcome.code == (2 if arguments else 1)
    assert len(outcome.err) > 20
    assert not list(tmp_path.iterdir())


def test_without_a_model_it_says_exactly_what_to_do(clip, tmp_path, monkeypatch):
    outcome = sightline(
        "ingest", tmp_path / "case", "--camera", f"gate={clip}", "--detector", "no-such-model", expect=4
    )
    assert "no-such-model" in outcome.err
    assert "SIGHTLINE_MODELS" in outcome.err


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("kind", ["empty", "foreign", "future", "noise"])
def test_unreadable_projects_stay_as_they_are(kind, tmp_path):
    project = tmp_path / "case.sightline"
    if kind == "empty":
        project.touch()
    elif kind == "noise":
        project.write_bytes(bytes(range(256)) * 64)
    else:
        with sqlite3.connect(project) as database:
            database.execute("CREATE TABLE t (x)")
            if kind == "future":
                database.execute("PRAGMA user_version = 999")
        database.close()
    before = content(tmp_path)
    for command in (("tracklets",), ("identities",), ("undo",), ("search", "--tracklet", "c1s1t1")):
        outcome = sightline(command[0], project, *command[1:], expect=6)
        assert str(project.name) in outcome.err
    assert content(tmp_path) == before


def test_a_second_engine_is_refused_and_the_first_is_named(clip, boxes, tmp_path):
    from reid_core.store.project import Project

    path = tmp_path / "case.sightline"
    with Project.open(path, create=True) as project, project.engine():
        outcome = sightline("ingest", path, "--camera", f"gate={clip}", "--detector", boxes, expect=5)
        assert "pid" in outcome.err.lower() or "process" in outcome.err.lower()
    sightline("ingest", path, "--camera", f"gate={clip}", "--detector", boxes)
