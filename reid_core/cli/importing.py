"""``import`` and ``score``: boxes from other tools, and how well the project's tracks follow them."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_core.cli.arguments import CameraArgument, camera, camera_name, existing_project, project_path
from reid_core.cli.jobs import cancel_on_signal
from reid_core.cli.output import EventPrinter, print_json, print_table, print_text
from reid_core.errors import CancelledError, SourceError, UsageError
from reid_core.progress import CancelToken, Progress

if TYPE_CHECKING:
    from reid_core.pipeline.importing.take import Taken
    from reid_core.store.project import Project

STOPPED = "The measuring was stopped. The imported truth is kept."


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser(
        "import",
        help="take in boxes of another tool, as tracklets, detections or ground truth",
        description="mot: MOTChallenge text, or the archive of CVAT's MOT 1.1. cvat: CVAT for video 1.1, "
        "or its archive. A camera's files count as one after the other.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=("mot", "cvat"), help="(default: cvat for .xml, else mot)")
    parser.add_argument(
        "--camera",
        required=True,
        type=_camera,
        metavar="NAME[=FILE,...]",
        help="whose footage the file describes; with files, the camera is added first",
    )
    parser.add_argument(
        "--as",
        dest="kind",
        required=True,
        choices=("tracklets", "detections", "truth"),
        help="tracklets: searched and edited like any other; detections: boxes for an ingest, which follows "
        "people anew; truth: what the project's tracks are measured by",
    )
    parser.add_argument(
        "--across",
        action="store_true",
        help="the file's numbers mean the same person in every camera (tracklets)",
    )
    parser.add_argument("--first-frame", type=int, choices=(0, 1), help="number of the file's first frame")
    parser.add_argument("--force", action="store_true", help="replace what was imported for this camera")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=run_import)

    parser = commands.add_parser(
        "unimport",
        help="take imported tracklets back",
        description="The next ingest of the camera detects and tracks again. Decisions stay with the pixels.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument("--camera", required=True, metavar="NAME", help="whose tracklets were imported")
    parser.set_defaults(run=run_unimport)

    parser = commands.add_parser(
        "score",
        help="measure the tracks by imported ground truth: IDF1, HOTA",
        description="IDF1, HOTA and identity switches of the project's tracks, computed by trackeval.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument("--camera", action="append", default=[], metavar="NAME", help="only this camera")
    parser.add_argument(
        "--known-only", action="store_true", help="the truth names some people alone; others do not count"
    )
    parser.add_argument(
        "--across", action="store_true", help="the truth's numbers mean the same person in every camera"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=run_score)


def _camera(text: str) -> CameraArgument:
    return camera(text) if "=" in text else CameraArgument(camera_name(text), ())


def run_import(arguments: argparse.Namespace) -> int:
    """Take in a file and say what to do with it."""
    from reid_core.pipeline.importing.take import take
    from reid_core.store.project import Project

    of: CameraArgument = arguments.camera
    path = arguments.project if of.paths else existing_project(arguments.project)
    with Project.open(path, create=bool(of.paths)) as project:
        _register(project, of)
        taken = take(
            project,
            arguments.file,
            camera=of.name,
            key=arguments.format or _format_of(arguments.file),
            kind=arguments.kind,
            first_frame=arguments.first_frame,
            across=arguments.across,
            overwrite=arguments.force,
        )
    if arguments.json:
        print_json(asdict(taken) | {"path": str(taken.path), "uncovered": list(taken.uncovered)})
    else:
        _print(arguments, taken)
    return 0


def _format_of(path: Path) -> str:
    if path.suffix.lower() == ".zip":
        raise UsageError("An archive may hold either. Say --format mot or --format cvat.")
    return "cvat" if path.suffix.lower() == ".xml" else "mot"


def run_unimport(arguments: argparse.Namespace) -> int:
    """Take imported tracklets back."""
    from reid_core.pipeline.importing.take import drop_tracklets
    from reid_core.store.project import Project

    with Project.open(existing_project(arguments.project)) as project:
        drop_tracklets(project, arguments.camera)
    print_text(f"Next: sightline ingest {arguments.project}, which finds people by itself again")
    return 0


def _register(project: Project, of: CameraArgument) -> None:
    """Add the camera and its footage, as an ingest would; what is known already stays as it is."""
    from reid_core.pipeline.events import SourceFinished
    from reid_core.pipeline.sources import register_cameras
    from reid_core.progress import CancelToken

    if not of.paths:
        return
    for event in register_cameras(project, {of.name: of.paths}, fps=None, cancel=CancelToken()):
        if isinstance(event, SourceFinished):
            raise SourceError(event.reason)


def _print(arguments: argparse.Namespace, taken: Taken) -> None:
    persons = f" of {taken.n_persons} persons" if taken.n_persons else ""
    print_text(f"{taken.n_boxes} boxes{persons} of {taken.camera}, kept in {taken.path}")
    if taken.left_out:
        print_text(taken.left_out)
    if taken.n_outside:
        print_text(f"{taken.n_outside} of them reach out of the picture.")
    if taken.kind == "truth":
        if taken.n_ignored:
            print_text(f"{taken.n_ignored} of them are marked to be ignored.")
        print_text(f"Next: sightline score {arguments.project}")
        return
    if taken.kind == "tracklets":
        if taken.n_ignored:
            print_text(f"{taken.n_ignored} more are marked to be ignored.")
        print_text(f"Next: sightline ingest {arguments.project}, which makes tracklets of them")
        return
    print_text("Who is who is not kept: the tracker follows the boxes anew.")
    if taken.uncovered:
        print_text(f"Without such a file, nobody would be found in: {', '.join(taken.uncovered)}.")
    print_text(f"Next: sightline ingest {arguments.project} --detector replay:{taken.path.parent}")


def run_score(arguments: argparse.Namespace) -> int:
    """Print how well the tracks follow the truth, a row for each camera."""
    from reid_core.pipeline.importing.score import score
    from reid_core.store.project import Project

    printer = EventPrinter(as_json_lines=False, quiet=arguments.json)
    with cancel_on_signal() as cancel, Project.open(existing_project(arguments.project)) as project, printer:
        scores = score(
            project,
            tuple(arguments.camera),
            known_only=arguments.known_only,
            across=arguments.across,
            watch=lambda done, total: _watch(cancel, printer, done, total),
        )
    if arguments.json:
        print_json([asdict(each) for each in scores])
    else:
        print_table(
            ("camera", "IDF1", "HOTA", "switches", "true boxes", "boxes", "persons"),
            [(s.camera, s.idf1, s.hota, s.n_switches, s.n_truth, s.n_boxes, s.n_persons) for s in scores],
        )
    return 0


def _watch(cancel: CancelToken, printer: EventPrinter, done: int, total: int) -> None:
    if cancel.cancelled:
        raise CancelledError(STOPPED)
    if total:
        printer.show(Progress("measure", done, total))
