"""``python -m training.ablation run`` and ``python -m training.ablation report``."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from reid_core.errors import ReidError
from training.ablation.cells import Results, plan_runs
from training.ablation.grid import GROUPS
from training.ablation.report import write_page
from training.ablation.runner import run_all
from training.engine.memory import keep_freed_memory

RESULTS, PAGE = Path("docs/ablation"), Path("docs/ablation.md")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cells that are not measured yet, or write the page; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.ablation", description=__doc__)
    parser.add_argument("job", choices=("run", "report"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the research data")
    parser.add_argument("--work", type=Path, default=Path("runs/ablation"), help="unfinished runs go there")
    parser.add_argument("--results", type=Path, default=RESULTS, help="one JSON file a finished cell")
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--part", default="1/1", metavar="K/N", help="the K-th of N equal parts of the cells")
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    results = Results(chosen.results)
    try:
        if chosen.job == "report":
            write_page(chosen.page, results)
            return 0
        number, _, n_parts = chosen.part.partition("/")
        runs = plan_runs(chosen.groups)[int(number) - 1 :: int(n_parts)]
        run_all(runs, chosen.data, chosen.work, results, n_threads=chosen.threads)
    except ReidError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except ValueError:
        parser.error(f"--part is K/N, for instance 1/2, not {chosen.part!r}")
    return 0


if __name__ == "__main__":
    keep_freed_memory()
    raise SystemExit(main())
