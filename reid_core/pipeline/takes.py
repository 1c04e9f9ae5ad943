"""Takes in the project: one connection to a live camera is one source of kind ``stream``.

The camera's own clock runs from the first picture that any live camera of the project ever gave, so that
all of them lie on one time line; between two takes of a camera there is a gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from fractions import Fraction
from pathlib import Path
from typing import Any

from reid_core.errors import SourceError
from reid_core.media.source import FrameSource, SourceInfo
from reid_core.pipeline.start_times import clock_day
from reid_core.store.project import Project
from reid_core.store.records import STREAM, SegmentState, Source
from reid_core.streams.connection import TICKS_PER_S, StreamInfo
from reid_core.streams.errors import NOT_RECORDED
from reid_core.streams.recorded import FOLDER, RecordedStream

EPOCH = "live_epoch_s"
"""Setting: when the project's first live picture came, seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which a live camera was lost.

    Attributes:
        camera: Its name.
        start_ms: Last picture before, on the project's common clock.
        end_ms: First picture after it; None while it is still lost.
        reason: Why, for people.
    """

    camera: str
    start_ms: float
    end_ms: float | None
    reason: str


def live_epoch_s(project: Project, now_s: float) -> float:
    """When the project's live time begins, seconds since 1970.

    Where it begins now, that is ``now_s``, or midnight (by this computer's clock) of the day from which the
    times of the project's files count.
    """
    epoch_s = project.setting(EPOCH)
    if epoch_s is None:
        day = clock_day(project)
        epoch_s = now_s if day is None else datetime.combine(day, time()).timestamp()
        project.set_setting(EPOCH, epoch_s)
    return float(epoch_s)


def recordings_folder(project: Project, camera: str) -> Path:
    """Where the recordings of a camera lie."""
    name = project.camera_names().get(camera, camera)
    number = next(known.id for known in project.cameras() if known.name == name)
    return project.sidecar / FOLDER / f"c{number}"


def take_facts(info: StreamInfo, take: str, address: str, folder: Path, start_ms: float) -> dict[str, Any]:
    """What the project keeps of a take when it begins."""
    return {
        "path": address,
        "kind": STREAM,
        "fingerprint": take,
        "container": info.container,
        "codec": info.codec,
        "width": info.width,
        "height": info.height,
        "fps": info.fps,
        "is_vfr": True,
        "n_frames": 0,
        "duration_ms": 0.0,
        "start_ms": start_ms,
        "first_pts": 0,
        "time_base": [1, TICKS_PER_S],
        "rotation": 0,
        "recording": f"{folder.name}/{take}",
    }


def take_info(record: Source) -> SourceInfo:
    """`SourceInfo` of a stored take."""
    return SourceInfo(
        path=Path("live"),
        kind="video",
        fingerprint=record.fingerprint,
        container=str(record.info.get("container", STREAM)),
        codec=str(record.info.get("codec", "")),
        width=record.width,
        height=record.height,
        fps=record.fps,
        is_vfr=True,
        n_frames=None,
        duration_ms=None,
        first_pts=0,
        time_base=Fraction(1, TICKS_PER_S),
        rotation=0,
    )


def open_take(record: Source, cache_dir: Path | None) -> FrameSource:
    """The recording of a take, without its project: safe in any thread.

    Raises:
        SourceError: It is not recorded.
    """
    place = str(record.info.get("recording", ""))
    if cache_dir is None or not place or ".." in Path(place).parts or Path(place).is_absolute():
        raise SourceError(f"{record.camera}: {NOT_RECORDED}; of this time only pictures of people were kept")
    return RecordedStream(record.camera, take_info(record), cache_dir.parent / FOLDER / place, cache_dir)


def stream_gaps(project: Project) -> list[Gap]:
    """Every time in which a live camera was lost, by camera and time; a wanted stop is no gap."""
    cameras = {camera.name: camera for camera in project.cameras()}
    segments = {segment.source_id: segment for segment in project.segments()}
    gaps = []
    for name, camera in cameras.items():
        takes = sorted((s for s in project.sources(name) if s.kind == STREAM), key=lambda s: s.start_ms)
        for n, take in enumerate(takes):
            segment = segments.get(take.id)
            if segment is None or segment.state in (SegmentState.DONE, SegmentState.OPEN):
                continue
            following = takes[n + 1].start_ms if n + 1 < len(takes) else None
            gaps.append(
                Gap(
                    name,
                    camera.common_ms(take.start_ms + take.duration_ms),
                    None if following is None else camera.common_ms(following),
                    segment.reason,
                )
            )
    return gaps
