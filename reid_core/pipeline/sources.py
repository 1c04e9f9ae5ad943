"""Footage on disk and sources in the project: registering cameras, and opening what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reid_core.errors import SourceError
from reid_core.media.source import FrameSource, OnProgress, SourceInfo, open_source
from reid_core.pipeline.events import SourceFinished
from reid_core.pipeline.takes import open_take
from reid_core.progress import CancelToken, Event, Progress
from reid_core.store.project import Project
from reid_core.store.records import STREAM, Source


def register_cameras(
    project: Project,
    cameras: Mapping[str, Sequence[Path]],
    *,
    fps: float | None,
    cancel: CancelToken,
) -> Iterator[Event]:
    """Add cameras and their footage to the project; what is known already stays as it is.

    Args:
        project: An open project.
        cameras: Files or image folders by camera name, in order of time.
        fps: Frame rate of image folders that do not say theirs.
        cancel: Stops between two files.

    Yields:
        `Progress`, and a failed `SourceFinished` for each file that cannot be read; the others are added.
    """
    total = sum(len(paths) for paths in cameras.values())
    done = 0
    for name, paths in cameras.items():
        project.add_camera(name)
        for path in paths:
            cancel.raise_if_cancelled()
            try:
                source = open_source(path, name, cache_dir=project.sidecar / "cache", fps=fps)
            except SourceError as error:
                yield SourceFinished(name, str(path), "failed", str(error))
            else:
                project.add_source(name, source_facts(source.info))
                source.close()
            done += 1
            yield Progress("look at the footage", done, total, "files")


def source_facts(info: SourceInfo) -> dict[str, Any]:
    """What the project keeps of a source, as plain JSON values."""
    return {
        "path": str(Path(info.path).resolve()),
        "kind": info.kind,
        "fingerprint": info.fingerprint,
        "container": info.container,
        "codec": info.codec,
        "width": info.width,
        "height": info.height,
        "fps": info.fps,
        "is_vfr": info.is_vfr,
        "n_frames": info.n_frames,
        "duration_ms": info.duration_ms,
        "first_pts": info.first_pts,
        "time_base": [info.time_base.numerator, info.time_base.denominator],
        "rotation": info.rotation,
    }


def open_footage(project: Project, record: Source) -> FrameSource:
    """Open a source that the project knows.

    Raises:
        SourceError: The footage is gone, unreadable, or no longer what was added.
    """
    return open_recorded(record, project.sidecar / "cache")


def open_recorded(
    record: Source, cache_dir: Path | None, on_progress: OnProgress | None = None
) -> FrameSource:
    """Open a source from its record, without its project: safe in any thread.

    Args:
        record: The source as the project has it.
        cache_dir: Where frame indexes are kept; None keeps none.
        on_progress: Told the part of a first reading that is done; what it raises stops it.

    Raises:
        SourceError: The footage is gone, unreadable, or no longer what was added.
    """
    if record.kind == STREAM:
        return open_take(record, cache_dir)
    path = Path(record.path)
    if not path.exists():
        raise SourceError(
            f"{path} is gone. If it moved, add it again from its new place: it is recognised by its content."
        )
    fps = record.fps if record.kind == "images" else None
    source = open_source(path, record.camera, cache_dir=cache_dir, fps=fps, on_progress=on_progress)
    if source.info.fingerprint != record.fingerprint:
        source.close()
        raise SourceError(f"{path} has changed since it was added. Add it as a new file of the camera.")
    return source
