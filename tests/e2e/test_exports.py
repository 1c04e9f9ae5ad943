"""Export and import on the command line: a dry run, a part, stopped in the middle, real footage."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from reid_core.store.project import Project
from tests.data import shared_data
from tests.e2e.cli import read_mot, sightline
from tests.fakes.case import made_case


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("case")
    with made_case(folder) as project:
        return project.path


def test_a_dry_run_writes_nothing_and_counts_what_is_lost(case, tmp_path):
    found = sightline("export", case, "--format", "mot", "--out", tmp_path / "o", "--dry-run", "--json").json
    assert found["can_export"]
    assert found["files"] == ["gate.txt", "hall.txt"]
    lost = {point["what"]: point["number"] for point in found["points"] if point["result"] == "lost"}
    assert (lost["Decisions"], lost["Which boxes were interpolated"]) == (3, 10)
    assert not (tmp_path / "o").exists()
    text = sightline("export", case, "--format", "mot", "--out", tmp_path / "o", "--dry-run").out
    assert "interpolated" in text
    nobody = ("--from", 10**9, "--dry-run", "--json")
    assert not sightline("export", case, "--format", "mot", "--out", "o", *nobody, expect=2).json[
        "can_export"
    ]


def test_an_identity_and_a_range_are_cut_out_on_the_command_line(case, tmp_path):
    part = ("--identity", "Ann <b> & co", "--from", 1000, "--to", 2000, "--json")
    sightline("export", case, "--format", "mot", "--out", tmp_path, *part)
    rows = read_mot(tmp_path / "gate.txt")
    assert (min(rows), max(rows), {len(row) for row in rows.values()}) == (11, 21, {1})
    assert (
        "no identity"
        in sightline(
            "export", case, "--format", "mot", "--out", tmp_path / "x", "--identity", "P99", expect=2
        ).err
    )
    again = sightline("export", case, "--format", "mot", "--out", tmp_path, expect=2)
    assert "--force" in again.err
    told = sightline("export", case, "--format", "mot", "--out", tmp_path, "--force").out
    assert "Not in this format: " in told
    assert "decisions" in told


def test_ctrl_c_ends_an_export_and_leaves_nothing(case, tmp_path):
    command = ["export", case, "--format", "clips", "--blur", "--out", tmp_path / "out"]
    child = subprocess.Popen(
        [sys.executable, "-m", "app", *map(str, command)], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("out/.sightline-export-*/made/clips/*.mp4")):
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Nothing was written" in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_what_goes_out_comes_in_again(case, tmp_path):
    sightline("export", case, "--format", "cvat", "--out", tmp_path)
    for camera in ("gate", "hall"):
        taken = sightline(
            "import", case, "--format", "cvat", "--camera", camera, "--as", "truth", "--json",
            tmp_path / f"{camera}.xml",
        ).json  # fmt: skip
        n_boxes = sum(
            t["n_detections"] for t in sightline("tracklets", case, "--json").json if t["camera"] == camera
        )
        assert taken["n_boxes"] == n_boxes
    scores = sightline("score", case, "--across", "--json").json
    # what nobody linked is two people on either side, and green is
    assert [(s["camera"], s["idf1"], s["n_switches"]) for s in scores] == [
        ("gate", 1, 0), ("hall", 1, 0), ("all", 1, 0),
    ]  # fmt: skip
    assert scores[-1]["n_persons"] == 4


def test_footage_and_labels_make_a_project(case, tmp_path):
    """CVAT's boxes become detections of a new project, and an ingest with them finds the same people."""
    sightline("export", case, "--format", "cvat", "--out", tmp_path)
    gate = case.parent / "gate.mp4"
    new = tmp_path / "new.sightline"
    command = ["import", new, "--format", "cvat", "--as", "detections", tmp_path / "gate.xml"]
    assert "There is no project" in sightline(*command, "--camera", "gate", expect=2).err
    taken = sightline(*command, "--camera", f"gate={gate}", "--json").json
    assert taken["n_boxes"] == 120
    sightline("ingest", new, "--detector", f"replay:{new}.d/detections", "--json")
    with Project.open(new) as project:
        assert sum(t.n_detections for t in project.tracklets()) == 120


@pytest.mark.data
@pytest.mark.slow
def test_real_ground_truth_is_imported_followed_and_measured(tmp_path):
    folder = shared_data("mot/TUD-Campus")
    project, truth = tmp_path / "tud.sightline", folder / "gt" / "gt.txt"
    labels = ("--format", "mot", truth, "--json")
    camera = f"campus={folder / 'TUD-Campus.mp4'}"
    assert (
        sightline("import", project, "--camera", camera, "--as", "detections", *labels).json["n_boxes"] == 359
    )
    sightline("ingest", project, "--detector", f"replay:{project}.d/detections", "--json")
    taken = sightline("import", project, "--camera", "campus", "--as", "truth", *labels).json
    assert (taken["n_boxes"], taken["n_persons"]) == (359, 8)
    (found,) = sightline("score", project, "--json").json
    assert found["idf1"] > 0.9  # the boxes are the true ones, only who is who had to be found
    assert (found["n_truth"], found["n_persons"]) == (359, 8)
    out = tmp_path / "out"
    n_boxes = sum(t["n_detections"] for t in sightline("tracklets", project, "--json").json)
    for key in ("mot", "coco"):
        sightline("export", project, "--format", key, "--out", out)
    assert sum(map(len, read_mot(out / "campus.txt").values())) == n_boxes
    assert len(json.loads((out / "coco.json").read_text())["annotations"]) == n_boxes
