"""Live cameras through the whole ingest, with connections that are not there."""

import threading
import time
from contextlib import closing
from datetime import datetime

import numpy as np
import pytest

from reid_core.errors import SourceError, UsageError
from reid_core.pipeline.events import StreamChanged
from reid_core.pipeline.ingest import IngestConfig, ingest
from reid_core.pipeline.live import LiveCamera
from reid_core.pipeline.live_cameras import StoredStream, open_cameras, register_stream, stored_streams
from reid_core.pipeline.sources import open_footage, register_cameras
from reid_core.pipeline.takes import stream_gaps
from reid_core.progress import CancelToken, Notice
from reid_core.store.project import Project
from reid_core.store.records import PROVISIONAL_ORDER, SegmentState
from reid_core.streams.connection import Patience
from reid_core.streams.errors import StreamError, Trouble
from reid_core.streams.recording import Quota
from reid_core.types import Verdict
from tests.fakes.connections import FakeConnection
from tests.fakes.footage import BLUE, GREEN, RED, TWO_WALKERS, Walker, render, write_clip
from tests.fakes.models import ColorDetector, ColorEmbedder

FPS = 10
QUICK = Patience(first_frame_s=30, frame_s=30, first_wait_s=0.05, longest_wait_s=0.1)


class Street:
    """A camera on a street: connection after connection shows the same walkers in real time."""

    def __init__(self, walkers=TWO_WALKERS, *, n_shots=10**9, n_good=10**9, speed=1.0):
        self.walkers, self.n_shots, self.n_good, self.speed = walkers, n_shots, n_good, speed
        self.n_connections = 0
        self.left_at = {}

    def __call__(self, switch):
        self.n_connections += 1
        if self.n_connections > self.n_good:
            raise StreamError(Trouble.UNREACHABLE, "it is away")
        return FakeConnection(
            switch,
            n_shots=self.n_shots,
            fps=FPS,
            picture=self.picture,
            interval_s=1 / FPS / self.speed,
        )

    def picture(self, n):
        for walker in self.walkers:
            if n == walker.last:
                self.left_at[walker.color] = time.monotonic()
        return render(self.walkers, n)


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "p.sightline") as project:
        yield project


def camera(project, name, connect, quota=None):
    register_stream(project, name, StoredStream(f"rtsp://{name}.example/live", quota))
    return LiveCamera(name, f"rtsp://{name}.example/live", connect, quota, QUICK)


def run(project, cameras, enough=lambda events: False, detector=None, limit_s=90):
    """The events of an ingest that is stopped when there is enough of them."""
    cancel, events = CancelToken(), []
    deadline = time.monotonic() + limit_s
    job = ingest(project, detector or ColorDetector(), ColorEmbedder(), IngestConfig(), cancel, cameras)
    with closing(job) as coming:
        for event in coming:
            events.append(event)
            if not cancel.cancelled and (enough(events) or time.monotonic() > deadline):
                cancel.cancel()
    assert time.monotonic() < deadline, "the test waited in vain"
    return events


def changes(events):
    return [(e.camera, e.state) for e in events if isinstance(e, StreamChanged)]


def searchable(project):
    found = [project.descriptors(space.key)[0] for space in project.spaces()]
    return set(found[0]) if found else set()


def final(project):
    return [t for t in project.tracklets() if int(t.id.rpartition("t")[2]) < PROVISIONAL_ORDER]


@pytest.mark.slow
def test_people_can_be_found_while_they_are_there_and_two_seconds_after(project):
    walkers = (
        Walker(RED, (10, 10), (4, 0), 5, 34),
        Walker(BLUE, (200, 120), (-3, 0), 5, 44),
        Walker(GREEN, (150, 20), (3, 0), 15, 54),
    )
    stays = Walker((200, 200, 20), (20, 130), (0, 0), 0, 10**6)
    ends_ms = {walker.last * 100.0: walker.color for walker in walkers}
    street, there, after_s = Street((*walkers, stays)), set(), {}

    def enough(events):
        found = searchable(project)
        for tracklet in project.tracklets():
            if tracklet.id in found and tracklet.end_t_ms in ends_ms:
                color = ends_ms[tracklet.end_t_ms]
                if color in street.left_at:
                    after_s.setdefault(color, time.monotonic() - street.left_at[color])
            if tracklet.id in found and tracklet.start_t_ms == 0.0:
                there.add(tracklet.id)
        return bool(there) and len(after_s) == len(final(project)) == 3

    events = run(project, [camera(project, "lobby", street)], enough)
    assert there
    assert all(tracklet_id.startswith("c1s1t1000") for tracklet_id in there)
    assert min(after_s.values()) <= 2.0, after_s  # another program may steal the moment of one, not of all
    assert changes(events) == [("lobby", "live"), ("lobby", "stopped")]
    found = project.tracklets()  # the provisional ones are gone
    assert [t.id for t in sorted(found, key=lambda t: t.id)] == [f"c1s1t{n}" for n in (1, 2, 3, 4)]
    spans = {(t.start_t_ms, t.end_t_ms) for t in found}
    assert {(w.first * 100.0, w.last * 100.0) for w in walkers} < spans
    assert searchable(project) == {t.id for t in found}
    assert all(len(project.crops(t.id)) >= 2 for t in found)


