"""Nobody may fill the memory, and nobody may be left without pictures for long."""

import threading

import numpy as np
import pytest

from reid_core.streams.connection import Shot
from reid_core.streams.ring import Ring

STEP = 3600  # 25 frames a second


def shot(n):
    return Shot(n * STEP, 4, 4, lambda: np.zeros((4, 4, 3), np.uint8))


def accounted(taken):
    return [tick for one in taken for tick in (*one.skipped, one.shot.ticks)]


def test_pictures_pass_in_order():
    ring = Ring(4)
    for n in range(4):
        assert ring.push(shot(n))
    taken = [ring.take(0) for _ in range(4)]
    assert [one.shot.ticks for one in taken] == [n * STEP for n in range(4)]
    assert {(len(one.skipped), one.n_dropped) for one in taken} == {(0, 0)}
    assert ring.take(0) is None


def test_the_oldest_gives_way_and_its_time_is_kept():
    ring = Ring(2)
    for n in range(3):
        ring.push(shot(n))
    first, second = ring.take(0), ring.take(0)
    assert (first.shot.ticks, first.skipped, first.n_dropped) == (STEP, [0], 1)
    assert (second.shot.ticks, second.skipped) == (2 * STEP, [])


@pytest.mark.parametrize(("capacity", "stride", "every"), [(1, 1, 7), (4, 1, 9), (4, 3, 20), (2, 2, 1)])
def test_every_picture_is_accounted_for_once_however_slow_the_other_side(capacity, stride, every):
    ring, taken = Ring(capacity, stride), []
    for n in range(500):
        ring.push(shot(n))
        if n % every == 0 and (one := ring.take(0)) is not None:
            taken.append(one)
    while (one := ring.take(0)) is not None:
        taken.append(one)
    ticks = accounted(taken)
    assert ticks == [n * STEP for n in range(len(ticks))]
    wanted = sum(tick % (stride * STEP) == 0 for tick in ticks)
    assert sum(one.n_dropped for one in taken) == wanted - len(taken)
    assert all(one.shot.ticks % (stride * STEP) == 0 for one in taken)


def test_a_slow_detector_that_takes_batches_gets_pictures_evenly_spread():
    ring, times = Ring(4), []
    for n in range(1500):
        ring.push(shot(n))
        if n % 50 == 0:  # four pictures every two seconds
            times += [one.shot.ticks / STEP for _ in range(4) if (one := ring.take(0)) is not None]
    gaps = np.diff(times[20:])
    assert gaps.max() <= 30  # without pacing: 1, 1, 1, 47
    assert gaps.mean() < 20


def test_the_pace_is_given_up_when_the_other_side_is_quick_again():
    ring = Ring(2)
    for n in range(200):
        ring.push(shot(n))
    while ring.take(0):
        pass
    late = []
    for n in range(200, 1200):
        ring.push(shot(n))
        if (one := ring.take(0)) is not None:
            late.append(one.shot.ticks / STEP)
    assert set(np.diff(late[-100:])) == {1.0}


def test_falling_behind_for_good_is_told():
    ring = Ring(2, most_skipped=100)
    assert [ring.push(shot(n)) for n in range(90)] == [True] * 90
    assert not all(ring.push(shot(n)) for n in range(90, 200))


def test_a_reader_that_ends_wakes_who_waits():
    ring = Ring(2)
    timer = threading.Timer(0.05, ring.end)
    timer.start()
    assert ring.take(60) is None
    timer.join()
