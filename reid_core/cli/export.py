"""``export``: tracklets and identities in the formats that other tools and people read."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_core.cli.arguments import existing_project, project_path
from reid_core.cli.jobs import cancel_on_signal
from reid_core.cli.output import EventPrinter, print_json, print_table, print_text
from reid_core.errors import CancelledError
from reid_core.progress import CancelToken, Notice, Progress

if TYPE_CHECKING:
    from reid_core.pipeline.export.preflight import Preflight
    from reid_core.pipeline.export.scope import Options, Scope
    from reid_core.pipeline.export.tables import Watch
    from reid_core.store.project import Project

FORMATS = (
    "mot", "mot-gt", "cvat", "coco", "market", "market-free", "csv", "json", "matches", "report", "clips",
    "sheets",
)  # fmt: skip
STOPPED = "The export was stopped. Nothing was written."


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser(
        "export",
        help="write tracklets and identities for other tools and for people",
        description="mot, mot-gt, cvat, coco: tracks for other tools. market, market-free: crops for "
        "training. csv, json, matches: tables. report, clips, sheets: for people. --dry-run says what is "
        "lost. Details: docs/formats.md",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument("--format", required=True, choices=FORMATS)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument(
        "--identity",
        action="append",
        default=[],
        metavar="ID",
        help="only this identity (id or name) or tracklet; repeatable",
    )
    parser.add_argument("--from", dest="from_ms", type=float, metavar="MS", help="only from this time on")
    parser.add_argument("--to", dest="to_ms", type=float, metavar="MS", help="only up to this time")
    parser.add_argument("--dry-run", action="store_true", help="write nothing; say what would be lost")
    parser.add_argument(
        "--force", "--overwrite", action="store_true", help="replace files and folders of the same names"
    )
    parser.add_argument("--blur", action="store_true", help="clips, sheets, report: cover everybody else")
    parser.add_argument(
        "--distractors", action="store_true", help="market: add tracklets without an identity as person 0"
    )
    parser.add_argument(
        "--test-share", type=float, default=0.5, metavar="0..1", help="market: share kept for testing"
    )
    parser.add_argument("--json", action="store_true", help="print files or preflight as JSON")
    parser.set_defaults(run=run_export)


def run_export(arguments: argparse.Namespace) -> int:
    """Write the export and name its files, or only say what it would be."""
    from reid_core.pipeline.export.base import Result
    from reid_core.pipeline.export.preflight import preflight
    from reid_core.pipeline.export.write import export
    from reid_core.store.project import Project

    printer = EventPrinter(as_json_lines=False, quiet=arguments.json)
    with cancel_on_signal() as cancel, Project.open(existing_project(arguments.project)) as project, printer:
        scope, options = _scope(project, arguments), _options(arguments)
        watch = _watch(arguments.format, cancel, printer)
        if arguments.dry_run:
            found = preflight(project, arguments.format, arguments.out, scope, options, watch)
            return _print_preflight(arguments, found)
        paths, found = export(
            project,
            arguments.format,
            arguments.out,
            overwrite=arguments.force,
            scope=scope,
            options=options,
            watch=watch,
        )
        for point in found.of(Result.WARNS):
            instead = f" --format {point.instead} has no such limit." if point.instead else ""
            what = point.what if point.number is None else f"{point.what} ({point.number})"
            printer.show(Notice(f"{what}: {point.how}.{instead}", level="warning"))
    if arguments.json:
        print_json([str(path) for path in paths])
    else:
        for path in paths:
            print_text(f"wrote {path}")
        missing = ", ".join(point.what.lower() for point in found.of(Result.LOST))
        if missing:
            print_text(f"Not in this format: {missing}. --dry-run says more.")
    return 0


def _scope(project: Project, arguments: argparse.Namespace) -> Scope:
    from reid_core.pipeline.export.scope import Scope, tracklets_of

    wanted = tracklets_of(project, arguments.identity) if arguments.identity else None
    return Scope(wanted, arguments.from_ms, arguments.to_ms)


def _options(arguments: argparse.Namespace) -> Options:
    from reid_core.pipeline.export.scope import Options

    return Options(arguments.blur, arguments.distractors, arguments.test_share)


def _watch(name: str, cancel: CancelToken, printer: EventPrinter) -> Watch:
    def watch(done: int, total: int) -> None:
        if cancel.cancelled:
            raise CancelledError(STOPPED)
        if total:
            printer.show(Progress(name, done, total, "parts"))

    return watch


def _print_preflight(arguments: argparse.Namespace, found: Preflight) -> int:
    if arguments.json:
        print_json(
            {
                "format": arguments.format,
                "can_export": found.stop is None,
                "points": [asdict(point) for point in found.points],
                "files": list(found.names),
                "present": list(found.present),
            }
        )
    else:
        print_table(
            ("result", "what", "number", "how"),
            [(p.result, p.what, "" if p.number is None else p.number, p.how) for p in found.points],
        )
        print_text(f"Would be written to {arguments.out}: {', '.join(found.names)}")
        if found.present:
            print_text(f"Already there: {', '.join(found.present)}; --force replaces them.")
    return 0 if found.stop is None else 2
