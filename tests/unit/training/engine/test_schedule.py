"""Schedules: end points, continuity, and when they fall."""

from __future__ import annotations

import pytest

from training.engine import schedule


def test_printed_warmup_ends_at_the_base_rate_and_falls_after_40_and_70():
    rates = [schedule.bot_printed(epoch) for epoch in range(1, 121)]
    assert rates[0] == pytest.approx(3.5e-5)
    assert rates[9:40] == pytest.approx([3.5e-4] * 31)
    assert rates[40:70] == pytest.approx([3.5e-5] * 30)
    assert rates[70:] == pytest.approx([3.5e-6] * 50)


def test_warmup_switches_off_alone():
    without = [schedule.bot(epoch, warmup_factor=1.0) for epoch in range(60)]
    with_it = [schedule.bot(epoch) for epoch in range(60)]
    assert without[:10] == pytest.approx([3.5e-4] * 10)
    assert with_it[:10] == sorted(with_it[:10])
    assert with_it[10:] == without[10:]


def test_sbs_is_continuous_where_the_cosine_starts_and_ends_at_the_least_rate():
    def rate(epoch):
        return schedule.fastreid_delayed_cosine(epoch, epoch * 200, 200)

    assert rate(29) == rate(30) == pytest.approx(3.5e-4)
    assert 3.4e-4 < rate(31) < 3.5e-4
    assert rate(45) == pytest.approx((3.5e-4 + 7e-7) / 2)
    assert rate(60) == pytest.approx(7e-7)


def test_sbs_waits_for_a_warmup_that_is_longer_than_the_delay():
    def rate(epoch):
        return schedule.fastreid_delayed_cosine(epoch, epoch * 50, 50)

    assert rate(20) == pytest.approx(schedule.fastreid_warmup(1000))
    assert rate(40) == pytest.approx(3.5e-4)
    assert rate(41) < 3.5e-4
    assert rate(60) == pytest.approx(7e-7)


def test_fastreid_milestones_count_from_the_end_of_warmup():
    def rate(epoch):
        return schedule.fastreid_multi_step(epoch, epoch * 202, 202)

    # 2000 iterations are 9 whole epochs of 202, so that the first step comes at 49 instead of 40.
    assert rate(48) == pytest.approx(3.5e-4)
    assert rate(49) == pytest.approx(3.5e-5)
    assert rate(98) == pytest.approx(3.5e-5)
    assert rate(99) == pytest.approx(3.5e-6)


@pytest.mark.parametrize(
    ("epoch", "rate"), [(0, 1e-4), (4, 1e-4), (5, 2e-4), (49, 1e-3), (199, 1e-3), (200, 1e-4), (300, 1e-5)]
)
def test_cbdb_staircase(epoch, rate):
    assert schedule.cbdb(epoch) == pytest.approx(rate)


def test_cosine_falls_and_stays_down():
    rates = [schedule.cosine(step, 30) for step in range(40)]
    assert rates == sorted(rates, reverse=True)
    assert rates[30:] == pytest.approx([7e-7] * 10)


def test_backbone_is_frozen_for_so_many_iterations():
    assert [schedule.is_backbone_frozen(i, 2) for i in range(4)] == [True, True, False, False]
