"""``edit``, ``refresh``, ``note``: correcting boxes and tracklets, and writing down what one knows."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from reid_core.cli.arguments import box, existing_project, project_path, rank
from reid_core.cli.jobs import cancel_on_signal
from reid_core.cli.output import EventPrinter, print_json, print_text
from reid_core.errors import UsageError

if TYPE_CHECKING:
    from reid_core.pipeline.annotate import Edit
    from reid_core.store.project import Project

DEVICES = ("auto", "cpu", "cuda", "mps")
Do = Callable[[Any, "Project", argparse.Namespace], "Edit"]
"""Of the module that corrects, the project, and what was asked for."""


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser(
        "edit",
        help="correct boxes and tracklets",
        description="Correct boxes and tracklets. Each correction can be undone: sightline undo. Decisions "
        "stay with the people they are about. Frames are counted from 0 in their file.",
    )
    parser.add_argument("project", type=project_path)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    one = _verb(verbs, "draw", _draw, "draw a box: a new tracklet, or into one that has none there", ())
    one.add_argument("camera", metavar="CAMERA")
    _at(one)
    one.add_argument("--box", type=box, required=True, metavar="X1,Y1,X2,Y2", help="in pixels")
    one.add_argument("--tracklet", metavar="ID", help="draw into this tracklet")
    one.add_argument("--file", type=rank, default=1, metavar="N", help="which of the camera's files (1)")
    one = _verb(
        verbs,
        "move",
        lambda m, p, a: m.place(p, a.tracklet, a.at, a.box),
        "move or resize a box",
        ("tracklet",),
    )
    _at(one)
    one.add_argument("--box", type=box, required=True, metavar="X1,Y1,X2,Y2", help="in pixels")
    one = _verb(verbs, "delete", _delete, "delete boxes, or with --whole the tracklet", ("tracklet",))
    which = one.add_mutually_exclusive_group(required=True)
    which.add_argument("--at", type=rank, metavar="FRAME", help="the box of this frame")
    which.add_argument("--whole", action="store_true", help="the tracklet altogether")
    one.add_argument("--to", type=rank, metavar="FRAME", help="and every box up to this frame")
    _at(
        _verb(
            verbs,
            "split",
            lambda m, p, a: m.split(p, a.tracklet, a.at),
            "make two tracklets: from the frame on, it is a new one",
            ("tracklet",),
        )
    )
    one = _verb(
        verbs,
        "merge",
        lambda m, p, a: m.merge(p, a.tracklets),
        "make one tracklet of several; the first named keeps its id",
        (),
    )
    one.add_argument("tracklets", nargs="+", metavar="ID")
    _at(
        _verb(
            verbs,
            "swap",
            lambda m, p, a: m.swap(p, a.a, a.b, a.at),
            "let two tracklets change places from the frame on",
            ("a", "b"),
        )
    )
    _at(
        _verb(
            verbs,
            "trim",
            lambda m, p, a: m.start_here(p, a.tracklet, a.at),
            "start here: delete the boxes before the frame",
            ("tracklet",),
        )
    )
    _at(
        _verb(
            verbs,
            "end",
            lambda m, p, a: m.end_here(p, a.tracklet, a.at),
            "end here: delete the boxes behind the frame",
            ("tracklet",),
        )
    )

    parser = commands.add_parser(
        "refresh",
        help="crop and describe edited tracklets anew",
        description="Cut the crops of edited tracklets anew from the footage, and describe them with every "
        "model that the project keeps vectors of. Resumable: run it again to go on.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.add_argument("--events", action="store_true", help="print every event as a JSON line")
    parser.set_defaults(run=run_refresh)

    parser = commands.add_parser(
        "note",
        help="write a note or tags on a person or a tracklet",
        description="Write a note or tags on an identity (P7) or a tracklet (c1s1t7). They replace what "
        "stood there; without a text and tags they take it away.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument("target", metavar="WHO", help="an identity or a tracklet id")
    parser.add_argument("text", nargs="?", default="", metavar="TEXT")
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="repeat for more")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=run_note)


def _verb(verbs: Any, name: str, do: Do, summary: str, names: Sequence[str]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=summary, description=summary)
    for each in names:
        parser.add_argument(each, metavar="ID", help="a tracklet id")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=run_edit, do=do)
    return parser


def _at(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--at", type=rank, required=True, metavar="FRAME", help="rank in the file, from 0")


def run_edit(arguments: argparse.Namespace) -> int:
    """Record one correction."""
    from reid_core.pipeline import annotate
    from reid_core.store.project import Project

    with Project.open(existing_project(arguments.project)) as project:
        edit = arguments.do(annotate, project, arguments)
        n_outdated = len(project.stored.outdated())
    if arguments.json:
        print_json({"event": edit.event.id, "kind": edit.event.kind, "tracklets": list(edit.tracklets)})
        return 0
    about = f": {', '.join(edit.tracklets)}" if edit.tracklets else ""
    filled = f" {edit.n_filled} frames between were filled." if edit.n_filled else ""
    print_text(f"Recorded{about}.{filled} Take it back with: sightline undo {arguments.project}")
    if n_outdated:
        print_text(f"Crop and describe what changed anew with: sightline refresh {arguments.project}")
    return 0


def _draw(annotate: Any, project: Project, a: argparse.Namespace) -> Edit:
    sources = project.sources(a.camera)
    if not sources:
        known = ", ".join(camera.name for camera in project.cameras()) or "none"
        raise UsageError(f"There is no footage of a camera {a.camera!r}; the project has: {known}.")
    if not 1 <= a.file <= len(sources):
        raise UsageError(f"Camera {a.camera} has {len(sources)} files; there is no file {a.file}.")
    edit: Edit = annotate.draw(project, sources[a.file - 1].id, a.at, a.box, a.tracklet)
    return edit


def _delete(annotate: Any, project: Project, a: argparse.Namespace) -> Edit:
    edit: Edit = (
        annotate.delete(project, a.tracklet)
        if a.whole
        else annotate.delete_boxes(project, a.tracklet, a.at, a.to)
    )
    return edit


def run_refresh(arguments: argparse.Namespace) -> int:
    """Crop and describe edited tracklets anew; 3 where some footage was out of reach."""
    from reid_core.pipeline.models import load_embedder_of
    from reid_core.pipeline.refresh import refresh
    from reid_core.progress import Notice
    from reid_core.store.project import Project

    existing_project(arguments.project)
    printer = EventPrinter(as_json_lines=arguments.events, quiet=arguments.json)
    problems = []
    with cancel_on_signal() as cancel, Project.open(arguments.project) as project, printer:
        before = project.stored.outdated()
        with project.engine() as engine:
            for event in refresh(
                project,
                engine,
                lambda space: load_embedder_of(project, space, None, arguments.device, cancel, printer.show),
                cancel,
            ):
                printer.show(event)
                if isinstance(event, Notice) and event.level == "warning":
                    problems.append(event.text)
        left = {tracklet_id for tracklet_id, _ in project.stored.outdated()}
    done = [tracklet_id for tracklet_id, _ in before if tracklet_id not in left]
    if arguments.json:
        print_json({"refreshed": done, "left": sorted(left), "problems": problems})
    elif not arguments.events:
        print_text(f"Tracklets cropped and described anew: {len(done)}; left: {len(left)}.")
    return 3 if problems else 0


def run_note(arguments: argparse.Namespace) -> int:
    """Write a note and tags on an identity or a tracklet."""
    from reid_core.pipeline.identities import identities
    from reid_core.pipeline.notes import write_identity_note, write_note
    from reid_core.store.project import Project

    with Project.open(existing_project(arguments.project)) as project:
        who, text, tags = arguments.target, arguments.text, arguments.tag
        identity = next((i for i in identities(project).identities if i.id == who), None)
        if identity is None:
            event = write_note(project, who, text, tags)
        else:
            event = write_identity_note(project, identity, text, tags)
    if arguments.json:
        print_json({"event": event.id, "kind": event.kind})
    else:
        print_text(f"Noted on {who}. Take it back with: sightline undo {arguments.project}")
    return 0
