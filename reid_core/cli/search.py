"""``search``: one person, every place where they appear."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_core.cli.arguments import box, existing_project, positive, project_path
from reid_core.cli.ingest import DEVICES
from reid_core.cli.jobs import cancel_on_signal
from reid_core.cli.output import EventPrinter, clock_text, print_json, print_table, print_text
from reid_core.errors import UsageError

if TYPE_CHECKING:
    from reid_core.pipeline.search import Hit, Query, SearchResult
    from reid_core.progress import CancelToken
    from reid_core.store.project import Project
    from reid_core.store.records import Space


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser(
        "search",
        help="rank all tracklets by likeness to a person",
        description="Rank every tracklet by its visual likeness to the query. Likeness is not identity.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument(
        "--tracklet", action="append", default=[], metavar="ID", help="a tracklet of the person; repeatable"
    )
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a picture of the person; repeatable",
    )
    parser.add_argument(
        "--box", type=box, metavar="x1,y1,x2,y2", help="where the person is in the (single) picture"
    )
    parser.add_argument("--model", help="search in this model's space (default: the last one used)")
    parser.add_argument("--detector", help="finds the person in --image (default: the project's)")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument(
        "--all", action="store_true", help="keep hits in the query's camera at the query's time"
    )
    parser.add_argument("--reachable", action="store_true", help="leave out hits outside their travel window")
    parser.add_argument("--rerank", action="store_true", help="k-reciprocal re-ranking")
    parser.add_argument("--expand", action="store_true", help="average query expansion")
    parser.add_argument("--camera", action="append", default=[], metavar="NAME", help="only this camera")
    parser.add_argument("--from", dest="from_ms", type=float, metavar="MS", help="only from this time on")
    parser.add_argument("--to", dest="to_ms", type=float, metavar="MS", help="only up to this time")
    parser.add_argument("--limit", type=positive, help="show this many hits (default: 20; with --json, all)")
    parser.add_argument("--json", action="store_true", help="print all hits as JSON, best first")
    parser.set_defaults(run=run_search)


def run_search(arguments: argparse.Namespace) -> int:
    """Search and print the ranked tracklets."""
    from reid_core.pipeline.models import search_space
    from reid_core.pipeline.query_image import SeveralPeopleError
    from reid_core.pipeline.search import SearchOptions, search
    from reid_core.store.project import Project

    if not arguments.tracklet and not arguments.image:
        raise UsageError("Say who to search for: --tracklet ID or --image FILE.")
    if arguments.box and len(arguments.image) != 1:
        raise UsageError("--box needs exactly one --image.")
    existing_project(arguments.project)
    options = SearchOptions(
        impossible=arguments.all,
        rerank=arguments.rerank,
        expand=arguments.expand,
        cameras=tuple(arguments.camera),
        from_ms=arguments.from_ms,
        to_ms=arguments.to_ms,
        reachable=arguments.reachable,
    )
    with (
        cancel_on_signal() as cancel,
        Project.open(arguments.project) as project,
        EventPrinter(as_json_lines=False, quiet=arguments.json) as printer,
    ):
        _check_cameras(project, options.cameras)
        space = search_space(project, arguments.model)
        try:
            query = _query(project, space, arguments, cancel, printer)
        except SeveralPeopleError as error:
            if arguments.json:
                print_json({"error": str(error), "boxes": error.boxes})
            raise
        result = search(project, space.key, query, options)
    if arguments.json:
        print_json([_as_dict(hit) for hit in result.hits[: arguments.limit]])
    else:
        _print(result, arguments.limit or 20, space.name)
    return 0


def _check_cameras(project: Project, wanted: tuple[str, ...]) -> None:
    names = [camera.name for camera in project.cameras()]
    for name in wanted:
        if name not in names:
            raise UsageError(f"There is no camera {name!r}; the project has: {', '.join(names)}.")


def _query(
    project: Project, space: Space, arguments: argparse.Namespace, cancel: CancelToken, printer: EventPrinter
) -> Query:
    import numpy as np

    from reid_core import imaging
    from reid_core.pipeline.models import load_detector_for, load_embedder_of
    from reid_core.pipeline.query_image import person_crop
    from reid_core.pipeline.search import Query, tracklet_query

    query = tracklet_query(project, space.key, arguments.tracklet) if arguments.tracklet else None
    if not arguments.image:
        assert query is not None
        return query
    images = [imaging.read_image(path) for path in arguments.image]
    detector = None
    if arguments.box is None:
        detector = load_detector_for(project, arguments.detector, arguments.device, cancel, printer.show)
    crops = [person_crop(image, detector, arguments.box) for image in images]
    embedder = load_embedder_of(project, space, arguments.model, arguments.device, cancel, printer.show)
    vectors = embedder.embed(crops)
    if query is None:
        return Query(vectors)
    return Query(np.concatenate([query.descriptors, vectors]), query.tracklet_ids)


def _as_dict(hit: Hit) -> dict[str, Any]:
    span = hit.span
    return {
        "tracklet": span.tracklet,
        "camera": span.camera,
        "start_ms": span.start_ms,
        "end_ms": span.end_ms,
        "n_detections": span.n_detections,
        "similarity": round(hit.similarity, 6),
        "reason": hit.reason or None,
    }


def _print(result: SearchResult, limit: int, model: str) -> None:
    shows_reasons = any(hit.reason for hit in result.hits[:limit])
    print_table(
        ("tracklet", "camera", "from", "to", "boxes", "similarity", *["unlikely"] * shows_reasons),
        [
            (
                hit.span.tracklet,
                hit.span.camera,
                clock_text(hit.span.start_ms),
                clock_text(hit.span.end_ms),
                hit.span.n_detections,
                hit.similarity,
                *[hit.reason] * shows_reasons,
            )
            for hit in result.hits[:limit]
        ],
    )
    shown = min(limit, len(result.hits))
    print_text(f"{shown} of {len(result.hits)} hits, {model}. Visual similarity, not confirmed identity.")
    if result.n_impossible:
        print_text(
            f"{result.n_impossible} left out: in the query's camera at the query's time; --all shows them."
        )
    if result.n_unreachable:
        print_text(f"{result.n_unreachable} left out: outside their travel window.")
    if result.n_filtered:
        print_text(f"{result.n_filtered} outside the asked cameras or times.")
    if result.n_undescribed:
        print_text(
            f"{result.n_undescribed} without vectors of this model: sightline embed PROJECT adds them."
        )
