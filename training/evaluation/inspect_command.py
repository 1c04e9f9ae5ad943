"""``python -m training inspect MODEL [OTHER] --data FOLDER --out FOLDER``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.datasets.market import MarketSet


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    parser = commands.add_parser(
        "inspect",
        help="show where a model fails, or what another one changes",
        description="Score one or two models on a test set and write their figures, curves and rank lists: "
        "the worst queries first, or those that changed most.",
    )
    parser.add_argument("model", nargs="+", metavar="NAME_OR_FILE", help="one model, or two")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="folder or tar of a set")
    parser.add_argument(
        "--project", type=Path, metavar="FILE", help="everybody who was accepted in a Sightline project"
    )
    parser.add_argument("--dataset", default="market", help="its layout or name (default: market)")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the result goes")
    parser.add_argument("--queries", type=int, default=20, metavar="N", help="rank lists (default 20)")
    parser.add_argument("--ranks", type=int, default=13, metavar="N", help="places of each (default 13)")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    parser.add_argument("--events", action="store_true", help="print how far it is as JSON lines")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Inspect; 0.

    Raises:
        ReidError: A model or the data set is absent or not what it should be.
    """
    from reid_core.errors import UsageError
    from reid_core.models.load import load_embedder
    from reid_core.progress import Progress
    from training.evaluation.inspection import RESULT, inspect

    if len(arguments.model) > 2:
        raise UsageError("One model is inspected, or two are compared.")
    if (arguments.data is None) == (arguments.project is None):
        raise UsageError("Say what to measure on: --data FOLDER or --project FILE.")
    embedders = [load_embedder(model, device=arguments.device, is_exact=True) for model in arguments.model]

    def tell(part: str, done: int, total: int) -> None:
        if arguments.events:
            sys.stdout.write(json.dumps(Progress(part, done, total, "pictures").as_dict()) + "\n")
            sys.stdout.flush()

    with tempfile.TemporaryDirectory() as work:
        data = _read(arguments, Path(work))
        result = inspect(
            embedders, data, arguments.out, n_queries=arguments.queries, n_ranks=arguments.ranks, tell=tell
        )
    if not arguments.events:
        for entry in result["models"]:
            sys.stdout.write(f"{entry['model']}: mAP {entry['map']:.4f} rank-1 {entry['rank1']:.4f}\n")
        sys.stdout.write(f"{arguments.out / RESULT}\n")
    return 0


def _read(arguments: argparse.Namespace, work: Path) -> MarketSet:
    """The set; a project's people are all searched for, since nothing is trained on them here."""
    from training.datasets.known import read_dataset
    from training.datasets.market import MarketSet

    if arguments.data is not None:
        return read_dataset(arguments.dataset, arguments.data)
    from training.datasets.holding_out import split_queries
    from training.datasets.project import write_project_set

    write_project_set(arguments.project, work / "set", share=0.0)
    found = read_dataset("market", work / "set")
    query, gallery = split_queries([*found.train, *found.query, *found.gallery])
    return MarketSet((), query, gallery)
