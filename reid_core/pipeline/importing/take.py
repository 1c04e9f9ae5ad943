"""Puts imported labels where they are used: detections for the replay detector, truth for measuring.

Both lie in the project's folder, one file a camera: ``detections/<camera>.txt`` and ``truth/<camera>.txt``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from reid_core.errors import UsageError
from reid_core.pipeline.export.file_names import camera_files
from reid_core.pipeline.export.tables import frame_count
from reid_core.pipeline.importing import cvat, mot
from reid_core.pipeline.importing.files import read_bytes
from reid_core.pipeline.importing.labels import Labels, LabelsError
from reid_core.store.failures import plain_errors
from reid_core.store.project import Project

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
        path: File that was written in the project's folder.
        camera: Camera that it belongs to.
        kind: `DETECTIONS` or `TRUTH`.
        n_boxes: Boxes.
        n_persons: Persons that they name.
        n_ignored: Boxes that do not count when tracks are measured.
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
    overwrite: bool = False,
) -> Taken:
    """Read labels of a camera and keep them with the project.

    Args:
        project: An open project.
        path: The file, or CVAT's archive of it.
        camera: Whose footage it describes; a camera's files count as one after the other.
        key: A key of `FORMATS`.
        kind: `DETECTIONS` for the replay detector (who is who is not kept), or `TRUTH`.
        first_frame: Number of the first frame in the file; None for the format's own.
        overwrite: Replace what was imported for this camera before.

    Raises:
        UsageError: There is no such camera, the labels cannot be read or do not fit its footage, or some
            were imported before.
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
    target = place(project, kind, camera)
    if target.exists() and not overwrite:
        raise UsageError(f"{camera} has imported {kind} already. Replace it with --force.")
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
        int((~labels.judged).sum()),
        int(outside.sum()),
        tuple(name for name in names if not place(project, kind, name).exists()),
        labels.left_out,
    )


def place(project: Project, kind: str, camera: str) -> Path:
    """Where a camera's labels of a kind are kept."""
    name = camera_files(each.name for each in project.cameras())[camera]
    return project.sidecar / kind / f"{name}.txt"


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
