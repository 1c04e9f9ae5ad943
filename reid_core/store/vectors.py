"""Vectors of tracklets in their spaces: where they lie, and reading them as memory maps."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import numpy as np

from reid_core.store.database import Database
from reid_core.store.records import HalfArray, Space
from reid_core.store.sidecar import HEADER_BYTES, VECTORS, SidecarKind, available_bytes
from reid_core.store.tracks import require

ITEM_BYTES = 2


def file_names(space: Space) -> tuple[str, str]:
    """Names, inside the ``.d`` folder, of a space's descriptors and of its crop embeddings."""
    is_hash = re.fullmatch(r"[0-9a-f]{32,}", space.key)
    stem = (space.key if is_hash else sha256(space.key.encode()).hexdigest())[:16]
    return f"vectors/{stem}.f16", f"vectors/{stem}.crops.f16"


def kinds(database: Database, space: Space) -> tuple[SidecarKind, SidecarKind]:
    """What the two files of a space must be."""
    uuid = database.value("SELECT uuid FROM project")
    return (
        SidecarKind(VECTORS, uuid, space.dim, ITEM_BYTES, space.key),
        SidecarKind(VECTORS, uuid, space.crop_dim, ITEM_BYTES, space.key + " crops"),
    )


def n_rows(path: Path, kind: SidecarKind) -> int:
    """Whole rows that a vector file holds; 0 when it is absent or another space's."""
    return max(available_bytes(path, kind) - HEADER_BYTES, 0) // kind.row_bytes


def open_matrix(path: Path, kind: SidecarKind, rows: int) -> HalfArray:
    """The first rows of a vector file as a read-only memory map ``(rows, dim)``."""
    if rows == 0:
        return np.zeros((0, kind.dim), np.float16)
    return np.memmap(path, np.dtype("<f2"), "r", HEADER_BYTES, (rows, kind.dim))


_VALID = """
FROM vector v LEFT JOIN current_tracklet c ON c.id = v.tracklet_id
WHERE v.space_id = ? AND v.revision = coalesce(c.revision, 0) AND NOT coalesce(c.gone, 0)
  AND v.row < ? AND v.crop_row + v.n_crops <= ?"""


def descriptors(database: Database, space: Space) -> tuple[list[str], HalfArray]:
    """Ids and ``(N, dim)`` descriptors of the current tracklets that have some in a space."""
    first, available = _available(database, space)
    found = database.rows(f"SELECT v.tracklet_id, v.row {_VALID} ORDER BY v.row", (space.id, *available))
    ids = [tracklet_id for tracklet_id, _ in found]
    rows = np.array([row for _, row in found], np.int64)
    n = int(rows[-1]) + 1 if len(rows) else 0
    matrix = open_matrix(database.sidecar / file_names(space)[0], first, n)
    return ids, (matrix if n == len(ids) else np.asarray(matrix[rows]))


def crop_vectors(database: Database, space: Space, tracklet_id: str) -> HalfArray:
    """``(K, crop_dim)`` embeddings of a tracklet's crops; K is 0 where there are none (any more)."""
    _, available = _available(database, space)
    require(database, tracklet_id)
    found = database.row(
        f"SELECT v.crop_row, v.n_crops {_VALID} AND v.tracklet_id = ?",
        (space.id, *available, tracklet_id),
    )
    if found is None:
        return np.zeros((0, space.crop_dim), np.float16)
    first, n = found
    path = database.sidecar / file_names(space)[1]
    return np.array(open_matrix(path, kinds(database, space)[1], first + n)[first:])


def undescribed(database: Database, space: Space) -> list[str]:
    """Ids of the current tracklets that have crops but no vectors in a space, by segment and id."""
    _, available = _available(database, space)
    described = {
        tracklet_id
        for (tracklet_id,) in database.rows(f"SELECT v.tracklet_id {_VALID}", (space.id, *available))
    }
    rows = database.rows(
        """SELECT segment_id, ord, id FROM tracklet t WHERE id NOT IN (SELECT id FROM current_tracklet)
             AND EXISTS (SELECT 1 FROM crop WHERE tracklet_id = t.id AND revision = 0)
           UNION ALL
           SELECT segment_id, 1 << 40, id FROM current_tracklet c WHERE NOT gone
             AND (EXISTS (SELECT 1 FROM crop WHERE tracklet_id = c.id AND revision = c.revision)
               OR EXISTS (SELECT 1 FROM current_box b JOIN crop USING (segment_id, frame_idx)
                          WHERE b.tracklet_id = c.id AND NOT b.edited
                            AND crop.detection_idx = b.detection_idx))
           ORDER BY 1, 2, 3"""
    )
    return [tracklet_id for _, _, tracklet_id in rows if tracklet_id not in described]


def _available(database: Database, space: Space) -> tuple[SidecarKind, tuple[int, int]]:
    """The kind of the descriptor file, and the rows that both files really hold."""
    both = kinds(database, space)
    names = file_names(space)
    rows = [n_rows(database.sidecar / name, kind) for name, kind in zip(names, both, strict=True)]
    return both[0], (rows[0], rows[1])
