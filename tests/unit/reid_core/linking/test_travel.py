import pytest

from reid_core.linking.identities import Span
from reid_core.linking.travel import (
    MisfitKind,
    TravelTable,
    TravelWindow,
    gap_between,
    learn_windows,
    short_time,
)

TABLE = TravelTable(
    [
        TravelWindow("hall", "gate", 5_000, 20_000, 90_000),
        TravelWindow("gate", "yard", overlapping=True, max_ms=60_000),
        TravelWindow("hall", "yard"),
    ]
)


def seen(camera: str, start_s: float, end_s: float, name: str = "") -> Span:
    return Span(name or f"{camera}{start_s}", camera, start_s * 1000, end_s * 1000)


@pytest.mark.parametrize(
    ("one", "other", "kind", "text"),
    [
        (seen("gate", 0, 10), seen("hall", 30, 40), None, ""),
        (
            seen("gate", 0, 10),
            seen("hall", 14, 20),
            MisfitKind.TOO_FAST,
            "gate to hall in 0:04, minimum 0:05",
        ),
        (
            seen("hall", 0, 10),
            seen("gate", 12.5, 20),
            MisfitKind.TOO_FAST,
            "hall to gate in 0:02.5, minimum 0:05",
        ),
        (seen("gate", 0, 10), seen("hall", 15, 20), None, ""),
        (seen("gate", 0, 10), seen("hall", 100, 120), None, ""),
        (
            seen("gate", 0, 10),
            seen("hall", 101, 120),
            MisfitKind.TOO_SLOW,
            "gate to hall in 1:31, maximum 1:30",
        ),
        (
            seen("gate", 0, 10),
            seen("hall", 9, 20),
            MisfitKind.APART,
            "in gate and hall at the same time, and their views do not overlap",
        ),
        (
            seen("gate", 0, 10),
            seen("gate", 10, 20),
            MisfitKind.SAME_CAMERA,
            "both are in gate at the same time",
        ),
        (seen("gate", 0, 10), seen("gate", 10.001, 20), None, ""),
        (seen("gate", 0, 10), seen("yard", 5, 20), None, ""),
        (
            seen("gate", 0, 10),
            seen("yard", 71, 80),
            MisfitKind.TOO_SLOW,
            "gate to yard in 1:01, maximum 1:00",
        ),
        (seen("hall", 0, 10), seen("yard", 10, 20), None, ""),
        (seen("hall", 0, 10), seen("yard", 9, 20), MisfitKind.APART, None),
        (seen("gate", 0, 10), seen("roof", 5, 20), None, ""),
    ],
)
def test_a_misfit_is_told_in_either_order(one, other, kind, text):
    for misfit in (TABLE.misfit(one, other), TABLE.misfit(other, one)):
        assert (misfit.kind if misfit else None) == kind
        if misfit is not None:
            assert text is None or misfit.text == text
            assert misfit.impossible == (kind is not MisfitKind.TOO_SLOW)


def test_a_person_with_several_sightings_must_be_possible_beside_all_and_in_time_for_the_nearest():
    walk = [seen("gate", 0, 10), seen("hall", 30, 40)]
    assert TABLE.misfit_of(seen("gate", 60, 70), walk) is None  # 80 s from the first alone would be too late
    assert TABLE.misfit_of(seen("hall", 200, 210), walk) is None  # hall itself has no window
    assert TABLE.misfit_of(seen("gate", 200, 210), walk).kind is MisfitKind.TOO_SLOW
    assert TABLE.misfit_of(seen("gate", 42, 50), walk).kind is MisfitKind.TOO_FAST
    assert TABLE.misfit_of(seen("gate", 42, 50), []) is None


def test_a_table_holds_one_window_for_a_pair_whatever_the_order_of_its_cameras():
    table = TravelTable([TravelWindow("b", "a", 1.0), TravelWindow("a", "b", 2.0)])
    assert table.windows == (TravelWindow("a", "b", 2.0),)
    assert table.between("b", "a") == table.between("a", "b")
    assert table.between("a", "c") is None
    assert table.with_window(TravelWindow("b", "a", 3.0)).between("a", "b").min_ms == 3.0
    assert table.without("b", "a") == TravelTable()
    assert len({table, TravelTable(table.windows)}) == 1


def test_windows_are_learnt_from_journeys_and_hand_set_ones_stay():
    journeys = [
        [seen("gate", 0, 10), seen("hall", 10 + gap, 20 + gap), seen("yard", 15 + gap, 30 + gap)]
        for gap in (12, 20, 60)
    ]
    table = learn_windows(TravelTable([TravelWindow("hall", "yard", 1.0)]), journeys)
    learnt = table.between("gate", "hall")
    assert (learnt.min_ms, learnt.typical_ms, learnt.max_ms, learnt.n_learnt) == (8_000, 20_000, 90_000, 3)
    assert table.between("hall", "yard") == TravelWindow("hall", "yard", 1.0)
    assert table.between("gate", "yard") is None  # nobody went there directly
    renewed = learn_windows(table, [*journeys, [seen("gate", 0, 10), seen("hall", 16, 20)]])
    assert renewed.between("gate", "hall").min_ms == 4_000
    assert all(table.misfit(a, b) is None for a, b, _ in journeys)


def test_two_journeys_teach_no_window_but_one_person_in_both_views_teaches_that_they_overlap():
    two = [[seen("gate", 0, 10), seen("hall", 20, 30)]] * 2
    assert learn_windows(TravelTable(), two) == TravelTable()
    both = learn_windows(TravelTable(), [*two, [seen("gate", 0, 10), seen("hall", 9, 30)]])
    assert both.windows == (TravelWindow("gate", "hall", overlapping=True, n_learnt=1),)


def test_gaps_and_short_times():
    assert gap_between(seen("a", 0, 10), seen("b", 12, 20)) == 2_000
    assert gap_between(seen("b", 12, 20), seen("a", 0, 10)) == 2_000
    assert gap_between(seen("a", 0, 10), seen("b", 2, 4)) < 0
    times = {
        0: "0:00",
        4_000: "0:04",
        4_449: "0:04.4",
        59_960: "1:00",
        3_600_000: "1:00:00",
        -1_500: "-0:01.5",
    }
    assert {t_ms: short_time(t_ms) for t_ms in times} == times
