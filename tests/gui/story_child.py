"""The first half of the whole story, in a process of its own that is killed at its end.

``python -m tests.gui.story_child FOLDER FOOTAGE``: ``FOLDER/pieces`` becomes ``FOLDER/story.sightline``; what
the window showed is written to ``FOLDER/seen.json``. Then a film plays until somebody kills the process.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.workspace import Page
from reid_core.store.project import Project
from tests.gui.story import Story, wait
from tests.gui.story_truth import N_FRAMES, Truth

QUERIES = (("1", "cam1", 3), ("P", "camA", 2))
"""Who is searched for, in whose picture, and how many hits are decided: five in all."""


def load(story: Story, project: Path, pieces: Path) -> None:
    """Make a project of footage that is dropped on the window."""
    story.new_project(project)
    assert story.workspace.page.value is Page.SOURCES
    story.drop([pieces])
    wait(lambda: story.is_shown(f"adding.camera.{len(N_FRAMES)}"), "a row for each file")
    offered = [story.find(f"adding.camera.{n}").text() for n in range(1, len(N_FRAMES) + 1)]
    assert offered == list(N_FRAMES)
    story.press("adding.add")
    wait(lambda: len(story.snapshot.sources) == len(N_FRAMES), "every file in the project")
    for facts in story.snapshot.sources:
        assert facts.total_frames >= N_FRAMES[facts.source.camera]


def ingest(story: Story) -> None:
    """Let the real engine look for people, in its own process."""
    story.press("sources.ingest")
    story.job("Ingest")
    lines = story.app.pages.sources.presenter._lines
    wait(lambda: all(line.state.startswith("Ready") for line in lines), "every file ready")
    assert all(facts.n_frames == facts.total_frames for facts in story.snapshot.sources)


def decide(story: Story, truth: Truth, path: Path) -> list[dict[str, Any]]:
    """Search for two people and decide about five hits, as the truth has it."""
    with Project.open(path) as project:
        people = truth.people(project)
        queries = [(truth.longest(project, who, camera), who, n) for who, camera, n in QUERIES]
    story.go(Page.INVESTIGATE)
    panel = story.app.pages.investigate.results
    made: list[dict[str, Any]] = []
    for query, person, n_decisions in queries:
        hits = story.search(query, 10)
        assert people[hits[0]] == person, f"{hits[0]} shows {people[hits[0]]!r}, not {person}"
        for _ in range(n_decisions):
            hit = story.workspace.current.value
            is_same = people[hit] == person
            story.key(panel.list, Qt.Key.Key_A if is_same else Qt.Key.Key_D)
            made.append({"query": query, "hit": hit, "verdict": "same" if is_same else "different"})
            wait(lambda: story.n_verdicts() == len(made), "the decision in the project")
            assert str(story.snapshot.verdicts[query, hit]) == made[-1]["verdict"]
            wait(lambda hit=hit: story.workspace.current.value != hit, "the next hit in hand")
    return made


def fail(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What goes wrong in a slot ends the process as well."""
    traceback.print_exception(kind, error, trace)
    os._exit(1)


def main(folder: Path, footage: Path) -> None:
    """Everything up to the kill."""
    sys.excepthook = fail
    QApplication(sys.argv[:1])
    story, path = Story(folder / "settings.ini"), folder / "story.sightline"
    load(story, path, folder / "pieces")
    ingest(story)
    decisions = decide(story, Truth(footage), path)
    seen = {"people": story.people(), "undo": story.snapshot.undo_text, "decisions": decisions}
    part = folder / "seen.part"
    part.write_text(json.dumps(seen))
    story.act("playback.play")
    wait(lambda: story.workspace.is_playing.value, "a film that plays")
    part.replace(folder / "seen.json")
    while True:
        QTest.qWait(100)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
