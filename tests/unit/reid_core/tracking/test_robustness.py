"""Footage that is long, empty, crowded, short, cut to pieces or timed unevenly."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from reid_core.tracking.base import Observation
from reid_core.tracking.config import TrackerConfig, TrackingConfig
from reid_core.types import Detections
from tests.unit.reid_core.tracking.toy import (
    FPS,
    HEIGHT,
    WIDTH,
    Person,
    new_builder,
    observe,
    people_of,
    track,
)


def empty(frame: int) -> Observation:
    return Observation(
        frame, frame * 1000 / FPS, False, None, Detections.empty(), np.zeros((0, 8), np.float32)
    )


def test_footage_without_people_gives_nothing():
    result = track(empty(frame) for frame in range(1000))
    assert not any(step.assignments or step.closed or step.dropped for step in result.steps)


def test_no_footage_gives_nothing():
    assert track([]).closed == []


def test_a_person_after_a_long_emptiness_is_found():
    person = Person((50, 100), (4, 0), 3000, 3040)
    before = Person((50, 100), (4, 0), 0, 40)
    closed = track(observe([before, person], range(3041))).closed
    assert [tracklet.frame_idx[0] for tracklet in closed] == [0, 3000]


@pytest.mark.parametrize("appearance", [True, False])
def test_a_single_picture_gives_its_people(appearance):
    observations = observe([Person((50, 100), (0, 0), 0, 0), Person((300, 100), (0, 0), 0, 0)], [0])
    closed = track(o if appearance else replace(o, appearance=None) for o in observations).closed
    assert [tracklet.frame_idx.tolist() for tracklet in closed] == [[0], [0]]


def test_cuts_at_every_frame_give_a_tracklet_a_frame():
    person = Person((50, 100), (4, 0), 0, 29, score=0.65)
    closed = track(observe([person], range(30), cuts=range(30))).closed
    assert [tracklet.frame_idx.tolist() for tracklet in closed] == [[frame] for frame in range(30)]
    assert [tracklet.order for tracklet in closed] == list(range(1, 31))


def test_uneven_times_do_not_break_a_tracklet():
    rng = np.random.default_rng(0)
    t_ms = np.cumsum(rng.uniform(40, 160, 100))
    person = Person((50, 100), (4, 0), 0, 99)
    observations = [
        replace(observation, t_ms=float(t_ms[observation.frame_idx]))
        for observation in observe([person], range(100))
    ]
    (tracklet,) = track(observations).closed
    assert len(tracklet.frame_idx) == 100


def test_a_hole_in_the_footage_longer_than_any_gap_ends_the_tracklets():
    person = Person((50, 100), (0, 0), 0, 59)
    observations = [
        replace(observation, t_ms=observation.t_ms + (60_000 if observation.frame_idx >= 30 else 0))
        for observation in observe([person], range(60))
    ]
    assert [len(tracklet.frame_idx) for tracklet in track(observations).closed] == [30, 30]


def test_times_that_stand_still_or_run_back_are_no_error():
    person = Person((50, 100), (4, 0), 0, 39)
    for times in (np.zeros(40), np.arange(40) % 7 * 100.0, 4000 - np.arange(40) * 100.0):
        observations = [
            replace(observation, t_ms=float(times[observation.frame_idx]))
            for observation in observe([person], range(40))
        ]
        closed = track(observations).closed
        assert sum(np.count_nonzero(tracklet.detection_idx >= 0) for tracklet in closed) >= 37


def test_a_frame_each_two_seconds_is_tracked():
    person = Person((50, 100), (4, 0), 0, 29)
    (tracklet,) = track(observe([person], range(30), fps=0.5), fps=0.5).closed
    assert len(tracklet.frame_idx) == 30


@pytest.mark.parametrize("kind", ["botsort", "bytetrack"])
def test_two_hundred_people_in_each_frame(kind):
    places = [(x, y) for x in range(5, 600, 30) for y in range(2, 440, 44)]
    people = [
        Person(place, (0.2, 0), 0, 39, colour=n % 8, size=(20, 40)) for n, place in enumerate(places[:200])
    ]
    closed = track(observe(people, range(40)), TrackingConfig(tracker=TrackerConfig(kind=kind))).closed
    assert len(closed) == 200
    assert all(len(people_of(tracklet, people)) == 1 for tracklet in closed)


def test_boxes_piled_on_one_another_are_no_error():
    rng = np.random.default_rng(1)
    for frame_step in (1, 5):
        builder = new_builder()
        for frame in range(0, 200, frame_step):
            corner = np.array([WIDTH / 2, HEIGHT / 2]) + rng.normal(0, 5, (30, 2))
            xyxy = np.concatenate([corner, corner + np.array([40, 100])], axis=1).astype(np.float32)
            scores = rng.uniform(0.1, 1, 30).astype(np.float32)
            builder.push(Observation(frame, frame * 100.0, False, None, Detections(xyxy, scores), None))
        builder.finish()


def test_memory_does_not_grow_with_the_footage():
    """Two people stay, others pass: after the first minutes nothing is added."""
    config = replace(TrackingConfig(), tracklet_s=30.0)
    builder = new_builder(config)
    stayers = [Person((100, 300), (0, 0), 0, 10**6), Person((400, 300), (0, 0), 0, 10**6, colour=2)]

    def play(first: int, last: int) -> None:
        for start in range(first, last, 100):
            passer = Person((50, 100), (5, 0), start, start + 80, colour=1)
            for observation in observe([*stayers, passer], range(start, start + 100)):
                builder.push(observation)

    tracemalloc.start()
    try:
        play(0, 1200)
        gc.collect()
        early = tracemalloc.get_traced_memory()[0]
        play(1200, 3000)
        gc.collect()
        late = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert late - early < 30_000
