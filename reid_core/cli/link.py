"""``link`` and ``travel``: who may be one person across cameras, and how long people take between them."""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from reid_core.cli.arguments import camera_name, existing_project, project_path
from reid_core.cli.jobs import cancel_on_signal
from reid_core.cli.output import print_json, print_table, print_text
from reid_core.cli.review import actor
from reid_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_core.linking.plan import LinkPlan, Proposal
    from reid_core.linking.travel import TravelTable, TravelWindow

SHOWN = 20


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser(
        "link",
        help="propose who is the same person across cameras",
        description="Propose tracklets that may be one person. Nothing is applied without --apply.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument(
        "--apply",
        type=threshold,
        metavar="P",
        help="accept all proposals from this probability on, in one step that can be undone; "
        "before there are enough decisions, P is a similarity",
    )
    parser.add_argument(
        "--threshold", type=threshold, metavar="P", help="show proposals from here on (default: chosen)"
    )
    parser.add_argument("--model", help="compare this model's vectors (default: the last one used)")
    parser.add_argument("--json", action="store_true", help="print the proposals as JSON, the surest first")
    parser.set_defaults(run=run_link)

    parser = commands.add_parser(
        "travel",
        help="show or edit the travel times between cameras",
        description="Travel times in seconds, both ways. A pair that is not listed excludes nothing.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument(
        "--set",
        dest="windows",
        action="append",
        default=[],
        type=window,
        metavar="A:B=MIN,TYPICAL,MAX",
        help="seconds between leaving one view and entering the other; leave unknown ones empty",
    )
    parser.add_argument(
        "--overlapping", action="append", default=[], type=pair, metavar="A:B", help="the views overlap"
    )
    parser.add_argument(
        "--forget", action="append", default=[], type=pair, metavar="A:B", help="nothing is known of the pair"
    )
    parser.add_argument("--learn", action="store_true", help="learn the others from the identities")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=run_travel)


