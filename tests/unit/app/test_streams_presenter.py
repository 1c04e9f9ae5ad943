"""Adding a live camera: tried in a child, kept without its password."""

import json
import os
import threading
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from app.loading import is_watched, load_snapshot
from app.playback.ring import Ring
from app.playback.shelf import Shelf
from app.presenters.ingest_form import IngestOptions, make_form
from app.presenters.live import LAG_MS, LiveFollower
from app.presenters.streams import TOPIC, StreamAdder
from app.source_lines import camera_facts, source_lines
from app.timeline.scene import make_scene
from app.views.streams import StreamEntry
from app.workspace import Workspace
from reid_core.pipeline.live_cameras import stored_streams
from reid_core.pipeline.takes import take_facts
from reid_core.store.project import Project
from reid_core.store.records import SegmentState
from reid_core.streams.address import parse_address
from reid_core.streams.connection import StreamInfo
from reid_core.streams.credentials import find_login
from reid_core.streams.live_view import LiveView
from tests.fakes.asking import FakeAsker
from tests.fakes.lanes import ImmediateBackground, ImmediateLane
from tests.fakes.projects import source

PASSWORD = "p@ss:w/ö#%rd 1"


class View:
    def __init__(self):
        self.form = None

    def show_stream(self, form):
        self.form = form


class Page:
    def __init__(self, project):
        self.project, self.view, self.workspace = project, View(), Workspace()
        self.asker, self.n_done = FakeAsker(), 0
        self.adder = StreamAdder(
            self.view,
            self.workspace,
            ImmediateLane(project),
            ImmediateBackground(),
            self.asker,
            self.done,
        )

    def done(self):
        self.n_done += 1


@pytest.fixture
def page(tmp_path, monkeypatch):
    before = set(os.environ)
    with Project.create(tmp_path / "p.sightline") as project:
        yield Page(project)
    for name in set(os.environ) - before:
        del os.environ[name]


def entry(address="rtsp://ann@h.example/live", **options):
    return StreamEntry("Lobby", address, options.pop("password", PASSWORD), **options)


def test_a_try_happens_in_a_child_that_is_told_the_password_by_its_environment_alone(page):
    page.adder.open()
    page.adder.test(entry())
    assert page.asker.arguments(TOPIC) == ("stream-test", "rtsp://ann@h.example/live", "--json")
    assert page.view.form.is_busy
    login = find_login(parse_address("rtsp://ann@h.example/live"), lookup=lambda address: None)
    assert login.password == PASSWORD  # as the child will find it
    page.asker.answer(
        TOPIC,
        {"result": "ok", "detail": "", "info": {"width": 64, "height": 48, "fps": 25.0, "codec": "h264"}},
    )
    assert (page.view.form.result, page.view.form.level) == ("OK: 64x48, 25 fps, h264", "ok")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("authentication failed", "Authentication failed"),
        ("unreachable", "Unreachable"),
        ("no video", "No video"),
    ],
)
def test_trouble_is_said_in_its_own_words(page, result, words):
    page.adder.test(entry())
    page.asker.answer(TOPIC, {"result": result, "detail": f"the reason {PASSWORD}", "info": None}, code=7)
    assert page.view.form.level == "bad"
    assert page.view.form.result == f"{words}: the reason ***."


def test_a_child_that_breaks_is_no_riddle(page):
    page.adder.test(entry())
    page.asker.answer(TOPIC, code=-1, lines=(f"It broke on {PASSWORD}",))
    assert page.view.form.result == "It broke on ***"


def test_an_address_that_is_none_is_not_tried(page):
    page.adder.test(entry("rtsp://ann:hunter2/x@h"))
    assert page.asker.asked == []
    assert page.view.form.level == "bad"
    assert "hunter2" not in page.view.form.result
    page.adder.test(entry("rtsp://h/x"))
    assert "user" in page.view.form.result


def test_a_camera_is_kept_without_its_password(page, monkeypatch):
    kept = []
    monkeypatch.setattr("app.presenters.streams.remember_password", lambda *row: kept.append(row))
    page.adder.open()
    page.adder.add(entry("rtsp://ann:other-one@h.example/live", remember=True, record=True, password=""))
    assert page.view.form is None
    stored = stored_streams(page.project)["Lobby"]
    assert stored.address == "rtsp://ann@h.example/live"
    assert stored.quota is not None
    assert kept == []
    page.adder.add(entry(remember=True))
    assert kept == [(parse_address("rtsp://ann@h.example/live").address, PASSWORD)]
    assert page.n_done == 2
    data = page.project.path.read_bytes() + page.project.path.with_name("p.sightline-wal").read_bytes()
    assert b"other-one" not in data
    assert PASSWORD.encode() not in data


def add_take(project, start_ms, reason, state):
    info = StreamInfo("rtsp", "h264", 64, 48, 25.0)
    facts = take_facts(
        info, f"take{start_ms}", "rtsp://h/live", project.sidecar / "recordings" / "c1", start_ms
    )
    added = project.add_source("Lobby", facts)
    with project.engine() as engine:
        segment = engine.begin_segment(added.id, "d;stride=1;", "t")
        engine.extend_source(added.id, 10_000.0, {"n_frames": 250, "n_dropped": 3})
        if state is not SegmentState.OPEN:
            engine.finish_segment(segment.id, state, reason)


