"""``doctor``: what this computer offers, and what to do about what is missing."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from reid_core.cli.output import print_json, print_text


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser("doctor", help="check this computer, the models and the folders")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=run_doctor)


def run_doctor(arguments: argparse.Namespace) -> int:
    """Print every check; 1 where the program cannot run."""
    from reid_core.pipeline.doctor import examine

    checks = examine()
    if arguments.json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            print_text(f"{check.state:8} {check.name}: {check.found}")
            if check.advice:
                print_text(f"{'':8} -> {check.advice}")
    return 1 if any(check.state == "failed" for check in checks) else 0
