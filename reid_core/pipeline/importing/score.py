"""How well the project's tracks follow an imported truth: IDF1, HOTA and identity switches, by trackeval.

IDF1 is the share of boxes with the right identity (Ristani et al., 2016), HOTA the higher order tracking
accuracy (Luiten et al., 2021), the mean over its thresholds. Boxes match from an IoU of 0.5 on. Boxes over
somebody to be ignored do not count, as in MOTChallenge.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from reid_core.errors import UsageError
from reid_core.geometry import iou
from reid_core.pipeline.export.tables import Tables, Watch, frame_count, gather, unwatched
from reid_core.pipeline.importing.labels import Labels
from reid_core.pipeline.importing.take import read_truth
from reid_core.store.project import Project
from reid_core.types import BoolArray, FloatArray, IntArray

MIN_IOU = 0.5
PULSE = 512
"""The work can be stopped after so many frames."""
Parts = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TrackScore:
    """How well people are followed.

    Attributes:
        camera: Camera, or ``all``.
        idf1: 0..1.
        hota: 0..1.
        n_switches: How often a person's number changes.
        n_truth: Boxes of the truth that count.
        n_boxes: Boxes of the project that count.
        n_persons: Persons of the truth that count.
    """

    camera: str
    idf1: float
    hota: float
    n_switches: int
    n_truth: int
    n_boxes: int
    n_persons: int


Frame = tuple[IntArray, IntArray, FloatArray]
"""Persons of the truth, persons of the project, and the IoU of each with each."""


def score(
    project: Project,
    cameras: tuple[str, ...] = (),
    *,
    known_only: bool = False,
    across: bool = False,
    watch: Watch = unwatched,
) -> list[TrackScore]:
    """Measure the project's tracks by the imported truth.

    Args:
        project: An open project.
        cameras: Only these; empty for all that have a truth.
        known_only: The truth names some people alone: boxes over none of them do not count.
        across: The truth's numbers are the same in all cameras: in the last row whoever changes number from
            one camera to the next is wrong.
        watch: Called with the number of frames done and their total; what it raises ends the work.

    Returns:
        One row for each camera, and a last one for all together where there are several.

    Raises:
        UsageError: No truth was imported, or none for a camera that was asked for.
    """
    truths = _truths(project, cameras)
    with project.reading():
        tables = gather(project, watch=watch)
        tracks = {camera: _tracks(tables, camera) for camera in truths}
    n_frames = {
        name: sum(frame_count(s) for s in tables.sources.values() if s.camera == name) for name in truths
    }
    done, total = 0, sum(n_frames.values())
    frames: dict[str, list[Frame]] = {}
    for camera, truth in truths.items():
        frames[camera] = []
        rows = zip(
            _by_frame(truth, n_frames[camera]), _by_frame(tracks[camera], n_frames[camera]), strict=True
        )
        for real, given in rows:
            if done % PULSE == 0:
                watch(done, total)
            done += 1
            frames[camera].append(_frame(real, given, known_only))
    parts = {camera: _measure(found) for camera, found in frames.items()}
    scores = [_score(camera, parts[camera], frames[camera]) for camera in truths]
    if len(scores) > 1:
        everything = [frame for found in frames.values() for frame in found]
        combined = _score("all", _measure(everything) if across else _combine(parts), everything)
        n_persons = combined.n_persons if across else sum(each.n_persons for each in scores)
        scores.append(replace(combined, n_persons=n_persons))
    watch(total, total)
    return scores


def _truths(project: Project, cameras: tuple[str, ...]) -> dict[str, Labels]:
    names = [camera.name for camera in project.cameras()]
    for name in cameras:
        if name not in names:
            raise UsageError(f"There is no camera {name!r}; the project has: {', '.join(names) or 'none'}.")
    found = {name: truth for name in cameras or names if (truth := read_truth(project, name)) is not None}
    missing = [name for name in cameras if name not in found]
    if missing or not found:
        of = f" of {', '.join(missing)}" if missing else ""
        raise UsageError(
            f"There is no truth{of} to measure by. Import it: sightline import {project.path} "
            "--format mot --camera NAME --as truth FILE"
        )
    return found


def _tracks(tables: Tables, camera: str) -> Labels:
    """The project's own boxes of a camera, in the form of labels."""
    rows = []
    for _, tracklet in tables.tracklets():
        if tracklet.camera == camera:
            boxes = tables.boxes(tracklet)
            number = tables.numbers[tracklet.id]
            for frame, box in zip(tables.frames(tracklet, boxes).tolist(), boxes.xyxy.tolist(), strict=True):
                rows.append((frame, number, *box, 1.0, True, number))
    return Labels.of(rows)


