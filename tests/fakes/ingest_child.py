"""A process of its own that ingests clips with the models of `tests.fakes.models`, to be killed by tests.

Usage: ``python -m tests.fakes.ingest_child PROJECT NAME=FILE ...``
"""

from __future__ import annotations

import sys
from pathlib import Path

from reid_core.pipeline.ingest import IngestConfig, ingest
from reid_core.pipeline.sources import register_cameras
from reid_core.progress import CancelToken
from reid_core.store.project import Project
from tests.fakes.models import ColorDetector, ColorEmbedder


def run(path: Path, cameras: dict[str, tuple[Path, ...]], *, delay_s: float = 0.0, stride: int = 1) -> None:
    """Ingest to the end."""
    cancel = CancelToken()
    with Project.open(path, create=True) as project:
        for _ in register_cameras(project, cameras, fps=None, cancel=cancel):
            pass
        config = IngestConfig(stride=stride)
        for _ in ingest(project, ColorDetector(delay_s), ColorEmbedder(), config, cancel):
            pass


if __name__ == "__main__":
    clips = dict(argument.split("=", 1) for argument in sys.argv[2:])
    run(Path(sys.argv[1]), {name: (Path(file),) for name, file in clips.items()}, delay_s=0.004)
