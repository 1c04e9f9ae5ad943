"""MOTChallenge text, one file a camera: ``frame,id,left,top,width,height,confidence,-1,-1,-1``.

Frames, ids and pixels count from 1, as motchallenge.net/instructions says. The frame is 1 + the rank of the
picture's presentation timestamp; a camera's second file goes on where its first ended. One person has one
id in every camera.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core.pipeline.export.tables import Tables, filled_scores
from reid_core.store.project import Project

PULSE = 4096
"""The export can be stopped after so many lines."""


def write_mot(project: Project, tables: Tables, folder: Path) -> None:
    """Write ``<camera>.txt`` for every camera of the project, empty where nobody was seen."""
    n_tracklets = sum(1 for _ in tables.tracklets())
    rows: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    for person, tracklet in tables.watched():
        boxes = project.boxes(tracklet.id)
        table = np.empty((len(boxes), 7), np.float64)
        table[:, 0] = tables.frame_offsets[tracklet.source_id] + boxes.frame_idx + 1
        table[:, 1] = person.number
        table[:, 2:4] = boxes.xyxy[:, :2] + 1
        table[:, 4:6] = boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]
        table[:, 6] = filled_scores(boxes)
        rows[tracklet.camera].append(table)
    for camera in project.cameras():
        parts = rows.get(camera.name)
        with (folder / f"{camera.name}.txt").open("w", encoding="utf-8", newline="\n") as file:
            if parts:
                table = np.concatenate(parts)
                for n, row in enumerate(table[np.lexsort((table[:, 1], table[:, 0]))]):
                    if n % PULSE == 0:
                        tables.watch(n_tracklets, n_tracklets)
                    frame, number, left, top, width, height, score = row
                    file.write(
                        f"{frame:.0f},{number:.0f},{left:.2f},{top:.2f},{width:.2f},{height:.2f},{score:.4f},-1,-1,-1\n"
                    )
