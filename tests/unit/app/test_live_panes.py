"""Panes of live cameras: what comes now, who is in it, and since when a camera is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from app.playback.composer import JUST_CAME
from app.playback.live import CONNECTING, NO_ENGINE, lost_label
from app.playback.scene import Standing, TransportState
from app.presenters.live import LAG_MS, LiveFollower
from app.presenters.playback import PlaybackPresenter
from app.snapshot import SourceState, StreamFacts
from app.workspace import Page, Workspace
from reid_core.store.records import Camera
from reid_core.streams.live_viewer import LiveShown
from tests.fakes.decoders import FakeDecoder
from tests.fakes.lanes import ImmediateLane
from tests.fakes.projects import FakeProject, facts, snapshot_of, source

NEWCOMER = "c1s1t1000009"


class Panes:
    def __init__(self):
        self.scenes, self.is_ticking = (), False

    def show_panes(self, layout, scenes):
        self.scenes = scenes

    def set_ticking(self, is_on):
        self.is_ticking = is_on


class Transport:
    def __init__(self):
        self.state = TransportState("")

    def show_transport(self, state):
        self.state = state

    def ask_time(self):
        pass


class Pictures:
    """`app.playback.live.LivePictures` that gives pictures when a test says so."""

    def __init__(self):
        self.asked = []
        self.give = lambda pictures: None

    def watch(self, project, takes, pane, then):
        self.asked.append((project, takes, pane))
        self.give = then if takes else lambda pictures: None


def shown(take, frame_idx, boxes=()):
    pixels = np.full((36, 64, 4), 90, np.uint8)
    return LiveShown(take, frame_idx, 40.0 * frame_idx, pixels, 640, 360, tuple(boxes), (64, 36))


def live_facts(number, camera, *, start_ms=0.0, duration_ms=10_000.0, state=SourceState.OPEN, reason=""):
    take = replace(source(number, camera, start_ms, duration_ms), kind="stream", path=f"rtsp://{camera}/live")
    return replace(facts(take), state=state, reason=reason)


def street(*, duration_ms=10_000.0, lobby=SourceState.OPEN, recorded=False, yard=True):
    cameras = (Camera(1, "Lobby"), Camera(2, "Hall"), *((Camera(3, "Yard"),) if yard else ()))
    sources = [
        live_facts(1, "Lobby", duration_ms=duration_ms, state=lobby, reason="no picture for 10 s"),
        live_facts(2, "Hall", duration_ms=duration_ms),
        *((facts(source(3, "Yard")),) if yard else ()),
    ]
    tracklets = (("c1s1t1000007", 0, 8000.0, duration_ms, 1),)
    made = snapshot_of(cameras, sources, tracklets)
    streams = (
        StreamFacts("Lobby", "rtsp://Lobby/live", recorded),
        StreamFacts("Hall", "rtsp://Hall/live", False),
    )
    return replace(made, streams=streams)


class Bench:
    def __init__(self, snapshot):
        self.panes, self.transport, self.workspace, self.pictures = (
            Panes(),
            Transport(),
            Workspace(),
            Pictures(),
        )
        self.made, self.now_s = {}, 100.0
        self.workspace.page.set(Page.INVESTIGATE)
        self.presenter = PlaybackPresenter(
            self.panes,
            self.transport,
            self.workspace,
            ImmediateLane(FakeProject()),
            make=self._make,
            live=self.pictures,
        )
        self.follower = LiveFollower(self.workspace)
        self.presenter.resize(64, 36)
        self.show(snapshot)
        self.follower.return_to_live()
        self.wait(0.2)

    def _make(self, _path, track, _max_bytes):
        self.made[track.camera] = FakeDecoder(track)
        return self.made[track.camera]

    def show(self, snapshot):
        self.workspace.snapshot.set(snapshot)

    def give(self, *pictures):
        self.pictures.give({one.source_id: one for one in pictures})
        self.wait(0.1)

    def do(self, action):
        self.presenter.do(f"playback.{action}")
        self.wait(0.2)

    def wait(self, seconds):
        for _ in range(round(seconds * 100)):
            self.now_s += 0.01
            if self.panes.is_ticking:
                self.presenter.tick(self.now_s)

    @property
    def scenes(self):
        return {scene.camera: scene for scene in self.panes.scenes}

    def close(self):
        self.follower.close()
        self.presenter.close()


@pytest.fixture
def bench():
    made = Bench(street())
    yield made
    made.close()


def test_panes_of_live_cameras_show_what_comes_with_who_is_in_it(bench):
    assert bench.pictures.asked[-1] == ("p.sightline", (1, 2), (64, 36))
    assert bench.scenes["Lobby"].message == CONNECTING
    assert not bench.panes.is_ticking, "until something comes there is nothing to do"
    known, newcomer = ("c1s1t1000007", 10.0, 20.0, 50.0, 90.0), (NEWCOMER, 100.0, 20.0, 140.0, 90.0)
    bench.give(shown(1, 240, [known]), shown(2, 250))
    bench.give(shown(1, 245, [known, newcomer]), shown(2, 250))
    lobby, hall, yard = (bench.scenes[name] for name in ("Lobby", "Hall", "Yard"))
    assert (lobby.shot.frame_idx, lobby.shot.width, lobby.time) == (245, 640, "00:00:09.8")
    assert lobby.is_live
    assert hall.is_live
    assert not hall.boxes
    boxes = {box.mark.tracklet: box for box in lobby.boxes}
    assert boxes["c1s1t1000007"].xyxy == (10.0, 20.0, 50.0, 90.0)
    assert (boxes["c1s1t1000007"].mark.standing, boxes["c1s1t1000007"].mark.number) == (Standing.DECIDED, 1)
    assert boxes["c1s1t1000007"].trail == ((30.0, 90.0), (30.0, 90.0))
    assert (boxes[NEWCOMER].mark.standing, boxes[NEWCOMER].mark.tip) == (Standing.UNASSIGNED, JUST_CAME)
    assert not yard.is_live, "files stay files"
    assert bench.made["Lobby"].media_ms == bench.made["Hall"].media_ms == 0.0, "nothing is decoded for them"
    assert bench.made["Yard"].media_ms > 0


def test_the_same_picture_again_is_not_shown_again(bench):
    one = shown(1, 240)
    bench.give(one)
    before = bench.panes.scenes
    bench.pictures.give({1: one})
    assert not bench.panes.is_ticking
    assert bench.panes.scenes is before


@pytest.mark.parametrize("action", ["stop", "play", "frame_back", "back", "second_back", "start"])
def test_looking_back_shows_what_is_recorded_and_one_key_returns(bench, action):
    bench.give(shown(1, 240), shown(2, 240))
    bench.do(action)
    assert not bench.workspace.is_live.value
    assert bench.pictures.asked[-1] == ("", (), (0, 0)), "nobody looks: nothing is asked for"
    assert bench.scenes["Lobby"].shot.frame_idx < 230
    assert not bench.scenes["Lobby"].is_live
    bench.show(street(duration_ms=20_000.0))
    assert bench.workspace.playhead_ms.value < 10_000.0, "nobody is thrown ahead"
    bench.follower.return_to_live()
    bench.give(shown(1, 480))
    assert bench.scenes["Lobby"].shot.frame_idx == 480
    assert bench.workspace.playhead_ms.value == 20_000.0 - LAG_MS


def test_the_end_of_what_came_is_live_however_one_gets_there(bench):
    bench.do("start")
    bench.do("end")
    assert bench.workspace.is_live.value
    bench.do("second_back")
    assert not bench.workspace.is_live.value
    bench.do("play")
    assert not bench.workspace.is_live.value
    bench.wait(4.0)  # it plays up to the end
    assert bench.workspace.is_live.value
    assert bench.transport.state.is_playing, "pictures run"


def test_a_lost_camera_says_since_when_and_comes_back_by_itself(bench):
    bench.give(shown(1, 240), shown(2, 240))
    bench.show(street(lobby=SourceState.PARTIAL))
    bench.wait(0.1)
    lobby = bench.scenes["Lobby"]
    assert (lobby.message, lobby.shot, lobby.is_live) == (
        "Lost since 00:00:10.0\nNo picture for 10 s",
        None,
        False,
    )
    assert lobby.is_problem
    assert bench.pictures.asked[-1][1] == (2,)
    again = street(duration_ms=30_000.0)
    take = live_facts(4, "Lobby", start_ms=20_000.0)
    lost = replace(again.sources[0], source=replace(again.sources[0].source, duration_ms=10_000.0))
    bench.show(replace(again, sources=(replace(lost, state=SourceState.PARTIAL), *again.sources[1:], take)))
    assert bench.pictures.asked[-1][1] == (4, 2)
    bench.give(shown(4, 3), shown(2, 700))
    assert bench.scenes["Lobby"].shot.source_id == 4


def test_all_cameras_may_be_lost_for_a_while():
    bench = Bench(street(yard=False))
    lost = street(lobby=SourceState.PARTIAL, yard=False)
    hall = replace(lost.sources[1], state=SourceState.PARTIAL, reason="")
    bench.show(replace(lost, sources=(lost.sources[0], hall)))
    bench.wait(0.1)
    assert bench.workspace.is_live.value
    assert bench.scenes["Hall"].message == "Lost since 00:00:10.0"
    bench.do("second_back")
    assert not bench.workspace.is_live.value
    bench.follower.return_to_live()
    assert bench.workspace.is_live.value
    bench.show(street(duration_ms=30_000.0, yard=False))
    assert bench.workspace.playhead_ms.value == 30_000.0 - LAG_MS
    bench.close()


def test_without_an_engine_a_pane_says_what_to_do(bench):
    bench.give(shown(1, 240), shown(2, 240))
    bench.pictures.give(None)
    bench.wait(0.1)
    assert bench.scenes["Lobby"].message == NO_ENGINE
    bench.give(shown(1, 250))
    assert bench.scenes["Lobby"].shot.frame_idx == 250


def test_without_an_engine_a_recorded_camera_shows_what_is_recorded():
    bench = Bench(street(recorded=True))
    bench.give(shown(1, 240))
    bench.pictures.give(None)
    bench.wait(0.2)
    assert bench.scenes["Lobby"].shot.frame_idx == int((10_000 - LAG_MS) // 40)
    assert not bench.scenes["Lobby"].is_live
    bench.close()


def test_pictures_are_asked_for_only_while_they_are_seen(bench):
    bench.workspace.page.set(Page.VERIFY)
    assert bench.pictures.asked[-1] == ("", (), (0, 0))
    bench.workspace.page.set(Page.INVESTIGATE)
    assert bench.pictures.asked[-1][1] == (1, 2)
    bench.presenter.resize(128, 72)
    assert bench.pictures.asked[-1][2] == (128, 72)
    n_asked = len(bench.pictures.asked)
    bench.show(street(duration_ms=11_000.0))
    assert len(bench.pictures.asked) == n_asked
    bench.presenter.set_layout(1)
    assert bench.pictures.asked[-1][1] == (1,)
    bench.show(None)
    assert bench.pictures.asked[-1] == ("", (), (0, 0))


@pytest.mark.parametrize(("page", "playhead_ms", "follows"), [
    (Page.SOURCES, 2000.0, True),
    (Page.INVESTIGATE, 9000.0, True),
    (Page.INVESTIGATE, 2000.0, False),
])  # fmt: skip
def test_who_starts_to_watch_follows_and_who_looks_at_something_else_does_not(page, playhead_ms, follows):
    workspace = Workspace()
    follower = LiveFollower(workspace)
    workspace.page.set(page)
    workspace.snapshot.set(snapshot_of((Camera(1, "Yard"),), [facts(source(1, "Yard"))]))
    workspace.playhead_ms.set(playhead_ms)
    came = snapshot_of(
        (Camera(1, "Yard"), Camera(2, "Lobby")),
        [facts(source(1, "Yard")), live_facts(2, "Lobby", start_ms=60_000.0)],
    )
    workspace.snapshot.set(came)
    assert workspace.is_live.value is follows
    assert workspace.playhead_ms.value == (70_000.0 - LAG_MS if follows else playhead_ms)
    follower.close()


def test_a_loss_is_told_by_the_wall_clock_where_it_is_known():
    now = datetime.now(UTC)
    lost = live_facts(1, "Lobby")
    assert lost_label(lost, 10_000.0) == "00:00:10.0"
    began = now - timedelta(seconds=10)
    known = replace(lost, source=replace(lost.source, info={"started_utc": began.isoformat()}))
    assert lost_label(known, 0.0) == f"{now.astimezone():%H:%M:%S}"
    old = replace(lost, source=replace(lost.source, info={"started_utc": "2020-02-03T12:00:00+00:00"}))
    assert lost_label(old, 0.0).startswith("2020-02-03 ")
