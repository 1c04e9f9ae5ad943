"""CSV tables for spreadsheets and data frames: UTF-8, RFC 4180, a header row, ``.`` as decimal point.

Cells that a spreadsheet would take for a formula are prefixed with ``'`` (OWASP, "CSV injection").
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from reid_core.pipeline.export.base import Format, Group, Point, converted, kept
from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.tables import Tables, filled_scores, origins
from reid_core.store.decisions import Judgement

TABLES = ("identities.csv", "tracklets.csv", "boxes.csv", "decisions.csv", "notes.csv")
BOX_COLUMNS = (
    "tracklet", "camera", "frame", "pts", "t_ms", "common_ms", "x", "y", "width", "height", "score", "origin",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write(tables: Tables, folder: Path) -> None:
    """Write `TABLES`."""
    write_table(
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
    write_table(
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
    write_table(
        folder / TABLES[2],
        BOX_COLUMNS,
        _boxes(tables),
    )
    write_table(
        folder / TABLES[3],
        ("event", "at_utc", "by", "a", "b", "verdict", "note"),
        (
            (j.event.id, j.event.at_utc, j.event.actor, j.a, j.b, str(j.verdict), note_of(j))
            for j in tables.judgements()
        ),
    )
    write_table(
        folder / TABLES[4],
        ("event", "at_utc", "by", "on", "tracklet", "note", "tags"),
        (
            (
                note.event,
                note.at_utc,
                note.author,
                note.target,
                note.tracklet,
                note.text,
                ", ".join(note.tags),
            )
            for note in tables.notes()
        ),
    )


def note_of(judgement: Judgement) -> str:
    """What was written beside a decision."""
    return str(getattr(judgement.event.payload, "note", ""))


def _boxes(tables: Tables) -> Iterable[Sequence[object]]:
    for _, tracklet in tables.watched():
        boxes = tables.boxes(tracklet)
        common_ms = tables.common_ms(tracklet, boxes.t_ms)
        frames, scores, whence = tables.frames(tracklet, boxes), filled_scores(boxes), origins(boxes)
        for n in range(len(boxes)):
            x1, y1, x2, y2 = (float(value) for value in boxes.xyxy[n])
            yield (
                tracklet.id,
                tracklet.camera,
                int(frames[n]),
                int(boxes.pts[n]),
                round(float(boxes.t_ms[n]), 3),
                round(float(common_ms[n]), 3),
                round(x1, 2),
                round(y1, 2),
                round(x2 - x1, 2),
                round(y2 - y1, 2),
                round(float(scores[n]), 4),
                whence[n],
            )


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file whose text cells no spreadsheet takes for formulas."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow([_safe(cell) for cell in row])


def _safe(cell: object) -> object:
    """Text that begins like a formula, also behind blanks, is marked as text; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_STARTS) else cell


def _points(facts: Facts) -> list[Point]:
    return [
        kept("Boxes", "to a hundredth of a pixel, from 0, with timestamps", facts.n_boxes),
        kept("Tracklets", "with camera and common clock", facts.n_tracklets),
        kept("Identities", "with their names", facts.n_identities),
        kept("Decisions", "with author and note", facts.n_verdicts),
        kept("Which boxes were interpolated", "column origin", facts.n_interpolated),
        converted("Camera clocks", "every time is given on the common clock", facts.n_clocks),
        kept("Notes and tags", "with their author", facts.n_notes),
    ]


CSV = Format(
    key="csv",
    title="CSV",
    about="five tables for spreadsheets and data frames",
    group=Group.TABLES,
    names=lambda facts: TABLES,
    points=_points,
    write=write,
)
