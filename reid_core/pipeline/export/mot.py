"""MOTChallenge text: ``frame,id,left,top,width,height,confidence,-1,-1,-1``.

Frames, ids and pixels count from 1, as motchallenge.net/instructions says. The frame is 1 + the rank of the
picture's presentation timestamp; a camera's second file goes on where its first ended. One person has one
id in every camera, and no id is twice in one frame.

`MOT` are results, one file a camera. `MOT_TRUTH` is the tree of a training set, for tools that evaluate
against it: ``<camera>/gt/gt.txt`` with ``frame,id,left,top,width,height,1,1,visibility`` and ``seqinfo.ini``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from reid_core.pipeline.export.base import Format, Group, Point, converted, kept, lost
from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.tables import Tables, filled_scores, frame_count

PULSE = 4096
"""The export can be stopped after so many lines."""
SEQMAP = "seqmap.txt"


def write_results(tables: Tables, folder: Path) -> None:
    """Write ``<camera>.txt`` for every camera of the project, empty where nobody was seen."""
    rows = _rows(tables)
    for camera in tables.cameras:
        with (folder / f"{tables.files[camera]}.txt").open("w", encoding="utf-8", newline="\n") as file:
            _write(tables, rows.get(camera, []), file, "{score:.4f},-1,-1,-1")


def write_truth(tables: Tables, folder: Path) -> None:
    """Write ``<camera>/gt/gt.txt`` and ``<camera>/seqinfo.ini`` for every camera, and ``seqmap.txt``."""
    rows = _rows(tables)
    for camera in tables.cameras:
        place = folder / tables.files[camera] / "gt"
        place.mkdir(parents=True)
        with (place / "gt.txt").open("w", encoding="utf-8", newline="\n") as file:
            _write(tables, rows.get(camera, []), file, "1,1,1.0")
        (place.parent / "seqinfo.ini").write_text(_seqinfo(tables, camera), encoding="utf-8")
    names = "\n".join(("name", *tables.files.values()))
    (folder / SEQMAP).write_text(f"{names}\n", encoding="utf-8")


def _rows(tables: Tables) -> dict[str, list[NDArray[np.float64]]]:
    """``(n, 7)`` frame, id, left, top, width, height, score of each tracklet, by camera."""
    rows: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    for _, tracklet in tables.watched():
        boxes = tables.boxes(tracklet)
        table = np.empty((len(boxes), 7), np.float64)
        table[:, 0] = tables.frames(tracklet, boxes) + 1
        table[:, 1] = tables.numbers[tracklet.id]
        table[:, 2:4] = boxes.xyxy[:, :2] + 1
        table[:, 4:6] = boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]
        table[:, 6] = filled_scores(boxes)
        rows[tracklet.camera].append(table)
    return rows


def _write(tables: Tables, parts: Sequence[NDArray[np.float64]], file: TextIO, tail: str) -> None:
    if not parts:
        return
    table = np.concatenate(parts)
    total = sum(len(person.tracklets) for person in tables.persons)
    for n, row in enumerate(table[np.lexsort((table[:, 1], table[:, 0]))]):
        if n % PULSE == 0:
            tables.watch(total, total)
        frame, number, left, top, width, height, score = row
        box = f"{left:.2f},{top:.2f},{width:.2f},{height:.2f}"
        file.write(f"{frame:.0f},{number:.0f},{box},{tail.format(score=score)}\n")


def _seqinfo(tables: Tables, camera: str) -> str:
    sources = [source for source in tables.sources.values() if source.camera == camera]
    first = sources[0] if sources else None
    values = {
        "name": tables.files[camera],
        "imDir": "img1",
        "frameRate": f"{first.fps:g}" if first else "25",
        "seqLength": sum(map(frame_count, sources)),
        "imWidth": first.width if first else 0,
        "imHeight": first.height if first else 0,
        "imExt": ".jpg",
    }
    return "\n".join(("[Sequence]", *(f"{key}={value}" for key, value in values.items()))) + "\n"


def _points(facts: Facts) -> list[Point]:
    return [
        kept("Boxes", "to a hundredth of a pixel, counted from 1", facts.n_boxes),
        kept("Persons", "one number for a person in every camera", facts.n_persons),
        converted("Seen twice in one frame", "these tracklets have a number of their own", facts.n_overlaps),
        converted("Cameras with several files", "frame numbers go on over them", facts.n_long),
        converted("Time", "to frame numbers, in the order of presentation"),
        lost("Uneven frame rates", "frame numbers say nothing about time there", facts.n_vfr),
        lost("Camera clocks", "no field for offset and drift", facts.n_clocks),
        lost("Names", "numbers alone", facts.n_named),
        lost("Which boxes were interpolated", "no field for it", facts.n_interpolated),
        lost("Decisions", "no field for them", facts.n_verdicts),
        lost("Notes and tags", "no field for them", facts.n_notes),
    ]


def _truth_points(facts: Facts) -> list[Point]:
    scores = lost("Scores", "ground truth has a flag in their place: 1, counts")
    pictures = lost("Pictures", "img1 is not written; seqinfo.ini describes the footage")
    return [*_points(facts), scores, pictures]


MOT = Format(
    key="mot",
    title="MOTChallenge",
    about="one text file a camera",
    group=Group.TRACKING,
    names=lambda facts: [f"{camera}.txt" for camera in facts.files],
    points=_points,
    write=write_results,
)
MOT_TRUTH = Format(
    key="mot-gt",
    title="MOTChallenge truth",
    about="a folder a camera, as ground truth",
    group=Group.TRACKING,
    names=lambda facts: [*facts.files, SEQMAP],
    points=_truth_points,
    write=write_truth,
)
