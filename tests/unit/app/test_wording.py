"""Times, lengths and counts are written the same way everywhere."""

import doctest

import pytest

from app import wording
from app.wording import band_word, clock_label, length_label, percent_label, seconds_label


def test_the_examples_hold():
    assert doctest.testmod(wording).failed == 0
    assert doctest.testmod(wording).attempted > 5


@pytest.mark.parametrize(
    ("t_ms", "text"),
    [
        (0, "00:00:00.0"),
        (99.999, "00:00:00.0"),
        (100, "00:00:00.1"),
        (-40, "00:00:00.0"),
        (90_061_000, "25:01:01.0"),
    ],
)
def test_clocks_cut(t_ms, text):
    assert clock_label(t_ms) == text


def test_seconds_never_show_sixty():
    assert seconds_label(59_999) == "00:00:59"
    assert length_label(59_960) == "1 min 00 s"
    assert length_label(3_599_900) == "1 h 00 min"


def test_only_what_is_complete_is_a_hundred_percent():
    assert [percent_label(part) for part in (-1, 0, 0.9999, 1, 2)] == ["0 %", "0 %", "99 %", "100 %", "100 %"]


def test_without_calibration_there_are_no_bands():
    assert band_word(0.9, None) == ""
    assert [band_word(s, (0.5, 0.7)) for s in (0.49, 0.5, 0.7)] == ["weak", "possible", "strong"]
