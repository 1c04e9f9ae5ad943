"""Identity matches: one row for each pair that somebody decided, as ``matches.csv`` and ``matches.json``.

A row names query, hit, their cameras and times on the common clock, the similarity of the two, the verdict,
who gave it and when, and the model with its hash. Pictures that were a query are named by their sha256, and
have no similarity here: it was computed in the search and is not kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.pipeline.export.base import Format, Group, Point, kept, lost
from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.tables import Tables
from reid_core.pipeline.export.tabular import note_of, write_table
from reid_core.pipeline.models import search_space
from reid_core.store.records import Space, Tracklet

FILES = ("matches.csv", "matches.json")
COLUMNS = (
    "query",
    "hit",
    "query_camera",
    "query_start_ms",
    "query_end_ms",
    "hit_camera",
    "hit_start_ms",
    "hit_end_ms",
    "similarity",
    "probability",
    "verdict",
    "author",
    "at_utc",
    "event",
    "identity",
    "note",
    "model",
    "model_hash",
)


class Similarities:
    """Cosine similarity of any two tracklets in the space that is searched.

    Attributes:
        space: That space, or None where the project holds no vectors.
    """

    def __init__(self, tables: Tables) -> None:
        self.space: Space | None = None
        self._rows: dict[str, int] = {}
        if tables.project.spaces():
            self.space = search_space(tables.project, None)
            ids, self._matrix = tables.project.descriptors(self.space.key)
            self._rows = {tracklet_id: row for row, tracklet_id in enumerate(ids)}

    def of(self, a: str, b: str) -> float | None:
        """-1..1; None where one of them has no vector."""
        if a not in self._rows or b not in self._rows:
            return None
        one, other = (np.asarray(self._matrix[self._rows[i]], np.float32) for i in (a, b))
        norm = float(np.linalg.norm(one) * np.linalg.norm(other))
        return round(float(one @ other) / norm, 6) if norm else None


def write(tables: Tables, folder: Path) -> None:
    """Write ``matches.csv`` and ``matches.json`` with the same rows."""
    rows = list(match_rows(tables))
    write_table(
        folder / FILES[0],
        COLUMNS,
        (["" if row[name] is None else row[name] for name in COLUMNS] for row in rows),
    )
    text = json.dumps(rows, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / FILES[1]).write_text(f"{text}\n", encoding="utf-8")


def match_rows(tables: Tables) -> Iterator[dict[str, Any]]:
    """Every decision that holds, by `COLUMNS`; what is unknown is None."""
    similarities = Similarities(tables)
    space = similarities.space
    tracklets = {t.id: t for t in tables.project.tracklets()}  # the other side may lie outside the scope
    identity_of = {t.id: person.identity for person, t in tables.tracklets()}
    judgements = tables.judgements()
    for done, judgement in enumerate(judgements):
        tables.watch(done, len(judgements))
        yield (
            {"query": judgement.a, "hit": judgement.b}
            | _place("query", tracklets.get(judgement.a))
            | _place("hit", tracklets.get(judgement.b))
            | {
                "similarity": similarities.of(judgement.a, judgement.b),
                "probability": judgement.probability,
                "verdict": str(judgement.verdict),
                "author": judgement.event.actor,
                "at_utc": judgement.event.at_utc,
                "event": judgement.event.id,
                "identity": identity_of.get(judgement.a) or identity_of.get(judgement.b),
                "note": note_of(judgement),
                "model": space.name if space else None,
                "model_hash": space.key if space else None,
            }
        )
    tables.watch(len(judgements), len(judgements))


def _place(side: str, tracklet: Tracklet | None) -> dict[str, Any]:
    return {
        f"{side}_camera": tracklet.camera if tracklet else None,
        f"{side}_start_ms": round(tracklet.start_ms, 3) if tracklet else None,
        f"{side}_end_ms": round(tracklet.end_ms, 3) if tracklet else None,
    }


def _points(facts: Facts) -> list[Point]:
    return [
        kept("Decisions", "a row each, with author, time, note and model hash", facts.n_verdicts),
        kept("Different and unsure", "as they were decided", facts.n_unsettled),
        lost("Boxes", "only where and when each tracklet is", facts.n_boxes),
        lost("Tracklets that nobody decided about", "no row for them", facts.n_unassigned),
        lost("Notes and tags", "only the notes of decisions", facts.n_notes),
    ]


MATCHES = Format(
    key="matches",
    title="Identity matches",
    about="query, hit, verdict, author; CSV and JSON",
    group=Group.TABLES,
    names=lambda facts: FILES,
    points=_points,
    write=write,
)
