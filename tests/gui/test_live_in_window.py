"""Live cameras through the real window, the real engine and a real RTSP server."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from app.playback.composer import UNRECORDED
from app.playback.live import NO_ENGINE
from app.workspace import Page
from reid_core.pipeline.live_cameras import StoredStream, register_stream
from reid_core.store.project import Project
from reid_core.streams.recording import Quota
from tests.fakes import cameras
from tests.fakes.footage import BLUE, RED, Walker, render, write_boxes
from tests.gui.test_ingest_in_window import Window

FPS, N_PICTURES, N_BOXES = 10, 40, 3000
STANDING = (
    Walker(RED, (40, 60), (0, 0), 0, N_BOXES, size=(48, 120)),
    Walker(BLUE, (200, 80), (0, 0), 0, N_BOXES, size=(48, 120)),
)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")]


@pytest.fixture
def port(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for n in range(N_PICTURES):
        Image.fromarray(render(STANDING, n)).save(folder / f"{n:04d}.jpg", quality=92)
    mount = cameras.clip(folder, N_PICTURES, FPS)
    with cameras.rtsp_server({"/lobby": mount, "/hall": mount}) as port:
        yield port


def make_project(path, lobby_port, port, tmp_path):
    with Project.create(path) as project:
        register_stream(project, "lobby", StoredStream(f"rtsp://127.0.0.1:{lobby_port}/lobby"))
        register_stream(project, "hall", StoredStream(f"rtsp://127.0.0.1:{port}/hall", Quota(floor_bytes=0)))
    for camera in ("lobby", "hall"):
        write_boxes(tmp_path / "boxes", camera, STANDING, N_BOXES)


def test_panes_follow_live_cameras_until_they_are_lost_and_the_engine_is_gone(qtbot, tmp_path, port):
    path = tmp_path / "trial.sightline"
    with cameras.cable(port) as cable:
        make_project(path, cable.port, port, tmp_path)
        window = Window(qtbot, tmp_path)
        app, panes = window.app, window.app.pages.investigate.panes

        def scenes():
            return {scene.camera: scene for scene in panes._scenes}

        def are_live(*names):
            return all(name in scenes() and scenes()[name].is_live for name in names)

        app.open_project(path)
        window.wait(lambda: app.workspace.snapshot.value is not None)
        app.show_page(Page.SOURCES)
        app.pages.sources.presenter.choose("detector", f"replay:{tmp_path / 'boxes'}")
        window.press("sources.ingest")
        window.wait(lambda: app.workspace.is_live.value)
        app.show_page(Page.INVESTIGATE)
        window.wait(lambda: are_live("lobby", "hall"))
        seen = set()
        window.wait(lambda: seen.add(scenes()["lobby"].shot.frame_idx) or len(seen) > 8)
        window.wait(lambda: len(scenes()["lobby"].boxes) == 2)
        first, _ = sorted(box.xyxy for box in scenes()["lobby"].boxes)
        assert first == pytest.approx((40, 60, 88, 180), abs=1)

        def click():
            box = next((box for box in panes.painted_boxes() if box.camera == "lobby"), None)
            if box is not None:
                qtbot.mouseClick(panes, Qt.MouseButton.LeftButton, pos=box.rect.center().toPoint())
            return bool(app.workspace.selected.value)

        window.wait(click)  # somebody who just came is in the store a moment later
        assert app.workspace.is_live.value

        app.window.actions_by_id["playback.stop"].trigger()
        window.wait(lambda: scenes()["lobby"].message == UNRECORDED)
        window.wait(lambda: scenes()["hall"].shot is not None and not scenes()["hall"].is_live)
        app.window.actions_by_id["view.live"].trigger()
        window.wait(lambda: are_live("lobby", "hall"))

        cable.close()
        window.wait(lambda: scenes()["lobby"].message.startswith("Lost since "))
        assert are_live("hall")
        recorded = {file.parent.parent.name for file in path.with_suffix(".sightline.d").rglob("*.mp4*")}
        assert recorded == {"c2"}, "nothing of the other camera reaches the disk"

        os.kill(app.jobs._jobs[window.jobs[0].id].child.pid, signal.SIGKILL)
        window.wait(lambda: window.jobs[0].status == "failed")
        window.wait(lambda: not scenes()["hall"].is_live)
        assert scenes()["hall"].message != NO_ENGINE, "what is recorded of it is shown"
        app.window.close()
