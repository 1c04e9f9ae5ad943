"""Reads MOTChallenge text: results, detections and ground truth, and the ground truth of CVAT's "MOT 1.1".

Lines are ``frame,id,left,top,width,height[,...]``; frames, ids and pixels count from 1. The seventh value is
a score in results and detections (below 0: none is known) and a flag in ground truth (0: ignored). The file
does not say which it is, so whoever imports it does. Lines that begin with ``#`` are remarks.
"""

from __future__ import annotations

import math

from reid_core.pipeline.importing.labels import Labels, LabelsError, Row

MEMBERS = ("gt/gt.txt", "det/det.txt")
COLUMNS = ("frame", "id", "left", "top", "width", "height")
MAX_NUMBER = 2**31
"""Frames and ids beyond this are no frames and ids."""


def read(data: bytes, name: str, *, is_truth: bool, first_frame: int = 1) -> Labels:
    """Read the lines of a file.

    Args:
        data: The file's bytes.
        name: Its name, for messages.
        is_truth: The seventh value is a flag, and a line without it counts; else it is a score.
        first_frame: Number of the first frame in the file: 1, or 0 in files that break the rule.

    Raises:
        LabelsError: A line cannot be read, or counts from before ``first_frame``.
    """
    rows = []
    for number, line in enumerate(data.decode("utf-8-sig", errors="replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            values = [float(text) for text in line.replace(";", ",").split(",")]
        except ValueError:
            values = []
        if len(values) < len(COLUMNS) or not all(map(math.isfinite, values)):
            raise LabelsError(f"{name}, line {number}: expected {', '.join(COLUMNS)} as numbers.")
        rows.append(_row(values, f"{name}, line {number}", is_truth, first_frame))
    return Labels.of(rows)


def _row(values: list[float], place: str, is_truth: bool, first_frame: int) -> Row:
    frame, person, left, top, width, height, *rest = values
    if frame != int(frame) or person != int(person) or max(abs(frame), abs(person)) > MAX_NUMBER:
        raise LabelsError(f"{place}: frame and id must be whole numbers.")
    if frame < first_frame:
        hint = " If the file counts from 0, add --first-frame 0." if frame == 0 else ""
        raise LabelsError(f"{place}: frame {frame:.0f}, but frames count from {first_frame}.{hint}")
    if width <= 0 or height <= 0:
        raise LabelsError(f"{place}: a box needs a width and a height above 0.")
    third = rest[0] if rest else 1.0
    score = 1.0 if is_truth or third < 0 else min(third, 1.0)
    judged = third != 0 or not is_truth
    x1, y1 = left - 1, top - 1
    number = max(int(person), 0)
    return int(frame) - first_frame, number, x1, y1, x1 + width, y1 + height, score, judged, number
