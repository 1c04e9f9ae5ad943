"""The arithmetic of timestamps."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.media.timestamps import (
    NO_PTS,
    display_order,
    fill_missing,
    has_variable_rate,
    interval_of,
    is_plausible_order,
    make_increasing,
    start_packets,
    unwrap,
)

_90K = Fraction(1, 90_000)


def _array(*values):
    return np.array(values, np.int64)


def test_a_wrapping_clock_goes_on_rising():
    true = 2**33 - 10_000 + np.arange(20) * 3600
    pts, n_joints = unwrap(true % 2**33, true % 2**33, _90K, 3600)
    assert np.array_equal(pts, true)
    assert n_joints == 0


@given(
    st.integers(0, 2**33 - 1), st.lists(st.integers(1, 2**31), min_size=1, max_size=50), st.integers(0, 10**6)
)
def test_any_rising_clock_survives_any_number_of_wraps(first, steps, lead):
    dts = first + np.concatenate([[0], np.cumsum(steps)])
    pts, n_joints = unwrap((dts + lead) % 2**33, dts % 2**33, _90K, 3600)
    assert n_joints == 0
    assert np.array_equal(np.diff(pts), steps)


@given(st.lists(st.lists(st.integers(0, 2**32), min_size=1, max_size=20), min_size=1, max_size=6))
def test_joined_recordings_never_overlap(parts):
    parts = [
        np.cumsum(np.array(part) % 10_000 + 1) + 10**7 * (len(parts) - i) for i, part in enumerate(parts)
    ]
    clock = np.concatenate(parts)
    pts, n_joints = unwrap(clock, clock, _90K, 3600)
    assert n_joints == len(parts) - 1
    assert (np.diff(pts) > 0).all()
    at = 0
    for part in parts:
        assert np.array_equal(np.diff(pts[at : at + len(part)]), np.diff(part))
        at += len(part)


def test_leading_pictures_of_a_joint_stay_behind_the_first_recording():
    dts = _array(0, 3600, 7200, 0, 3600, 7200)
    pts = _array(7200, 14400, 10800, 10800, 3600, 7200)  # the second part shows its second picture first
    rising, n_joints = unwrap(pts, dts, Fraction(1, 3600), 3600)
    assert n_joints == 1
    assert rising[3:].min() == 14400 + 3600
    assert np.array_equal(rising[3:] - rising[3], pts[3:] - pts[3])


def test_missing_timestamps_stay_missing_in_unwrapping():
    pts, _ = unwrap(_array(NO_PTS, 3600), _array(0, 3600), _90K, 3600)
    assert pts.tolist() == [NO_PTS, 3600]
    pts, _ = unwrap(_array(NO_PTS, NO_PTS), _array(NO_PTS, NO_PTS), _90K, 3600)
    assert pts.tolist() == [NO_PTS, NO_PTS]


@pytest.mark.parametrize(
    ("given_pts", "filled"),
    [
        ((NO_PTS, NO_PTS, NO_PTS), (0, 40, 80)),
        ((NO_PTS, 100, NO_PTS, 180, NO_PTS), (60, 100, 140, 180, 220)),
        ((0, 40, 40, 80), (0, 40, 60, 80)),
        ((0, 40, 9999, 120, 160), (0, 40, 80, 120, 160)),
        ((9999, 40, 80, 120), (0, 40, 80, 120)),
        ((), ()),
    ],
)
def test_missing_and_impossible_timestamps_are_filled_in(given_pts, filled):
    assert fill_missing(_array(*given_pts), 40).tolist() == list(filled)


@given(st.lists(st.one_of(st.just(NO_PTS), st.integers(-1000, 1000)), max_size=40))
def test_filled_timestamps_can_always_be_made_increasing(values):
    filled = fill_missing(_array(*values), 40)
    assert (np.diff(filled) >= 0).all()
    assert (np.diff(make_increasing(filled)) > 0).all()


def test_equal_timestamps_keep_the_order_of_decoding_and_become_distinct():
    pts = _array(0, 40, 40, 40, 42, 80)
    assert display_order(pts).tolist() == [0, 1, 2, 3, 4, 5]
    assert make_increasing(pts).tolist() == [0, 40, 41, 42, 43, 80]
    assert make_increasing(_array()).tolist() == []


def test_leading_pictures_start_from_the_group_before():
    #                 I  P   I  B  B  P
    pts = _array(0, 80, 240, 160, 200, 320)
    key = np.array([1, 0, 1, 0, 0, 0], bool)
    packet = display_order(pts)
    starts = dict(zip(packet.tolist(), start_packets(packet, key, pts).tolist(), strict=True))
    assert starts == {0: 0, 1: 0, 2: 2, 3: 0, 4: 0, 5: 2}


def test_without_key_packets_everything_starts_at_the_beginning():
    assert start_packets(_array(0, 1), np.zeros(2, bool), _array(0, 1)).tolist() == [0, 0]
    assert start_packets(_array(0, 1), np.array([0, 1], bool), _array(5, 1)).tolist() == [0, 1]


def test_orders_beyond_what_codecs_do_are_seen():
    assert is_plausible_order(_array(0, 2, 1, 4, 3))
    assert is_plausible_order(_array())
    assert not is_plausible_order(np.arange(40)[::-1])


def test_the_rate_does_not_count_pauses():
    times = np.concatenate([np.arange(100) * 40, 10**6 + np.arange(100) * 40])
    assert interval_of(times) == 40
    assert has_variable_rate(times)
    assert not has_variable_rate(np.array([0, 33, 67, 100, 133, 167]))
    assert interval_of(_array(5)) == 0
    assert not has_variable_rate(_array(5))
