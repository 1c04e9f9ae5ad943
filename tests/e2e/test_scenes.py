"""Real people in real footage: the same person is found again in the other cameras."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from reid_core.geometry import iou, xyxy_from_xywh
from tests.data import shared_data
from tests.e2e.cli import read_mot, sightline

pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _public_models(monkeypatch):
    monkeypatch.setenv("SIGHTLINE_MODELS", str(shared_data("weights")))


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Path:
    """The four cameras of the laboratory, ingested."""
    scene = shared_data("footage/lab4")
    folder = tmp_path_factory.mktemp("lab")
    cameras = [f"--camera=cam{n}={scene}/cam{n}.mp4" for n in range(4)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGHTLINE_MODELS", str(shared_data("weights")))
        sightline("ingest", folder / "lab", *cameras, timeout_s=900)
    return folder / "lab.sightline"


def read_truth(file: Path) -> dict[int, list[tuple[int, list[float]]]]:
    """Identity and xyxy by frame; seated people (confidence 0) are left out."""
    rows: dict[int, list[tuple[int, list[float]]]] = defaultdict(list)
    for line in file.read_text().splitlines():
        frame, person, x, y, w, h, confidence, *_ = (float(part) for part in line.split(","))
        if confidence > 0:
            box = xyxy_from_xywh(np.array([[x, y, w, h]], np.float32))[0]
            rows[int(frame)].append((int(person), box.tolist()))
    return rows


def people_of(project: Path, out: Path) -> dict[str, int]:
    """Which walking man each tracklet shows, by most of its boxes; tracklets of nobody known are left out."""
    sightline("export", project, "--format", "mot", "--out", out)
    sightline("export", project, "--format", "csv", "--out", out)
    tracklet_of = {}
    for line in (out / "tracklets.csv").read_text().splitlines()[1:]:
        tracklet, number, *_ = line.split(",")
        tracklet_of[int(number)] = tracklet
    votes: dict[str, Counter[int]] = defaultdict(Counter)
    sizes: Counter[str] = Counter()
    for n in range(4):
        truth = read_truth(shared_data(f"footage/lab4/identity/cam{n}.txt"))
        for frame, rows in read_mot(out / f"cam{n}.txt").items():
            boxes = xyxy_from_xywh(np.array([row[1:] for row in rows], np.float32))
            for number in (row[0] for row in rows):
                sizes[tracklet_of[number]] += 1
            known = truth.get(frame, [])
            if not known:
                continue
            overlaps = iou(boxes, np.array([box for _, box in known], np.float32))
            for place, row in enumerate(rows):
                best = int(overlaps[place].argmax())
                if overlaps[place, best] >= 0.5:
                    votes[tracklet_of[row[0]]][known[best][0]] += 1
    return {
        name: count.most_common(1)[0][0]
        for name, count in votes.items()
        if count.most_common(1)[0][1] >= sizes[name] / 2
    }


def test_each_man_is_found_again_in_every_other_camera_of_the_lab(lab, tmp_path):
    people = people_of(lab, tmp_path / "out")
    spans = {t["tracklet"]: t for t in sightline("tracklets", lab, "--json").json}
    n_right = n_asked = 0
    for man in (1, 2):
        for camera in {t["camera"] for t in spans.values()}:
            own = [name for name, who in people.items() if who == man and spans[name]["camera"] == camera]
            query = max(own, key=lambda name: spans[name]["n_detections"])
            hits = sightline("search", lab, "--tracklet", query, "--json").json
            for other in {t["camera"] for t in spans.values()} - {camera}:
                known = [hit for hit in hits if hit["camera"] == other and hit["tracklet"] in people]
                n_asked += 1
                n_right += people[known[0]["tracklet"]] == man
    assert n_asked == 24
    assert n_right / n_asked >= 0.8


def test_the_man_of_one_room_is_found_by_the_opposite_camera(tmp_path):
    room = shared_data("footage/room2")
    project = tmp_path / "room.sightline"
    sightline(
        "ingest", project, "--camera", f"a={room}/camA-single.mp4", "--camera", f"b={room}/camB-double.mp4"
    )
    tracklets = sightline("tracklets", project, "--json").json
    single = max((t for t in tracklets if t["camera"] == "a"), key=lambda t: t["n_detections"])
    longest = sorted((t for t in tracklets if t["camera"] == "b"), key=lambda t: -t["n_detections"])[:2]
    assert len(longest) == 2
    hits = sightline("search", project, "--tracklet", single["tracklet"], "--json").json
    in_b = [hit["tracklet"] for hit in hits if hit["camera"] == "b"]
    assert {t["tracklet"] for t in longest} <= set(in_b)


def test_the_woman_of_the_campus_is_found_from_either_query_crop(tmp_path):
    stills = shared_data("footage/campus-stills")
    for camera in ("c1", "c3"):
        folder = tmp_path / camera
        folder.mkdir()
        for picture in sorted(stills.glob(f"{camera}s1_*.jpg")):
            (folder / picture.name).symlink_to(picture)
    project = tmp_path / "campus.sightline"
    sightline("ingest", project, "--camera", f"c1={tmp_path}/c1", "--camera", f"c3={tmp_path}/c3")
    for query in sorted((stills / "query").glob("*.jpg")):
        hits = sightline("search", project, "--image", query, "--json").json
        assert hits
        assert hits[0]["similarity"] > hits[-1]["similarity"]
        assert {hit["camera"] for hit in hits[:8]} >= {"c1"}
