"""``python -m training train``, ``resume``, ``distill`` and ``describe``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.config import TrainingConfig
    from training.engine.settings import RunSettings

VALIDATED = 0.2
"""Share of a project's identities that is held out where nothing else is asked for."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to a parser."""
    train = commands.add_parser(
        "train",
        help="train a model by a preset or a config file",
        description="Train a model; run the same command again, or `resume`, to go on after an interruption.",
    )
    add_training(train)
    train.set_defaults(run=run_training)
    distill = commands.add_parser(
        "distill",
        help="train a small model to follow larger ones",
        description="Train a student by its config, with the losses of [distillation] added; where none has "
        "a weight, PKT has 1.",
    )
    add_training(distill)
    distill.add_argument(
        "--teacher",
        dest="teachers",
        action="append",
        default=[],
        metavar="NAME",
        help="name or file of a model, folder of a run, or self; can be repeated",
    )
    distill.set_defaults(run=run_distillation)
    resume = commands.add_parser("resume", help="go on with a run", description="Go on with a run.")
    resume.add_argument("out", type=Path, metavar="FOLDER", help="folder of the run")
    _add_running(resume)
    resume.set_defaults(run=run_resumption)
    describe = commands.add_parser(
        "describe",
        help="show what a preset or a config file stands for",
        description="Print a config with everything filled in, and its network's size; without CONFIG, list "
        "the presets, networks and backbones.",
    )
    add_config(describe)
    describe.add_argument("--json", action="store_true", help="print the list as JSON")
    describe.set_defaults(run=run_description)


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add what names a config."""
    parser.add_argument("source", nargs="?", metavar="CONFIG", help="preset, or TOML file")
    parser.add_argument("--config", metavar="CONFIG", help="the same")
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="PART.NAME=VALUE",
        help="change a setting",
    )


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add what names the pictures."""
    parser.add_argument("--data", metavar="FOLDER", help="folder or tar of a data set")
    parser.add_argument("--dataset", help="its layout or name (default: market, any counts)")
    parser.add_argument("--project", metavar="FILE", help="the accepted identities of a Sightline project")


def add_training(parser: argparse.ArgumentParser) -> None:
    """Add everything that a new run takes."""
    add_config(parser)
    add_data(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the run goes")
    parser.add_argument(
        "--init", metavar="WEIGHTS", help="first weights: none (default), a file, or bundled:NAME"
    )
    parser.add_argument("--seed", type=int)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"))
    parser.add_argument(
        "--validate",
        type=_share,
        metavar="SHARE",
        help=f"share of the identities held out for validation (default: {VALIDATED} of a project, else 0)",
    )
    parser.add_argument(
        "--tensorboard", action="store_true", default=None, help="write TensorBoard's files as well"
    )
    parser.add_argument("--skip-preflight", action="store_true", help="do not examine the data first")
    _add_running(parser)


def _add_running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, metavar="N", help="processes that load pictures")
    parser.add_argument("--events", action="store_true", help="print one JSON object a line")


def run_training(arguments: argparse.Namespace) -> int:
    """Train; 0.

    Raises:
        ReidError: The config or the data set is not what it should be, or the run was stopped.
    """
    config, settings = _asked_for(arguments)
    return _start(arguments, config, settings)


def run_distillation(arguments: argparse.Namespace) -> int:
    """Train a student; 0.

    Raises:
        ReidError: As `run_training`, and a teacher is absent.
    """
    from training.config import change

    config, settings = _asked_for(arguments)
    given = config.distillation
    teachers = [_absolute(name) for name in arguments.teachers] or list(given.teachers)
    changes: dict[str, Any] = {"teachers": teachers}
    if not any((given.pkt, given.logit_l1, given.js, given.overhaul)):
        changes["pkt"] = 1.0
    return _start(arguments, change(config, {"distillation": changes}), settings)


def run_resumption(arguments: argparse.Namespace) -> int:
    """Go on with a run; 0.

    Raises:
        ReidError: There is none, or see `run_training`.
    """
    from reid_core.errors import UsageError
    from training.engine.settings import CONFIG_FILE, read_run

    if not (arguments.out / CONFIG_FILE).is_file():
        raise UsageError(f"{arguments.out} holds no run: start one with `python -m training train`.")
    config, settings = read_run(arguments.out / CONFIG_FILE)
    arguments.skip_preflight = False
    return _start(arguments, config, settings)


def _start(arguments: argparse.Namespace, config: TrainingConfig, settings: RunSettings) -> int:
    from training.engine.starting import ProgressLine, print_row, start

    echo = print_row if arguments.events else ProgressLine(config.schedule.n_epochs)
    is_checked = not arguments.skip_preflight
    bundle = start(
        config, settings, arguments.out, n_workers=arguments.workers, echo=echo, is_checked=is_checked
    )
    if not arguments.events and os.environ.get("RANK", "0") == "0":  # torchrun starts several
        sys.stdout.write(f"{bundle}\n")
    return 0


def source_of(arguments: argparse.Namespace) -> str:
    """The config that a command line names, one way or the other.

    Raises:
        UsageError: It names none, or two.
    """
    from reid_core.errors import UsageError

    named = [name for name in (arguments.source, arguments.config) if name]
    if len(named) != 1:
        raise UsageError(
            "Name one config: a preset (`python -m training describe` lists them) or a TOML file."
        )
    return str(named[0])


def _asked_for(arguments: argparse.Namespace) -> tuple[TrainingConfig, RunSettings]:
    """Config and settings of a command line; flags go before the file's ``[run]``."""
    from training.config import change
    from training.engine.settings import read_run

    config, settings = read_run(source_of(arguments), arguments.settings)
    flags = {
        "data": arguments.data and _absolute(arguments.data),
        "project": arguments.project and _absolute(arguments.project),
        "dataset": arguments.dataset,
        "init": arguments.init if arguments.init is None else _absolute(arguments.init),
        "seed": arguments.seed,
        "device": arguments.device,
        "validate": arguments.validate,
        "has_tensorboard": arguments.tensorboard,
    }
    changes: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    if changes.get("data"):
        changes["project"] = changes.get("project", "")
    if changes.get("project"):
        changes["data"] = changes.get("data", "")
    settings = change(settings, changes, "run")
    if settings.project and not settings.validate and arguments.validate is None:
        settings = change(settings, {"validate": VALIDATED})
    return config, settings


def _absolute(name: str) -> str:
    """A path that stands for itself from wherever the run goes on; names stay names."""
    path = Path(name).expanduser()
    return str(path.resolve()) if path.exists() else name


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 0.5:
        raise argparse.ArgumentTypeError("a share of the identities lies between 0 and 0.5")
    return value


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

    if arguments.source is None and arguments.config is None:
        lists: dict[str, list[str]] = {
            "presets": list(PRESETS),
            "methods": list(Method),
            "backbones": [*NAMES, "timm/NAME"],
        }
        if arguments.json:
            sys.stdout.write(json.dumps(lists) + "\n")
            return 0
        for title, names in lists.items():
            sys.stdout.write(f"{title}: {', '.join(names)}\n")
        return 0
    config = read_config(source_of(arguments), arguments.settings)
    size = measure(build_network(network_spec(config)), config.batch.height, config.batch.width)
    facts = {"dim": size.dim, "parameters": size.n_parameters, "gflops": round(size.gflops, 3)}
    json.dump(as_dict(config) | {"size": facts, "key": config.key}, sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 0
