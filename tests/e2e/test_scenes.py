"""Real people in real footage: the same person is found again in the other cameras."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from itertools import combinations
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


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Path:
    """The two cameras of the room, ingested."""
    scene = shared_data("footage/room2")
    project = tmp_path_factory.mktemp("room") / "room.sightline"
    cameras = [f"--camera=a={scene}/camA-single.mp4", f"--camera=b={scene}/camB-double.mp4"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGHTLINE_MODELS", str(shared_data("weights")))
        sightline("ingest", project, *cameras)
    return project


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


def test_the_man_of_one_room_is_found_by_the_opposite_camera(room):
    single, longest = people_of_the_room(room)
    hits = sightline("search", room, "--tracklet", single, "--json").json
    in_b = [hit["tracklet"] for hit in hits if hit["camera"] == "b"]
    assert set(longest) <= set(in_b)


@pytest.mark.parametrize("model", [None, "light"])
def test_links_in_the_lab_join_every_true_pair_and_no_false_one(lab, tmp_path, model):
    project = copy_of(lab, tmp_path, model)
    people = people_of(project, tmp_path / "out")
    cameras = {t["tracklet"]: t["camera"] for t in sightline("tracklets", project, "--json").json}
    linked = linked_pairs(project, model)
    for a, b in combinations(sorted(people), 2):
        same = people[a] == people[b] and people[a] in (1, 2)
        if same and cameras[a] != cameras[b]:
            assert (a, b) in linked, f"{a} and {b} are both man {people[a]}"
        if people[a] != people[b]:
            assert (a, b) not in linked, f"{a} is {people[a]}, {b} is {people[b]}"
    assert len({cameras[name] for name, who in people.items() if who in (1, 2)}) == 4


@pytest.mark.parametrize("model", [None, "light"])
def test_links_in_the_room_join_the_man_and_leave_the_other_person_alone(room, tmp_path, model):
    project = copy_of(room, tmp_path, model)
    single, longest = people_of_the_room(project)
    linked = linked_pairs(project, model)
    partners = [name for name in longest if tuple(sorted((single, name))) in linked]
    assert len(partners) == 1
    hits = sightline("search", project, "--tracklet", single, "--json", *with_model(model)).json
    assert partners == [next(hit["tracklet"] for hit in hits if hit["tracklet"] in longest)]
    assert tuple(sorted(longest)) not in linked


def with_model(model: str | None) -> list[str]:
    return [] if model is None else ["--model", model]


def copy_of(project: Path, folder: Path, model: str | None) -> Path:
    """The project in a folder of its own, with another model's vectors if one is named."""
    copy = folder / project.name
    shutil.copy(project, copy)
    shutil.copytree(project.with_name(f"{project.name}.d"), copy.with_name(f"{copy.name}.d"))
    if model is not None:
        sightline("embed", copy, *with_model(model))
    return copy


def linked_pairs(project: Path, model: str | None) -> set[tuple[str, str]]:
    """Every pair of tracklets that the proposals make one person."""
    proposals = sightline("link", project, "--json", *with_model(model)).json
    assert all(proposal["probability"] is None and proposal["reasons"] for proposal in proposals)
    return {pair for proposal in proposals for pair in combinations(sorted(proposal["tracklets"]), 2)}


def people_of_the_room(project: Path) -> tuple[str, list[str]]:
    """The longest tracklet of camera a, and the two longest of camera b."""
    tracklets = sorted(sightline("tracklets", project, "--json").json, key=lambda t: -t["n_detections"])
    single = next(t["tracklet"] for t in tracklets if t["camera"] == "a")
    longest = [t["tracklet"] for t in tracklets if t["camera"] == "b"][:2]
    assert len(longest) == 2
    return single, longest


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
