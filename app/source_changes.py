"""Changes to cameras and footage that a project has, and what is said and asked of them. Without Qt.

What works in the project is imported where it is used, in the lane: the window starts without decoders.
"""

from __future__ import annotations

from app.adding import fit_name
from app.snapshot import Snapshot
from app.source_lines import STREAM_KEY
from app.views.sources import SourceLine
from app.wording import count_label
from reid_core.errors import UsageError
from reid_core.pipeline.start_times import clock_day, parse_start, set_start
from reid_core.store.events import ClockSet
from reid_core.store.project import Project


def removal_question(snapshot: Snapshot, line: SourceLine) -> tuple[str, str]:
    """``(title, question)`` before a row goes; no question where nothing but the row goes."""
    if line.key.startswith(STREAM_KEY):
        takes = snapshot.sources_of[line.camera]
        n_tracklets = sum(facts.n_tracklets for facts in takes)
        if not takes:
            return "", ""
        recorded = any(facts.source.info.get("recording") for facts in takes)
        also = " What was recorded of it is deleted for good." if recorded else ""
        return (
            f"Remove {line.camera}",
            f"Remove {line.camera} with {count_label(n_tracklets, 'tracklet')} seen by it?{also} "
            "Live pictures come once, so this cannot be taken back.",
        )
    facts = next((facts for facts in snapshot.sources if facts.source.id == line.source_id), None)
    if facts is None or not facts.n_tracklets:
        return "", ""
    there = (
        "it is missing now, so keep it if you cannot find it" if facts.is_missing else "it stays on the disk"
    )
    return (
        f"Remove {line.file}",
        f"Remove {line.file} with the {count_label(facts.n_tracklets, 'tracklet')} found in it? "
        f"The file itself is not touched ({there}). "
        "Decisions about it hold again once it is added and processed again.",
    )


def take_out(project: Project, line: SourceLine) -> None:
    """Take a row out of the project."""
    from reid_core.pipeline.cameras import remove_source, remove_stream

    if line.key.startswith(STREAM_KEY):
        remove_stream(project, line.camera)
    else:
        remove_source(project, line.source_id)


def try_again(project: Project, line: SourceLine) -> None:
    """Let the next ingest read a file again that could not be decoded."""
    from reid_core.pipeline.cameras import retry_source

    retry_source(project, line.source_id)


def give_name(project: Project, camera: str, name: str) -> None:
    """Give a camera another name.

    Raises:
        UsageError: It is no name for a camera, or another camera has or had it.
    """
    from reid_core.pipeline.cameras import rename_camera

    if fit_name(name) != name.strip():
        raise UsageError(f'{name!r} is no camera name: use 1 to 64 characters without / \\ = , : * ? " < > |')
    rename_camera(project, camera, name)


def give_start(project: Project, camera: str, text: str) -> int:
    """Say when a camera's first frame was taken, as it was typed; how many cameras moved.

    Raises:
        UsageError: It is no moment, or the project counts time from its live cameras.
    """
    event = set_start(project, camera, parse_start(text, clock_day(project)))
    assert isinstance(event.payload, ClockSet)
    return 1 + len(event.payload.also)


def started_text(camera: str, n_moved: int) -> str:
    """What has become of the clocks.

    >>> started_text("gate", 3)
    'The start of gate is set, and 2 cameras moved along. Ctrl+Z takes it back.'
    """
    along = f", and {count_label(n_moved - 1, 'camera')} moved along" if n_moved > 1 else ""
    return f"The start of {camera} is set{along}. Ctrl+Z takes it back."
