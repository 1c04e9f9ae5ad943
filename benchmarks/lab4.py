"""The four cameras of lab4, and how well tracks keep the identities of the two men who walk through them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from reid_core import geometry
from reid_core.types import FloatArray
from tests.data import find_shared_data

CAMERAS = ("cam0", "cam1", "cam2", "cam3")
MIN_IOU = 0.5

Row = tuple[int, int, float, float, float, float]
"""Frame from 0, track, and box ``x1, y1, x2, y2`` in pixels."""


def footage() -> dict[str, Path]:
    """File by camera; leaves the program where the research footage is absent."""
    data = find_shared_data()
    if data is None:
        raise SystemExit(
            "The research footage is absent: put it at ../shared/data or set SIGHTLINE_TEST_DATA."
        )
    return {camera: data / "footage" / "lab4" / f"{camera}.mp4" for camera in CAMERAS}


def mean_idf1(rows: Mapping[str, Iterable[Row]]) -> float:
    """Mean of the cameras' IDF1, see `idf1`."""
    return float(np.mean([idf1(camera, rows[camera]) for camera in CAMERAS]))


def idf1(camera: str, rows: Iterable[Row]) -> float:
    """IDF1 (Ristani et al. 2016, trackeval) of one camera's tracks, 0..1; identity only.

    The annotation is made of detector boxes: it has the frames where a detector found the men, and no others.
    So boxes that meet neither man at an IoU of .5 are left out, also those on people who are not scored: what
    is measured is whether a man's boxes have one track, and how many of his annotated boxes have one at all.
    """
    from trackeval.metrics import Identity

    truth = _read(footage()["cam0"].parent / "identity" / f"{camera}.txt")
    by_frame: dict[int, list[Row]] = {}
    for row in rows:
        by_frame.setdefault(row[0], []).append(row)
    gt_ids, tracker_ids, similarities = [], [], []
    tracks: dict[int, int] = {}
    for frame in sorted({*truth, *by_frame}):
        wanted, found = truth.get(frame, []), by_frame.get(frame, [])
        overlaps = geometry.iou(_boxes(found), _boxes(wanted)).reshape(len(found), len(wanted)).T
        kept = [column for column in range(len(found)) if (overlaps[:, column] >= MIN_IOU).any()]
        gt_ids.append(np.array([row[1] - 1 for row in wanted], int))
        tracker_ids.append(np.array([tracks.setdefault(found[k][1], len(tracks)) for k in kept], int))
        similarities.append(overlaps[:, kept])
    data = {
        "gt_ids": gt_ids,
        "tracker_ids": tracker_ids,
        "similarity_scores": similarities,
        "num_gt_ids": 2,
        "num_tracker_ids": len(tracks),
        "num_gt_dets": sum(map(len, gt_ids)),
        "num_tracker_dets": sum(map(len, tracker_ids)),
    }
    return float(Identity({"THRESHOLD": MIN_IOU, "PRINT_CONFIG": False}).eval_sequence(data)["IDF1"])


def read_mot(file: Path) -> list[Row]:
    """The rows of a MOT file of ours."""
    return [row for rows in _read(file, scored_only=False).values() for row in rows]


def _read(file: Path, *, scored_only: bool = True) -> dict[int, list[Row]]:
    rows: dict[int, list[Row]] = {}
    for line in file.read_text().splitlines():
        frame, number, left, top, width, height, confidence, *_ = map(float, line.split(","))
        if confidence > 0 or not scored_only:
            box = left, top, left + width, top + height
            rows.setdefault(int(frame) - 1, []).append((int(frame) - 1, int(number), *box))
    return rows


def _boxes(rows: list[Row]) -> FloatArray:
    return np.array([row[2:] for row in rows], np.float32).reshape(-1, 4)
