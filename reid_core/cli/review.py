"""``decide``, ``undo``, ``redo``, ``identities``, ``log``: what people decided, and what follows from it."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_core.cli.arguments import existing_project, project_path
from reid_core.cli.output import clock_text, print_json, print_table, print_text
from reid_core.errors import UsageError
from reid_core.types import ImageAnchor, Verdict

if TYPE_CHECKING:
    from reid_core.linking.identities import Conflict
    from reid_core.store.events import Event
    from reid_core.store.project import Project


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = _command(commands, "decide", run_decide, "record whether two tracklets show the same person")
    parser.add_argument("a", metavar="A", help="a tracklet id, or a picture file of the person")
    parser.add_argument("b", metavar="B", help="another tracklet id or picture file")
    parser.add_argument("verdict", choices=[str(verdict) for verdict in Verdict])
    parser.add_argument("--note", default="", help="why, in your words")
    _command(commands, "undo", run_undo, "take back the last action")
    _command(commands, "redo", run_redo, "take back the last undo")
    _command(commands, "identities", run_identities, "list who is who, from all decisions")
    _command(commands, "log", run_log, "list every action, and verify the log")


def _command(commands: Any, name: str, run: Any, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary)
    parser.add_argument("project", type=project_path)
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=run)
    return parser


def actor() -> str:
    """Who sits at the keyboard, for the log."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user on this computer, as in some containers
        return "unknown"


def _open(arguments: argparse.Namespace) -> Project:
    from reid_core.store.project import Project

    return Project.open(existing_project(arguments.project))


def run_decide(arguments: argparse.Namespace) -> int:
    """Record a verdict about two tracklets or pictures."""
    from reid_core.pipeline.identities import identities

    if arguments.a == arguments.b:
        raise UsageError("A decision needs two different tracklets.")
    with _open(arguments) as project:
        a, b = _place(project, arguments.a), _place(project, arguments.b)
        event = project.decide(a, b, Verdict(arguments.verdict), actor=actor(), note=arguments.note)
        conflicts = identities(project).conflicts
    if arguments.json:
        print_json(
            {"event": event.id, "kind": event.kind, "conflicts": [conflict_text(c) for c in conflicts]}
        )
        return 0
    print_text(
        f"{arguments.a} and {arguments.b}: {arguments.verdict}. "
        f"Take it back with: sightline undo {arguments.project}"
    )
    for conflict in conflicts:
        print_text(f"Contradiction: {conflict_text(conflict)}")
    return 0


def _place(project: Project, text: str) -> str | ImageAnchor:
    path = Path(text)
    if path.is_file():
        from reid_core import imaging

        imaging.read_image(path)  # refuses what is no picture
        return project.add_image(path.read_bytes())
    return project.tracklet(text).id


def run_undo(arguments: argparse.Namespace) -> int:
    """Take back the last action."""
    with _open(arguments) as project:
        return _report(arguments, "Undone", project.undo(actor=actor()))


def run_redo(arguments: argparse.Namespace) -> int:
    """Take back the last undo."""
    with _open(arguments) as project:
        return _report(arguments, "Redone", project.redo(actor=actor()))


def _report(arguments: argparse.Namespace, done: str, event: Event) -> int:
    if arguments.json:
        print_json({"event": event.id, "kind": event.kind})
    else:
        print_text(f"{done}: {event.kind} of {event.at_utc} (event {event.id}).")
    return 0


def run_identities(arguments: argparse.Namespace) -> int:
    """Print the identities that follow from all decisions, and what contradicts."""
    from reid_core.pipeline.identities import identities
    from reid_core.pipeline.notes import notes, notes_of

    with _open(arguments) as project:
        found = identities(project)
        written = notes_of(found, notes(project))
    if arguments.json:
        print_json(
            [
                {
                    "identity": i.id,
                    "name": i.name,
                    "tracklets": list(i.tracklets),
                    "cameras": list(i.cameras),
                    "tags": sorted({tag for note in written.get(i.id, ()) for tag in note.tags}),
                    "notes": [note.as_dict() for note in written.get(i.id, ())],
                }
                for i in found.identities
            ]
        )
        return 0
    print_table(
        ("identity", "name", "tracklets", "cameras", "notes"),
        [
            (
                i.id,
                i.name,
                " ".join(i.tracklets),
                " ".join(i.cameras),
                " · ".join(
                    " ".join([n.text, *(f"#{tag}" for tag in n.tags)]).strip() for n in written.get(i.id, ())
                ),
            )
            for i in found.identities
        ],
    )
    for conflict in found.conflicts:
        print_text(f"Contradiction: {conflict_text(conflict)}")
    return 0


def conflict_text(conflict: Conflict) -> str:
    """A contradiction with the decisions that make it, and the way out."""
    chain = ", ".join(f"{d.a} = {d.b} (event {d.id})" for d in conflict.chain)
    if conflict.decision is not None:
        against = f"{conflict.a} and {conflict.b} were decided to be different (event {conflict.decision.id})"
    else:
        against = (
            f"{conflict.a} and {conflict.b} are both in camera {conflict.camera} from "
            f"{clock_text(conflict.from_ms)} to {clock_text(conflict.to_ms)}"
        )
    reason = f", but {chain}" if chain else ""
    return f"{against}{reason}. Decide one of these pairs again, or undo."


def run_log(arguments: argparse.Namespace) -> int:
    """Print every action, oldest first; 1 when the log was tampered with."""
    with _open(arguments) as project:
        events = project.log()
        active = {event.id for event in project.active_events()}
        faults = project.verify_log()
    if arguments.json:
        print_json([{**asdict(event), "active": event.id in active} for event in events])
    else:
        print_table(
            ("event", "when", "who", "what", "state"),
            [
                (e.id, e.at_utc, e.actor, _summary(e), "" if e.id in active or e.undoes else "undone")
                for e in events
            ],
        )
    for fault in faults:
        print_text(f"The log was changed by something else: {fault}")
    return 1 if faults else 0


def _summary(event: Event) -> str:
    if event.undoes is not None:
        return f"{event.kind} event {event.undoes}"
    verdict = getattr(event.payload, "verdict", None)
    return f"{event.kind} {verdict}" if verdict else event.kind
