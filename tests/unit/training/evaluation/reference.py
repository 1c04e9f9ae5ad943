"""The figures again, by the book: sort everything, walk down the list."""

from __future__ import annotations

import numpy as np


def ranked_hits(distances, pid, cam, pids, cams):
    """Whether each gallery image that is not junk is a hit, nearest first."""
    order = np.argsort(distances, kind="stable")
    keep = ~((pids[order] == pid) & (cams[order] == cam))
    return (pids[order] == pid)[keep]


def figures(distances, query, gallery):
    """CMC, AP, trapezoid AP and INP of the queries that have a match, and their rows."""
    rows, curves, aps, trapezoids, inps = [], [], [], [], []
    for row, values in enumerate(distances):
        hits = ranked_hits(values, query.pids[row], query.cams[row], gallery.pids, gallery.cams)
        if not hits.any():
            continue
        found = np.cumsum(hits)
        precision = found / np.arange(1, len(hits) + 1)
        curve = np.minimum(found, 1)
        previous = np.concatenate([[1.0], precision[:-1]])
        rows.append(row)
        curves.append(np.pad(curve, (0, len(values) - len(curve)), constant_values=curve[-1]))
        aps.append(precision[hits].mean())
        trapezoids.append(((precision + previous) / 2)[hits].mean())
        inps.append(hits.sum() / (np.flatnonzero(hits)[-1] + 1))
    return np.mean(curves, axis=0), np.array(aps), np.array(trapezoids), np.array(inps), rows


def pairs(distances, query, gallery):
    """Distances of genuine and of impostor pairs, junk left out."""
    same = query.pids[:, None] == gallery.pids
    junk = same & (query.cams[:, None] == gallery.cams)
    return distances[same & ~junk], distances[~same]
