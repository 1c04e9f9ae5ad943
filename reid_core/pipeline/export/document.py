"""One JSON document with cameras, sources, tracklets with their boxes, identities and decisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.pipeline.export.tables import Tables, filled_scores
from reid_core.pipeline.export.tabular import place_text
from reid_core.store.project import Project
from reid_core.store.records import Tracklet

FORMAT = "sightline/1"
DOCUMENT = "project.json"


def write_json(project: Project, tables: Tables, folder: Path) -> None:
    """Write ``project.json``; boxes are ``[frame, pts, x1, y1, x2, y2, score]``, frames from 0."""
    document = {
        "format": FORMAT,
        "cameras": [
            {"camera": c.name, "site": c.site, "offset_ms": c.offset_ms, "drift_ppm": c.drift_ppm}
            for c in project.cameras()
        ],
        "sources": [
            {"camera": s.camera, "path": s.path, "fingerprint": s.fingerprint, "start_ms": s.start_ms}
            | dict(s.info)
            for s in project.sources()
        ],
        "models": [{"model": s.name, "space": s.key, "dim": s.dim} for s in project.spaces()],
        "identities": [
            {
                "person": p.number,
                "identity": p.identity,
                "name": p.name,
                "tracklets": [t.id for t in p.tracklets],
                "cameras": sorted({t.camera for t in p.tracklets}),
            }
            for p in tables.persons
        ],
        "decisions": [
            {
                "event": event.id,
                "at_utc": event.at_utc,
                "by": event.actor,
                "a": place_text(project, decided.a),
                "b": place_text(project, decided.b),
                "verdict": str(decided.verdict),
                "note": decided.note,
            }
            for event, decided in tables.decisions(project)
        ],
    }
    with (folder / DOCUMENT).open("w", encoding="utf-8", newline="\n") as file:
        head = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
        file.write(
            head[:-2] + ',\n "tracklets": ['
        )  # tracklet by tracklet: their boxes need not fit into memory
        for n, (person, tracklet) in enumerate(tables.watched()):
            file.write(("," if n else "") + "\n  ")
            json.dump(
                _tracklet(project, tables, person.number, tracklet), file, ensure_ascii=False, allow_nan=False
            )
        file.write("\n ]\n}\n")


def _tracklet(project: Project, tables: Tables, person: int, tracklet: Tracklet) -> dict[str, Any]:
    boxes = project.boxes(tracklet.id)
    frames = boxes.frame_idx + tables.frame_offsets[tracklet.source_id]
    corners = np.round(boxes.xyxy.astype(np.float64), 2).tolist()
    scores = np.round(filled_scores(boxes).astype(np.float64), 4).tolist()
    return {
        "tracklet": tracklet.id,
        "person": person,
        "camera": tracklet.camera,
        "source": tracklet.source,
        "start_ms": round(tracklet.start_ms, 3),
        "end_ms": round(tracklet.end_ms, 3),
        "boxes": [
            [int(frame), int(pts), *corner, score]
            for frame, pts, corner, score in zip(frames, boxes.pts, corners, scores, strict=True)
        ],
    }
