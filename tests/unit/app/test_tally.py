"""One bar out of many progress lines."""

import pytest

from app.jobs.tally import Tally


def progress(done, total=100, part="a", unit="frames"):
    return {"part": part, "done": done, "total": total, "unit": unit}


def test_parts_add_up_and_a_steady_rate_is_measured():
    tally = Tally({"a": (0, 100), "b": (0, 100)})
    for second in range(11):
        tally.add(progress(second * 5), second)
        tally.add(progress(second * 3, part="b"), second + 0.5)
    assert (tally.done, tally.total) == (80, 200)
    assert tally.rate == pytest.approx(8, rel=0.2)
    assert tally.left_s == pytest.approx(120 / tally.rate)


def test_a_part_that_is_not_expected_counts_from_its_first_line():
    tally = Tally()
    tally.add(progress(50), 0)
    tally.add(progress(60), 1)
    tally.add(progress(90, part="late"), 1.1)  # resumed: not work of this second
    tally.add(progress(70), 2)
    assert tally.rate == pytest.approx(10, rel=0.15)
    assert tally.done == 160


def test_what_is_unknown_stays_unknown():
    tally = Tally({"a": (0, 100)})
    tally.add(progress(5, total=None, part="live"), 0)
    assert tally.total is None
    assert tally.left_s is None


def test_another_unit_begins_a_new_bar():
    tally = Tally({"a": (0, 100)})
    tally.add(progress(100), 0)
    tally.add(progress(3, total=12, part="describe", unit="tracklets"), 1)
    assert (tally.unit, tally.done, tally.total, tally.rate) == ("tracklets", 3, 12, 0)


def test_a_part_that_ends_early_does_not_hold_the_bar_back():
    tally = Tally({"a": (0, 100), "b": (0, 50)})
    tally.finish("a")
    tally.finish("unknown")
    assert (tally.done, tally.total) == (100, 150)


def test_a_pause_is_not_measured():
    tally = Tally({"a": (0, 1000)})
    for second in range(5):
        tally.add(progress(second * 10, total=1000), second)
    tally.pause()
    tally.add(progress(50, total=1000), 500)
    tally.add(progress(60, total=1000), 501)
    assert tally.rate == pytest.approx(10)
    assert tally.measured_s == pytest.approx(5)
