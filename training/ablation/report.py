"""``docs/ablation.md``: what was measured, what that says of the papers, and what was not measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.ablation.cells import Result, Results
from training.ablation.grid import CELLS, CLAIMS, SEEDS, TITLES, Claim, Expected
from training.ablation.people import N_A_VIEW, N_TESTED_IDS, N_TRAINING_IDS

NOT_MEASURED = "not measured"
_INTRODUCTION = f"""# Ablation

Short runs from one common start, to see what of the papers' advice shows at a small scale. **A small scale is
what it is**: one backbone (OSNet x0.25, from its public MSMT17 weights), {N_TRAINING_IDS} training people of
CUHK03 with at most {N_A_VIEW} pictures from each of two cameras, 128 x 64 pixels, 20 epochs, {len(SEEDS)}
seeds; scored on {N_TESTED_IDS} other people of CUHK03's training part. No test set was touched. Rank-1 and
mAP are fractions, mean (lowest to highest) of the seeds; "occluded": the lower 40 % of every query hidden,
galleries whole.

"Agrees with the paper" stands only where all seeds of both cells were measured and the difference of the
means of rank-1 exceeds the larger of the two ranges; a difference so large the other way "disagrees"; all
else is "no evidence". OSNet has no last stride, so that trick of BoT is not among the cells. The common
setting is `BASE` in `training/ablation/grid.py`; every finished run has its file in `docs/ablation/`.

The runs of DPTI and of the groups and branches were made last, on a faster computer than all others; no
comparison below goes from one computer to the other. Processor time of a run that was cut off counts from
where it went on.

`python -m training.ablation run --data DIR` measures what is missing, cell by cell, and can be stopped at any
time; `python -m training.ablation report` writes this page.
"""


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and range of a few values."""

    mean: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        return cls(sum(values) / len(values), min(values), max(values))

    @property
    def width(self) -> float:
        """Of the range."""
        return self.most - self.least

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.least:.3f} to {self.most:.3f})"


def judge(claim: Claim, after: Sequence[Result], before: Sequence[Result]) -> tuple[str, str]:
    """The difference of the means of rank-1, and what may be said of the claim.

    Args:
        claim: What the paper says.
        after: Results of the cell that should be better.
        before: Of the other.
    """
    if len(after) < len(SEEDS) or len(before) < len(SEEDS):
        return "-", NOT_MEASURED
    ours, theirs = (
        Spread.of([(r.occluded if claim.is_occluded else r.clean).rank1 for r in results])
        for results in (after, before)
    )
    difference = ours.mean - theirs.mean
    is_clear = abs(difference) > max(ours.width, theirs.width)
    if claim.expected is Expected.NONE:
        verdict = "disagrees with the paper" if is_clear else "no evidence of a difference, as in the paper"
    elif not is_clear:
        verdict = "no evidence"
    else:
        verdict = "agrees with the paper" if difference > 0 else "disagrees with the paper"
    return f"{difference:+.3f}", verdict


def write_page(path: Path, results: Results) -> None:
    """Write the page.

    Raises:
        ResultError: A result is damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_text(as_page(results), encoding="utf-8")
    beside.replace(path)


def as_page(results: Results) -> str:
    """The page as Markdown."""
    parts = [_INTRODUCTION, _extent(results)]
    for group in CELLS:
        parts.append(f"## {TITLES[group]}\n\n" + "\n".join(_cell_lines(group, results)) + "\n")
        parts.append("\n".join(_claim_lines(group, results)) + "\n")
    return "\n".join(parts)


def _extent(results: Results) -> str:
    """How much was measured, in words."""
    cells = [cell for group in CELLS.values() for cell in group]
    found = {result.key + str(result.seed): result for cell in cells for result in results.of(cell)}
    complete = sum(len(results.of(cell)) == len(SEEDS) for cell in cells)
    cpu_min = sum(result.cpu_s for result in found.values()) / 60
    longest = f", {cpu_min:.0f} minutes of processor time together" if found else ""
    return (
        f"**Measured: {complete} of {len(cells)} cells with all seeds** ({len(found)} runs{longest}; cells "
        "of equal settings share their runs). A cell with fewer seeds is shown with what there is; nothing "
        "is concluded from it.\n"
    )


def _cell_lines(group: str, results: Results) -> Iterator[str]:
    yield "| cell | seeds | rank-1 | mAP | rank-1, occluded | mAP, occluded |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for cell in CELLS[group]:
        found = results.of(cell)
        if not found:
            yield f"| {cell.name} | 0 | {NOT_MEASURED} | | | |"
            continue
        spreads = (
            Spread.of([r.clean.rank1 for r in found]),
            Spread.of([r.clean.mean_ap for r in found]),
            Spread.of([r.occluded.rank1 for r in found]),
            Spread.of([r.occluded.mean_ap for r in found]),
        )
        yield f"| {cell.name} | {len(found)} | {' | '.join(str(spread) for spread in spreads)} |"


def _claim_lines(group: str, results: Results) -> Iterator[str]:
    cells = {cell.name: cell for cell in CELLS[group]}
    yield "| the paper says | rank-1, difference | here |"
    yield "| --- | --- | --- |"
    for claim in CLAIMS:
        if claim.group == group:
            after, before = (results.of(cells[name]) for name in (claim.after, claim.before))
            difference, verdict = judge(claim, after, before)
            yield f"| {claim.says} ({claim.after} against {claim.before}) | {difference} | {verdict} |"
