"""Every export through the dialog, and whether each holds what the project holds."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import av
import cv2
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.views.export import FORMATS
from app.workspace import Page
from reid_core.store.project import Project
from tests.e2e.cli import read_mot
from tests.gui.story import Story, wait

OF_ONE = ("report", "clips", "sheets")
"""What is made of the person who is chosen in the list, not of everything."""
TEST_SHARE = 34
"""Percent of three people: one is kept for testing, two are learnt from."""


def export_all(story: Story, path: Path) -> dict[str, Path]:
    """Write each format from the dialog; its folder by its key."""
    story.go(Page.INVESTIGATE)
    panel = story.app.pages.investigate.identity_list
    person = _shortest(story)
    place = panel.list.visualRect(panel._persons.index_of(person.number)).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    wait(lambda: story.workspace.selected.value, "the tracklets of a person")
    story.act("file.export")
    folders = {}
    for key in FORMATS:
        story.find(f"export.format.{key}").click()
        story.find(f"export.what.{'selected' if key in OF_ONE else 'all'}").click()
        if story.is_shown("export.share"):
            story.find("export.share").setValue(TEST_SHARE)
        story.press("export.start")
        wait(lambda: story.is_shown("export.open"), f"the export {key}")
        folders[key] = Path(story.find("export.folder").text())
        assert folders[key].parent == path.parent
    story.press("export.close")
    return folders


def check_exports(folders: dict[str, Path], story: Story, path: Path) -> None:
    """Read each with a reader that is not ours where there is one, and count."""
    with Project.open(path) as project:
        boxes = {camera.name: 0 for camera in project.cameras()}
        for tracklet in project.tracklets():
            boxes[tracklet.camera] += len(project.boxes(tracklet.id).frame_idx)
        n_tracklets, n_boxes = len(project.tracklets()), sum(boxes.values())
    people = {person.id: len(person.tracklets) for person in story.snapshot.persons}
    assert set(folders) == set(FORMATS)
    for camera, n in boxes.items():
        assert sum(map(len, read_mot(folders["mot"] / f"{camera}.txt").values())) == n
        truth = folders["mot-gt"] / camera / "gt" / "gt.txt"
        assert len(truth.read_text().splitlines()) == n
    tracks = [track for camera in boxes for track in _tracks(folders["cvat"] / f"{camera}.xml")]
    assert len(tracks) == n_tracklets
    assert sum(box.get("outside") == "0" for track in tracks for box in track.iter("box")) == n_boxes
    coco = json.loads((folders["coco"] / "coco.json").read_text())
    assert len(coco["annotations"]) == n_boxes
    for key in ("market", "market-free"):
        rows = _rows(folders[key] / "persons.csv")
        assert {row["identity"]: int(row["n_tracklets"]) for row in rows} == people
        assert all(any((folders[key] / part).iterdir()) for part in ("bounding_box_train", "query"))
    tables = {name: _rows(folders["csv"] / f"{name}.csv") for name in ("tracklets", "boxes", "decisions")}
    assert (len(tables["tracklets"]), len(tables["boxes"])) == (n_tracklets, n_boxes)
    found = json.loads((folders["json"] / "project.json").read_text())
    assert len(found["tracklets"]) == n_tracklets
    _check_matches(folders["matches"], story)
    assert len(tables["decisions"]) == len(_rows(folders["matches"] / "matches.csv"))
    _check_one(folders, story)


def _check_matches(folder: Path, story: Story) -> None:
    rows = _rows(folder / "matches.csv")
    listed = {frozenset((row["query"], row["hit"])): row["verdict"] for row in rows}
    known = {frozenset(pair): str(verdict) for pair, verdict in story.snapshot.verdicts.items()}
    assert listed == known
    assert {row["model"] for row in rows} == {story.workspace.model.value.name}
    assert {row["model_hash"] for row in rows} == {story.workspace.model.value.key}


def _check_one(folders: dict[str, Path], story: Story) -> None:
    """Report, clips and sheet of the person who was chosen."""
    person = _shortest(story)
    own = story.people()[person.name]
    assert person.id in (folders["report"] / "report.html").read_text(encoding="utf-8")
    clips = sorted((folders["clips"] / "clips").glob("*.mp4"))
    assert len(clips) == len(own)
    rows = [story.snapshot.tracklets.row_of[name] for name in own]
    spans = [
        int(story.snapshot.tracklets.end_idx[r] - story.snapshot.tracklets.start_idx[r]) + 1 for r in rows
    ]
    assert sorted(map(_n_frames, clips)) == sorted(spans)
    (sheet,) = (folders["sheets"] / "contact-sheets").glob("*.jpg")
    assert cv2.imread(str(sheet)) is not None


def _shortest(story: Story) -> Any:
    """The person of the fewest tracklets."""
    return min(story.snapshot.persons, key=lambda person: len(person.tracklets))


def _n_frames(clip: Path) -> int:
    with av.open(str(clip)) as container:
        return sum(1 for _ in container.decode(video=0))


def _tracks(file: Path) -> list[Any]:
    return list(ElementTree.parse(file).getroot().iter("track"))


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8-sig") as opened:
        return list(csv.DictReader(opened))