def test_everyone_in_view_is_searchable_after_a_stop(project):
    street = Street((Walker(RED, (10, 40), (1, 0), 0, 10**6), Walker(BLUE, (200, 40), (0, 0), 0, 10**6)))
    run(project, [camera(project, "lobby", street)], lambda events: len(searchable(project)) >= 2)
    assert {t.id for t in project.tracklets()} == {"c1s1t1", "c1s1t2"} == searchable(project)
    (segment,) = project.segments()
    assert (segment.state, segment.n_tracklets) == (SegmentState.DONE, 2)


def test_every_connection_is_a_segment_of_its_own_and_the_gap_is_known(project):
    street = Street(n_shots=20, n_good=3)
    lobby = camera(project, "lobby", street)
    events = run(project, [lobby], lambda events: ("lobby", "waiting") in changes(events))
    assert changes(events) == [("lobby", "live"), ("lobby", "lost")] * 3 + [("lobby", "waiting")]
    segments = project.segments()
    assert [s.name for s in segments] == ["c1s1", "c1s2", "c1s3"]
    assert {(s.state, s.reason, s.n_frames) for s in segments} == {
        (SegmentState.PARTIAL, "the camera ended the stream", 20)
    }
    starts = [source.start_ms for source in project.sources()]
    assert starts[0] == 0.0
    clock = [datetime.fromisoformat(source.info["started_utc"]).timestamp() for source in project.sources()]
    assert [(c - clock[0]) * 1000 for c in clock] == pytest.approx(starts, abs=2)
    assert np.all(np.diff(starts) > 1900)
    gaps = stream_gaps(project)
    assert [(g.camera, g.end_ms) for g in gaps] == [
        ("lobby", starts[1]),
        ("lobby", starts[2]),
        ("lobby", None),
    ]
    assert all(gap.end_ms is None or gap.end_ms > gap.start_ms for gap in gaps)
    backs = [e.gap_ms for e in events if isinstance(e, StreamChanged) and e.state == "live"]
    assert backs[0] is None
    assert all(gap_ms > 0 for gap_ms in backs[1:])
    waiting = [e for e in events if isinstance(e, Notice) and "unreachable" in e.text]
    assert len(waiting) == 1  # said once, not at every attempt
    assert {t.segment for t in project.tracklets()} <= {s.id for s in segments}


def test_stop_and_resume_goes_on_with_a_new_segment(project):
    lobby = camera(project, "lobby", Street())
    for n in (1, 2):
        run(project, [lobby], lambda events, n=n: len(project.tracklets()) >= 2 * n)
    assert [(s.name, s.state) for s in project.segments()] == [
        ("c1s1", SegmentState.DONE),
        ("c1s2", SegmentState.DONE),
    ]
    assert stream_gaps(project) == []  # a wanted stop is no gap
    assert stored_streams(project) == {"lobby": StoredStream("rtsp://lobby.example/live")}


