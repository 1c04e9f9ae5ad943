"""The ablation's page: means, ranges, and verdicts that claim no more than was measured."""

from __future__ import annotations

import pytest

from training.ablation.cells import Figures, Result, Results, plan_runs
from training.ablation.grid import CLAIMS, SEEDS, Claim, Expected
from training.ablation.report import NOT_MEASURED, Spread, as_page, judge, write_page

GAIN = Claim("group", "after", "before", "it helps")


def results_of(*rank1, occluded=None):
    found = []
    for seed, value in enumerate(rank1):
        hidden = value if occluded is None else occluded[seed]
        found.append(
            Result("k", seed, {}, Figures(value, value, value), Figures(hidden, 0.1, 0.1), 1, 30.0, "")
        )
    return found


@pytest.mark.parametrize(
    ("after", "before", "verdict"),
    [
        ((0.60, 0.61, 0.62), (0.50, 0.51, 0.52), "agrees with the paper"),
        ((0.50, 0.51, 0.52), (0.60, 0.61, 0.62), "disagrees with the paper"),
        ((0.55, 0.60, 0.65), (0.50, 0.51, 0.52), "no evidence"),  # 0.09 is less than the range of 0.10
        ((0.60, 0.61, 0.62), (0.45, 0.51, 0.57), "no evidence"),
        ((0.60, 0.61), (0.50, 0.51, 0.52), NOT_MEASURED),
        ((), (0.50, 0.51, 0.52), NOT_MEASURED),
    ],
)
def test_only_what_exceeds_the_range_is_evidence(after, before, verdict):
    assert judge(GAIN, results_of(*after), results_of(*before))[1] == verdict


def test_a_claim_of_no_difference():
    claim = Claim("group", "after", "before", "it matters little", Expected.NONE)
    same, better = results_of(0.50, 0.51, 0.52), results_of(0.60, 0.61, 0.62)
    assert judge(claim, same, same) == ("+0.000", "no evidence of a difference, as in the paper")
    assert judge(claim, better, same) == ("+0.100", "disagrees with the paper")


def test_a_claim_on_occluded_queries_is_judged_by_them():
    claim = Claim("group", "after", "before", "it helps", is_occluded=True)
    before = results_of(0.5, 0.5, 0.5, occluded=(0.2, 0.2, 0.2))
    after = results_of(0.4, 0.4, 0.4, occluded=(0.3, 0.3, 0.3))
    assert judge(claim, after, before) == ("+0.100", "agrees with the paper")


def test_spread():
    spread = Spread.of([0.2, 0.4, 0.6])
    assert str(spread) == "0.400 (0.200 to 0.600)"
    assert spread.width == pytest.approx(0.4)


def test_an_empty_page_claims_nothing(tmp_path):
    page = as_page(Results(tmp_path / "none"))
    assert "Measured: 0 of" in page
    assert page.count(f"| - | {NOT_MEASURED} |") == len(CLAIMS)
    assert "agrees with the paper |" not in page


def test_a_page_shows_what_there_is(tmp_path):
    results = Results(tmp_path / "results")
    for run in plan_runs(["dpti"]):
        rank1 = (0.5 if run.cell == "equal parts" else 0.6) + 0.01 * run.seed
        figures = Figures(rank1, 0.4, 0.3)
        results.add(Result(run.key, run.seed, run.settings, figures, figures, 360, 120.0, "ab"))
    half, figures = plan_runs(["batch"])[0], Figures(0.3, 0.2, 0.1)
    results.add(Result(half.key, half.seed, half.settings, figures, figures, 740, 60.0, "ab"))
    write_page(tmp_path / "docs" / "ablation.md", results)
    page = (tmp_path / "docs" / "ablation.md").read_text()
    assert "Measured: 2 of" in page
    assert f"({2 * len(SEEDS) + 1} runs, 13 minutes of processor time together" in page
    assert "| weighted parts | 3 | 0.610 (0.600 to 0.620) | 0.400 (0.400 to 0.400) |" in page
    assert "| 8 x 4 | 1 | 0.300 (0.300 to 0.300) |" in page
    assert page.count("| +0.100 | agrees with the paper |") == 2
    assert page.count(NOT_MEASURED + " |") > 10
