"""``python -m training train`` and ``python -m training describe``."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to a parser."""
    train = commands.add_parser(
        "train",
        help="train a model by a preset or a config file",
        description="Train a model; run the same command again to go on with a run that was cut off.",
    )
    _add_config(train)
    train.add_argument(
        "--data", required=True, type=Path, metavar="FOLDER", help="folder or tar of a data set"
    )
    train.add_argument("--dataset", default="market", help="its layout or name (default: market, any counts)")
    train.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the run goes")
    train.add_argument("--weights", type=Path, metavar="FILE", help="first weights of the backbone")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    train.set_defaults(run=run_training)
    describe = commands.add_parser(
        "describe",
        help="show what a preset or a config file stands for",
        description="Print a config with everything filled in, and its network's size; without CONFIG, list "
        "the presets, networks and backbones.",
    )
    _add_config(describe, is_optional=True)
    describe.set_defaults(run=run_description)


def _add_config(parser: argparse.ArgumentParser, *, is_optional: bool = False) -> None:
    parser.add_argument(
        "config", nargs="?" if is_optional else None, metavar="CONFIG", help="preset, or TOML file"
    )
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="PART.NAME=VALUE",
        help="change a setting",
    )


def run_training(arguments: argparse.Namespace) -> int:
    """Train; 0.

    Raises:
        ReidError: The config or the data set is not what it should be.
    """
    from reid_core.device import choose_device
    from reid_core.errors import UsageError
    from training.datasets.known import read_dataset
    from training.engine.presets import read_config
    from training.engine.trainer import train

    config = read_config(arguments.config, arguments.settings)
    found = read_dataset(arguments.dataset, arguments.data)
    device = choose_device(arguments.device).kind
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        bundle = train(
            config, found.train, arguments.out, seed=arguments.seed, weights=arguments.weights, device=device
        )
    except ValueError as error:
        raise UsageError(f"The network cannot learn from such batches: {error}.") from error
    sys.stdout.write(f"{bundle}\n")
    return 0


def run_description(arguments: argparse.Namespace) -> int:
    """Describe; 0.

    Raises:
        UsageError: The config is not what it should be.
    """
    from reid_core.models.backbones.build import NAMES
    from reid_core.models.methods import Method, build_network
    from training.config import as_dict
    from training.engine.objective import network_spec
    from training.engine.presets import PRESETS, read_config
    from training.engine.size import measure

    if arguments.config is None:
        for title, names in (("presets", PRESETS), ("methods", Method), ("backbones", (*NAMES, "timm/NAME"))):
            sys.stdout.write(f"{title}: {', '.join(names)}\n")
        return 0
    config = read_config(arguments.config, arguments.settings)
    size = measure(build_network(network_spec(config)), config.batch.height, config.batch.width)
    facts = {"dim": size.dim, "parameters": size.n_parameters, "gflops": round(size.gflops, 3)}
    json.dump(as_dict(config) | {"size": facts, "key": config.key}, sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 0
