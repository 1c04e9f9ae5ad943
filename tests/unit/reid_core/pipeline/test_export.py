"""Exports hold every box once, count from where their format counts, and survive a reading back."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from reid_core.errors import CancelledError, ReidError, UsageError
from reid_core.pipeline.export.tables import filled_scores, gather
from reid_core.pipeline.export.write import FORMATS, export, file_names
from reid_core.store.records import Boxes
from reid_core.types import Verdict
from tests.unit.reid_core.store.build import add_source, made


@pytest.fixture
def project(tmp_path):
    with made(tmp_path / "case.sightline") as opened:
        opened.decide("c1s1t1", "c2s1t1", Verdict.SAME)
        yield opened


def test_mot_counts_from_one_and_one_person_has_one_id(project, tmp_path):
    export(project, "mot", tmp_path / "out")
    rows = {}
    for camera in ("gate", "hall"):
        table = np.loadtxt(tmp_path / "out" / f"{camera}.txt", delimiter=",")
        assert table.shape == (150, 10)
        assert table[:, 0].min() == 1
        assert table[:, 0].max() == 50
        assert (table[:, 7:] == -1).all()
        rows[camera] = table
    boxes = project.boxes("c1s1t1")
    first = rows["gate"][(rows["gate"][:, 1] == 1) & (rows["gate"][:, 0] == 1)][0]
    np.testing.assert_allclose(first[2:4], boxes.xyxy[0, :2] + 1, atol=0.01)
    np.testing.assert_allclose(first[4:6], boxes.xyxy[0, 2:] - boxes.xyxy[0, :2], atol=0.01)
    assert set(rows["gate"][:, 1]) & set(rows["hall"][:, 1]) == {1.0}
    assert len(set(rows["gate"][:, 1]) | set(rows["hall"][:, 1])) == 5


def test_a_second_file_of_a_camera_goes_on_counting(project):
    second = add_source(project, "gate", number=2)
    first, other = (source.id for source in project.sources() if source.id != second)
    assert gather(project).frame_offsets == {first: 0, other: 0, second: 50}


def test_json_holds_the_same_boxes(project, tmp_path):
    export(project, "json", tmp_path / "out")
    document = json.loads((tmp_path / "out" / "project.json").read_text())
    assert {t["tracklet"] for t in document["tracklets"]} == {t.id for t in project.tracklets()}
    for t in document["tracklets"]:
        boxes = project.boxes(t["tracklet"])
        np.testing.assert_allclose([row[2:6] for row in t["boxes"]], boxes.xyxy, atol=0.01)
    assert document["identities"][0]["tracklets"] == ["c1s1t1", "c2s1t1"]
    assert document["decisions"][0]["verdict"] == "same"


def test_csv_is_read_back_and_formulas_are_defused(project, tmp_path):
    project.decide("c1s1t2", "c2s1t2", Verdict.UNSURE, note="=HYPERLINK(1)")
    export(project, "csv", tmp_path / "out")
    with (tmp_path / "out" / "boxes.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 300
    with (tmp_path / "out" / "decisions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["a"], row["b"], row["verdict"]) for row in rows] == [
        ("c1s1t1", "c2s1t1", "same"),
        ("c1s1t2", "c2s1t2", "unsure"),
    ]
    assert rows[1]["note"] == "'=HYPERLINK(1)"


def test_what_is_there_is_not_overwritten(project, tmp_path):
    export(project, "mot", tmp_path / "out")
    before = (tmp_path / "out" / "gate.txt").read_bytes()
    with pytest.raises(UsageError, match=r"gate\.txt"):
        export(project, "mot", tmp_path / "out")
    assert (tmp_path / "out" / "gate.txt").read_bytes() == before
    export(project, "mot", tmp_path / "out", overwrite=True)


def test_a_failed_export_leaves_nothing(project, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(
        __import__("reid_core.pipeline.export.write", fromlist=["FORMATS"]).FORMATS, "mot", full
    )
    with pytest.raises(ReidError, match="No space left"):
        export(project, "mot", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        export(project, "csv", tmp_path / "file")


def test_interpolated_boxes_have_their_neighbours_score():
    boxes = Boxes(
        frame_idx=np.array([0, 1, 2, 3]),
        pts=np.arange(4),
        t_ms=np.arange(4) * 40.0,
        xyxy=np.zeros((4, 4), np.float32),
        detection_idx=np.array([0, -1, -1, 0]),
        scores=np.array([0.9, 0, 0, 0.6], np.float32),
        edited=np.zeros(4, np.bool_),
    )
    np.testing.assert_allclose(filled_scores(boxes), [0.9, 0.8, 0.7, 0.6], atol=1e-6)


def test_a_part_keeps_its_numbers_and_only_its_decisions(project, tmp_path):
    project.decide("c1s1t2", "c2s1t2", Verdict.UNSURE)
    export(project, "csv", tmp_path / "all")
    export(project, "csv", tmp_path / "part", keep=["c1s1t2", "c2s1t3"])

    def table(folder, name):
        with (tmp_path / folder / name).open(newline="") as file:
            return list(csv.DictReader(file))

    part, whole = table("part", "tracklets.csv"), table("all", "tracklets.csv")
    assert {row["tracklet"] for row in part} == {"c1s1t2", "c2s1t3"}
    assert all(row in whole for row in part)
    assert {row["tracklet"] for row in table("part", "boxes.csv")} == {"c1s1t2", "c2s1t3"}
    assert [row["a"] for row in table("part", "decisions.csv")] == ["c1s1t2"]
    assert len(table("all", "decisions.csv")) == 2
    export(project, "json", tmp_path / "part", keep=["c1s1t2"])
    document = json.loads((tmp_path / "part" / "project.json").read_text())
    assert [t["tracklet"] for t in document["tracklets"]] == ["c1s1t2"]
    assert [d["a"] for d in document["decisions"]] == ["c1s1t2"]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_progress_is_told_and_files_have_the_names_that_were_announced(project, tmp_path, name):
    heard = []
    targets = export(project, name, tmp_path / "out", watch=lambda done, total: heard.append((done, total)))
    assert heard[0] == (0, 6)
    assert heard[-1] == (6, 6)
    assert sorted(heard) == heard
    assert sorted(path.name for path in targets) == sorted(file_names(project, name))


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("at", [0, 3, 6])
def test_stopping_leaves_nothing_behind(project, tmp_path, name, at):
    def stop(done, total):
        if done >= at:
            raise CancelledError("Stopped.")

    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "note.txt").write_text("mine")
    with pytest.raises(CancelledError):
        export(project, name, tmp_path / "new" / "deep", watch=stop)
    with pytest.raises(CancelledError):
        export(project, name, tmp_path / "old", watch=stop)
    assert not (tmp_path / "new").exists()
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["note.txt"]