def _by_frame(labels: Labels, n_frames: int) -> Iterator[tuple[IntArray, FloatArray, BoolArray]]:
    """Persons, boxes and whether they count, frame by frame."""
    starts = np.searchsorted(labels.frames, np.arange(n_frames + 1))
    for first, last in pairwise(starts.tolist()):
        rows = slice(first, last)
        yield labels.persons[rows], labels.xyxy[rows], labels.judged[rows]


def _frame(
    real: tuple[IntArray, FloatArray, BoolArray],
    given: tuple[IntArray, FloatArray, BoolArray],
    known_only: bool,
) -> Frame:
    """One frame, without what is to be ignored."""
    from scipy.optimize import linear_sum_assignment

    people, truth, judged = real
    tracks, boxes, _ = given
    shared = iou(truth, boxes)
    counts: BoolArray = np.ones(len(boxes), np.bool_)
    if known_only:
        counts = np.any(shared[judged] >= MIN_IOU, axis=0)
    elif not judged.all():
        close = np.where(shared >= MIN_IOU, shared, 0)
        for row, column in zip(*linear_sum_assignment(-close), strict=True):
            counts[column] = judged[row] or close[row, column] == 0
    return people[judged], tracks[counts], shared[judged][:, counts]


def _metrics() -> tuple[Any, Any, Any]:
    from trackeval.metrics import CLEAR, HOTA, Identity

    quiet = {"PRINT_CONFIG": False}
    return HOTA(quiet), CLEAR(quiet), Identity(quiet)


def _measure(frames: Sequence[Frame]) -> Parts:
    people, tracks = _ranks(frames, 0), _ranks(frames, 1)
    data = {
        "gt_ids": [np.array([people[n] for n in real.tolist()], int) for real, _, _ in frames],
        "tracker_ids": [np.array([tracks[n] for n in given.tolist()], int) for _, given, _ in frames],
        "similarity_scores": [shared for _, _, shared in frames],
        "num_timesteps": len(frames),
        "num_gt_ids": len(people),
        "num_tracker_ids": len(tracks),
        "num_gt_dets": sum(len(real) for real, _, _ in frames),
        "num_tracker_dets": sum(len(given) for _, given, _ in frames),
    }
    with contextlib.redirect_stdout(io.StringIO()):
        hota, clear, identity = _metrics()
        return hota.eval_sequence(data), clear.eval_sequence(data), identity.eval_sequence(data)


def _ranks(frames: Sequence[Frame], column: int) -> dict[int, int]:
    """Numbers as trackeval wants them: from 0 without gaps."""
    numbers = sorted({int(n) for frame in frames for n in frame[column]})
    return {number: rank for rank, number in enumerate(numbers)}


def _combine(parts: Mapping[str, Parts]) -> Parts:
    """Cameras counted together, persons of each for themselves."""
    with contextlib.redirect_stdout(io.StringIO()):
        hota, clear, identity = (
            metric.combine_sequences({camera: found[n] for camera, found in parts.items()})
            for n, metric in enumerate(_metrics())
        )
    return hota, clear, identity


def _score(camera: str, parts: Parts, frames: Sequence[Frame]) -> TrackScore:
    hota, clear, identity = parts
    return TrackScore(
        camera=camera,
        idf1=round(float(identity["IDF1"]), 6),
        hota=round(float(np.mean(hota["HOTA"])), 6),
        n_switches=int(clear["IDSW"]),
        n_truth=sum(len(real) for real, _, _ in frames),
        n_boxes=sum(len(given) for _, given, _ in frames),
        n_persons=len(_ranks(frames, 0)),
    )
