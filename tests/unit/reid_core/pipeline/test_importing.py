"""Labels of other tools come in as they are, or are refused with the line that is wrong."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from reid_core.cli.main import main
from reid_core.detection.replay import ReplayDetector
from reid_core.errors import CancelledError, UsageError
from reid_core.pipeline.cameras import rename_camera
from reid_core.pipeline.export.write import export
from reid_core.pipeline.importing import cvat, mot
from reid_core.pipeline.importing.score import score
from reid_core.pipeline.importing.take import DETECTIONS, TRUTH, follow_names, read_truth, take
from reid_core.types import Frame, Verdict
from tests.fakes.case import N_FRAMES, made_case
from tests.fakes.footage import HEIGHT, WIDTH
from tests.unit.reid_core.store.build import add_source, made


@pytest.fixture
def case(tmp_path):
    with made_case(tmp_path) as opened:
        yield opened


@pytest.fixture
def project(tmp_path):
    with made(tmp_path / "p.sightline") as opened:
        yield opened


def read_mot(text, **options):
    return mot.read(text.encode(), "labels.txt", **({"is_truth": True} | options))


# --- MOTChallenge


def test_frames_ids_and_pixels_count_from_one():
    labels = read_mot("2,7,11,21,30,40,1,1,1\n1,8,1,1,5,6,0,1,1\n")
    assert labels.frames.tolist() == [0, 1]
    assert labels.persons.tolist() == [8, 7]
    assert labels.xyxy.tolist() == [[0, 0, 5, 6], [10, 20, 40, 60]]
    assert labels.judged.tolist() == [False, True]


def test_the_seventh_value_is_a_score_in_detections():
    labels = read_mot("1,-1,1,1,5,6,0.25\n2,-1,1,1,5,6,-1\n3,-1,1,1,5,6\n4,-1,1,1,5,6,0", is_truth=False)
    assert labels.scores.tolist() == [0.25, 1, 1, 0]
    assert labels.judged.all()
    assert labels.persons.tolist() == [0, 0, 0, 0]


def test_files_that_count_from_zero_are_noticed():
    with pytest.raises(UsageError, match="--first-frame 0"):
        read_mot("0,1,1,1,5,6,1\n")
    assert read_mot("0,1,1,1,5,6,1\n", first_frame=0).frames.tolist() == [0]


@pytest.mark.parametrize(
    "line", ["1,1,1,1,5", "a,b,c,d,e,f", "1,1,nan,1,5,6", "1.5,1,1,1,5,6", "1,1,1,1,0,6", "1,1,1,1,5,-6",
             "-4,1,1,1,5,6", "1e300,1,1,1,5,6", "<xml/>", "\x00\x01"],
)  # fmt: skip
def test_a_line_that_cannot_be_is_named(line):
    with pytest.raises(UsageError, match=r"labels\.txt, line 2"):
        read_mot(f"1,1,1,1,5,6,1\n{line}\n")


# --- CVAT

BOX = '<box frame="{}" outside="{}" occluded="0" keyframe="1" xtl="{}" ytl="0" xbr="{}" ybr="9">{}</box>'


def cvat_file(*tracks):
    body = "".join(
        f'<track id="{n}" label="person">{"".join(boxes)}</track>' for n, boxes in enumerate(tracks)
    )
    return f"<annotations><version>1.1</version><meta/>{body}</annotations>".encode()


def read_cvat(data):
    return cvat.read(data, "labels.xml", is_truth=True)


def box(frame, x, outside=0, identity=""):
    named = f'<attribute name="identity">{identity}</attribute>' if identity else ""
    return BOX.format(frame, outside, x, x + 4, named)


def test_between_two_boxes_lies_a_line_and_nothing_behind_outside():
    labels = read_cvat(cvat_file([box(2, 0), box(6, 8), box(7, 8, outside=1), box(9, 100)]))
    assert labels.frames.tolist() == [2, 3, 4, 5, 6, 9]
    assert labels.xyxy[:, 0].tolist() == [0, 2, 4, 6, 8, 100]


def test_before_it_leaves_it_stays_where_it_was():
    labels = read_cvat(cvat_file([box(0, 5), box(3, 50, outside=1)]))
    assert labels.frames.tolist() == [0, 1, 2]
    assert labels.xyxy[:, 0].tolist() == [5, 5, 5]


def test_tracks_of_one_identity_are_one_person_in_every_file():
    one = read_cvat(cvat_file([box(0, 5, identity="P7")], [box(1, 9, identity="P7")], [box(2, 1)]))
    assert one.n_persons == 2
    assert one.persons[0] == one.persons[1] != one.persons[2]
    other = read_cvat(cvat_file([box(4, 5, identity="P7")]))
    assert other.persons[0] == one.persons[0]
    nameless = read_cvat(cvat_file([box(0, 5)])), read_cvat(cvat_file([box(0, 6)]))
    assert nameless[0].persons[0] != nameless[1].persons[0]  # both are track 0, of different files


def test_of_several_labels_only_people_are_read_and_the_others_named():
    data = cvat_file([box(0, 5)], [box(0, 9)]).replace(b'id="1" label="person"', b'id="1" label="car"')
    labels = read_cvat(data)
    assert (len(labels), labels.left_out) == (1, "Tracks of car were left out.")
    with pytest.raises(UsageError, match="tracks of bike, car"):
        read_cvat(data.replace(b'"person"', b'"bike"'))
    assert len(read_cvat(cvat_file([box(0, 5)]).replace(b'"person"', b'"Mensch"'))) == 1
    with pytest.raises(UsageError, match="CVAT for video"):
        read_cvat(b'<annotations><image id="0" name="a.png"/></annotations>')


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"frame,id", "no XML"),
        (b"<annotations><track>", "no XML"),
        (b"<html></html>", "no CVAT file"),
        (cvat_file([BOX.format("x", 0, 1, 2, "")]), "track 0"),
        (cvat_file([BOX.format(1, 0, 5, 5, "")]), "width"),
        (cvat_file([BOX.format(1, 0, "inf", 5, "")]), "cannot be"),
        (cvat_file([box(0, 1), box(2_000_000_000, 1)]), "pauses"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>', "no XML"),
        (b'<?xml version="1.0" encoding="nonsense"?><annotations/>', "no XML"),
    ],
)
def test_hostile_and_broken_xml_is_one_sentence(data, says):
    with pytest.raises(UsageError, match=says):
        read_cvat(data)


# --- into the project


@pytest.mark.parametrize(("key", "file"), [("mot", "gt/gt.txt"), ("cvat", "annotations.xml")])
def test_archives_of_cvat_are_opened(case, tmp_path, key, file):
    export(case, "mot-gt", tmp_path / "mot")
    export(case, "cvat", tmp_path / "cvat")
    plain = tmp_path / "mot" / "gate" / "gt" / "gt.txt" if key == "mot" else tmp_path / "cvat" / "gate.xml"
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as archive:
        archive.write(plain, file)
    assert take(case, tmp_path / "task.zip", camera="gate", key=key, kind=TRUTH).n_boxes == 120
    wrong = "cvat" if key == "mot" else "mot"
    with pytest.raises(UsageError, match="archive without"):
        take(case, tmp_path / "task.zip", camera="hall", key=wrong, kind=TRUTH)
    (tmp_path / "broken.zip").write_bytes((tmp_path / "task.zip").read_bytes()[:-30])
    with pytest.raises(UsageError, match="damaged"):
        take(case, tmp_path / "broken.zip", camera="hall", key=key, kind=TRUTH)


def test_what_was_exported_comes_back_to_a_hundredth_of_a_pixel(case, tmp_path):
    export(case, "cvat", tmp_path / "cvat")
    export(case, "mot", tmp_path / "mot")
    for key, path in (("cvat", tmp_path / "cvat" / "hall.xml"), ("mot", tmp_path / "mot" / "hall.txt")):
        taken = take(case, path, camera="hall", key=key, kind=TRUTH, overwrite=True)
        assert (taken.n_boxes, taken.n_persons, taken.n_outside) == (130, 3, 0)
        truth = read_truth(case, "hall")
        ours = np.concatenate([case.boxes(f"c2s1t{n}").xyxy for n in (1, 2, 3)])
        frames = np.concatenate([case.boxes(f"c2s1t{n}").frame_idx for n in (1, 2, 3)])
        order, theirs = np.lexsort((*ours.T, frames)), np.lexsort((*truth.xyxy.T, truth.frames))
        np.testing.assert_array_equal(truth.frames[theirs], frames[order])
        np.testing.assert_allclose(truth.xyxy[theirs], ours[order], atol=0.011)


def test_imported_detections_are_what_the_replay_detector_gives(case, tmp_path):
    export(case, "mot", tmp_path / "mot")
    taken = take(case, tmp_path / "mot" / "gate.txt", camera="gate", key="mot", kind=DETECTIONS)
    assert taken.uncovered == ("hall",)
    detector = ReplayDetector(taken.path.parent)
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    n_boxes = 0
    for frame in range(N_FRAMES):
        found = detector.detect([Frame("gate", frame, 0, 0.0, image)])[0]
        ours = [row for _, row in case.boxes_at(1, frame)]
        assert len(found) == len(ours)
        n_boxes += len(ours)
        for row in ours:
            assert np.abs(found.xyxy - np.clip(row, 0, [WIDTH, HEIGHT] * 2)).max(axis=1).min() < 0.02
    assert n_boxes == 120


def test_what_was_imported_follows_a_camera_to_its_new_name_and_back(case, tmp_path):
    export(case, "mot", tmp_path / "mot")
    path = tmp_path / "mot" / "hall.txt"
    for kind in (DETECTIONS, TRUTH):
        take(case, path, camera="hall", key="mot", kind=kind)
    n_boxes = len(read_truth(case, "hall"))
    rename_camera(case, "hall", "lobby")
    follow_names(case)
    assert [file.name for file in (case.sidecar / DETECTIONS).iterdir()] == ["lobby.txt"]
    assert len(read_truth(case, "lobby")) == n_boxes
    case.undo()
    assert len(read_truth(case, "hall")) == n_boxes
    assert [file.name for file in (case.sidecar / DETECTIONS).iterdir()] == ["hall.txt"]


def test_nothing_is_replaced_silently(case, tmp_path):
    export(case, "mot", tmp_path / "mot")
    path = tmp_path / "mot" / "gate.txt"
    take(case, path, camera="gate", key="mot", kind=TRUTH)
    with pytest.raises(UsageError, match="--force"):
        take(case, path, camera="gate", key="mot", kind=TRUTH)
    (tmp_path / "bad.txt").write_text("1,1,1\n")
    before = read_truth(case, "gate")
    with pytest.raises(UsageError, match="line 1"):
        take(case, tmp_path / "bad.txt", camera="gate", key="mot", kind=TRUTH, overwrite=True)
    assert len(read_truth(case, "gate")) == len(before)


@pytest.mark.parametrize(
    ("text", "camera", "says"),
    [
        ("1,1,1,1,5,6,1\n", "yard", "no camera 'yard'"),
        ("\n", "gate", "no boxes"),
        ("51,1,1,1,5,6,1\n", "gate", "goes to frame 51 and gate has 50"),
        ("1,1,1,1,5,6,1\n1,1,9,9,5,6,1\n", "gate", "twice in frame 0"),
    ],
)
def test_what_does_not_fit_is_refused(project, tmp_path, text, camera, says):
    (tmp_path / "labels.txt").write_text(text)
    with pytest.raises(UsageError, match=says):
        take(project, tmp_path / "labels.txt", camera=camera, key="mot", kind=TRUTH)
    assert not (project.sidecar / "truth").exists()
    with pytest.raises(UsageError, match="cannot be read"):
        take(project, tmp_path / "absent.txt", camera="gate", key="mot", kind=TRUTH)


def test_detections_of_a_camera_with_several_files_are_refused_and_truth_is_not(project, tmp_path):
    add_source(project, "gate", number=2)
    (tmp_path / "labels.txt").write_text("80,1,1,1,5,6,1\n")
    with pytest.raises(UsageError, match="2 files"):
        take(project, tmp_path / "labels.txt", camera="gate", key="mot", kind=DETECTIONS)
    assert take(project, tmp_path / "labels.txt", camera="gate", key="mot", kind=TRUTH).n_boxes == 1


# --- measuring


def take_own_truth(project, folder):
    export(project, "mot-gt", folder)
    for camera in ("gate", "hall"):
        take(project, folder / camera / "gt" / "gt.txt", camera=camera, key="mot", kind=TRUTH)


def test_the_projects_own_tracks_are_perfect(project, tmp_path):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    take_own_truth(project, tmp_path / "truth")
    found = {each.camera: each for each in score(project)}
    assert list(found) == ["gate", "hall", "all"]
    assert {(s.idf1, s.hota, s.n_switches) for s in found.values()} == {(1, 1, 0)}
    assert (found["gate"].n_truth, found["all"].n_persons) == (150, 6)
    across = score(project, across=True)[-1]
    assert (across.idf1, across.n_persons) == (1, 5)


def test_who_is_not_linked_across_cameras_costs_across_and_not_within(project, tmp_path):
    project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
    take_own_truth(project, tmp_path / "truth")
    project.undo()
    assert score(project)[-1].idf1 == 1
    # of 300 boxes 50 have the wrong person; IDTP 250, IDFP 50, IDFN 50
    assert score(project, across=True)[-1].idf1 == pytest.approx(250 / 300)


def test_ignored_and_unnamed_people_do_not_count(project, tmp_path):
    export(project, "mot-gt", tmp_path / "truth")
    lines = (tmp_path / "truth" / "gate" / "gt" / "gt.txt").read_text().splitlines()
    ignored = [line.replace(",1,1,1.0", ",0,1,1.0") if line.split(",")[1] == "2" else line for line in lines]
    (tmp_path / "ignored.txt").write_text("\n".join(ignored))
    assert take(project, tmp_path / "ignored.txt", camera="gate", key="mot", kind=TRUTH).n_ignored == 50
    first = score(project)[0]
    assert (first.idf1, first.n_truth, first.n_boxes) == (1, 100, 100)
    known = [line for line in lines if line.split(",")[1] == "1"]
    (tmp_path / "known.txt").write_text("\n".join(known))
    take(project, tmp_path / "known.txt", camera="gate", key="mot", kind=TRUTH, overwrite=True)
    assert score(project, known_only=True)[0].idf1 == 1
    assert score(project)[0].idf1 == pytest.approx(2 * 50 / (50 + 150))


def test_without_truth_it_says_how_to_import_one_and_it_can_be_stopped(project, tmp_path):
    with pytest.raises(UsageError, match="--as truth"):
        score(project)
    with pytest.raises(UsageError, match="no camera 'yard'"):
        score(project, ("yard",))
    take_own_truth(project, tmp_path / "truth")

    def stop(done, total):
        if total:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        score(project, watch=stop)


def test_the_command_line_imports_measures_and_refuses(tmp_path, capsys):
    with made(tmp_path / "p.sightline") as project:
        export(project, "mot-gt", tmp_path / "truth")
    path = str(tmp_path / "p.sightline")
    file = str(tmp_path / "truth" / "gate" / "gt" / "gt.txt")
    command = ["import", path, "--format", "mot", "--camera", "gate", "--as", "truth", file]
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_boxes"] == 150
    assert main(command) == 2
    assert main(["score", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["idf1"] == 1
    assert main(["import", path, file, "--format", "cvat", "--camera", "hall", "--as", "truth"]) == 2
    assert "no XML" in capsys.readouterr().err
