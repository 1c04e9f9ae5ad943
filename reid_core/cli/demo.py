"""``demo``: the whole way on three small clips that need no download."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reid_core.cli.arguments import project_path
from reid_core.cli.ingest import DEVICES
from reid_core.cli.jobs import cancel_on_signal
from reid_core.cli.output import EventPrinter, print_json, print_table, print_text

FOLDER = Path("demo-out")


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser(
        "demo",
        help="find people again in three small demo clips",
        description="Make clips of three pretended cameras from two photographs, ingest them, and search "
        "for each person. A demonstration, never evidence of quality.",
    )
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="DIR", help=f"default: {FOLDER}")
    parser.add_argument("--detector", help="detector: a name or a file")
    parser.add_argument("--model", help="re-identification model: a name or a file")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.set_defaults(run=run_demo)


def run_demo(arguments: argparse.Namespace) -> int:
    """Make the clips, ingest them, search for everyone, and say what was found."""
    from reid_core.pipeline.demo import search_everyone
    from reid_core.pipeline.demo_clips import make_demo_clips
    from reid_core.pipeline.ingest import IngestConfig, ingest
    from reid_core.pipeline.models import load_models, search_space
    from reid_core.pipeline.sources import register_cameras
    from reid_core.store.project import Project

    path = project_path(str(arguments.out / "demo"))
    printer = EventPrinter(as_json_lines=False, quiet=arguments.json)
    with cancel_on_signal() as cancel, printer:
        truth = make_demo_clips(arguments.out)
        with Project.open(path, create=True) as project:
            cameras = {clip.camera: (clip.path,) for clip in truth.clips}
            for event in register_cameras(project, cameras, fps=None, cancel=cancel):
                printer.show(event)
            models = load_models(
                project, arguments.detector, arguments.model, arguments.device, cancel, printer.show
            )
            for event in ingest(project, models.detector, models.embedder, IngestConfig(), cancel):
                printer.show(event)
            space = search_space(project, None)
            finds = search_everyone(project, space.key, truth)
            n_tracklets = len(project.tracklets())
    n_found = sum(find.is_person for find in finds)
    if arguments.json:
        print_json(
            {
                "project": str(path),
                "tracklets": n_tracklets,
                "searches": [asdict(find) for find in finds],
                "found": n_found,
                "of": len(finds),
            }
        )
        return 0
    print_table(
        ("person", "seen in", "query", "searched in", "best hit", "similarity", "found again"),
        [
            (
                find.person,
                find.query_camera,
                find.query or "not detected",
                find.camera,
                find.hit or "none",
                find.similarity,
                "yes" if find.is_person else "no",
            )
            for find in finds
        ],
    )
    print_text(
        f"\n{n_found} of {len(finds)} searches found the person ({n_tracklets} tracklets, {space.name})."
    )
    print_text("The clips are made from two photographs: this shows how it works and proves nothing.")
    print_text(f"\nOpen the project:   sightline tracklets {path}")
    print_text(f"Search a person:    sightline search {path} --tracklet {_first_query(finds)}")
    return 0


def _first_query(finds: list[Any]) -> str:
    return next((find.query for find in finds if find.query), "ID")
