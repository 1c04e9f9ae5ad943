"""One model or two on a test set, as a person wants to look at them: figures, curves, and rank lists.

With one model the queries with the lowest average precision come first, with two those that changed most.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reid_core.errors import UsageError
from reid_core.index import distance
from reid_core.models.embedder import Embedder
from reid_core.types import FloatArray, IntArray
from training.datasets.market import MarketSet, Picture, load_picture
from training.evaluation.blocks import Evaluation, distance_blocks, evaluate
from training.evaluation.features import embed_pictures, labels_of
from training.evaluation.protocol import Gallery
from training.evaluation.report import as_figures

N_CMC = 50
N_ROC = 200
"""Points of a curve at most."""
LEAST_FPR = 1e-5
TILE_HEIGHT, TILE_WIDTH = 192, 96
RESULT = "inspection.json"
_CHUNK = 256
Tell = Callable[[str, int, int], None]
"""Hears what is done, how much of it, and how much there is."""


@dataclass(frozen=True, slots=True)
class _Scored:
    """A model's vectors and figures.

    Attributes:
        name: Of the model.
        queries: ``(Q, D)`` vectors.
        gallery: ``(G, D)`` vectors.
        found: What they reach.
    """

    name: str
    queries: FloatArray
    gallery: FloatArray
    found: Evaluation


def inspect(
    embedders: Sequence[Embedder],
    data: MarketSet,
    out: Path,
    *,
    n_queries: int = 20,
    n_ranks: int = 13,
    tell: Tell = lambda part, done, total: None,
) -> dict[str, Any]:
    """Score models on a test set and write ``inspection.json`` with the pictures of its rank lists.

    Args:
        embedders: One model, or two to be compared.
        data: Its query and gallery are used.
        out: Folder for the result; pictures go to ``out/pictures``.
        n_queries: Rank lists to write.
        n_ranks: Places of each.
        tell: Hears how far it is.

    Returns:
        What ``inspection.json`` holds: ``models`` with figures, ``cmc`` and ``roc``; ``queries`` with
        ``name``, ``pid``, ``camid``, ``picture``, and for each model ``ap`` and ``ranks``
        (``[{"picture", "is_same", "similarity"}]``); ``n_query``, ``n_gallery``, ``n_ids``, ``n_skipped``.

    Raises:
        UsageError: The set has no query or no gallery pictures.
        ReidError: A picture cannot be read, or no query has a match.
    """
    if not data.query or not data.gallery:
        raise UsageError("There is nothing to measure on: the set has no query or no gallery pictures.")
    scored = [_score(embedder, data, tell) for embedder in embedders]
    rows = scored[0].found.ranking.queries
    ap = np.stack([entry.found.ranking.ap for entry in scored])
    urgency = -np.abs(ap[1] - ap[0]) if len(scored) > 1 else ap[0]
    chosen = np.argsort(urgency, kind="stable")[:n_queries]
    pictures = _Pictures(out / "pictures")
    tell("rank lists", 0, len(chosen))
    lists = [_ranks(entry, data, rows[chosen], n_ranks) for entry in scored]
    queries = []
    for place, number in enumerate(chosen.tolist()):
        query = data.query[int(rows[number])]
        queries.append(
            {
                "name": query.name,
                "pid": query.pid,
                "camid": query.camid,
                "picture": pictures.add(query, f"q{rows[number]}"),
                "ap": [round(float(column[number]), 4) for column in ap],
                "ranks": [
                    [
                        {
                            "picture": pictures.add(data.gallery[row], f"g{row}"),
                            "is_same": data.gallery[row].pid == query.pid,
                            "similarity": round(similarity, 4),
                        }
                        for row, similarity in ranked[place]
                    ]
                    for ranked in lists
                ],
            }
        )
        tell("rank lists", place + 1, len(chosen))
    result = {
        "models": [
            {"model": entry.name, **as_figures(entry.found), **_curves(entry.found)} for entry in scored
        ],
        "n_query": len(data.query),
        "n_gallery": len(data.gallery),
        "n_ids": len({data.query[int(row)].pid for row in rows}),
        "n_skipped": len(data.query) - len(rows),
        "queries": queries,
    }
    (out / RESULT).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return result


def _score(embedder: Embedder, data: MarketSet, tell: Tell) -> _Scored:
    name = embedder.space.name
    queries = _embed(embedder, data.query, f"{name}: queries", tell)
    gallery = _embed(embedder, data.gallery, f"{name}: gallery", tell)
    blocks = distance_blocks(queries, gallery)
    found = evaluate(blocks, labels_of(data.query), labels_of(data.gallery))
    return _Scored(name, queries, gallery, found)


def _embed(embedder: Embedder, pictures: Sequence[Picture], part: str, tell: Tell) -> FloatArray:
    features = np.empty((len(pictures), embedder.space.dim), np.float32)
    tell(part, 0, len(pictures))
    for start in range(0, len(pictures), _CHUNK):
        chunk = pictures[start : start + _CHUNK]
        features[start : start + len(chunk)] = embed_pictures(embedder, chunk)
        tell(part, start + len(chunk), len(pictures))
    return features


def _ranks(scored: _Scored, data: MarketSet, rows: IntArray, n_ranks: int) -> list[list[tuple[int, float]]]:
    """The first places of some queries: gallery rows and similarities, junk left out."""
    query, gallery = labels_of(data.query), Gallery(labels_of(data.gallery))
    lists = []
    for row in rows.tolist():
        values = np.array(distance.cosine(scored.queries[row][None], scored.gallery)[0], np.float64)
        values[gallery.matches(int(query.pids[row]), int(query.cams[row])).junk] = np.inf
        order = np.argsort(values, kind="stable")[:n_ranks]
        lists.append([(int(n), 1.0 - float(values[n])) for n in order if np.isfinite(values[n])])
    return lists


def _curves(found: Evaluation) -> dict[str, Any]:
    """CMC at ranks 1, 2, ..., and the ROC thinned to what a plot can show."""
    fpr, tpr = found.roc.curve()
    inside = fpr >= LEAST_FPR
    fpr, tpr = fpr[inside], tpr[inside]
    if len(fpr) > N_ROC:
        wanted = np.geomspace(fpr[0], fpr[-1], N_ROC)
        rows = np.unique(np.searchsorted(fpr, wanted).clip(0, len(fpr) - 1))
        fpr, tpr = fpr[rows], tpr[rows]
    return {
        "cmc": [round(float(value), 5) for value in found.ranking.cmc[:N_CMC]],
        "roc": [[round(float(x), 7), round(float(y), 5)] for x, y in zip(fpr, tpr, strict=True)],
    }


class _Pictures:
    """Small copies of pictures, so that who shows them need not open files of unknown origin."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._known = folder, set[str]()

    def add(self, picture: Picture, stem: str) -> str:
        """Write a copy of `TILE_HEIGHT` x `TILE_WIDTH` px once; its name relative to the result."""
        name = f"{stem}.png"
        if name not in self._known:
            self._known.add(name)
            image = cv2.resize(load_picture(picture), (TILE_WIDTH, TILE_HEIGHT), interpolation=cv2.INTER_AREA)
            data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
            (self._folder / name).write_bytes(data.tobytes())
        return f"{self._folder.name}/{name}"
