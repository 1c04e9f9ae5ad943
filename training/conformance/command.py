"""``python -m training conformance FILE [--json]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.conformance.runner import Outcome


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    parser = commands.add_parser(
        "conformance",
        help="compute the known answers of a file and compare",
        description="Compute every entry of a file of known answers with the functions that models, training "
        "and search use, and compare. Exit code 0 only if all pass.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON list of entries, see docs/methods.md")
    parser.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check a file: 0 when all entries pass, else 1.

    Raises:
        UsageError: The file is not one of known answers.
    """
    from training.conformance.entries import read_entries
    from training.conformance.runner import check_all

    entries = read_entries(arguments.file)
    outcomes: list[Outcome] = []
    for outcome in check_all(entries):
        outcomes.append(outcome)
        if not arguments.json:
            sys.stdout.write(_line(outcome) + "\n")
    n_passed = sum(outcome.passed for outcome in outcomes)
    if arguments.json:
        json.dump(_as_dict(outcomes, n_passed), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        n_ops = len({entry.op for entry in entries})
        failed = len(entries) - n_passed
        sys.stdout.write(f"{n_passed} of {len(entries)} entries pass ({n_ops} ops), {failed} fail\n")
    return 0 if n_passed == len(entries) else 1


def _line(outcome: Outcome) -> str:
    entry = outcome.entry
    if outcome.passed:
        return f"pass  {entry.name}  [{entry.op}]  {outcome.difference:.1e} <= {entry.atol:.0e}"
    return f"FAIL  {entry.name}  [{entry.op}]  {outcome.problem}"


def _as_dict(outcomes: Sequence[Outcome], n_passed: int) -> dict[str, Any]:
    return {
        "passed": n_passed,
        "failed": len(outcomes) - n_passed,
        "entries": [
            {
                "name": outcome.entry.name,
                "op": outcome.entry.op,
                "passed": outcome.passed,
                "difference": outcome.difference,
                "atol": outcome.entry.atol,
                "problem": outcome.problem,
            }
            for outcome in outcomes
        ],
    }
