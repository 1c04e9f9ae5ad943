"""Toy scenes from observations to tracklets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reid_core.tracking.base import INTERPOLATED
from reid_core.tracking.config import TrackingConfig
from tests.unit.reid_core.tracking.toy import (
    FPS,
    Person,
    new_builder,
    observe,
    people_of,
    track,
    without_appearance,
)


def same(a, b):
    return (
        (a.order, a.fragments) == (b.order, b.fragments)
        and np.array_equal(a.frame_idx, b.frame_idx)
        and np.array_equal(a.detection_idx, b.detection_idx)
        and np.array_equal(a.xyxy, b.xyxy)
    )


def test_one_person_is_one_tracklet_with_every_detection():
    person = Person((50, 100), (4, 0), 0, 59)
    (tracklet,) = track(observe([person], range(60))).closed
    assert tracklet.order == 1
    assert tracklet.frame_idx.tolist() == list(range(60))
    assert tracklet.detection_idx.tolist() == [0] * 60
    assert tracklet.xyxy[10] == pytest.approx(person.box(10))


def test_people_who_cross_keep_their_tracklets():
    people = [
        Person((100, 100), (8, 0), 0, 49, colour=1),
        Person((500, 104), (-8, 0), 0, 49, colour=2),
    ]
    closed = track(observe(people, range(50))).closed
    assert sorted(people_of(tracklet, people) for tracklet in closed) == [{0}, {1}]
    assert all(len(tracklet.frame_idx) == 50 for tracklet in closed)


def test_people_who_cross_are_told_apart_by_where_they_go_where_colours_are_unknown():
    people = [Person((100, 100), (8, 0), 0, 49), Person((500, 130), (-8, 0), 0, 49)]
    closed = track(without_appearance(observe(people, range(50)))).closed
    assert sorted(people_of(tracklet, people) for tracklet in closed) == [{0}, {1}]


def test_people_who_meet_and_turn_back_are_told_apart_by_their_colours():
    meet = [
        Person((100, 100), (8, 0), 0, 24, colour=1),
        Person((296, 100), (-8, 0), 25, 49, colour=1),
        Person((480, 100), (-6, 0), 0, 24, colour=2),
        Person((336, 100), (6, 0), 25, 49, colour=2),
    ]
    closed = track(observe(meet, range(50))).closed
    owners = sorted(people_of(tracklet, meet) for tracklet in closed)
    assert owners == [{0, 1}, {2, 3}]


def test_an_occlusion_is_stitched_and_filled():
    person = Person((50, 100), (5, 0), 0, 59, unseen=frozenset(range(25, 45)))
    (tracklet,) = track(observe([person], range(60))).closed
    assert tracklet.frame_idx.tolist() == list(range(60))
    gap = tracklet.detection_idx == INTERPOLATED
    assert np.flatnonzero(gap).tolist() == list(range(25, 45))
    expected = [replace(person, unseen=frozenset()).box(frame) for frame in range(60)]
    assert tracklet.xyxy == pytest.approx(np.array(expected), abs=0.01)


def test_somebody_else_who_comes_later_is_not_stitched():
    people = [Person((50, 100), (5, 0), 0, 24, colour=1), Person((275, 100), (5, 0), 45, 69, colour=2)]
    assert len(track(observe(people, range(70))).closed) == 2


def test_a_longer_absence_than_the_longest_gap_ends_the_tracklet():
    person = Person((50, 100), (0.1, 0), 0, 199, unseen=frozenset(range(50, 102)))
    assert len(track(observe([person], range(200))).closed) == 2


def test_who_leaves_by_a_side_is_not_stitched_to_who_enters_by_a_side():
    leaver = Person((540, 100), (5, 0), 0, 12)
    comer = Person((600, 100), (-5, 0), 33, 60)
    assert len(track(observe([leaver, comer], range(61))).closed) == 2


def test_a_cut_ends_every_tracklet():
    person = Person((50, 100), (2, 0), 0, 59)
    first, second = track(observe([person], range(60), cuts=[30])).closed
    assert (first.frame_idx[-1], second.frame_idx[0]) == (29, 30)
    assert not set(first.fragments) & set(second.fragments)


def test_a_track_that_changes_its_clothes_is_two_people():
    people = [
        Person((50, 100), (4, 0), 0, 39, colour=1),
        Person((210, 100), (4, 0), 40, 79, colour=2),  # takes over where the first was
    ]
    closed = track(observe(people, range(80))).closed
    assert [people_of(tracklet, people) for tracklet in closed] == [{0}, {1}]


@pytest.mark.parametrize("stride", [2, 3])
def test_with_a_stride_the_frames_between_are_interpolated(stride):
    person = Person((50, 100), (4, 1), 0, 60)
    (tracklet,) = track(observe([person], range(0, 61, stride)), stride=stride).closed
    assert tracklet.frame_idx.tolist() == list(range(61))
    assert (tracklet.detection_idx[::stride] == 0).all()
    assert np.count_nonzero(tracklet.detection_idx == INTERPOLATED) == 60 - 60 // stride
    assert tracklet.xyxy == pytest.approx(np.array([person.box(frame) for frame in range(61)]), abs=0.01)


def test_builders_side_by_side_do_not_take_ids_from_each_other():
    people = [Person((50, 100), (4, 0), 0, 39, colour=1), Person((400, 250), (-4, 0), 5, 39, colour=2)]
    alone = track(observe(people, range(40)))
    builders = [new_builder(), new_builder()]
    for observation in observe(people, range(40)):
        steps = [builder.push(observation) for builder in builders]
        assert steps[0].assignments == steps[1].assignments
    closed = [builder.finish().closed for builder in builders]
    for tracklets in closed:
        assert all(same(a, b) for a, b in zip(tracklets, alone.closed, strict=True))
        assert [tracklet.order for tracklet in tracklets] == [1, 2]


def crowd(seed: int, n_people: int = 12, n_frames: int = 300) -> list[Person]:
    rng = np.random.default_rng(seed)
    return [
        Person(
            start=(rng.uniform(0, 560), rng.uniform(0, 350)),
            speed=(rng.uniform(-4, 4), rng.uniform(-1, 1)),
            first=int(rng.integers(0, n_frames - 50)),
            last=n_frames - 1,
            colour=n % 8,
            unseen=frozenset(rng.integers(0, n_frames, 60).tolist()),
            score=float(rng.uniform(0.3, 0.95)),
        )
        for n in range(n_people)
    ]


def test_the_same_observations_give_the_same_tracklets():
    people = crowd(seed=3)
    first, second = (track(observe(people, range(300), cuts=[150])) for _ in range(2))
    assert len(first.closed) > 10
    assert all(same(a, b) for a, b in zip(first.closed, second.closed, strict=True))
    assert [step.assignments for step in first.steps] == [step.assignments for step in second.steps]
    assert [step.dropped for step in first.steps] == [step.dropped for step in second.steps]


@pytest.mark.parametrize("seed", range(5))
def test_no_detection_is_in_two_tracklets_and_fragments_are_told_truly(seed):
    result = track(observe(crowd(seed), range(300), cuts=[200]))
    fragment_of, stands_for, dropped, taken = {}, {}, set(), set()
    n_expected = 1
    for frame, step in enumerate(result.steps):
        for fragment, detection in step.assignments:
            assert fragment not in dropped
            fragment_of[frame, detection] = fragment
        for fragment, other in step.merged:
            assert not {fragment, other} & dropped
            assert other not in stands_for
            stands_for[other] = fragment
        for tracklet in step.closed:
            assert tracklet.order == n_expected
            n_expected += 1
            assert (np.diff(tracklet.frame_idx) == 1).all()
            assert not set(tracklet.fragments) & dropped
            for member in zip(tracklet.frame_idx.tolist(), tracklet.detection_idx.tolist(), strict=True):
                if member[1] == INTERPOLATED:
                    continue
                assert member not in taken
                taken.add(member)
                fragment = fragment_of[member]
                while fragment in stands_for:
                    fragment = stands_for[fragment]
                assert fragment in tracklet.fragments
        assert not dropped & set(step.dropped)
        dropped |= set(step.dropped)
    assert set(fragment_of.values()) == dropped | set(stands_for)


def test_long_stays_are_looked_at_in_portions_with_the_same_result():
    person = Person((100, 100), (0.1, 0), 0, 999, unseen=frozenset(range(500, 520)))
    (tracklet,) = track(observe([person], range(1000))).closed
    assert len(tracklet.frame_idx) == 1000
    assert np.count_nonzero(tracklet.detection_idx == INTERPOLATED) == 20
    assert tracklet.fragments == (1,)  # the others were merged into it


def test_a_stay_longer_than_the_longest_tracklet_becomes_several():
    config = replace(TrackingConfig(), tracklet_s=30.0)
    person = Person((100, 100), (0, 0), 0, 999)
    closed = track(observe([person], range(1000)), config).closed
    assert len(closed) >= 4
    assert max(len(tracklet.frame_idx) for tracklet in closed) <= 30 * FPS + 1
    assert sum(len(tracklet.frame_idx) for tracklet in closed) == 1000


def test_tracklets_come_out_soon_after_their_end():
    config = TrackingConfig()
    people = [
        Person((100, 100), (0, 0), 0, 1999),  # stays all the time
        *(Person((100 + 5 * n, 300), (3, 0), 100 * n, 100 * n + 40, colour=1) for n in range(20)),
    ]
    result = track(observe(people, range(2000)), config)
    longest_s = config.link.gap_s + config.split.portion_s + 8
    for frame, step in enumerate(result.steps[:-1]):
        for tracklet in step.closed:
            assert (frame - tracklet.frame_idx[-1]) / FPS <= longest_s
    assert len(result.closed) == 21


@pytest.mark.parametrize("score", [0.65, 0.95])
def test_a_flicker_is_kept_only_when_it_is_certain(score):
    people = [Person((50, 100), (4, 0), 0, 59), Person((400, 300), (0, 0), 20, 21, colour=1, score=score)]
    assert len(track(observe(people, range(60))).closed) == 1 + (score > 0.9)
