"""CSV tables for spreadsheets and data frames: UTF-8, RFC 4180, a header row, ``.`` as decimal point.

Cells that a spreadsheet would take for a formula are prefixed with ``'``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from reid_core.pipeline.export.tables import Tables, filled_scores
from reid_core.store.project import Project
from reid_core.types import Anchor, ImageAnchor

TABLES = ("identities.csv", "tracklets.csv", "boxes.csv", "decisions.csv")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(project: Project, tables: Tables, folder: Path) -> None:
    """Write ``identities.csv``, ``tracklets.csv``, ``boxes.csv`` and ``decisions.csv``."""
    _write(
        folder / TABLES[0],
        ("person", "identity", "name", "n_tracklets", "n_cameras", "first_ms", "last_ms"),
        (
            (
                person.number,
                person.identity or "",
                person.name,
                len(person.tracklets),
                len({tracklet.camera for tracklet in person.tracklets}),
                round(min(tracklet.start_ms for tracklet in person.tracklets), 3),
                round(max(tracklet.end_ms for tracklet in person.tracklets), 3),
            )
            for person in tables.persons
        ),
    )
    _write(
        folder / TABLES[1],
        (
            "tracklet",
            "person",
            "identity",
            "camera",
            "source",
            "start_pts",
            "end_pts",
            "start_ms",
            "end_ms",
            "n_boxes",
        ),
        (
            (
                t.id,
                person.number,
                person.identity or "",
                t.camera,
                t.source,
                t.start_pts,
                t.end_pts,
                round(t.start_ms, 3),
                round(t.end_ms, 3),
                t.n_boxes,
            )
            for person, t in tables.tracklets()
        ),
    )
    _write(
        folder / TABLES[2],
        ("tracklet", "camera", "frame", "pts", "t_ms", "x", "y", "width", "height", "score", "origin"),
        _boxes(project, tables),
    )
    _write(
        folder / TABLES[3],
        ("event", "at_utc", "by", "a", "b", "verdict", "note"),
        (
            (
                event.id,
                event.at_utc,
                event.actor,
                place_text(project, decided.a),
                place_text(project, decided.b),
                str(decided.verdict),
                decided.note,
            )
            for event, decided in tables.decisions(project)
        ),
    )


def place_text(project: Project, place: Anchor | ImageAnchor) -> str:
    """The tracklet that holds a decided place now, or the place itself."""
    if isinstance(place, ImageAnchor):
        return f"image {place.sha256}"
    return project.resolve(place) or f"{place.camera} pts {place.pts} {place.xyxy}"


def _boxes(project: Project, tables: Tables) -> Iterable[Sequence[object]]:
    for _, tracklet in tables.watched():
        boxes = project.boxes(tracklet.id)
        offset = tables.frame_offsets[tracklet.source_id]
        scores = filled_scores(boxes)
        for n in range(len(boxes)):
            x1, y1, x2, y2 = (float(value) for value in boxes.xyxy[n])
            origin = (
                "edited" if boxes.edited[n] else "detected" if boxes.detection_idx[n] >= 0 else "interpolated"
            )
            yield (
                tracklet.id,
                tracklet.camera,
                offset + int(boxes.frame_idx[n]),
                int(boxes.pts[n]),
                round(float(boxes.t_ms[n]), 3),
                round(x1, 2),
                round(y1, 2),
                round(x2 - x1, 2),
                round(y2 - y1, 2),
                round(float(scores[n]), 4),
                origin,
            )


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow([_safe(cell) for cell in row])


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
