"""Everything that an ingest leaves in a project, and what "the same" means for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from reid_core.store.project import Project

BOX_PX = 1e-2
COSINE = 0.9999


def contents(path: Path) -> dict[str, Any]:
    """Frames, tracklets, members, crops and vectors of a project."""
    with Project.open(path) as project:
        space = project.spaces()[0]
        ids, descriptors = project.descriptors(space.key)
        return {
            "frames": {
                segment.name: [
                    (row.frame_idx, row.pts, row.cut, row.detections.xyxy.tolist(), row.quality.tolist())
                    for row in project.frame_rows(segment.id)
                ]
                for segment in project.segments()
            },
            "tracklets": project.tracklets(),
            "members": {
                t.id: (
                    project.boxes(t.id).frame_idx.tolist(),
                    project.boxes(t.id).detection_idx.tolist(),
                    project.boxes(t.id).xyxy,
                )
                for t in project.tracklets()
            },
            "crops": {t.id: [(c.png, c.inner) for c in project.crops(t.id)] for t in project.tracklets()},
            "vectors": dict(zip(ids, np.asarray(descriptors, np.float32), strict=True)),
        }


def assert_same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Equal rows, boxes within a hundredth of a pixel, vectors at a cosine of .9999."""
    assert found["frames"] == wanted["frames"]
    assert found["tracklets"] == wanted["tracklets"]
    assert found["crops"] == wanted["crops"]
    assert found["members"].keys() == wanted["members"].keys()
    for tracklet, (frames, detections, boxes) in wanted["members"].items():
        assert found["members"][tracklet][:2] == (frames, detections)
        np.testing.assert_allclose(found["members"][tracklet][2], boxes, atol=BOX_PX)
    assert found["vectors"].keys() == wanted["vectors"].keys()
    for tracklet, vector in wanted["vectors"].items():
        other = found["vectors"][tracklet]
        assert float(other @ vector) / float(np.linalg.norm(other) * np.linalg.norm(vector)) >= COSINE
