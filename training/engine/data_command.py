"""``python -m training preflight`` and ``python -m training dataset``: what there is to train on."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from training.engine.command import VALIDATED, add_data


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to a parser."""
    preflight = commands.add_parser(
        "preflight",
        help="say what is wrong with a data set",
        description="Look at every picture and label of a data set. Exit code 3 where something is fatal.",
    )
    preflight.add_argument("folder", nargs="?", metavar="FOLDER", help="folder or tar of a data set")
    add_data(preflight)
    preflight.add_argument(
        "--config", default="bot", metavar="CONFIG", help="whose batches are to be filled (default: bot)"
    )
    preflight.add_argument("--json", action="store_true", help="print one JSON object")
    preflight.set_defaults(run=run_preflight)
    dataset = commands.add_parser(
        "dataset",
        help="write a project's accepted identities as a data set",
        description="Write the crops of everybody who was accepted in a project, in Market-1501's layout.",
    )
    dataset.add_argument("--project", required=True, type=Path, metavar="FILE")
    dataset.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="a new folder")
    dataset.add_argument(
        "--validate", type=float, default=VALIDATED, metavar="SHARE", help="of the identities, held out"
    )
    dataset.add_argument("--seed", type=int, default=0)
    dataset.add_argument("--json", action="store_true", help="print one JSON object")
    dataset.set_defaults(run=run_dataset)


def run_preflight(arguments: argparse.Namespace) -> int:
    """Examine; 0, or 3 where something is fatal.

    Raises:
        ReidError: The data cannot be read.
    """
    from training.datasets.preflight import examine
    from training.engine.failures import PreflightError
    from training.engine.material import read_source
    from training.engine.presets import read_config
    from training.engine.settings import RunSettings

    config = read_config(arguments.config)
    settings = RunSettings(
        data=arguments.folder or arguments.data or "",
        dataset=arguments.dataset or "market",
        project=arguments.project or "",
        validate=VALIDATED,
    )
    with tempfile.TemporaryDirectory() as work:
        found = read_source(settings, Path(work))
        report = examine(
            found,
            data=settings.source,
            dataset=settings.layout,
            n_ids=config.batch.n_ids,
            n_images=config.batch.n_images,
        )
    if arguments.json:
        sys.stdout.write(json.dumps(report.as_dict()) + "\n")
        return PreflightError.exit_code if report.is_fatal else 0
    for name, counts in report.counts.items():
        sys.stdout.write(
            f"{name}: {counts['pictures']} pictures, {counts['ids']} people, {counts['cameras']} cameras\n"
        )
    for finding in report.findings:
        sys.stdout.write(f"{finding.level}: {finding.sentence} {finding.advice}\n")
        for example in finding.examples:
            sys.stdout.write(f"    {example}\n")
    if not report.findings:
        sys.stdout.write("Nothing is wrong with it.\n")
    return PreflightError.exit_code if report.is_fatal else 0


def run_dataset(arguments: argparse.Namespace) -> int:
    """Write a project's data set; 0.

    Raises:
        ReidError: The project cannot be read, or the folder is not new.
    """
    from dataclasses import asdict

    from training.datasets.project import write_project_set

    written = write_project_set(
        arguments.project, arguments.out, share=arguments.validate, seed=arguments.seed
    )
    if arguments.json:
        sys.stdout.write(json.dumps({"out": str(arguments.out), **asdict(written)}) + "\n")
        return 0
    sys.stdout.write(
        f"{arguments.out}: {written.n_ids} people to train on and {written.n_validation_ids} held out, "
        f"{written.n_pictures} pictures.\n"
    )
    if written.n_conflicted:
        sys.stdout.write(f"{written.n_conflicted} identities were left out: their decisions contradict.\n")
    return 0
