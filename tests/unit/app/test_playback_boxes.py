"""Boxes around the playhead: loaded once, in portions, within a bound of memory; looked up by frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.playback.boxes import MAX_REQUEST_BOXES, BoxCache, alive_rows, box_in, trail_to
from app.snapshot import Tracklets
from reid_core.errors import SourceError, UsageError
from reid_core.store.records import Camera
from tests.fakes.decoders import shot
from tests.fakes.lanes import ImmediateLane
from tests.fakes.projects import FakeProject, facts, snapshot_of, source


def tracklets_of(*spans: tuple[str, int, float, float], n_boxes: int = 10) -> Tracklets:
    cameras = (Camera(1, "A"), Camera(2, "B"))
    made = snapshot_of(
        cameras, (facts(source(1, "A")), facts(source(2, "B"))), [(*span, 0) for span in spans]
    ).tracklets
    return replace(made, n_boxes=np.full(len(made), n_boxes))


class CountingLane(ImmediateLane):
    """Remembers how many tracklets each request was for; holds answers back where told."""

    def __init__(self, project):
        super().__init__(project)
        self.portions: list[int] = []
        self.is_holding = False

    def ask(self, work, then, failed=None, *, topic=""):
        self.portions.append(len(work.args[0]))
        if not self.is_holding:
            super().ask(work, then, failed, topic=topic)


def test_who_is_there_is_found_by_time_and_camera():
    tracklets = tracklets_of(
        ("a", 0, 0.0, 1000.0), ("b", 0, 500.0, 9000.0), ("c", 0, 5000.0, 6000.0), ("d", 1, 0.0, 9000.0)
    )
    assert alive_rows(tracklets, 0, 1500.0, 2500.0).tolist() == [1]
    assert alive_rows(tracklets, 0, 900.0, 5000.0).tolist() == [0, 1, 2]
    assert alive_rows(tracklets, 1, 0.0, 1.0).tolist() == [3]
    assert alive_rows(Tracklets.none(), 0, 0.0, 1.0).tolist() == []


def test_boxes_are_asked_for_once_and_again_after_an_edit():
    lane, came = CountingLane(FakeProject()), []
    cache = BoxCache(lane, lambda: came.append(1))
    tracklets = tracklets_of(("t1", 0, 0.0, 1000.0), ("t2", 0, 0.0, 1000.0))
    cache.want(tracklets, [0, 1])
    cache.want(tracklets, [0, 1])
    assert (lane.portions, len(came)) == ([2], 1)
    assert cache.get(("t1", 0)) is not None
    edited = replace(tracklets, revision=np.array([3, 0]))
    cache.want(edited, [0, 1])
    assert lane.portions == [2, 1]


def test_a_request_that_was_replaced_is_made_again():
    lane = CountingLane(FakeProject())
    cache = BoxCache(lane, lambda: None)
    tracklets = tracklets_of(("t1", 0, 0.0, 1000.0), ("t2", 0, 0.0, 1000.0))
    lane.is_holding = True
    cache.want(tracklets, [0])
    lane.is_holding = False
    cache.want(tracklets, [0, 1])
    assert lane.portions == [1, 2]
    assert cache.get(("t1", 0)) is not None


def test_many_boxes_come_in_portions():
    lane = CountingLane(FakeProject())
    cache = BoxCache(lane, lambda: cache.want(tracklets, range(4)))
    tracklets = tracklets_of(*((f"t{n}", 0, 0.0, 1000.0) for n in range(1, 5)), n_boxes=MAX_REQUEST_BOXES)
    cache.want(tracklets, range(4))
    assert lane.portions == [1, 1, 1, 1]


def test_memory_has_a_bound_and_what_is_used_stays():
    cache = BoxCache(ImmediateLane(FakeProject()), lambda: None, max_bytes=3 * 250 * 52)
    tracklets = tracklets_of(*((f"t{n}", 0, 0.0, 1000.0) for n in range(1, 7)))
    for row in range(6):
        cache.want(tracklets, [row])
        cache.get(("t1", 0))
    assert cache.get(("t1", 0)) is not None
    assert cache.get(("t6", 0)) is not None
    assert cache.get(("t3", 0)) is None


@pytest.mark.parametrize("error", [UsageError("no such tracklet"), SourceError("the disk is gone")])
def test_what_cannot_be_loaded_is_not_asked_for_for_ever(error):
    class Broken:
        def boxes(self, _tracklet_id):
            raise error

    lane = CountingLane(Broken())
    cache = BoxCache(lane, lambda: None)
    tracklets = tracklets_of(("t1", 0, 0.0, 1000.0))
    cache.want(tracklets, [0])
    cache.want(tracklets, [0])
    assert lane.portions == [1]
    assert cache.get(("t1", 0)) is None


def test_only_the_box_of_the_very_frame_is_shown():
    boxes = FakeProject().boxes("t1")
    gappy = replace(boxes, **{name: getattr(boxes, name)[::2] for name in ("frame_idx", "xyxy", "t_ms")})
    assert box_in(gappy, shot(1, 10, 400.0)) == (30.0, 60.0, 80.0, 160.0)
    assert box_in(gappy, shot(1, 11, 440.0)) is None
    assert box_in(gappy, shot(1, 1000, 40_000.0)) is None


def test_a_trail_is_the_last_three_seconds():
    boxes = FakeProject().boxes("t1")
    trail = trail_to(boxes, 200)
    assert trail[-1] == (435.0, 160.0)
    assert trail[0][0] == pytest.approx(435.0 - 2 * 75, abs=12)
    assert 20 <= len(trail) <= 30
    assert trail_to(boxes, -1) == ()
    assert len(trail_to(boxes, 0)) == 1
