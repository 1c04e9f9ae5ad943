"""``ingest`` and ``embed``: footage to searchable tracklets."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_core.cli.arguments import (
    CameraArgument,
    camera,
    camera_number,
    existing_project,
    positive,
    project_path,
)
from reid_core.cli.jobs import cancel_on_signal
from reid_core.cli.output import EventPrinter, print_json, print_table, print_text
from reid_core.cli.streams import (
    add_stream_options,
    files_of,
    register_streams,
    stopping_after,
    watched_cameras,
)
from reid_core.errors import UsageError

if TYPE_CHECKING:
    from reid_core.store.project import Project

DEVICES = ("auto", "cpu", "cuda", "mps")


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser(
        "ingest",
        help="process footage into searchable tracklets",
        description="Detect, track and describe everyone in the footage. Resumable: run it again to go on. "
        "Without --camera the project's unfinished sources are processed.",
    )
    parser.add_argument("project", type=project_path, help="project file; made when absent")
    parser.add_argument(
        "--camera",
        action="append",
        default=[],
        type=camera,
        metavar="NAME=FILE[,FILE...]",
        help="a camera and its video files or image folders, in order, or its address "
        "(rtsp://user@host/path, http://..., device:0); repeat for each camera",
    )
    parser.add_argument(
        "--offset",
        action="append",
        default=[],
        type=camera_number,
        metavar="NAME=MS",
        help="add milliseconds to a camera's clock",
    )
    parser.add_argument(
        "--drift",
        action="append",
        default=[],
        type=camera_number,
        metavar="NAME=PPM",
        help="drift of a camera's clock, parts per million",
    )
    parser.add_argument(
        "--fps", type=float, help="frame rate of image folders (default: seqinfo.ini, else 25)"
    )
    parser.add_argument(
        "--detector", help="detector: a name, a file, or replay:FOLDER with <camera>.txt boxes"
    )
    parser.add_argument("--model", help="re-identification model: a name or a file")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument(
        "--stride",
        type=positive,
        default=1,
        help="look at every N-th frame; boxes between are interpolated",
    )
    add_stream_options(parser)
    _add_output(parser)
    parser.set_defaults(run=run_ingest)

    parser = commands.add_parser(
        "embed",
        help="describe the stored crops with another model",
        description="Compute another model's vectors from the stored crops; the old ones stay.",
    )
    parser.add_argument("project", type=project_path)
    parser.add_argument("--model", help="re-identification model: a name or a file")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    _add_output(parser)
    parser.set_defaults(run=run_embed)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.add_argument("--events", action="store_true", help="print every event as a JSON line")


def run_ingest(arguments: argparse.Namespace) -> int:
    """Register the cameras, process what is not finished, and say what came of each source."""
    from reid_core.pipeline.events import SourceFinished
    from reid_core.pipeline.importing.take import follow_names
    from reid_core.pipeline.ingest import IngestConfig, ingest
    from reid_core.pipeline.models import load_models
    from reid_core.pipeline.sources import register_cameras
    from reid_core.store.project import Project

    cameras = merge_cameras(files_of(arguments.camera))
    if not arguments.camera:
        existing_project(arguments.project)
    finished: list[SourceFinished] = []
    printer = EventPrinter(as_json_lines=arguments.events, quiet=arguments.json)
    with (
        cancel_on_signal() as cancel,
        Project.open(arguments.project, create=True) as project,
        printer,
    ):
        project.refuse_if_busy()
        for event in register_cameras(project, cameras, fps=arguments.fps, cancel=cancel):
            printer.show(event)
            if isinstance(event, SourceFinished):
                finished.append(event)
        register_streams(project, arguments)
        _set_clocks(project, arguments.offset, arguments.drift)
        follow_names(project)  # of cameras whose imported detections the detector may replay
        live = watched_cameras(project, arguments, printer)
        loading = load_models(
            project, arguments.detector, arguments.model, arguments.device, cancel, printer.show
        )
        config = IngestConfig(stride=arguments.stride)
        with stopping_after(cancel, arguments.stop_after):
            events = ingest(project, loading.detector, loading.embedder, config, cancel, live)
            for event in events:
                printer.show(event)
                if isinstance(event, SourceFinished):
                    finished.append(event)
    if arguments.json:
        print_json([asdict(event) for event in finished])
    elif not arguments.events:
        if finished or not live:
            print_table(
                ("camera", "file", "state", "frames", "tracklets", "why"),
                [
                    (e.camera, Path(e.path).name, e.state, e.n_frames, e.n_tracklets, e.reason)
                    for e in finished
                ],
            )
        print_text(f"Next: sightline tracklets {arguments.project}")
    return 0 if all(event.state == "done" for event in finished) else 3


def merge_cameras(arguments: list[CameraArgument]) -> dict[str, tuple[Path, ...]]:
    """Files by camera; a camera that is named twice has the files of both, in order."""
    cameras: dict[str, tuple[Path, ...]] = {}
    for argument in arguments:
        cameras[argument.name] = cameras.get(argument.name, ()) + argument.paths
    return cameras


def _set_clocks(project: Project, offsets: list[tuple[str, float]], drifts: list[tuple[str, float]]) -> None:
    known = {camera.name: camera for camera in project.cameras()}
    wanted_offsets, wanted_drifts = dict(offsets), dict(drifts)
    for name in [*wanted_offsets, *wanted_drifts]:
        if name not in known:
            raise UsageError(f"There is no camera {name!r}; the project has: {', '.join(known) or 'none'}.")
    for name in dict.fromkeys([*wanted_offsets, *wanted_drifts]):
        camera = known[name]
        offset_ms = wanted_offsets.get(name, camera.offset_ms)
        drift_ppm = wanted_drifts.get(name, camera.drift_ppm)
        if (offset_ms, drift_ppm) != (camera.offset_ms, camera.drift_ppm):
            project.set_clock(name, offset_ms, drift_ppm)


def run_embed(arguments: argparse.Namespace) -> int:
    """Embed every tracklet's stored crops in the space of another model."""
    from reid_core.pipeline.embed import embed_missing
    from reid_core.pipeline.models import load_embedder_for, remember_embedder
    from reid_core.store.project import Project

    existing_project(arguments.project)
    printer = EventPrinter(as_json_lines=arguments.events, quiet=arguments.json)
    with cancel_on_signal() as cancel, Project.open(arguments.project) as project, printer:
        project.refuse_if_busy()
        embedder = load_embedder_for(project, arguments.model, arguments.device, cancel, printer.show)
        with project.engine() as engine:
            for event in embed_missing(project, engine, embedder, cancel):
                printer.show(event)
            space = engine.ensure_space(embedder.space)
        remember_embedder(project, embedder, arguments.model)
        ids, _ = project.descriptors(space.key)
    if arguments.json:
        print_json({"model": embedder.space.name, "space": embedder.space.key, "tracklets": len(ids)})
    elif not arguments.events:
        print_text(f"{len(ids)} tracklets can be searched with {embedder.space.name}.")
    return 0
