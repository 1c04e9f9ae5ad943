"""Moments as they are written and typed, and pictures in order of time."""

from __future__ import annotations

from datetime import datetime

import pytest

from app.playback.ring import Ring
from app.playback.timecode import date_text, offset_text, parse_time, rate_text, time_text
from tests.fakes.decoders import shot

START = datetime(2026, 11, 21, 23, 59, 50)


def test_times_count_from_zero_until_the_start_is_known():
    assert time_text(3_723_456.0) == "01:02:03.4"
    assert time_text(3_723_456.0, tenths=False) == "01:02:03"
    assert time_text(5_000.0, START) == "23:59:55.0"
    assert time_text(15_000.0, START) == "00:00:05.0"
    assert (date_text(5_000.0, START), date_text(15_000.0, START)) == ("21 Nov 2026", "22 Nov 2026")
    assert date_text(5_000.0, None) == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("90", 90_000.0), ("1:30", 90_000.0), ("1:00:00.5", 3_600_500.0), ("2,5", 2500.0),
        ("+10", 15_000.0), ("-1:00", -55_000.0), ("−1", 4000.0), (" 7 ", 7000.0),
        ("", None), ("a", None), ("1:2:3:4", None), ("--1", None), ("1.2.3", None),
    ],
)  # fmt: skip
def test_typed_times(text, wanted):
    assert parse_time(text, 5000.0) == wanted


def test_a_typed_time_of_day_is_the_one_nearest_to_now():
    assert parse_time("23:59:55", 5000.0, START) == 5000.0
    assert parse_time("0:00:05", 5000.0, START) == 15_000.0
    assert parse_time("23:59:45", 5000.0, START) == -5000.0
    assert parse_time("+5", 5000.0, START) == 10_000.0


def test_offsets_and_speeds():
    assert [offset_text(ms) for ms in (0.2, 40.0, -120.0, 2500.0, -95_000.0)] == [
        "", "+40 ms", "−120 ms", "+2.5 s", "−1:35.0",
    ]  # fmt: skip
    assert [rate_text(rate) for rate in (1.0, 0.25, -8.0)] == ["1×", "0.25×", "−8×"]


@pytest.mark.parametrize(
    ("direction", "kept"), [(1.0, [4, 5, 6, 7]), (-1.0, [3, 4, 5, 6]), (0.0, [4, 5, 6, 7])]
)
def test_a_full_ring_drops_what_will_be_needed_last(direction, kept):
    ring = Ring(4 * shot(1, 0, 0.0).pixels.nbytes)
    order = range(3, 8) if direction >= 0 else range(7, 2, -1)
    for n in order:
        ring.add(shot(1, n, n * 40.0), keep_ms=5 * 40.0, direction=direction)
    assert [n for n in range(10) if ring.at(n * 40.0 + 1.0) is not None] == kept


def test_one_picture_is_kept_however_small_the_ring():
    ring = Ring(1)
    for n in range(3):
        ring.add(shot(1, n, n * 40.0), keep_ms=0.0, direction=1.0)
    assert len(ring) == 1
    assert ring.nearest(0.0).frame_idx == 2


def test_a_picture_takes_the_place_of_one_of_the_same_time():
    ring = Ring(10**6)
    ring.add(shot(1, 5, 200.0), 200.0, 0.0)
    bigger = shot(1, 5, 200.0, (128, 72))
    ring.add(bigger, 200.0, 0.0)
    assert len(ring) == 1
    assert ring.at(200.0) is bigger
    assert ring.before(100.0) is None
