"""The common clock and what the panes are told, with cameras that decode at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.actions import ACTIONS, BY_ID
from app.playback.scene import PaneScene, Standing, TransportState
from app.presenters.playback import PlaybackPresenter
from app.workspace import QueryState, ResultRow, Results, Workspace
from reid_core.errors import SourceError
from reid_core.store.records import Camera
from reid_core.types import Verdict
from tests.fakes.decoders import FakeDecoder
from tests.fakes.lanes import ImmediateLane
from tests.fakes.projects import FakeProject, facts, snapshot_of, source, two_cameras


class FakePanes:
    def __init__(self) -> None:
        self.layout = 0
        self.scenes: tuple[PaneScene, ...] = ()
        self.n_shown = 0
        self.is_ticking = False

    def show_panes(self, layout, scenes):
        self.layout, self.scenes = layout, scenes
        self.n_shown += 1

    def set_ticking(self, is_on):
        self.is_ticking = is_on


class FakeTransport:
    def __init__(self) -> None:
        self.state = TransportState("")
        self.n_asked = 0

    def show_transport(self, state):
        self.state = state

    def ask_time(self):
        self.n_asked += 1


class Bench:
    """A presenter with all its fakes; `wait` lets time pass in ticks of 10 ms."""

    def __init__(self, snapshot=None, **decoder):
        self.panes, self.transport, self.workspace = FakePanes(), FakeTransport(), Workspace()
        self.project = FakeProject()
        self.made: dict[str, FakeDecoder] = {}
        self.now_s = 100.0
        self.presenter = PlaybackPresenter(
            self.panes, self.transport, self.workspace, ImmediateLane(self.project), make=self._make
        )
        if snapshot is not None:
            self.workspace.snapshot.set(snapshot)
            self.wait(0.1)

    def _make(self, _path, track, _max_bytes):
        self.made[track.camera] = FakeDecoder(track)
        return self.made[track.camera]

    def wait(self, seconds):
        for _ in range(round(seconds * 100)):
            self.now_s += 0.01
            if self.panes.is_ticking:
                self.presenter.tick(self.now_s)

    def do(self, *ids):
        for action_id in ids:
            self.presenter.do(f"playback.{action_id}")
            self.wait(0.05)

    @property
    def at(self):
        return self.workspace.playhead_ms.value

    @property
    def frames(self):
        return {scene.camera: scene.shot and scene.shot.frame_idx for scene in self.panes.scenes}


@pytest.fixture
def bench():
    made = Bench(two_cameras())
    yield made
    made.presenter.close()


def test_panes_show_the_frame_of_each_camera_at_the_common_time(bench):
    bench.presenter.seek(1000.0)
    bench.wait(0.1)
    assert bench.frames == {"Gate": 25, "Hall": 20}
    assert [scene.time for scene in bench.panes.scenes] == ["00:00:01.0", "00:00:01.0"]
    assert bench.panes.scenes[1].offset == "+200 ms"
    assert not bench.panes.is_ticking, "nothing is to come, and the clock stands"


def test_playing_follows_the_clock_and_stops_at_the_end(bench):
    bench.presenter.seek(0.0)
    bench.presenter.toggle()
    bench.wait(2.0)
    assert bench.at == pytest.approx(2000.0, abs=60.0)
    assert bench.frames["Gate"] == pytest.approx(50, abs=2)
    assert bench.transport.state.is_playing
    bench.wait(10.0)
    assert not bench.workspace.is_playing.value
    assert bench.at == pytest.approx(bench.workspace.snapshot.value.extent_ms[1], abs=2.0)
    bench.wait(0.1)
    assert not bench.panes.is_ticking


def test_playing_from_the_end_begins_anew(bench):
    bench.do("end", "play")
    bench.wait(1.0)
    assert 800.0 < bench.at < 1300.0


def test_j_and_l_go_faster_with_every_press_and_k_ends_it(bench):
    bench.presenter.seek(5000.0)
    rates = []
    for action in ("forward", "forward", "forward", "forward", "forward", "back", "back", "stop"):
        bench.presenter.do(f"playback.{action}")
        rates.append(bench.workspace.rate.value if bench.workspace.is_playing.value else 0)
    assert rates == [1, 2, 4, 8, 8, -1, -2, 0]
    assert bench.workspace.rate.value == 1


def test_it_plays_back(bench):
    bench.presenter.seek(5000.0)
    bench.do("back")
    bench.wait(1.0)
    assert bench.at == pytest.approx(3980.0, abs=80.0)


def test_speeds_step_through_the_menu_and_stay(bench):
    bench.do("slower", "slower", "play")
    assert bench.workspace.rate.value == 0.25
    bench.do("stop", "play")
    assert bench.workspace.rate.value == 0.25
    bench.do("real_time")
    assert bench.workspace.rate.value == 1.0
    for _ in range(9):
        bench.do("faster")
    assert bench.workspace.rate.value == 8.0


def test_changing_the_speed_does_not_jump(bench):
    bench.presenter.seek(1000.0)
    bench.do("play")
    bench.wait(1.0)
    before = bench.at
    bench.do("faster")
    assert bench.at - before < 250.0


def test_one_frame_is_a_frame_of_the_active_camera(bench):
    bench.presenter.activate("Hall")
    bench.presenter.seek(1000.0)
    bench.do("frame_forward")
    assert bench.at == pytest.approx(1040.0)
    assert bench.frames == {"Gate": 26, "Hall": 21}
    bench.do("frame_back", "frame_back")
    assert bench.at == pytest.approx(960.0)


def test_jumps_stay_within_the_footage(bench):
    bench.presenter.seek(500.0)
    bench.do("second_back")
    assert bench.at == 0.0
    bench.do("ten_forward", "second_forward")
    assert bench.at == pytest.approx(10_199.0)
    bench.do("start")
    assert bench.at == 0.0


def test_others_may_move_the_playhead_also_while_it_plays(bench):
    bench.do("play")
    bench.workspace.playhead_ms.set(6000.0)
    bench.wait(0.5)
    assert 6300.0 < bench.at < 6700.0
    bench.workspace.is_playing.set(False)
    stood = bench.at
    bench.wait(0.5)
    assert bench.at == stood


def test_the_range_is_marked_at_the_playhead(bench):
    bench.presenter.seek(2000.0)
    bench.do("range_in")
    assert bench.workspace.range_ms.value == (2000.0, 10_200.0)
    bench.presenter.seek(4000.0)
    bench.do("range_out")
    assert bench.workspace.range_ms.value == (2000.0, 4000.0)
    bench.presenter.seek(1000.0)
    bench.do("range_out")
    assert bench.workspace.range_ms.value == (0.0, 1000.0)
    bench.do("range_clear")
    assert bench.workspace.range_ms.value is None


def test_a_typed_time_is_gone_to_and_nonsense_is_told(bench):
    bench.do("go_to")
    assert bench.transport.n_asked == 1
    bench.presenter.go_to("0:03.5")
    assert bench.at == 3500.0
    bench.presenter.go_to("+2")
    assert bench.at == 5500.0
    bench.presenter.go_to("noon")
    assert "noon" in bench.transport.state.problem
    bench.presenter.go_to("1")
    assert bench.transport.state.problem == ""


def test_where_nothing_was_recorded_the_pane_says_so(bench):
    bench.presenter.seek(100.0)
    bench.wait(0.1)
    gate, hall = bench.panes.scenes
    assert gate.shot is not None
    assert hall.shot is None
    assert hall.message == "Not recorded at 00:00:00"


def test_footage_that_cannot_be_read_says_why(bench):
    bench.made["Hall"].problem = "hall.mp4 is gone."
    bench.presenter.seek(3000.0)
    bench.wait(0.1)
    assert bench.panes.scenes[1].message == "hall.mp4 is gone."
    assert bench.panes.scenes[1].is_problem
    assert bench.panes.scenes[0].shot is not None


def test_panes_wait_a_moment_for_each_other_and_then_go_on(bench):
    bench.presenter.seek(1000.0)
    bench.wait(0.1)
    bench.made["Hall"].is_late = True
    bench.presenter.seek(2000.0)
    bench.wait(0.04)
    assert bench.frames == {"Gate": 25, "Hall": 20}, "both still show the moment before"
    bench.wait(0.06)
    assert bench.frames == {"Gate": 50, "Hall": 20}
    assert bench.panes.is_ticking
    bench.made["Hall"].is_late = False
    bench.wait(0.1)
    assert bench.frames == {"Gate": 50, "Hall": 45}


def test_the_clock_waits_for_the_first_pictures_but_not_for_ever(bench):
    bench.presenter.seek(1000.0)
    bench.made["Hall"].is_late = True
    bench.presenter.toggle()
    bench.wait(0.3)
    assert bench.at == 1000.0
    bench.wait(1.0)
    assert bench.at > 1500.0


def test_boxes_are_those_of_the_frame_that_is_shown(bench):
    bench.presenter.seek(2000.0)
    bench.wait(0.1)
    gate = bench.panes.scenes[0]
    boxes = {box.mark.tracklet: box for box in gate.boxes}
    assert set(boxes) == {"c1s1t1", "c1s1t2"}
    assert boxes["c1s1t1"].xyxy == (10 + 2 * 50, 60.0, 60 + 2 * 50, 160.0)
    assert boxes["c1s1t1"].mark.standing is Standing.DECIDED
    assert boxes["c1s1t1"].mark.label == "1"
    assert boxes["c1s1t2"].mark.standing is Standing.UNASSIGNED
    trail = boxes["c1s1t1"].trail
    assert tuple(trail[-1]) == (135.0, 160.0)
    assert 15 <= len(trail) <= 30
    bench.presenter.seek(6000.0)
    bench.wait(0.1)
    assert [box.mark.tracklet for box in bench.panes.scenes[0].boxes] == ["c1s1t1"]


def test_boxes_are_loaded_once(bench):
    for t_ms in (1000.0, 2000.0, 3000.0, 2500.0):
        bench.presenter.seek(t_ms)
        bench.wait(0.1)
    assert bench.project.n_asked == 3


def test_a_search_marks_query_candidates_and_rejected(bench):
    bench.presenter.seek(2000.0)
    bench.wait(0.1)
    query = QueryState(("c1s1t1",))
    bench.workspace.query.set(query)
    rows = (ResultRow("c2s1t1", "Hall", 200.0, 9000.0, 0.876),)
    bench.workspace.results.set(Results(query, rows))
    snapshot = bench.workspace.snapshot.value
    bench.workspace.snapshot.set(replace(snapshot, verdicts={("c1s1t1", "c1s1t2"): Verdict.DIFFERENT}))
    bench.wait(0.1)
    marks = {box.mark.tracklet: box.mark for scene in bench.panes.scenes for box in scene.boxes}
    assert marks["c1s1t1"].is_query
    assert not marks["c1s1t1"].is_dimmed
    assert marks["c2s1t1"].label == "1? 0.88"
    assert marks["c2s1t1"].standing is Standing.CANDIDATE
    assert marks["c1s1t2"].is_dimmed
    bench.workspace.selected.set(("c1s1t2",))
    bench.wait(0.1)
    marks = {box.mark.tracklet: box.mark for scene in bench.panes.scenes for box in scene.boxes}
    assert marks["c1s1t2"].is_selected


def test_names_take_the_place_of_numbers(bench):
    bench.presenter.set_names(True)
    bench.presenter.seek(2000.0)
    bench.wait(0.1)
    labels = {box.mark.tracklet: box.mark.label for box in bench.panes.scenes[0].boxes}
    assert labels == {"c1s1t1": "Person 1", "c1s1t2": "T-1.2"}


def test_frames_beyond_the_ingest_say_so():
    gate = source(1, "Gate")
    bench = Bench(snapshot_of((Camera(1, "Gate"),), (facts(gate, next_frame_idx=50),)))
    bench.presenter.seek(1000.0)
    bench.wait(0.1)
    assert bench.panes.scenes[0].note == ""
    bench.presenter.seek(3000.0)
    bench.wait(0.1)
    assert bench.panes.scenes[0].note == "no detections yet"
    bench.presenter.close()


def test_a_nudge_is_seen_at_once_and_recorded(bench):
    bench.presenter.activate("Hall")
    bench.presenter.seek(1000.0)
    bench.do("nudge_forward")
    assert bench.project.clocks == [("Hall", 240.0, 0.0)]
    assert bench.frames == {"Gate": 25, "Hall": 19}
    bench.do("nudge_back_100", "nudge_back_100")
    assert bench.project.clocks[-1] == ("Hall", 40.0, 0.0)
    assert bench.frames["Hall"] == 24


def test_layouts_decode_only_what_is_shown():
    names = [f"C{n}" for n in range(1, 7)]
    cameras = tuple(Camera(n, name) for n, name in enumerate(names, start=1))
    sources = tuple(facts(source(camera.id, camera.name)) for camera in cameras)
    bench = Bench(snapshot_of(cameras, sources))
    assert bench.panes.layout == 6
    assert [scene.camera for scene in bench.panes.scenes] == names
    bench.presenter.set_layout(4)
    bench.wait(0.1)
    assert [scene.camera for scene in bench.panes.scenes] == names[:4]
    assert bench.made["C5"].is_stopped
    bench.presenter.activate_number(6)
    bench.wait(0.1)
    assert [scene.camera for scene in bench.panes.scenes] == names[4:]
    assert bench.panes.scenes[1].is_active
    bench.presenter.enlarge("C5")
    bench.wait(0.1)
    assert [scene.camera for scene in bench.panes.scenes] == ["C5"]
    bench.presenter.enlarge("C5")
    bench.wait(0.1)
    assert bench.panes.layout == 4
    bench.presenter.close()
    assert all(decoder.is_stopped for decoder in bench.made.values())


def test_another_project_leaves_nothing_of_the_old_one(bench):
    old = bench.made["Gate"]
    cameras, sources = (Camera(1, "Door"),), (facts(source(1, "Door")),)
    bench.workspace.snapshot.set(snapshot_of(cameras, sources, path="q.sightline"))
    bench.wait(0.1)
    assert old.is_stopped
    assert [scene.camera for scene in bench.panes.scenes] == ["Door"]
    assert bench.workspace.active_camera.value == "Door"
    bench.workspace.snapshot.set(None)
    assert bench.panes.scenes == ()
    assert not bench.transport.state.is_enabled


def test_nothing_happens_without_a_project():
    bench = Bench()
    for action_id in bench.presenter.actions:
        bench.presenter.do(action_id)
    bench.wait(0.1)
    assert not bench.workspace.is_playing.value
    assert not bench.panes.is_ticking
    bench.presenter.close()


def test_a_closed_presenter_hears_nothing(bench):
    bench.presenter.close()
    shown = bench.panes.n_shown
    bench.workspace.playhead_ms.set(4000.0)
    bench.workspace.snapshot.set(None)
    assert bench.panes.n_shown == shown


def test_footage_that_came_back_is_tried_again(bench):
    snapshot = bench.workspace.snapshot.value
    gone = tuple(replace(entry, is_missing=entry.source.camera == "Hall") for entry in snapshot.sources)
    bench.workspace.snapshot.set(replace(snapshot, sources=gone))
    bench.workspace.snapshot.set(replace(snapshot, sources=snapshot.sources, log_head=1))
    assert bench.made["Hall"].n_retries == 2
    assert bench.made["Gate"].n_retries == 0


def test_a_nudge_that_cannot_be_stored_is_taken_back(bench):
    def refuse(*_):
        raise SourceError("the disk is full")

    bench.project.set_clock = refuse
    bench.presenter.activate("Hall")
    bench.presenter.seek(1000.0)
    bench.do("nudge_forward")
    assert bench.frames["Hall"] == 20
    assert bench.workspace.notice.value.text == "the disk is full"


def test_every_action_that_it_does_has_its_words_and_key(bench):
    assert set(bench.presenter.actions) <= set(BY_ID)
    assert {
        entry.id
        for entry in ACTIONS
        if entry.menu == "playback" and not entry.id.startswith("playback.clock")
    } <= set(bench.presenter.actions)
    bench.do("camera_2")
    assert bench.workspace.active_camera.value == "Hall"
    bench.do("camera_9")
    assert bench.workspace.active_camera.value == "Hall"
