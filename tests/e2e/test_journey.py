"""The whole way, as a user goes it: footage to tracklets, search, decide, undo, redo, export.

`make sabotage` runs these tests with one part broken at a time; each such run must turn red here.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from reid_core import imaging
from reid_core.store.project import Project
from tests.e2e.cli import Outcome, read_mot, sightline
from tests.fakes import footage
from tests.fakes.footage import BLUE, HEIGHT, RED, Walker, write_boxes, write_clip

N_FRAMES = 60


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> dict:
    return sightline("demo", "--out", tmp_path_factory.mktemp("demo"), "--json").json


@pytest.fixture(scope="module")
def walk(tmp_path_factory) -> Path:
    """A project of two cameras in which two people walk, their boxes covering the burnt-in frame number."""
    folder = tmp_path_factory.mktemp("walk")
    walkers = (
        Walker(RED, (0, HEIGHT - 90), (0, 0), 0, N_FRAMES - 1, size=(120, 90)),
        Walker(BLUE, (200, 20), (1, 0.5), 5, N_FRAMES - 1),
    )
    project = folder / "walk.sightline"
    arguments: list[object] = ["ingest", project, "--detector", f"replay:{folder / 'boxes'}"]
    for camera in ("gate", "hall"):
        write_clip(folder / f"{camera}.mp4", walkers, N_FRAMES)
        write_boxes(folder / "boxes", camera, walkers, N_FRAMES)
        arguments += ["--camera", f"{camera}={folder / camera}.mp4"]
    sightline(*arguments)
    return project


def test_people_are_found_again_in_the_other_cameras(demo):
    assert demo["of"] >= 24
    assert demo["found"] / demo["of"] >= 0.7


def test_a_person_is_one_tracklet_while_in_view(walk):
    tracklets = sightline("tracklets", walk, "--json").json
    assert len(tracklets) == 4
    assert {t["camera"] for t in tracklets} == {"gate", "hall"}
    assert min(t["n_detections"] for t in tracklets) >= N_FRAMES - 10
    for t in tracklets:
        assert t["end_ms"] - t["start_ms"] == pytest.approx((t["n_detections"] - 1) * 100, abs=1)


def test_every_crop_shows_the_frame_it_is_filed_under(walk):
    n_read = 0
    with Project.open(walk) as project:
        for tracklet in project.tracklets():
            boxes = project.boxes(tracklet.id)
            if boxes.xyxy[0, 3] < HEIGHT - 1:
                continue  # the other walker does not stand on the frame number
            for crop in project.crops(tracklet.id):
                place = boxes.frame_idx.tolist().index(crop.member.frame_idx)
                left = boxes.xyxy[place, 0]
                patch = imaging.inner_image(imaging.Patch(imaging.decode_png(crop.png), crop.inner))
                n_bits = 6
                row = patch[-footage.CODE_PX // 2 - 1]
                columns = [int((bit + 0.5) * footage.CODE_PX - left) for bit in range(n_bits)]
                if min(columns) < 0:
                    continue
                code = sum(1 << bit for bit, column in enumerate(columns) if row[column].mean() > 127)
                assert code == crop.member.frame_idx % (1 << n_bits)
                n_read += 1
    assert n_read >= 4


def test_search_excludes_the_query_and_counts_the_impossible(walk):
    tracklets = {t["tracklet"]: t for t in sightline("tracklets", walk, "--json").json}
    query = next(name for name, t in tracklets.items() if t["camera"] == "gate")
    hits = sightline("search", walk, "--tracklet", query, "--json").json
    everything = sightline("search", walk, "--tracklet", query, "--all", "--json").json
    assert {hit["camera"] for hit in hits} == {"hall"}
    assert query not in {hit["tracklet"] for hit in everything}
    assert len(everything) == len(tracklets) - 1
    assert [hit["similarity"] for hit in hits] == sorted((h["similarity"] for h in hits), reverse=True)


def test_a_decision_lasts_undo_takes_it_back_redo_brings_it_again(walk):
    by_camera: dict[str, list[str]] = defaultdict(list)
    for t in sightline("tracklets", walk, "--json").json:
        by_camera[t["camera"]].append(t["tracklet"])
    a, b = by_camera["gate"][0], by_camera["hall"][0]
    before = sightline("identities", walk, "--json").json
    sightline("decide", walk, a, b, "same")
    decided = sightline("identities", walk, "--json").json
    assert decided != before
    assert any({a, b} <= set(identity["tracklets"]) for identity in decided)
    sightline("undo", walk)
    assert sightline("identities", walk, "--json").json == before
    sightline("redo", walk)
    assert sightline("identities", walk, "--json").json == decided
    sightline("undo", walk)
    assert sightline("identities", walk, "--json").json == before
    assert len(sightline("log", walk, "--json").json) >= 4


def test_mot_export_counts_what_tracklets_counts(walk, tmp_path):
    sightline("export", walk, "--format", "mot", "--out", tmp_path)
    n_boxes: dict[str, int] = defaultdict(int)
    for t in sightline("tracklets", walk, "--json").json:
        n_boxes[t["camera"]] += t["n_detections"]
    for camera, n in n_boxes.items():
        rows = read_mot(tmp_path / f"{camera}.txt")
        assert sum(map(len, rows.values())) == n
        assert min(rows) >= 1
        assert max(rows) == N_FRAMES


def test_exports_never_overwrite_silently(walk, tmp_path):
    sightline("export", walk, "--format", "csv", "--out", tmp_path)
    again: Outcome = sightline("export", walk, "--format", "csv", "--out", tmp_path, expect=2)
    assert "--force" in again.err
    sightline("export", walk, "--format", "csv", "--out", tmp_path, "--force")
