"""``tracklets``: everyone who was seen, where and when."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from reid_core.cli.arguments import existing_project, project_path
from reid_core.cli.output import clock_text, print_json, print_table, print_text


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser("tracklets", help="list all tracklets")
    parser.add_argument("project", type=project_path)
    parser.add_argument("--camera", action="append", default=[], metavar="NAME", help="only this camera")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=run_tracklets)


def run_tracklets(arguments: argparse.Namespace) -> int:
    """Print every tracklet with its camera and time."""
    from reid_core.pipeline.timeline import common_spans
    from reid_core.store.project import Project

    with Project.open(existing_project(arguments.project)) as project:
        spans = list(common_spans(project).values())
    if arguments.camera:
        spans = [span for span in spans if span.camera in arguments.camera]
    if arguments.json:
        print_json([asdict(span) for span in spans])
        return 0
    print_table(
        ("tracklet", "camera", "from", "to", "boxes"),
        [(s.tracklet, s.camera, clock_text(s.start_ms), clock_text(s.end_ms), s.n_detections) for s in spans],
    )
    print_text(f"{len(spans)} tracklets. Next: sightline search {arguments.project} --tracklet ID")
    return 0
