"""Independent readers find the same boxes as ``tracklets --json`` counts: nothing of ours reads here."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections import Counter, defaultdict

import cv2
import numpy as np
import pytest
from defusedxml import ElementTree

from reid_core.pipeline.export.base import Result
from reid_core.pipeline.export.formats import FORMATS
from reid_core.pipeline.export.preflight import preflight
from reid_core.pipeline.export.scope import Options, Scope
from reid_core.pipeline.export.write import export
from reid_core.pipeline.timeline import common_spans
from reid_core.store.edits import name
from reid_core.types import Verdict
from tests.fakes.case import INTERPOLATED, N_FRAMES, made_case
from tests.unit.reid_core.store.build import made


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    with made_case(tmp_path_factory.mktemp("case")) as opened:
        yield opened


def boxes_by_camera(project):
    counts = Counter()
    for span in common_spans(project).values():
        counts[span.camera] += span.n_detections
    return counts


# --- MOTChallenge, read by trackeval


def trackeval_dataset(folder, truth, results):
    from trackeval.datasets import MotChallenge2DBox

    with contextlib.redirect_stdout(io.StringIO()):
        return MotChallenge2DBox(
            {
                "GT_FOLDER": str(truth),
                "TRACKERS_FOLDER": str(results.parent.parent),
                "TRACKERS_TO_EVAL": [results.parent.name],
                "TRACKER_SUB_FOLDER": results.name,
                "OUTPUT_FOLDER": str(folder),
                "SEQMAP_FILE": str(truth / "seqmap.txt"),
                "SKIP_SPLIT_FOL": True,
                "DO_PREPROC": False,
                "PRINT_CONFIG": False,
            }
        )


def test_trackeval_reads_results_and_truth_and_finds_them_equal(case, tmp_path):
    from trackeval.metrics import HOTA, Identity

    export(case, "mot", tmp_path / "trackers" / "ours" / "data")
    export(case, "mot-gt", tmp_path / "truth")
    data = trackeval_dataset(tmp_path, tmp_path / "truth", tmp_path / "trackers" / "ours" / "data")
    assert data.get_eval_info()[1] == ["gate", "hall"]
    for camera, n_boxes in boxes_by_camera(case).items():
        found = data.get_preprocessed_seq_data(data.get_raw_seq_data("ours", camera), "pedestrian")
        assert (found["num_gt_dets"], found["num_tracker_dets"]) == (n_boxes, n_boxes)
        assert (found["num_gt_ids"], found["num_timesteps"]) == (3, N_FRAMES)
        assert Identity({"PRINT_CONFIG": False}).eval_sequence(found)["IDF1"] == 1
        assert np.mean(HOTA({"PRINT_CONFIG": False}).eval_sequence(found)["HOTA"]) == pytest.approx(1)


def test_trackeval_takes_a_person_who_is_twice_in_a_frame(tmp_path):
    with made(tmp_path / "twice.sightline") as project:
        project.decide("c1s1t1", "c1s1t2", Verdict.SAME)
        export(project, "mot", tmp_path / "trackers" / "ours" / "data")
        export(project, "mot-gt", tmp_path / "truth")
    data = trackeval_dataset(tmp_path, tmp_path / "truth", tmp_path / "trackers" / "ours" / "data")
    found = data.get_preprocessed_seq_data(data.get_raw_seq_data("ours", "gate"), "pedestrian")
    assert found["num_tracker_dets"] == 150


# --- COCO, read by pycocotools


def test_pycocotools_reads_every_box(case, tmp_path):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    export(case, "coco", tmp_path)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(tmp_path / "coco.json"))
    assert coco.loadCats(coco.getCatIds())[0]["name"] == "person"
    counts = Counter()
    for image_id, found in coco.imgToAnns.items():
        camera = coco.imgs[image_id]["file_name"].partition("/")[0]
        counts[camera] += len(found)
        assert len({a["track_id"] for a in found}) == len(found)
    assert counts == boxes_by_camera(case)
    boxes = case.boxes("c2s1t1")
    own = [a for a in coco.anns.values() if a["attributes"]["tracklet"] == "c2s1t1"]
    frames = [coco.imgs[a["image_id"]]["frame_index"] for a in own]
    assert frames == boxes.frame_idx.tolist()
    xywh = np.concatenate([boxes.xyxy[:, :2], boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]], axis=1)
    np.testing.assert_allclose([a["bbox"] for a in own], xywh, atol=0.011)
    assert {a["attributes"]["origin"] for a in own} == {"detected", "interpolated"}
    results = [
        {key: a[key] for key in ("image_id", "category_id", "bbox", "score")} for a in coco.anns.values()
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1)


def test_coco_videos_and_tracks_refer_to_each_other_as_in_tao(case, tmp_path):
    export(case, "coco", tmp_path)
    document = json.loads((tmp_path / "coco.json").read_text())
    videos = {video["id"] for video in document["videos"]}
    tracks = {track["id"]: track for track in document["tracks"]}
    images = {image["id"]: image for image in document["images"]}
    assert {video["name"] for video in document["videos"]} == {"gate", "hall"}
    for annotation in document["annotations"]:
        image, track = images[annotation["image_id"]], tracks[annotation["track_id"]]
        assert image["video_id"] == track["video_id"]
        assert image["video_id"] in videos
    persons = defaultdict(set)
    for track in tracks.values():
        persons[track["attributes"]["person"]].add(track["video_id"])
    assert sorted(map(len, persons.values())) == [1, 1, 2, 2]


# --- CVAT for video 1.1, parsed as its documentation writes it

META = ["task", "dumped"]
TASK = ["id", "name", "size", "mode", "overlap", "bugtracker", "flipped", "created", "updated", "labels",
        "segments", "owner", "original_size"]  # fmt: skip
BOX = {"frame", "xtl", "ytl", "xbr", "ybr", "outside", "occluded", "keyframe", "z_order"}


def parse_cvat(path):
    """Tracks by id: ``(attributes, boxes)``; every deviation from the documented structure fails."""
    root = ElementTree.parse(path).getroot()
    assert root.tag == "annotations"
    assert [child.tag for child in root][:2] == ["version", "meta"]
    assert root.findtext("version") == "1.1"
    assert [child.tag for child in root.find("meta")] == META
    task = root.find("meta/task")
    assert [child.tag for child in task] == TASK
    assert task.findtext("mode") == "interpolation"
    label = task.find("labels/label")
    declared = {a.findtext("name"): a for a in label.iterfind("attributes/attribute")}
    for attribute in declared.values():
        assert [child.tag for child in attribute] == [
            "name", "mutable", "input_type", "default_value", "values",
        ]  # fmt: skip
        assert attribute.findtext("mutable") in ("True", "False")
        assert attribute.findtext("input_type") in ("text", "number", "select", "checkbox", "radio")
    size, tracks = int(task.findtext("size")), {}
    for track in list(root)[2:]:
        assert track.tag == "track"
        assert set(track.attrib) == {"id", "label", "source"}
        assert track.get("label") == label.findtext("name")
        boxes = []
        for box in track:
            assert set(box.attrib) == BOX
            assert {box.get(k) for k in ("outside", "occluded", "keyframe")} <= {"0", "1"}
            assert 0 <= int(box.get("frame")) < size
            values = {a.get("name"): a.text or "" for a in box}
            assert set(values) == set(declared)
            for key, value in values.items():
                if declared[key].findtext("input_type") == "select":
                    assert value in declared[key].findtext("values").split("\n")
            corners = [float(box.get(k)) for k in ("xtl", "ytl", "xbr", "ybr")]
            boxes.append((int(box.get("frame")), box.get("outside") == "1", corners, values))
        frames = [frame for frame, *_ in boxes]
        assert frames == sorted(set(frames))
        tracks[track.get("id")] = boxes
    return tracks


def test_cvat_holds_every_box_and_every_attribute(case, tmp_path):
    export(case, "cvat", tmp_path)
    for camera, n_boxes in boxes_by_camera(case).items():
        tracks = parse_cvat(tmp_path / f"{camera}.xml")
        assert len(tracks) == 3
        shown = [box for boxes in tracks.values() for box in boxes if not box[1]]
        assert len(shown) == n_boxes
    red = next(t for t in parse_cvat(tmp_path / "gate.xml").values() if t[0][3]["tracklet"] == "c1s1t1")
    assert {box[3]["name"] for box in red} == {"Ann <b> & co"}
    assert {box[3]["identity"] for box in red} == {"P1"}
    assert [box[3]["origin"] for box in red if box[0] in INTERPOLATED] == ["interpolated"] * 5
    boxes = case.boxes("c1s1t1")
    np.testing.assert_allclose([box[2] for box in red if not box[1]], boxes.xyxy, atol=0.011)


def test_cvat_tracks_end_outside_where_the_tracklet_ends(case, tmp_path):
    export(case, "cvat", tmp_path)
    tracks = {t[0][3]["tracklet"]: t for t in parse_cvat(tmp_path / "gate.xml").values()}
    assert not any(outside for _, outside, *_ in tracks["c1s1t1"])  # it lasts to the end of the footage
    assert [(frame, outside) for frame, outside, *_ in tracks["c1s1t2"]][-1] == (45, True)


@pytest.mark.parametrize(
    "text", ['"quoted" & <tag>', "a\x00b\x1bc", "日本語 😀", "line\nbreak", "a\r\nb", "]]>"]
)
def test_any_name_survives_cvat(tmp_path, text):
    with made(tmp_path / "n.sightline") as project:
        name(project, "c1s1t1", text)
        export(project, "cvat", tmp_path / "out")
    boxes = next(t for t in parse_cvat(tmp_path / "out" / "gate.xml").values() if t[0][3]["name"])
    assert boxes[0][3]["name"] == re.sub("[\x00\x1b]", "\N{REPLACEMENT CHARACTER}", text)


# --- Market-1501, by the rules of torchreid's loader (torchreid/data/datasets/image/market1501.py)


def torchreid_market(folder, suffix="jpg"):
    pattern, parts = re.compile(r"([-\d]+)_c(\d+)" if suffix == "png" else r"([-\d]+)_c(\d)"), {}
    for part in ("bounding_box_train", "query", "bounding_box_test"):
        rows = []
        for path in sorted((folder / part).glob(f"*.{suffix}")):
            pid, camid = map(int, pattern.search(path.name).groups())
            if pid == -1:
                continue
            assert 0 <= pid <= 1501
            assert 1 <= camid <= 6
            assert cv2.imread(str(path)).shape[0] > 0
            rows.append((pid, camid))
        parts[part] = rows
    return parts


@pytest.mark.parametrize(("key", "suffix"), [("market", "jpg"), ("market-free", "png")])
def test_torchreid_would_load_it_and_every_query_has_a_match(case, tmp_path, key, suffix):
    export(case, key, tmp_path)
    parts = torchreid_market(tmp_path, suffix)
    train, query, gallery = (parts[p] for p in ("bounding_box_train", "query", "bounding_box_test"))
    assert {pid for pid, _ in train}.isdisjoint({pid for pid, _ in query + gallery})
    assert len(query) == len(set(query)) == 2
    for pid, camid in query:
        assert [c for p, c in gallery if p == pid and c != camid]
    decided = ("c1s1t1", "c2s1t1", "c1s1t3", "c2s1t3")
    assert len(train + query + gallery) == sum(len(case.crops(t)) for t in decided)
    assert len(list(tmp_path.glob(f"*/*.{suffix}"))) == len(train + query + gallery)


def test_distractors_and_test_share_are_heeded(case, tmp_path):
    export(case, "market", tmp_path / "all", options=Options(distractors=True, test_share=1))
    parts = torchreid_market(tmp_path / "all")
    assert parts["bounding_box_train"] == []
    assert Counter(pid for pid, _ in parts["bounding_box_test"])[0] == 6
    assert sum(map(len, parts.values())) == 18
    export(case, "market", tmp_path / "none", options=Options(test_share=0))
    parts = torchreid_market(tmp_path / "none")
    assert parts["query"] == parts["bounding_box_test"] == []
    assert len(parts["bounding_box_train"]) == 12


def test_a_single_crop_is_query_and_gallery(case, tmp_path):
    scope = Scope(from_ms=None, to_ms=400)
    export(case, "market", tmp_path, scope=scope, options=Options(test_share=1))
    parts = torchreid_market(tmp_path)
    assert parts["query"] == parts["bounding_box_test"] == [(1, 1)]


def test_more_cameras_or_persons_than_usual_readers_take_are_warned_of(tmp_path):
    with made(tmp_path / "m.sightline", cameras=[f"cam{n}" for n in range(7)]) as project:
        project.decide("c1s1t1", "c7s1t1", Verdict.SAME)
        found = preflight(project, "market", tmp_path)
        assert [(p.what, p.number, p.instead) for p in found.of(Result.WARNS)] == [
            ("Cameras", 7, "market-free")
        ]
        assert not preflight(project, "market-free", tmp_path).of(Result.WARNS)
        few = Scope(frozenset({"c1s1t1", "c7s1t1"}))
        assert not preflight(project, "market", tmp_path, few).of(Result.WARNS)
        facts = found.facts
    many = FORMATS["market"].points(type(facts)(**{**_fields(facts), "n_identities": 1502}))
    assert [(p.what, p.number) for p in many if p.number and p.result is Result.WARNS] == [
        ("Cameras", 7),
        ("Persons", 1502),
    ]


def _fields(row):
    return {key: getattr(row, key) for key in row.__slots__}


# --- tables


def test_csv_and_json_count_what_tracklets_count(case, tmp_path):
    export(case, "csv", tmp_path)
    export(case, "json", tmp_path)
    with (tmp_path / "boxes.csv").open(newline="") as file:
        assert Counter(row["camera"] for row in csv.DictReader(file)) == boxes_by_camera(case)
    document = json.loads((tmp_path / "project.json").read_text())
    spans = common_spans(case)
    for tracklet in document["tracklets"]:
        span = spans[tracklet["tracklet"]]
        assert len(tracklet["boxes"]) == span.n_detections
        assert (tracklet["start_ms"], tracklet["end_ms"]) == (span.start_ms, span.end_ms)


def test_notes_are_kept_whole_or_with_their_part(case, tmp_path):
    green, red = (Scope(frozenset({name})) for name in ("c1s1t2", "c1s1t1"))
    for folder, scope, n_notes in (("all", Scope(), 1), ("green", green, 1), ("red", red, 0)):
        export(case, "json", tmp_path / folder, scope=scope)
        export(case, "csv", tmp_path / folder, scope=scope)
        notes = json.loads((tmp_path / folder / "project.json").read_text())["notes"]
        assert [(n["text"], n["tags"], n["author"]) for n in notes] == [
            ("@green <coat>", ["coat"], "ben")
        ] * n_notes
        with (tmp_path / folder / "notes.csv").open(newline="") as file:
            assert [row["note"] for row in csv.DictReader(file)] == ["'@green <coat>"] * n_notes


def test_matches_say_who_decided_what_with_which_model(case, tmp_path):
    export(case, "matches", tmp_path)
    rows = json.loads((tmp_path / "matches.json").read_text())
    with (tmp_path / "matches.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [(r["query"], r["hit"], r["verdict"], r["author"]) for r in rows] == [
        ("c1s1t1", "c2s1t1", "same", "ann"),
        ("c1s1t3", "c2s1t3", "same", "ben"),
        ("c1s1t2", "c2s1t2", "unsure", "ann"),
    ]
    space = case.spaces()[0]
    ids, matrix = case.descriptors(space.key)
    vectors = dict(zip(ids, np.asarray(matrix, np.float64), strict=True))
    for row, line in zip(rows, table, strict=True):
        a, b = vectors[row["query"]], vectors[row["hit"]]
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        assert row["similarity"] == pytest.approx(cosine, abs=1e-3)
        assert row["model_hash"] == space.key
        assert (row["query_camera"], row["hit_camera"]) == ("gate", "hall")
        span = case.tracklet(row["hit"])
        assert row["hit_start_ms"] == round(span.start_ms, 3)
        assert line["hit_start_ms"] == str(row["hit_start_ms"])
    assert table[1]["note"] == "'=1+1"
    assert (rows[1]["note"], rows[0]["identity"], rows[2]["identity"]) == ("=1+1", "P1", None)


def test_replaced_and_undone_decisions_are_no_matches(tmp_path):
    with made(tmp_path / "m.sightline") as project:
        project.decide("c1s1t1", "c2s1t1", Verdict.SAME)
        project.decide("c2s1t1", "c1s1t1", Verdict.DIFFERENT)
        project.decide("c1s1t2", "c2s1t2", Verdict.SAME)
        project.undo()
        image = project.add_image(b"picture")
        project.decide(image, "c1s1t3", Verdict.SAME)
        export(project, "matches", tmp_path / "out")
    rows = json.loads((tmp_path / "out" / "matches.json").read_text())
    assert [(r["verdict"], r["similarity"] is None) for r in rows] == [("different", False), ("same", True)]
    assert rows[1]["query"] == f"image:{image.sha256}"
