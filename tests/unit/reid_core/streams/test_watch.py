import threading
import time
from contextlib import closing
from itertools import pairwise

import pytest

from reid_core.streams.connection import Patience
from reid_core.streams.errors import StreamError, Trouble
from reid_core.streams.watch import Failed, Picture, TakeBegan, TakeEnded, Watch
from tests.fakes.connections import FakeConnection, gray

QUICK = Patience(first_frame_s=0.4, frame_s=0.4, first_wait_s=0.01, longest_wait_s=0.05)


class Script:
    """Connects to one connection after the other; raises those that are errors; the last one for ever."""

    def __init__(self, *steps):
        self.steps, self.n_calls, self.made = list(steps), 0, []

    def __call__(self, switch):
        step = self.steps[min(self.n_calls, len(self.steps) - 1)]
        self.n_calls += 1
        if isinstance(step, Exception):
            raise step
        self.made.append(FakeConnection(switch, **step))
        return self.made[-1]


def watch_until(connect, enough, *, patience=QUICK, **options):
    """The events until ``enough(events)``; everything is stopped then."""
    stop = threading.Event()
    watch = Watch("lobby", connect, patience=patience, stop=stop, **options)
    events = []
    deadline = time.monotonic() + 60
    with closing(watch.events()) as coming:
        for event in coming:
            events.append(event)
            if enough(events) or time.monotonic() > deadline:
                stop.set()
    assert time.monotonic() < deadline
    return events, watch


def kinds(events):
    return [type(event) for event in events if not isinstance(event, Picture)]


def n_of(events, kind):
    return sum(isinstance(event, kind) for event in events)


def test_a_take_has_the_size_and_the_rate_that_its_pictures_have():
    events, _ = watch_until(
        Script({"fps": 12.5, "stated_fps": 25.0, "interval_s": 0.01}), lambda e: n_of(e, Picture) > 3
    )
    began = events[0]
    assert isinstance(began, TakeBegan)
    assert (began.take, began.info.width, began.info.height, began.info.fps) == (1, 64, 48, 12.5)
    assert abs(began.at_s - time.time()) < 60
    assert events[-1] == TakeEnded(events[-1].at_s, "")


def test_a_stated_rate_is_believed_where_the_pictures_agree():
    events, _ = watch_until(
        Script({"fps": 29.0, "stated_fps": 29.97, "interval_s": 0.01}), lambda e: n_of(e, Picture) > 0
    )
    assert events[0].info.fps == 29.97


def test_a_lost_camera_is_connected_again_as_another_take():
    script = Script({"n_shots": 12}, {"n_shots": 12}, {"interval_s": 0.01})
    events, watch = watch_until(script, lambda e: n_of(e, TakeBegan) == 3)
    assert kinds(events) == [TakeBegan, TakeEnded, TakeBegan, TakeEnded, TakeBegan, TakeEnded]
    assert [e.take for e in events if isinstance(e, TakeBegan)] == [1, 2, 3]
    assert [e.reason for e in events if isinstance(e, TakeEnded)] == ["the camera ended the stream"] * 2 + [
        ""
    ]
    assert all(connection.closed for connection in script.made)
    assert watch.n_stuck == 0


def test_the_watchdog_cuts_a_connection_that_hangs():
    events, watch = watch_until(
        Script({"n_shots": 9, "hang": True}, {"interval_s": 0.01}), lambda e: n_of(e, TakeBegan) == 2
    )
    ended = next(e for e in events if isinstance(e, TakeEnded))
    assert ended.reason == "no picture for 0.4 s"
    assert watch.n_stuck == 0


def test_a_camera_that_connects_and_gives_nothing_is_tried_again():
    script = Script({"n_shots": 0, "hang": True}, {"interval_s": 0.01})
    events, _ = watch_until(script, lambda e: n_of(e, TakeBegan) == 1)
    failed = events[0]
    assert isinstance(failed, Failed)
    assert failed.failure.trouble is Trouble.LOST


