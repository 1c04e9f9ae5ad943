"""Reads CVAT for video 1.1 (docs.cvat.ai, "XML annotation format", video).

Frames and pixels count from 0. A track shows its object from a box on until a box marked ``outside``;
between two boxes it lies on the line between them, as in CVAT. Tracks with the same attribute ``identity``
are one person, in every file, and called by their attribute ``name``, or so where there is none; without
``identity`` each track is a person, for its id "does not have any special meaning". Of several labels, only
those of people are read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from typing import Any

from reid_core.pipeline.importing.labels import Labels, LabelsError, Row

MEMBERS = ("annotations.xml",)
IDENTITY, NAME = "identity", "name"
CORNERS = ("xtl", "ytl", "xbr", "ybr")
PEOPLE = frozenset({"person", "persons", "people", "pedestrian", "pedestrians", "human"})
MAX_FRAME = 2**31
MAX_GAP_FRAMES = 1_000_000
"""Two boxes of a track further apart than this are a mistake, not a track."""


@dataclass(frozen=True, slots=True)
class _Box:
    frame: int
    outside: bool
    xyxy: tuple[float, float, float, float]


def read(data: bytes, name: str, *, is_truth: bool, first_frame: int = 0) -> Labels:
    """Read every track of a file.

    Args:
        data: The file's bytes.
        name: Its name, for messages.
        is_truth: Makes no difference here: the format has neither scores nor flags.
        first_frame: Number of the first frame in the file.

    Raises:
        LabelsError: It is not XML, not of this format, or a box cannot be read.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, iterparse

    rows: dict[str, list[Row]] = {}
    names: dict[int, str] = {}
    root, depth, n_tracks, digest = "", 0, 0, sha256(data).hexdigest()
    try:
        for event, element in iterparse(BytesIO(data), events=("start", "end")):
            if event == "start":
                root = root or element.tag
                depth += 1
                continue
            depth -= 1
            if depth == 1 and element.tag == "image":
                raise LabelsError(f"{name} holds single images. Export from CVAT as 'CVAT for video 1.1'.")
            if element.tag != "track" or depth != 1:
                continue
            n_tracks += 1
            own = rows.setdefault(element.get("label", ""), [])
            identity, called, boxes = _track(element, name)
            person = _number(identity or f"{digest} track {element.get('id')}")
            if identity:
                names[person] = identity if called is None else called
            for frame, xyxy in _shown(boxes, name):
                own.append((frame - first_frame, person, *xyxy, 1.0, True, n_tracks))
            element.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        if isinstance(error, LabelsError):
            raise
        raise LabelsError(f"{name} is no XML file that can be read ({error}).") from error
    if root != "annotations":
        raise LabelsError(f"{name} is no CVAT file: it begins with {root!r}, not with 'annotations'.")
    wanted, left_out = _of_people(rows, name)
    if wanted and min(row[0] for row in wanted) < 0:
        raise LabelsError(f"{name} has boxes before frame {first_frame}, where frames count from.")
    return replace(Labels.of(wanted), left_out=left_out, names=names)


def _of_people(rows: dict[str, list[Row]], name: str) -> tuple[list[Row], str]:
    """Boxes of people, and what else there was."""
    labels = [label for label in rows if label.casefold() in PEOPLE] if len(rows) > 1 else list(rows)
    if rows and not labels:
        raise LabelsError(f"{name} has tracks of {', '.join(rows)}. Name the label of people 'person'.")
    others = [label for label in rows if label not in labels]
    left_out = f"Tracks of {', '.join(others)} were left out." if others else ""
    return [row for label in labels for row in rows[label]], left_out


def _number(key: str) -> int:
    """A person's number, the same in the files of all cameras: 28 bits of a hash of what it is called."""
    return 1 + int(sha256(key.encode()).hexdigest()[:7], 16)


def _track(element: Any, name: str) -> tuple[str, str | None, list[_Box]]:
    """Whose track it is, what that person is called (None: nothing says so), and its boxes by frame."""
    boxes: list[_Box] = []
    said: dict[str, str] = {}
    for box in element.iterfind("box"):
        boxes.append(_box(box, f"{name}, track {element.get('id')}"))
        for attribute in box.iterfind("attribute"):
            key = attribute.get("name", "")
            if key in (IDENTITY, NAME):
                said[key] = (attribute.text or "").strip() or said.get(key, "")
    boxes.sort(key=lambda box: box.frame)
    return said.get(IDENTITY, ""), said.get(NAME), boxes


def _box(element: Any, place: str) -> _Box:
    try:
        frame = int(element.get("frame", ""))
        x1, y1, x2, y2 = (float(element.get(side, "")) for side in CORNERS)
    except ValueError:
        raise LabelsError(f"{place}: a box needs frame, {', '.join(CORNERS)} as numbers.") from None
    if not 0 <= frame <= MAX_FRAME or not all(map(math.isfinite, (x1, y1, x2, y2))):
        raise LabelsError(f"{place}: frame {frame} has a box that cannot be.")
    outside = element.get("outside", "0") == "1"
    if not outside and not (x2 > x1 and y2 > y1):
        raise LabelsError(f"{place}: the box of frame {frame} needs a width and a height above 0.")
    return _Box(frame, outside, (x1, y1, x2, y2))


def _shown(boxes: list[_Box], name: str) -> Iterator[tuple[int, tuple[float, float, float, float]]]:
    """Frame and corners wherever the object is seen."""
    for n, box in enumerate(boxes):
        if box.outside:
            continue
        yield box.frame, box.xyxy
        following = boxes[n + 1] if n + 1 < len(boxes) else None
        if following is None:
            continue
        gap = following.frame - box.frame
        if gap > MAX_GAP_FRAMES:
            raise LabelsError(f"{name}: a track pauses for {gap} frames. Split it.")
        goal = box if following.outside else following  # before it leaves, it stays where it was
        for step in range(1, gap):
            part = step / gap
            x1, y1, x2, y2 = (a + (b - a) * part for a, b in zip(box.xyxy, goal.xyxy, strict=True))
            yield box.frame + step, (x1, y1, x2, y2)
