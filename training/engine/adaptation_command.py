"""``python -m training pseudo-labels``: labels for a domain that has none, and training on them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.engine.adaptation import Labelled


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    parser = commands.add_parser(
        "pseudo-labels",
        help="label footage that nobody has labelled, by clusters, and train on it",
        description="Group the pictures of a new domain by a model and write the groups as a training set in "
        "Market-1501's layout. With --rounds, train on it and label again with the result, so often.",
    )
    parser.add_argument("--model", required=True, metavar="NAME_OR_FILE", help="name or file of a model")
    parser.add_argument(
        "--data", required=True, type=Path, metavar="FOLDER", help="pictures; labels in it are not looked at"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where it goes")
    parser.add_argument("--eps", type=float, default=0.6, help="largest Jaccard distance in a group (0.6)")
    parser.add_argument(
        "--min-samples", type=int, default=4, metavar="N", help="pictures of a group's core (4)"
    )
    parser.add_argument("--k1", type=int, default=20, help="neighbours of the distance (20)")
    parser.add_argument("--k2", type=int, default=6, help="neighbours that it averages over (6)")
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help="label and train so often")
    parser.add_argument("--config", metavar="CONFIG", help="of the training, with --rounds")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="PART.NAME=VALUE")
    parser.add_argument(
        "--init", metavar="WEIGHTS", help="first weights of the training (default: the model)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--workers", type=int, metavar="N", help="processes that load pictures")
    parser.add_argument("--json", action="store_true", help="print one JSON object a round")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Label, and train where asked for; 0.

    Raises:
        ReidError: The model or the data is not what it should be, or a run was stopped.
    """
    from reid_core.errors import UsageError
    from reid_core.weights.find import find_model
    from training.engine.adaptation import Clustering, adapt, read_unlabelled, write_labels
    from training.engine.settings import RunSettings, read_run
    from training.engine.starting import ProgressLine

    clustering = Clustering(arguments.eps, arguments.min_samples, arguments.k1, arguments.k2)
    if not arguments.rounds:
        pictures = read_unlabelled(arguments.data)
        made = write_labels(arguments.model, pictures, arguments.out, clustering, arguments.device)
        _say(arguments.json, 0, made)
        return 0
    if not arguments.config:
        raise UsageError("--rounds trains: name a --config, a preset or a TOML file.")
    config, _ = read_run(arguments.config, arguments.settings)
    init = arguments.init or str(find_model("reid", arguments.model).path.resolve())
    bundle = adapt(
        arguments.model,
        arguments.data,
        arguments.out,
        config,
        RunSettings(init=init, seed=arguments.seed, device=arguments.device),
        n_rounds=arguments.rounds,
        clustering=clustering,
        notify=lambda number, made: _say(arguments.json, number, made),
        n_workers=arguments.workers,
        echo=None if arguments.json else ProgressLine(config.schedule.n_epochs),
    )
    sys.stdout.write(json.dumps({"model": str(bundle)}) + "\n" if arguments.json else f"{bundle}\n")
    return 0


def _say(is_json: bool, number: int, made: Labelled) -> None:
    from dataclasses import asdict

    if is_json:
        sys.stdout.write(json.dumps({"round": number, **asdict(made)}) + "\n")
    else:
        title = f"round {number}: " if number else ""
        sys.stdout.write(
            f"{title}{made.n_clusters} groups in {made.n_pictures} pictures, {made.n_outliers} left out\n"
        )
    sys.stdout.flush()
