"""The whole story through the real window: footage, decisions, links, exports, a model of its own.

Real footage of four known people in six cameras, the models that come with Sightline, real child processes.
The window is killed in the middle, and opened again. Each step says what the user sees, and that it is true.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from app.settings import Settings
from app.workspace import Page
from reid_core.store.project import Project
from reid_core.types import Verdict
from tests.data import ROOT, shared_data
from tests.gui.story import Story, wait
from tests.gui.story_child import QUERIES
from tests.gui.story_exports import check_exports, export_all
from tests.gui.story_set import N_STRANGERS, write_set
from tests.gui.story_truth import LEAST_BOXES, Truth, write_pieces

KNOWN = {"1", "2", "P"}
"""Who is in several cameras; Q is in one alone."""

pytestmark = [
    pytest.mark.data,
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(sys.platform == "win32", reason="a kill is a signal of POSIX"),
]


def test_the_whole_story(qtbot, tmp_path, monkeypatch):
    monkeypatch.delenv("SIGHTLINE_MODELS", raising=False)  # detector and embedder as shipped
    footage = shared_data("footage")
    truth, path = Truth(footage), tmp_path / "story.sightline"
    write_pieces(footage, tmp_path / "pieces")
    seen = begin_and_be_killed(tmp_path, footage)
    story = Story(tmp_path / "settings.ini")
    qtbot.addWidget(story.window)
    try:
        reopen(story, seen)
        link(story, truth, path)
        tracklet = correct(story, truth, path)
        folders = export_all(story, path)
        check_exports(folders, story, path)
        train(story, write_set(folders["market"], tmp_path / "set"))
        compare(story)
        switch(story, path)
        search_again(story, truth, path, tracklet)
        assert story.window.close()
        assert Settings(tmp_path / "settings.ini").unclean_project() == ""
    finally:
        if story.window.isVisible():
            story.app.jobs.shutdown()
            story.window.close()


# --- load, ingest, search, five decisions; killed and reopened


def begin_and_be_killed(folder: Path, footage: Path) -> dict[str, Any]:
    """Let another process do the first half, and kill it while a film plays; what it showed."""
    command = [sys.executable, "-m", "tests.gui.story_child", str(folder), str(footage)]
    errors = folder / "errors.txt"
    with errors.open("w") as log, subprocess.Popen(command, cwd=ROOT, stderr=log, env=os.environ) as program:
        try:
            while not (folder / "seen.json").exists():
                assert program.poll() is None, errors.read_text()
                time.sleep(0.1)
            children = psutil.Process(program.pid).children(recursive=True)
        finally:
            program.send_signal(signal.SIGKILL)
    assert program.returncode == -signal.SIGKILL
    assert "Traceback" not in errors.read_text()
    assert psutil.wait_procs(children, timeout=60)[1] == [], "a child outlived the window"
    seen: dict[str, Any] = json.loads((folder / "seen.json").read_text())
    verdicts = [decision["verdict"] for decision in seen["decisions"]]
    assert len(verdicts) == 5
    assert set(verdicts) == {"same", "different"}
    assert len(seen["people"]) == len(QUERIES)
    return seen


def reopen(story: Story, seen: dict[str, Any]) -> None:
    """The next window says what happened, and has everything that was decided, and its undo."""
    wait(lambda: story.is_shown("start.recovery"), "word of the kill")
    assert "story" in story.text("start.recovery.name")
    story.press("start.recovery.open")
    wait(lambda: story.snapshot is not None, "the project")
    story.settle()
    assert story.people() == seen["people"]
    assert story.n_verdicts() == len(seen["decisions"]) == 5
    for decision in seen["decisions"]:
        assert story.snapshot.verdicts[decision["query"], decision["hit"]] == decision["verdict"]
    undo = story.window.actions_by_id["edit.undo"]
    assert undo.text() == f"Undo {seen['undo']}"
    story.act("edit.undo")
    wait(lambda: story.n_verdicts() == 4, "the decision taken back")
    last = seen["decisions"][-1]
    assert (last["query"], last["hit"]) not in story.snapshot.verdicts
    story.act("edit.redo")
    wait(lambda: story.n_verdicts() == 5, "the decision brought again")
    assert story.people() == seen["people"]


# --- link


def link(story: Story, truth: Truth, path: Path) -> None:
    """Accept what is proposed: every true pair of the men is one person then, and no false one."""
    with Project.open(path) as project:
        people = truth.people(project)
        cameras = {t.id: t.camera for t in project.tracklets()}
        is_long = {t.id: t.n_detections >= LEAST_BOXES for t in project.tracklets()}
    before = story.people()
    story.act("identity.link")
    rows = wait(lambda: story.app.pages.links.page.list.model().rows, "proposals")
    assert story.people() == before, "nothing is applied by itself"
    for row in rows:
        assert len({people[name] for name in row.key}) == 1, f"{row.names} are {[people[n] for n in row.key]}"
    assert story.find("links.accept_all").accessibleName() == f"Accept all {len(rows)}"
    story.press("links.accept_all")
    wait(lambda: len(story.snapshot.persons) == len(KNOWN), "everybody who is in several cameras")
    story.settle()
    owner = {name: number for number, names in enumerate(story.people().values()) for name in names}
    for a, b in combinations(sorted(people), 2):
        is_one = a in owner and owner.get(b) == owner[a]
        if is_one:
            assert people[a] == people[b] in KNOWN, f"{a} is {people[a]!r}, {b} is {people[b]!r}"
        elif people[a] == people[b] in KNOWN and cameras[a] != cameras[b]:
            assert not (is_long[a] and is_long[b]), f"{a} and {b} are both {people[a]}"
    assert story.snapshot.conflicts == ()


# --- correct


def correct(story: Story, truth: Truth, path: Path) -> str:
    """Split a tracklet where it goes on with something else; the part that is still the person."""
    with Project.open(path) as project:
        tracklet, camera, frame_idx = truth.switch(project)
        person = truth.people(project)[tracklet]
        n_boxes = len(project.boxes(tracklet).frame_idx)
    owner = story.snapshot.person_of(tracklet)
    before = set(story.snapshot.tracklets.ids)
    story.go(Page.INVESTIGATE)
    story.act("annotate.mode")
    story.click_person(tracklet, frame_idx)
    story.key(story.app.pages.investigate.panes, Qt.Key.Key_C)
    wait(lambda: story.snapshot.undo_text.startswith("split"), "a tracklet that is split")
    story.act("annotate.mode")
    after = set(story.snapshot.tracklets.ids)
    assert len(after) == len(before) + 1
    story.job("Refresh")
    parts = sorted(after - before | ({tracklet} & after))
    with Project.open(path) as project:
        shown = {part: truth.boxes(project, part, camera) for part in parts}
        assert sum(map(len, shown.values())) == n_boxes
        kept = next(part for part in parts if any(who == person for _, who in shown[part]))
        other = next(part for part in parts if part != kept)
        assert all(who != person for _, who in shown[other])
        assert max(frame for frame, _ in shown[kept]) < frame_idx <= min(frame for frame, _ in shown[other])
        assert project.stored.outdated() == [], "crops and vectors are those of the parts"
    assert story.snapshot.person_of(kept).id == owner.id, "decisions stay with the pixels"
    assert story.snapshot.person_of(other) is None
    return kept


# --- train, compare, switch, search again


def train(story: Story, data: Path) -> None:
    """Three epochs on the exported people, started from the shipped model."""
    story.act(f"window.{Page.TRAIN}")
    form = story.app.pages.train.page.form
    wait(lambda: form._form.is_ready, "a form that is filled")
    box = story.find("train.data")
    box.setCurrentIndex(box.count() - 1)
    box.activated.emit(box.count() - 1)
    dialog = story.window.findChild(QFileDialog, "train.folder_dialog")
    dialog.fileSelected.emit(str(data))
    dialog.close()
    for name, value in (("epochs", 3), ("ids", 2), ("images", 4)):
        stepper = story.find(f"train.{name}")
        stepper.setValue(value)
        stepper.editingFinished.emit()
    rate = story.find("train.rate")
    rate.setValue(0.0001)
    rate.editingFinished.emit()
    wait(lambda: story.app.pages.train.is_settled and story.find("train.start").isEnabled(), "a run to start")
    story.press("train.start")
    story.job("Train")
    runs = story.app.pages.train.runs
    wait(lambda: runs.current.value and runs.current.value.status == "done", "a run that is done")
    assert (runs.current.value.epoch, runs.current.value.n_epochs) == (3, 3)
    assert int(runs.current.value.state["n_ids"]) == 2
    assert story.find("train.loss")._series


def compare(story: Story) -> None:
    """Both models on people of whom neither the run nor anybody's decision knew, without being asked."""
    comparison = story.app.pages.train.comparison
    wait(lambda: comparison._kept.queries and not comparison._shown.is_busy, "a comparison")
    assert story.text("train.comparison.intro").startswith(f"{N_STRANGERS + 1} people that the run was not")
    lines = {line.name: line for line in comparison._shown.lines}
    assert set(lines) == {"mAP", "rank-1", "rank-5", "mINP"}
    shown = {story.text(f"train.comparison.table.{n}.0") for n in range(len(lines))}
    assert shown == set(lines)
    assert " to " in lines["mAP"].interval
    assert float(lines["mAP"].old) > 0.3, "the shipped model finds people of a set that it never saw"
    assert float(lines["mAP"].new) > 0.3, "three small epochs do not spoil it"
    assert story.text("train.comparison.verdict.text")


