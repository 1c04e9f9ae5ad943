"""One JSON document with cameras, sources, tracklets with their boxes, identities and decisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.pipeline.export.base import Format, Group, Point, kept
from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.tables import Tables, filled_scores, origins
from reid_core.pipeline.export.tabular import note_of
from reid_core.pipeline.start_times import clock_day
from reid_core.store.records import Tracklet

FORMAT = "sightline/1"
DOCUMENT = "project.json"


def write(tables: Tables, folder: Path) -> None:
    """Write ``project.json``; boxes are ``[frame, pts, x1, y1, x2, y2, score, origin]``, frames from 0."""
    day = clock_day(tables.project)
    document = {
        "format": FORMAT,
        "day": None if day is None else day.isoformat(),
        "cameras": [
            {"camera": c.name, "site": c.site, "offset_ms": c.offset_ms, "drift_ppm": c.drift_ppm}
            for c in tables.cameras.values()
        ],
        "sources": [
            {"camera": s.camera, "path": s.path, "fingerprint": s.fingerprint, "start_ms": s.start_ms}
            | dict(s.info)
            for s in tables.sources.values()
        ],
        "models": [{"model": s.name, "space": s.key, "dim": s.dim} for s in tables.project.spaces()],
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
                "event": j.event.id,
                "at_utc": j.event.at_utc,
                "by": j.event.actor,
                "a": j.a,
                "b": j.b,
                "verdict": str(j.verdict),
                "note": note_of(j),
            }
            for j in tables.judgements()
        ],
        "notes": [
            {"event": n.event, "on": n.target, "tracklet": n.tracklet} | n.as_dict() for n in tables.notes()
        ],
    }
    with (folder / DOCUMENT).open("w", encoding="utf-8", newline="\n") as file:
        head = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
        file.write(
            head[:-2] + ',\n "tracklets": ['
        )  # tracklet by tracklet: their boxes need not fit into memory
        for n, (person, tracklet) in enumerate(tables.watched()):
            file.write(("," if n else "") + "\n  ")
            json.dump(_tracklet(tables, person.number, tracklet), file, ensure_ascii=False, allow_nan=False)
        file.write("\n ]\n}\n")


def _tracklet(tables: Tables, person: int, tracklet: Tracklet) -> dict[str, Any]:
    boxes = tables.boxes(tracklet)
    frames = tables.frames(tracklet, boxes)
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
            [int(frame), int(pts), *corner, score, origin]
            for frame, pts, corner, score, origin in zip(
                frames, boxes.pts, corners, scores, origins(boxes), strict=True
            )
        ],
    }


def _points(facts: Facts) -> list[Point]:
    return [
        kept("Boxes", "to a hundredth of a pixel, from 0, with timestamps", facts.n_boxes),
        kept("Tracklets", "with camera and common clock", facts.n_tracklets),
        kept("Identities", "with their names", facts.n_identities),
        kept("Decisions", "with author and note", facts.n_verdicts),
        kept("Camera clocks", "offset and drift of each camera", facts.n_clocks),
        kept("Which boxes were interpolated", "last entry of each box", facts.n_interpolated),
        kept("Notes and tags", "with their author", facts.n_notes),
    ]


JSON = Format(
    key="json",
    title="JSON",
    about="one file with everything",
    group=Group.TABLES,
    names=lambda facts: [DOCUMENT],
    points=_points,
    write=write,
)
