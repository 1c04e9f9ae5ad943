"""Puts imported labels where they are used: tracklets and detections for an ingest, truth for measuring.

All lie in the project's folder: ``detections/<camera>.txt``, ``truth/<camera>.txt``, and a file for each
source in ``tracklets``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from reid_core.crops.select import CropConfig
from reid_core.errors import UsageError
from reid_core.pipeline.export.file_names import camera_files
from reid_core.pipeline.export.tables import frame_count
from reid_core.pipeline.importing import cvat, mot
from reid_core.pipeline.importing.files import read_bytes
from reid_core.pipeline.importing.labels import Labels, LabelsError
from reid_core.pipeline.importing.tracklets import TRACKLETS, kept_file, source_labels, source_text
from reid_core.store.engine import Engine
from reid_core.store.failures import plain_errors
from reid_core.store.project import Project
from reid_core.store.records import STREAM

DETECTIONS, TRUTH = "detections", "truth"


class Reader(Protocol):
    """Reads one format."""

    def __call__(self, data: bytes, name: str, *, is_truth: bool, first_frame: int) -> Labels: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class _Format:
    read: Reader
    members: tuple[str, ...]
    first_frame: int


FORMATS = {"mot": _Format(mot.read, mot.MEMBERS, 1), "cvat": _Format(cvat.read, cvat.MEMBERS, 0)}
"""Formats by their name on the command line."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import brought.

    Attributes:
        path: File that was written in the project's folder, or the folder of several.
        camera: Camera that it belongs to.
        kind: `TRACKLETS`, `DETECTIONS` or `TRUTH`.
        n_boxes: Boxes.
        n_persons: Persons that they name.
        n_ignored: Boxes that do not count when tracks are measured, or that no tracklet is made of.
        n_outside: Boxes that reach out of the picture.
        uncovered: Cameras of the project that have no such file.
        left_out: What the file holds besides people, for the user; may be empty.
    """

    path: Path
    camera: str
    kind: str
    n_boxes: int
    n_persons: int
    n_ignored: int
    n_outside: int
    uncovered: tuple[str, ...]
    left_out: str


def take(
    project: Project,
    path: Path,
    *,
    camera: str,
    key: str,
    kind: str,
    first_frame: int | None = None,
    across: bool = False,
    overwrite: bool = False,
) -> Taken:
    """Read labels of a camera and keep them with the project.

    Args:
        project: An open project.
        path: The file, or CVAT's archive of it.
        camera: Whose footage it describes; a camera's files count as one after the other.
        key: A key of `FORMATS`.
        kind: `TRACKLETS` for an ingest to crop and describe, `DETECTIONS` for the replay detector (who is who
            is not kept), or `TRUTH`.
        first_frame: Number of the first frame in the file; None for the format's own.
        across: Its numbers mean the same person in every camera (tracklets only).
        overwrite: Replace what was imported for this camera before, and the tracklets that it has.

    Raises:
        UsageError: There is no such camera, the labels cannot be read or do not fit its footage, or some
            were imported before.
        ProjectBusyError: An engine works on the project (tracklets only).
        StoreError: The project's folder cannot be written.
    """
    sources = project.sources(camera)
    names = [c.name for c in project.cameras()]
    if camera not in names:
        raise UsageError(f"There is no camera {camera!r}; the project has: {', '.join(names) or 'none'}.")
    if kind == DETECTIONS and len(sources) > 1:
        raise UsageError(
            f"{camera} has {len(sources)} files, and detections are replayed file by file. Make a camera of "
            "each, or import as truth."
        )
    if kind == TRACKLETS and any(source.kind == STREAM for source in sources):
        raise UsageError(f"{camera} is a live camera, and imported tracks are read from files.")
    if (present := find_present(project, kind, camera)) and not overwrite:
        raise UsageError(f"{camera} has {present} already. Replace them with --force.")
    target = project.sidecar / TRACKLETS if kind == TRACKLETS else place(project, kind, camera)
    made = FORMATS[key]
    labels = made.read(
        read_bytes(path, made.members),
        path.name,
        is_truth=kind == TRUTH,
        first_frame=made.first_frame if first_frame is None else first_frame,
    )
    _refuse_misfits(labels, path, camera, sum(map(frame_count, sources)))
    if kind == TRUTH:
        labels.refuse_twins(path.name)
    n_ignored = int((~labels.judged).sum())
    if kind == TRACKLETS:
        n_read = len(labels)
        labels = _of_people(labels, path, across=across)
        replace(labels, persons=labels.tracks).refuse_twins(path.name)
        n_ignored = n_read - len(labels)
        with project.engine() as engine, plain_errors(project.path):
            first_idx = 0
            for source in sources:
                _write(kept_file(project, source), source_text(source, labels, first_idx))
                first_idx += frame_count(source)
            _reopen(project, engine, camera)
    else:
        with plain_errors(project.path):
            _write(target, truth_text(labels) if kind == TRUTH else detections_text(labels))
    size = np.array([sources[0].width, sources[0].height] if sources else [np.inf, np.inf])
    outside = (labels.xyxy[:, :2] < -0.5).any(axis=1) | (labels.xyxy[:, 2:] > size + 0.5).any(axis=1)
    return Taken(
        target,
        camera,
        kind,
        len(labels),
        labels.n_persons,
        n_ignored,
        int(outside.sum()),
        tuple(name for name in names if not is_taken(project, kind, name)),
        labels.left_out,
    )


def drop_tracklets(project: Project, camera: str) -> None:
    """Take imported tracks back: the next ingest finds and follows people by itself again.

    Raises:
        UsageError: None were imported for this camera.
        ProjectBusyError: An engine works on the project.
    """
    if not is_taken(project, TRACKLETS, camera):
        raise UsageError(f"{camera} has no imported tracklets.")
    with project.engine() as engine, plain_errors(project.path):
        for source in project.sources(camera):
            kept_file(project, source).unlink(missing_ok=True)
        _reopen(project, engine, camera)


def is_taken(project: Project, kind: str, camera: str) -> bool:
    """Whether labels of this kind were imported for a camera."""
    if kind == TRACKLETS:
        return any(kept_file(project, source).exists() for source in project.sources(camera))
    return place(project, kind, camera).exists()


def find_present(project: Project, kind: str, camera: str) -> str:
    """What of this kind a camera has already, for a sentence; empty for nothing."""
    if is_taken(project, kind, camera):
        return f"imported {kind}"
    if kind != TRACKLETS:
        return ""
    n_tracklets = sum(t.camera == camera for t in project.tracklets())
    return f"{n_tracklets} tracklets" if n_tracklets else ""


def _of_people(labels: Labels, path: Path, *, across: bool) -> Labels:
    """What tracklets are made of: boxes of somebody that count."""
    if not labels.n_persons:
        raise LabelsError(
            f"{path.name} does not say who is who. Import it as detections: the tracker follows them."
        )
    kept = labels.select((labels.persons > 0) & (labels.scores > 0))
    if not len(kept):
        raise LabelsError(f"Every box in {path.name} is marked to be ignored.")
    numbers = np.unique(kept.persons).tolist()
    return replace(kept, names={n: f"Person {n}" for n in numbers} | kept.names) if across else kept


def _reopen(project: Project, engine: Engine, camera: str) -> None:
    """Let the camera's sources be processed again: their tracklets go, decisions stay with the pixels."""
    for source in project.sources(camera):
        labels = source_labels(project, source)
        engine.begin_segment(source.id, *(("", "") if labels is None else labels.keys(CropConfig())))