def threshold(text: str) -> float:
    """Parse a number from -1 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not -1 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from -1 to 1")
    return number


def pair(text: str) -> tuple[str, str]:
    """Parse ``A:B``, two cameras."""
    a, sign, b = text.partition(":")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text!r}: write two cameras as A:B")
    if camera_name(a) == camera_name(b):
        raise argparse.ArgumentTypeError(f"{text!r}: name two different cameras")
    return camera_name(a), camera_name(b)


def window(text: str) -> TravelWindow:
    """Parse ``A:B=MIN,TYPICAL,MAX`` in seconds, each of which may be empty."""
    from reid_core.linking.travel import TravelWindow

    cameras, sign, numbers = text.partition("=")
    parts = numbers.split(",")
    try:
        times_ms = [None if not part.strip() else float(part) * 1000.0 for part in parts]
    except ValueError:
        times_ms = []
    known = [t for t in times_ms if t is not None]
    if not sign or len(times_ms) != 3 or not all(math.isfinite(t) and t >= 0 for t in known):
        raise argparse.ArgumentTypeError(
            f"{text!r}: write A:B=MIN,TYPICAL,MAX in seconds, for example gate:hall=5,20,90"
        )
    if known != sorted(known):
        raise argparse.ArgumentTypeError(f"{text!r}: minimum, typical and maximum must rise")
    (a, b), (least, typical, most) = pair(cameras), times_ms
    return TravelWindow(a, b, least, typical, most)


def run_link(arguments: argparse.Namespace) -> int:
    """Propose links; with ``--apply`` record them."""
    from reid_core.pipeline.link import accept_links, plan_links
    from reid_core.pipeline.models import search_space
    from reid_core.store.project import Project

    chosen = arguments.threshold if arguments.apply is None else arguments.apply
    if arguments.threshold is not None and arguments.apply is not None:
        raise UsageError("Give --threshold to look, or --apply to accept, not both.")
    existing_project(arguments.project)
    with cancel_on_signal() as cancel, Project.open(arguments.project) as project:
        space = search_space(project, arguments.model)
        plan = plan_links(project, space.key, cancel=cancel)
        proposals = plan.proposals(chosen)
        if arguments.apply is not None and proposals:
            accept_links(project, proposals, threshold=arguments.apply, model=space.name, actor=actor())
    if arguments.json:
        print_json([_as_dict(proposal) for proposal in proposals])
        return 0
    _print_proposals(plan, proposals)
    _print_outlook(plan, chosen, arguments)
    return 0


def _as_dict(proposal: Proposal) -> dict[str, Any]:
    return {
        "tracklets": list(proposal.tracklets),
        "cameras": list(proposal.cameras),
        "probability": None if proposal.probability is None else round(proposal.probability, 6),
        "similarity": round(proposal.similarity, 6),
        "reasons": list(proposal.reasons),
    }


def _print_proposals(plan: LinkPlan, proposals: Sequence[Proposal]) -> None:
    print_table(
        (str(plan.scale), "tracklets", "cameras", "why"),
        [
            (
                proposal.similarity if proposal.probability is None else proposal.probability,
                " ".join(proposal.tracklets),
                " ".join(proposal.cameras),
                "; ".join(proposal.reasons),
            )
            for proposal in proposals[:SHOWN]
        ],
    )
    if len(proposals) > SHOWN:
        print_text(f"The first {SHOWN} of {len(proposals)}; --json prints all.")


def _print_outlook(plan: LinkPlan, chosen: float | None, arguments: argparse.Namespace) -> None:
    from reid_core.linking.calibration import LEAST_PAIRS

    then, now = plan.preview(chosen), plan.before
    done = "Accepted" if arguments.apply is not None and then.n_proposals else "Proposed"
    print_text(
        f"{done} from {plan.scale} {then.threshold:.2f} on: {then.n_proposals} proposals. "
        f"Identities: {now.n_identities} before, {then.n_identities} with them; "
        f"{then.n_unassigned} of {plan.n_tracklets} tracklets stay unassigned."
    )
    if plan.calibration is None:
        print_text(f"No probability yet: {plan.n_decided} decided pairs, {LEAST_PAIRS} needed.")
    if plan.n_left_out:
        print_text(
            f"{plan.n_left_out} identities contradict themselves and were left out: sightline identities"
        )
    if plan.n_undescribed:
        print_text(f"{plan.n_undescribed} tracklets without vectors of this model: sightline embed PROJECT")
    if arguments.apply is not None:
        back = f"Take it back with: sightline undo {arguments.project}"
        print_text(back if then.n_proposals else "Nothing to accept.")
    elif then.n_proposals:
        from_here = math.floor(then.threshold * 1e4) / 1e4  # rounded up it would leave the last one out
        again = f"sightline link {arguments.project} --apply {from_here}"
        print_text(f"Nothing is applied. Accept them: {again}")


def run_travel(arguments: argparse.Namespace) -> int:
    """Show the table of travel times, edited as asked."""
    from reid_core.pipeline.link_travel import learn_travel, set_travel, travel_table
    from reid_core.store.project import Project

    with Project.open(existing_project(arguments.project)) as project:
        before = travel_table(project)
        after = _edited(before, arguments)
        if arguments.learn:
            after = learn_travel(project, after)
        if after != before:
            set_travel(project, after, actor=actor())
    if arguments.json:
        print_json([asdict(window) for window in after.windows])
        return 0
    _print_table(after)
    if after != before:
        print_text(f"Set. Take it back with: sightline undo {arguments.project}")
    elif not after.windows:
        print_text(
            "No travel times yet. Set them with --set A:B=MIN,TYPICAL,MAX, "
            "or learn them from identities with --learn."
        )
    elif arguments.learn:
        print_text("Nothing new could be learnt: three journeys between two cameras are needed.")
    return 0


def _edited(table: TravelTable, arguments: argparse.Namespace) -> TravelTable:
    from reid_core.linking.travel import TravelWindow

    for a, b in arguments.forget:
        if table.between(a, b) is None:
            raise UsageError(f"Nothing is known of {a} and {b} that could be forgotten.")
        table = table.without(a, b)
    for given in arguments.windows:
        table = table.with_window(given)
    for a, b in arguments.overlapping:
        table = table.with_window(TravelWindow(a, b, overlapping=True))
    return table


def _print_table(table: TravelTable) -> None:
    from reid_core.linking.travel import short_time

    def cell(t_ms: float | None) -> str:
        return "-" if t_ms is None else short_time(t_ms)

    print_table(
        ("between", "and", "minimum", "typical", "maximum", "views", "from"),
        [
            (
                w.a,
                w.b,
                cell(w.min_ms),
                cell(w.typical_ms),
                cell(w.max_ms),
                "overlap" if w.overlapping else "apart",
                f"learnt from {w.n_learnt}" if w.n_learnt else "set by hand",
            )
            for w in table.windows
        ],
    )
