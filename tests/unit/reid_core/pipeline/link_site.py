"""A small project for tests of linking: three people walk past three cameras, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reid_core.store.project import Project
from tests.unit.reid_core.linking.sites import DIM, vectors_of
from tests.unit.reid_core.store.build import FakeSpace, add_source, fill

CAMERAS = ("gate", "hall", "yard")
SPACE = FakeSpace(dim=DIM)


@contextmanager
def site(path: Path, n_people: int = 3, *, noise: float = 0.3) -> Iterator[Project]:
    """Tracklet ``c2s1t3`` is person 3 in the hall; all are 2 s in each view, 20 s after the one before."""
    with Project.create(path) as project:
        with project.engine() as engine:
            for camera in CAMERAS:
                fill(project, engine, add_source(project, camera), people=range(n_people), embed=False)
            space = engine.ensure_space(SPACE)
            vectors = vectors_of(list(range(n_people)) * len(CAMERAS), noise)
            with engine.transaction():
                for tracklet, vector in zip(project.tracklets(), vectors, strict=True):
                    crops = [vector] * len(project.crops(tracklet.id))
                    engine.write_vectors(space, tracklet.id, vectors[: len(crops)], vector)
        for place, camera in enumerate(CAMERAS):
            project.set_clock(camera, place * 20_000.0)
        yield project
