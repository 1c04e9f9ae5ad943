"""The whole window on footage: watch, click a person, decide, undo, go away, come back, all is there."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from app.application import Application
from app.describe import describe
from app.options import WindowOptions
from app.settings import Settings
from app.theme.theme import theme
from app.workspace import Page
from reid_core.store.project import Project
from tests.e2e.cli import sightline
from tests.fakes.footage import BLUE, RED, Walker, write_boxes, write_clip

N_FRAMES = 60
WALKERS = (
    Walker(RED, (20, 60), (1, 0), 0, N_FRAMES - 1, size=(48, 120)),
    Walker(BLUE, (220, 80), (0.5, 0), 0, N_FRAMES - 1, size=(48, 120)),
)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory) -> Path:
    """Two cameras in which the same two people walk."""
    folder = tmp_path_factory.mktemp("walk")
    arguments: list[object] = ["ingest", folder / "walk", "--detector", f"replay:{folder / 'boxes'}"]
    for camera in ("gate", "hall"):
        write_clip(folder / f"{camera}.mp4", WALKERS, N_FRAMES)
        write_boxes(folder / "boxes", camera, WALKERS, N_FRAMES)
        arguments += ["--camera", f"{camera}={folder / camera}.mp4"]
    sightline(*arguments)
    return folder / "walk.sightline"


@pytest.fixture
def open_window(qtbot, qapp, tmp_path):
    """Opens windows, one after the other, and closes the last."""
    opened: list[Application] = []

    def open_(project: Path | None) -> Application:
        theme().start(qapp, "light", bundled_font=True)
        options = WindowOptions(project=project, size=(1280, 800))
        application = Application(options, Settings(tmp_path / "settings.ini"))
        qtbot.addWidget(application.window)
        opened.append(application)
        application.start()
        if project is not None:
            qtbot.waitUntil(lambda: application.workspace.snapshot.value is not None, timeout=10_000)
            qtbot.waitUntil(application.is_settled, timeout=20_000)
        return application

    yield open_
    for application in opened:
        if application.window.isVisible():
            application.window.close()


def act(application: Application, action_id: str) -> None:
    application.window.actions_by_id[action_id].trigger()


def click_person(application: Application, qtbot, camera: str) -> str:
    """Click the first person in a camera's picture; whose tracklet it is."""
    panes = application.pages.investigate.panes
    qtbot.waitUntil(lambda: any(box.camera == camera for box in panes.painted_boxes()), timeout=10_000)
    box = next(box for box in panes.painted_boxes() if box.camera == camera)
    qtbot.mouseClick(panes, Qt.MouseButton.LeftButton, pos=box.rect.center().toPoint())
    return box.shape.mark.tracklet


def wait_results(application: Application, qtbot) -> None:
    def found() -> bool:
        results = application.workspace.results.value
        return results is not None and not results.is_searching and bool(results.rows)

    qtbot.waitUntil(found, timeout=10_000)


def test_a_person_is_clicked_found_accepted_and_still_known_after_a_restart(qtbot, ingested, open_window):
    application = open_window(ingested)
    workspace = application.workspace
    assert workspace.page.value is Page.INVESTIGATE
    act(application, "playback.play")
    qtbot.waitUntil(lambda: workspace.playhead_ms.value > 500, timeout=10_000)
    clicked = click_person(application, qtbot, "gate")
    assert not workspace.is_playing.value
    assert workspace.selected.value == (clicked,)
    wait_results(application, qtbot)
    hit = workspace.current.value
    assert hit.startswith("c2")
    act(application, "identity.accept")
    qtbot.waitUntil(lambda: len(workspace.snapshot.value.persons) == 1, timeout=10_000)
    assert workspace.snapshot.value.person_of(clicked) is workspace.snapshot.value.person_of(hit)
    assert application.window.actions_by_id["edit.undo"].isEnabled()
    act(application, "edit.undo")
    qtbot.waitUntil(lambda: workspace.snapshot.value.persons == (), timeout=10_000)
    act(application, "edit.redo")
    qtbot.waitUntil(lambda: len(workspace.snapshot.value.persons) == 1, timeout=10_000)
    assert application.window.close()
    again = open_window(ingested)
    assert again.workspace.snapshot.value.person_of(clicked).number == 1
    act(again, "edit.undo")
    qtbot.waitUntil(lambda: again.workspace.snapshot.value.persons == (), timeout=10_000)


def test_the_boxes_are_those_of_the_frame_that_is_shown(qtbot, ingested, open_window):
    application = open_window(ingested)
    workspace, panes = application.workspace, application.pages.investigate.panes
    act(application, "playback.start")
    for _ in range(7):
        act(application, "playback.frame_forward")
    qtbot.waitUntil(application.is_settled, timeout=10_000)
    qtbot.wait(50)  # what is settled is painted in the next pass
    assert workspace.playhead_ms.value == pytest.approx(700, abs=60)
    boxes = [box for box in panes.painted_boxes() if box.camera == "gate"]
    assert len(boxes) == 2
    with Project.open(ingested) as project:
        for box in boxes:
            stored = project.boxes(box.shape.mark.tracklet)
            place = stored.frame_idx.tolist().index(7)
            assert box.shape.xyxy == pytest.approx(stored.xyxy[place].tolist(), abs=0.01)


def test_a_project_that_cannot_be_read_gives_a_sentence(qtbot, tmp_path, open_window):
    bad = tmp_path / "bad.sightline"
    bad.write_bytes(b"not a project at all, but some text" * 20)
    application = open_window(None)
    application.open_project(bad)
    qtbot.waitUntil(application.window.notice.isVisible, timeout=10_000)
    assert "bad.sightline" in application.window.notice.accessibleName()
    assert application.workspace.page.value is Page.START


def test_closing_while_a_job_runs_asks_first(qtbot, ingested, open_window, monkeypatch):
    application = open_window(ingested)
    monkeypatch.setattr(type(application.jobs), "is_running", property(lambda _: True))
    answers = iter((QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Close))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: next(answers))
    assert not application.window.close()
    assert application.window.isVisible()
    assert application.window.close()


def test_nothing_is_clipped_on_any_page(qtbot, ingested, open_window):
    application = open_window(ingested)
    click_person(application, qtbot, "gate")
    wait_results(application, qtbot)
    for page, scheme, size in product(Page, ("light", "dark"), ((1280, 800), (1600, 1000))):
        theme().choose(scheme)
        application.window.resize(*size)
        application.show_page(page)
        application.pages.reset_layout()
        qtbot.waitUntil(application.is_settled, timeout=120_000)  # a page may ask children that load torch
        qtbot.wait(100)  # layouts follow in passes
        seen = describe(application.window)
        assert len(seen["controls"]) > 20
        clipped = [control for control in seen["controls"] if control["clipped"]]
        assert clipped == [], f"{page}, {scheme}, {size}"


def test_a_picture_and_a_description_are_written_from_the_command_line(ingested, tmp_path):
    picture, description = tmp_path / "page.png", tmp_path / "page.json"
    sightline(
        "--project", ingested, "--page", "investigate", "--theme", "dark", "--scale", 2, "--size", "1280x800",
        "--screenshot", picture, "--describe", description,
    )  # fmt: skip
    from PySide6.QtGui import QImage

    assert QImage(str(picture)).size().toTuple() == (2560, 1600)
    seen = json.loads(description.read_text())
    assert seen["size"] == [1280, 800]
    assert len({box["tracklet"] for box in seen["boxes"]}) == 4