def test_streams_and_files_share_one_engine_and_do_not_disturb_each_other(project, tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", TWO_WALKERS, 90)
    with Project.create(tmp_path / "alone.sightline") as alone:
        list(register_cameras(alone, {"yard": [clip]}, fps=None, cancel=CancelToken()))
        run(alone, [])
        expected = [(t.id, t.start_t_ms, t.end_t_ms, t.n_boxes) for t in alone.tracklets()]
    list(register_cameras(project, {"yard": [clip]}, fps=None, cancel=CancelToken()))
    cameras = [camera(project, "lobby", Street()), camera(project, "hall", Street())]

    def enough(events):
        by_camera = {t.camera for t in final(project)} | {t.camera for t in project.tracklets()}
        return by_camera == {"yard", "lobby", "hall"} and any(
            s.camera == "yard" and s.state is SegmentState.DONE for s in project.segments()
        )

    events = run(project, cameras, enough)
    assert {("lobby", "stopped"), ("hall", "stopped")} <= set(changes(events))
    found = [(t.id, t.start_t_ms, t.end_t_ms, t.n_boxes) for t in project.tracklets() if t.camera == "yard"]
    assert found == expected
    assert set(searchable(project)) == {t.id for t in project.tracklets()}


def test_a_slow_detector_drops_the_oldest_and_counts_them(project):
    street = Street(speed=8)
    lobby = camera(project, "lobby", street)
    events = run(
        project,
        [lobby],
        lambda events: sum(s.info.get("n_dropped", 0) for s in project.sources()) > 20,
        detector=ColorDetector(delay_s=0.5),
    )
    stopped = next(e for e in events if isinstance(e, StreamChanged) and e.state == "stopped")
    rows = list(project.frame_rows(project.segments()[0].id))
    assert [row.frame_idx for row in rows] == list(range(len(rows)))  # each has its time, looked at or not
    assert np.all(np.diff([row.pts for row in rows]) == 90_000 // FPS)
    assert sum(not row.processed for row in rows) >= stopped.n_dropped > 20


def test_a_killed_ingest_is_completed_by_the_next(project):
    street = Street((Walker(RED, (10, 40), (1, 0), 0, 10**6),))
    cancel = CancelToken()
    n_threads = threading.active_count()
    lobby = camera(project, "lobby", street)
    job = ingest(project, ColorDetector(), ColorEmbedder(), IngestConfig(), cancel, [lobby])
    for _ in job:
        if len(searchable(project)) == 1:
            break
    job.close()  # as a crash leaves it: nothing is finished
    assert [s.state for s in project.segments()] == [SegmentState.OPEN]
    assert threading.active_count() <= n_threads
    events = run(project, [])
    (segment,) = project.segments()
    assert segment.state is SegmentState.PARTIAL
    assert [t.id for t in project.tracklets()] == ["c1s1t1"]
    assert changes(events) == [("lobby", "lost")]


def test_takes_are_never_made_anew_with_another_detector(project):
    lobby = camera(project, "lobby", Street())
    run(project, [lobby], lambda events: len(project.tracklets()) >= 2)
    before = project.tracklets()

    class OtherDetector(ColorDetector):
        key = "another"

    run(project, [], detector=OtherDetector())
    assert project.tracklets() == before


def test_without_a_recording_a_take_is_not_recorded(project):
    lobby = camera(project, "lobby", Street())
    run(project, [lobby], lambda events: len(project.tracklets()) >= 2)
    with pytest.raises(SourceError, match="not recorded"):
        open_footage(project, project.sources()[0])
    assert project.crops(project.tracklets()[0].id)


def test_decisions_on_provisional_tracklets_stay_with_the_person(project):
    street = Street((Walker(RED, (10, 40), (2, 0), 0, 40), Walker(BLUE, (200, 120), (-1, 0), 0, 40)))
    decided = []

    def decide(events):
        if not decided and len(searchable(project)) == 2:
            first, second = sorted(searchable(project))
            decided.append(project.decide(first, second, Verdict.DIFFERENT))
        return bool(decided) and len(final(project)) == 2

    run(project, [camera(project, "lobby", street)], decide)
    ((judgement,), _) = project.judgements()
    assert {judgement.a, judgement.b} == {"c1s1t1", "c1s1t2"}


def test_cameras_are_registered_without_a_password(project):
    register_stream(project, "lobby", StoredStream("rtsp://ann:env:PW@h/a", Quota(max_bytes=5)))
    assert stored_streams(project)["lobby"].quota == Quota(max_bytes=5)
    cameras, problems = open_cameras(project, ["lobby"], {})
    assert cameras == []
    assert "PW" in problems["lobby"]
    with pytest.raises(UsageError, match="webcam"):
        register_stream(project, "desk", StoredStream("device:0", Quota()))


def test_a_camera_with_files_is_no_stream(project, tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", TWO_WALKERS, 10)
    list(register_cameras(project, {"yard": [clip]}, fps=None, cancel=CancelToken()))
    with pytest.raises(UsageError, match="a camera name of its own"):
        register_stream(project, "yard", StoredStream("rtsp://h/a"))
