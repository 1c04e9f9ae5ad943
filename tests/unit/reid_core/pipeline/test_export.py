"""Exports hold every box once, count from where their format counts, and survive a reading back."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import CancelledError, ReidError, UsageError
from reid_core.pipeline.export.base import Result
from reid_core.pipeline.export.formats import FORMATS
from reid_core.pipeline.export.preflight import preflight
from reid_core.pipeline.export.scope import Scope, tracklets_of
from reid_core.pipeline.export.tables import filled_scores, gather
from reid_core.pipeline.export.tabular import FORMULA_STARTS, write_table
from reid_core.pipeline.export.write import export
from reid_core.store.records import Boxes
from reid_core.types import Verdict
from tests.fakes.case import made_case
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

    monkeypatch.setitem(FORMATS, "mot", replace(FORMATS["mot"], write=full))
    with pytest.raises(ReidError, match="No space left"):
        export(project, "mot", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        export(project, "csv", tmp_path / "file")


def test_what_was_replaced_comes_back_when_the_last_step_fails(project, tmp_path, monkeypatch):
    export(project, "mot", tmp_path / "out")
    (tmp_path / "out" / "gate.txt").write_text("mine")
    whole = Path.rename

    def rename(self, target):
        if self.parent.name == "made" and self.name == "hall.txt":
            raise OSError(28, "No space left on device")
        return whole(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(ReidError, match="No space left"):
        export(project, "mot", tmp_path / "out", overwrite=True)
    assert (tmp_path / "out" / "gate.txt").read_text() == "mine"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["gate.txt", "hall.txt"]


def test_what_appears_meanwhile_is_not_overwritten(project, tmp_path):
    def meddle(done, total):
        if total and done == total:
            (tmp_path / "out" / "hall.txt").write_text("mine")

    with pytest.raises(UsageError, match=r"hall\.txt"):
        export(project, "mot", tmp_path / "out", watch=meddle)
    assert (tmp_path / "out" / "hall.txt").read_text() == "mine"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["hall.txt"]


def test_a_link_that_leads_nowhere_is_something_too(project, tmp_path):
    (tmp_path / "gate.txt").symlink_to(tmp_path / "absent")
    with pytest.raises(UsageError, match=r"gate\.txt"):
        export(project, "mot", tmp_path)
    export(project, "mot", tmp_path, overwrite=True)
    assert not (tmp_path / "gate.txt").is_symlink()
    assert not (tmp_path / "absent").exists()


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
    export(project, "csv", tmp_path / "part", scope=Scope(frozenset({"c1s1t2", "c2s1t3"})))

    def table(folder, name):
        with (tmp_path / folder / name).open(newline="") as file:
            return list(csv.DictReader(file))

    part, whole = table("part", "tracklets.csv"), table("all", "tracklets.csv")
    assert {row["tracklet"] for row in part} == {"c1s1t2", "c2s1t3"}
    assert all(row in whole for row in part)
    assert {row["tracklet"] for row in table("part", "boxes.csv")} == {"c1s1t2", "c2s1t3"}
    assert [row["a"] for row in table("part", "decisions.csv")] == ["c1s1t2"]
    assert len(table("all", "decisions.csv")) == 2
    export(project, "json", tmp_path / "part", scope=Scope(frozenset({"c1s1t2"})))
    document = json.loads((tmp_path / "part" / "project.json").read_text())
    assert [t["tracklet"] for t in document["tracklets"]] == ["c1s1t2"]
    assert [d["a"] for d in document["decisions"]] == ["c1s1t2"]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    with made_case(tmp_path_factory.mktemp("case")) as opened:
        yield opened


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_progress_is_told_and_files_have_the_names_that_were_announced(case, tmp_path, name):
    heard = []
    announced = preflight(case, name, tmp_path / "out")
    targets, found = export(case, name, tmp_path / "out", watch=lambda *now: heard.append(now))
    told = [(done, total) for done, total in heard if total]
    assert len(told) >= 2
    assert told[-1][0] == told[-1][1]
    assert sorted(done for done, _ in told) == [done for done, _ in told]
    assert sorted(path.name for path in targets) == sorted(announced.names)
    assert found.points == announced.points
    assert preflight(case, name, tmp_path / "out").present == announced.names


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_stopping_leaves_nothing_behind(case, tmp_path, name, part):
    def stop(done, total):
        if total and done >= part * total:
            raise CancelledError("Stopped.")

    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "note.txt").write_text("mine")
    for folder in (tmp_path / "new" / "deep", tmp_path / "old"):
        with pytest.raises(CancelledError):
            export(case, name, folder, scope=Scope(to_ms=1500), watch=stop)
    assert not (tmp_path / "new").exists()
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["note.txt"]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_preflight_writes_nothing_and_says_what_is_lost(case, tmp_path, name):
    found = preflight(case, name, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert found.stop is None
    assert bool(found.of(Result.LOST)) == (name not in ("csv", "json"))  # these hold everything of this case
    order = [list(Result).index(point.result) for point in found.points]
    assert order == sorted(order)
    assert all(point.number != 0 for point in found.points)


def test_an_empty_part_is_refused(case, tmp_path):
    nobody = Scope(from_ms=1e9)
    assert preflight(case, "mot", tmp_path, nobody).stop.what == "Tracklets"
    with pytest.raises(UsageError, match="nobody is in this part"):
        export(case, "mot", tmp_path / "out", scope=nobody)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("first", "last"), [(500, 1500), (None, 333.3), (1999, None), (700, 700)])
def test_a_range_cuts_boxes_and_not_only_tracklets(project, first, last):
    tables = gather(project, Scope(from_ms=first, to_ms=last))
    low, high = -np.inf if first is None else first, np.inf if last is None else last
    for _, tracklet in tables.tracklets():
        whole, part = project.boxes(tracklet.id), tables.boxes(tracklet)
        inside = (whole.t_ms >= low) & (whole.t_ms <= high)
        np.testing.assert_array_equal(part.frame_idx, whole.frame_idx[inside])
        np.testing.assert_array_equal(part.xyxy, whole.xyxy[inside])
        assert (tracklet.n_boxes, tracklet.start_ms) == (len(part), part.t_ms[0])
        assert (tracklet.start_idx, tracklet.end_pts) == (part.frame_idx[0], part.pts[-1])
    expected = sum(bool(((project.boxes(t.id).t_ms >= low) & (project.boxes(t.id).t_ms <= high)).any())
                   for t in project.tracklets())  # fmt: skip
    assert len(list(tables.tracklets())) == expected
    assert tables.n_left_out == 6 - expected


def test_a_range_is_meant_on_the_common_clock(project):
    project.set_clock("hall", 10_000.0, 500.0)
    tables = gather(project, Scope(from_ms=10_500, to_ms=11_000))
    assert {t.camera for _, t in tables.tracklets()} == {"hall"}
    for _, tracklet in tables.tracklets():
        common = 10_000 + tables.boxes(tracklet).t_ms * 1.0005
        assert common.min() >= 10_500
        assert common.max() <= 11_000
        assert len(common) == 12


def test_a_range_that_ends_before_it_starts_is_refused():
    with pytest.raises(UsageError, match="before it starts"):
        Scope(from_ms=2, to_ms=1)


def test_identities_are_found_by_id_name_and_tracklet(case):
    assert tracklets_of(case, ["P1"]) == {"c1s1t1", "c2s1t1"}
    assert tracklets_of(case, ["Ann <b> & co", "c1s1t2"]) == {"c1s1t1", "c2s1t1", "c1s1t2"}
    with pytest.raises(UsageError, match="no identity or tracklet 'Bob'"):
        tracklets_of(case, ["Bob"])


def test_a_person_who_is_twice_in_a_frame_has_a_second_number(project):
    project.decide("c1s1t2", "c1s1t3", Verdict.SAME)
    tables = gather(project)
    numbers = tables.numbers
    assert numbers["c1s1t1"] == numbers["c2s1t1"] == 1
    assert numbers["c1s1t2"] == 2
    assert numbers["c1s1t3"] not in {n for t, n in numbers.items() if t != "c1s1t3"}
    assert gather(project, Scope(frozenset({"c1s1t3"}))).numbers == numbers
    assert preflight(project, "mot", Path("nowhere")).facts.n_overlaps == 1


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_every_beginning_of_a_formula_is_defused(tmp_path, start):
    write_table(tmp_path / "t.csv", ("a", "b", "c"), [(f"{start}cmd", f"  {start}cmd", -1.5)])
    with (tmp_path / "t.csv").open(newline="") as file:
        assert list(csv.reader(file))[1] == [f"'{start}cmd", f"'  {start}cmd", "-1.5"]
