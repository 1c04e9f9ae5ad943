"""``forget``: erase people from a project for good."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reid_core.cli.arguments import existing_project, project_path
from reid_core.cli.output import print_json, print_text
from reid_core.cli.review import actor
from reid_core.errors import UsageError
from reid_core.types import ImageAnchor

if TYPE_CHECKING:
    from reid_core.store.project import Project

KEPT = (
    "Footage, backups, exports and training data are files of their own and stay as they are; so do names "
    "and notes in the log."
)


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "forget",
        help="erase a person's pictures and vectors for good",
        description="Overwrites the pictures, vectors and colours of people or tracklets; the log says that "
        f"it was done. It cannot be undone. {KEPT}",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument("who", nargs="+", metavar="WHO", help="identities (P7) or tracklets (c1s1t7)")
    parser.add_argument("--reason", default="", help="why, for the log")
    parser.add_argument("--yes", action="store_true", help="do it; without, only say what would be erased")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=run_forget)


def run_forget(arguments: argparse.Namespace) -> int:
    """Erase, or say what would be erased."""
    from reid_core.store.project import Project

    with Project.open(existing_project(arguments.project)) as project:
        tracklets, queries = find(project, arguments.who)
        n_pictures = sum(len(project.crops(tracklet)) for tracklet in tracklets) + len(queries)
        event = None
        if arguments.yes:
            event = project.forget([*tracklets, *queries], reason=arguments.reason, actor=actor())
    if arguments.json:
        print_json({"erased": event is not None, "tracklets": tracklets, "n_pictures": n_pictures})
        return 0
    what = f"{len(tracklets)} tracklets ({' '.join(tracklets)}) with {n_pictures} pictures"
    if event is None:
        print_text(f"This would erase {what} for good. Do it with --yes. {KEPT}")
    else:
        print_text(f"Erased {what} (event {event.id}). {KEPT}")
    return 0


def find(project: Project, who: Sequence[str]) -> tuple[list[str], list[ImageAnchor]]:
    """Ids of the tracklets of identities and tracklets, and the query pictures of identities, each once.

    Raises:
        UsageError: One is neither.
    """
    from reid_core.pipeline.identities import identities
    from reid_core.store.decisions import IMAGE

    known = {identity.id: identity for identity in identities(project).identities}
    found: dict[str, None] = {}
    for name in who:
        if name not in known and name.startswith("P"):
            raise UsageError(f"There is no identity {name}. See: sightline identities {project.path}")
        nodes = (
            (*known[name].tracklets, *known[name].others) if name in known else (project.tracklet(name).id,)
        )
        found |= dict.fromkeys(nodes)
    queries = [ImageAnchor(node.removeprefix(IMAGE)) for node in found if node.startswith(IMAGE)]
    return [node for node in found if ":" not in node], queries