def test_a_thread_that_cannot_be_cut_is_left_behind_and_counted(monkeypatch):
    monkeypatch.setattr("reid_core.streams.reading._JOIN_S", 0.1)
    let_go = threading.Event()
    _, watch = watch_until(
        Script({"n_shots": 9, "deaf": let_go}, {"interval_s": 0.01}), lambda e: n_of(e, TakeBegan) == 2
    )
    assert watch.n_stuck == 1
    let_go.set()
    deadline = time.monotonic() + 60
    while any(thread.name == "read lobby" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_waits_grow_while_a_camera_is_away_and_never_end():
    away = StreamError(Trouble.UNREACHABLE, "away")
    events, _ = watch_until(Script(*[away] * 5, {"interval_s": 0.01}), lambda e: n_of(e, TakeBegan) == 1)
    assert [e.wait_s for e in events if isinstance(e, Failed)] == [0.01, 0.02, 0.04, 0.05, 0.05]


def test_a_refused_password_is_not_tried_quickly():
    refused = StreamError(Trouble.AUTHENTICATION, "no")
    events, _ = watch_until(Script(refused, {"interval_s": 0.01}), lambda e: n_of(e, TakeBegan) == 1)
    assert events[0].wait_s == QUICK.longest_wait_s


def test_another_size_is_another_take():
    def growing(n):
        return gray() if n < 15 else gray(96, 64)

    events, _ = watch_until(
        Script(
            {"picture": growing, "interval_s": 0.005}, {"picture": lambda n: gray(96, 64), "interval_s": 0.01}
        ),
        lambda e: n_of(e, TakeBegan) == 2 and isinstance(e[-1], Picture),
    )
    sizes = [(e.info.width, e.info.height) for e in events if isinstance(e, TakeBegan)]
    assert sizes == [(64, 48), (96, 64)]
    assert "changed to 96 x 64" in next(e.reason for e in events if isinstance(e, TakeEnded))


def test_late_pictures_give_way_to_new_ones_and_are_counted():
    stop = threading.Event()
    script = Script({"interval_s": 0.002, "fps": 500})
    watch = Watch("lobby", script, patience=QUICK, stop=stop, capacity=2)
    pictures = []
    with closing(watch.events()) as coming:
        for event in coming:
            if isinstance(event, Picture):
                pictures.append(event)
                time.sleep(0.05)  # the detector is slow
            if len(pictures) == 16:
                stop.set()
    later = pictures[7:]  # the first wait until the rate is known
    assert sum(p.n_dropped for p in later) > 20
    for before, after in pairwise(later):  # every picture is accounted for, once
        times = [before.ticks, *after.skipped, after.ticks]
        assert times == list(range(before.ticks, after.ticks + 1, 180))


@pytest.mark.parametrize("stride", [2, 3])
def test_stride_skips_without_dropping(stride):
    events, _ = watch_until(
        Script({"interval_s": 0.01, "n_shots": 13}),
        lambda e: n_of(e, TakeEnded) == 1,
        stride=stride,
        capacity=100,
    )
    pictures = [e for e in events if isinstance(e, Picture)]
    assert [p.ticks for p in pictures] == [n * 4500 for n in range(0, 13, stride)]
    assert {p.n_dropped for p in pictures} == {0}
    assert [len(p.skipped) for p in pictures[1:]] == [stride - 1] * (len(pictures) - 1)


def test_any_error_of_a_driver_is_a_lost_camera():
    events, _ = watch_until(
        Script(ZeroDivisionError("driver"), {"interval_s": 0.01}), lambda e: n_of(e, TakeBegan) == 1
    )
    assert "ZeroDivisionError" in str(events[0].failure)


def test_a_hundred_lost_cameras_leave_nothing_behind():
    before = threading.active_count()
    events, watch = watch_until(
        Script({"n_shots": 8}), lambda e: n_of(e, TakeEnded) == 100, patience=Patience(first_wait_s=0.0)
    )
    assert (n_of(events, TakeBegan), watch.n_stuck, threading.active_count()) == (100, 0, before)