def place(project: Project, kind: str, camera: str) -> Path:
    """Where a camera's detections or truth are kept."""
    follow_names(project)
    name = camera_files(each.name for each in project.cameras())[camera]
    return project.sidecar / kind / f"{name}.txt"


def follow_names(project: Project) -> None:
    """Give kept files the present names of cameras that were renamed since; no name is ever used twice."""
    files = camera_files(each.name for each in project.cameras())
    renamed = [(former, name) for former, name in project.camera_names().items() if former != name]
    for former, name in renamed:
        for kind in (DETECTIONS, TRUTH):
            kept = project.sidecar / kind / f"{camera_files([former])[former]}.txt"
            present = project.sidecar / kind / f"{files[name]}.txt"
            if kept.exists() and not present.exists():
                with plain_errors(project.path):
                    kept.rename(present)


def _refuse_misfits(labels: Labels, path: Path, camera: str, n_frames: int) -> None:
    if not len(labels):
        raise LabelsError(f"{path.name} holds no boxes.")
    if labels.n_frames > n_frames:
        raise LabelsError(
            f"{path.name} goes to frame {labels.n_frames} and {camera} has {n_frames}. "
            "Is it of another camera, or of footage at another frame rate?"
        )


def detections_text(labels: Labels) -> str:
    """As the replay detector reads them: frames from 1, pixels from 0."""
    return _text(labels, lambda n: f"-1,{_box(labels, n, 0)},{labels.scores[n]:.4f},-1,-1,-1")


def truth_text(labels: Labels) -> str:
    """As MOTChallenge ground truth: frames, persons and pixels from 1."""
    return _text(labels, lambda n: f"{labels.persons[n]},{_box(labels, n, 1)},{int(labels.judged[n])},1,1")


def _text(labels: Labels, line: Callable[[int], str]) -> str:
    return "".join(f"{frame + 1},{line(n)}\n" for n, frame in enumerate(labels.frames.tolist()))


def _box(labels: Labels, n: int, base: int) -> str:
    x1, y1, x2, y2 = labels.xyxy[n].tolist()
    return f"{x1 + base:.3f},{y1 + base:.3f},{x2 - x1:.3f},{y2 - y1:.3f}"


def _write(target: Path, text: str) -> None:
    """Whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".sightline-import-", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_truth(project: Project, camera: str) -> Labels | None:
    """The truth that was imported for a camera, or None."""
    path = place(project, TRUTH, camera)
    if not path.exists():
        return None
    return mot.read(read_bytes(path, ()), path.name, is_truth=True)
