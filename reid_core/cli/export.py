"""``export``: tracklets and identities in the formats that other tools read."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from reid_core.cli.arguments import existing_project, project_path
from reid_core.cli.output import print_json, print_text


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser(
        "export",
        help="write tracklets and identities for other tools",
        description="mot: one <camera>.txt each, MOTChallenge. csv: tables. json: everything in one file.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument("--format", required=True, choices=("mot", "csv", "json"))
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--overwrite", action="store_true", help="replace files of the same names")
    parser.add_argument("--json", action="store_true", help="print the files as JSON")
    parser.set_defaults(run=run_export)


def run_export(arguments: argparse.Namespace) -> int:
    """Write the export and name its files."""
    from reid_core.pipeline.export.write import export
    from reid_core.store.project import Project

    with Project.open(existing_project(arguments.project)) as project:
        paths = export(project, arguments.format, arguments.out, overwrite=arguments.overwrite)
    if arguments.json:
        print_json([str(path) for path in paths])
    else:
        for path in paths:
            print_text(f"wrote {path}")
    return 0