def test_a_live_camera_is_one_row_and_its_gaps_are_red(page):
    page.adder.add(entry())
    snapshot = load_snapshot(page.project)
    (line,) = source_lines(snapshot, (), {}, False)
    assert (line.camera, line.file, line.state) == ("Lobby", "rtsp://ann@h.example/live", "Not watched yet")
    form = make_form(snapshot, IngestOptions(), None, {}, (), None, False, "")
    assert (form.button, form.can_press) == ("Watch 1 camera", True)
    add_take(page.project, 0.0, "no picture for 10 s", SegmentState.PARTIAL)
    add_take(page.project, 30_000.0, "", SegmentState.OPEN)
    snapshot = load_snapshot(page.project)
    (line,) = source_lines(snapshot, (), {}, True)
    assert (line.state, line.role, line.size) == ("Live, 0 tracklets", "ok", "64×48")
    facts = dict(camera_facts(snapshot, line, ()).facts)
    assert facts["Left out"] == "6 frames that came too fast"
    assert facts["Connected"] == "2 times"
    (row,) = make_scene(snapshot).rows
    assert row.gaps == ((10_000.0, 30_000.0, "The camera was lost: no picture for 10 s"),)


def test_a_lost_camera_says_since_when(page):
    page.adder.add(entry())
    add_take(page.project, 0.0, "no picture for 10 s", SegmentState.PARTIAL)
    snapshot = load_snapshot(page.project)
    (line,) = source_lines(snapshot, (), {}, True)
    assert line.state.startswith("Lost since 00:00:10.0")
    assert line.role == "warn"
    told = camera_facts(snapshot, line, ()).notices
    assert told[0] == ("warn", "The camera was lost: no picture for 10 s.")


def test_a_camera_that_a_terminal_watches_is_live_as_well_until_that_is_killed(page):
    page.adder.add(entry())
    add_take(page.project, 0.0, "", SegmentState.OPEN)
    with page.project.engine(), closing(LiveView(page.project.sidecar)):
        assert is_watched(page.project)
        (line,) = source_lines(load_snapshot(page.project), (), {}, False)
        assert line.state == "Live, 0 tracklets"
        note = page.project.sidecar / "engine.json"
        note.write_text(json.dumps({**json.loads(note.read_text()), "pid": 2**22 + 1}))  # as a kill leaves it
        assert not is_watched(page.project)
        (line,) = source_lines(load_snapshot(page.project), (), {}, False)
        assert line.state.startswith("Lost since")


def test_the_time_since_a_camera_was_lost_is_red_up_to_now(page):
    page.adder.add(entry())
    add_take(page.project, 0.0, "no picture for 10 s", SegmentState.PARTIAL)
    snapshot = load_snapshot(page.project)
    assert make_scene(snapshot).rows[0].gaps == ()
    page.project.add_camera("Yard")
    info = {
        "path": "/yard.mp4",
        "fingerprint": "yard",
        "kind": "video",
        "duration_ms": 45_000.0,
        "start_ms": 0.0,
    }
    page.project.add_source("Yard", {"width": 64, "height": 48, "fps": 25.0, **info})
    row = make_scene(load_snapshot(page.project)).rows[0]
    assert row.gaps == ((10_000.0, 45_000.0, "The camera was lost: no picture for 10 s"),)


def grow(project, number, duration_ms):
    with project.engine() as engine:
        engine.extend_source(number, duration_ms, {})
    return load_snapshot(project)


def test_the_playhead_goes_along_with_what_comes_and_one_key_returns_to_it(page):
    workspace = page.workspace
    follower = LiveFollower(workspace)
    follower.return_to_live()
    assert workspace.notice.value.text == "No camera of this project is live."
    page.adder.add(entry())
    add_take(page.project, 0.0, "", SegmentState.OPEN)
    workspace.snapshot.set(load_snapshot(page.project))
    follower.return_to_live()
    assert workspace.playhead_ms.value == 10_000.0 - LAG_MS
    workspace.snapshot.set(grow(page.project, 1, 11_000.0))
    assert workspace.playhead_ms.value == 11_000.0 - LAG_MS
    workspace.playhead_ms.set(3000.0)  # somebody looks back
    workspace.snapshot.set(grow(page.project, 1, 12_000.0))
    assert workspace.playhead_ms.value == 3000.0
    follower.return_to_live()
    assert workspace.playhead_ms.value == 12_000.0 - LAG_MS
    workspace.is_playing.set(True)
    workspace.snapshot.set(grow(page.project, 1, 13_000.0))
    assert workspace.playhead_ms.value == 12_000.0 - LAG_MS
    follower.close()


def test_a_take_that_has_grown_is_opened_anew():
    opened = []

    class Opened:
        times_ms = np.arange(3.0)

        def close(self):
            opened.append("closed")

    def open_(record, stop):
        opened.append(record.duration_ms)
        return Opened()

    shelf = Shelf(open_, Ring(1000), threading.Condition())
    take = replace(source(1, "Lobby", duration_ms=1000.0), kind="stream")
    for record in (take, take, replace(take, duration_ms=2000.0)):
        shelf.footage(record)
    assert opened == [1000.0, "closed", 2000.0]