def switch(story: Story, path: Path) -> None:
    """Use the run's model: its vectors come beside the old ones, and the header names it."""
    old = story.workspace.model.value
    story.press("train.comparison.use")
    story.job("Describe")
    wait(lambda: story.workspace.model.value.key != old.key, "another model in use")
    new = story.workspace.model.value
    assert new.name == "story run 1"
    assert (old.key, old.name) in new.others
    assert new.metrics == "", "what strangers gave is no figure of this project"
    assert story.find("header.model").accessibleName().startswith(f"Model {new.name},")
    with Project.open(path) as project:
        names = {tracklet.id for tracklet in project.tracklets()}
        for space in project.spaces():
            assert set(project.descriptors(space.key)[0]) == names
    story.go(Page.MODELS)
    wait(lambda: models_in_use(story) == [new.name], "the new model as the one in use")


def models_in_use(story: Story) -> list[str]:
    """Which of the installed models say that they are."""
    items = story.find("models.list").model()
    lines = [items.index(n, 0).data(Qt.ItemDataRole.AccessibleTextRole) for n in range(items.rowCount())]
    return [line.split(",")[0] for line in lines if "in use" in line.split(", ")]


def search_again(story: Story, truth: Truth, path: Path, corrected: str) -> None:
    """With the new model each person is still found first; also the one whose tracklet was corrected."""
    with Project.open(path) as project:
        people = truth.people(project)
        queries = [truth.longest(project, who, camera) for who, camera, _ in QUERIES]
    story.go(Page.INVESTIGATE)
    for query in (*queries, corrected):
        with Project.open(path) as project:
            frames = project.boxes(query).frame_idx
        hits = [hit for hit in story.search(query, int(frames[len(frames) // 2])) if people[hit]]
        assert story.workspace.results.value.model == "story run 1"
        assert people[hits[0]] == people[query], f"{query}: {[people[hit] for hit in hits]}"
        row = story.snapshot.verdicts.get((query, hits[0]))
        assert row is not Verdict.DIFFERENT
