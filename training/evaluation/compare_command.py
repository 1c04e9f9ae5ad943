"""``python -m training compare A B --data FOLDER``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    parser = commands.add_parser(
        "compare",
        help="say whether one model ranks better than another",
        description="Score two models on the same queries and give the 95 % interval of the difference, by "
        "a bootstrap over people.",
    )
    parser.add_argument("a", metavar="A", help="name or file of a model")
    parser.add_argument("b", metavar="B", help="name or file of another")
    parser.add_argument("--data", required=True, type=Path, metavar="FOLDER", help="folder or tar of a set")
    parser.add_argument("--dataset", default="market", help="its layout or name (default: market)")
    parser.add_argument("--rounds", type=int, default=2000, metavar="N", help="draws (default 2000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare; 0.

    Raises:
        ReidError: A model or the data set is absent or not what it should be.
    """
    from reid_core.models.load import load_embedder
    from training.datasets.known import read_dataset
    from training.evaluation.compare import compare, score

    found = read_dataset(arguments.dataset, arguments.data)
    embedders = [
        load_embedder(name, device=arguments.device, is_exact=True) for name in (arguments.a, arguments.b)
    ]
    scores = [score(embedder, found) for embedder in embedders]
    pids = [picture.pid for picture in found.query]
    result = compare(scores[0], scores[1], pids, rounds=arguments.rounds, seed=arguments.seed)
    if arguments.json:
        sys.stdout.write(json.dumps(result.as_dict(arguments.a, arguments.b)) + "\n")
        return 0
    for title, name, figures in (("a", arguments.a, result.a), ("b", arguments.b, result.b)):
        text = " ".join(f"{key} {value:.4f}" for key, value in figures.items())
        sys.stdout.write(f"{title} = {name}: {text}\n")
    for key, of in result.difference.items():
        sys.stdout.write(f"{key}: b - a = {of.value:+.4f}, 95 % interval {of.low:+.4f} to {of.high:+.4f}\n")
    sys.stdout.write(f"{result.verdict} ({result.n_query} queries of {result.n_ids} people)\n")
    return 0
