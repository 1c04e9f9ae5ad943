"""Renaming cameras and taking footage out of a project."""

from __future__ import annotations

import shutil

from reid_core.errors import UsageError
from reid_core.pipeline.live_cameras import stored_streams
from reid_core.pipeline.takes import recordings_folder
from reid_core.store.events import Event
from reid_core.store.naming import renaming
from reid_core.store.project import Project
from reid_core.store.records import STREAMS, SegmentState


def rename_camera(project: Project, camera: str, name: str, *, actor: str = "") -> Event:
    """Give a camera another name: one undoable action, also while its files are being processed.

    Decisions, clocks and travel times stay: every name that a camera ever had leads to it.

    Raises:
        UsageError: Another camera has or had that name.
        ProjectBusyError: It is a live camera, and it may be watched just now.
    """
    renamed = renaming(project.camera_names(), camera, name)
    if renamed.camera in stored_streams(project):
        project.refuse_if_busy()
    return project.append(renamed, actor=actor)


def retry_source(project: Project, source_id: int) -> None:
    """Let the next ingest read footage again that could not be decoded.

    Raises:
        ProjectBusyError: An engine works on the project.
    """
    with project.engine() as engine:
        engine.finish_segment(engine.segment_of(source_id).id, SegmentState.OPEN)


def remove_source(project: Project, source_id: int, *, actor: str = "") -> None:
    """Take footage out of the project with all that was found in it; files of the user are not touched.

    What the project itself recorded of a live camera is deleted with it.

    Raises:
        UsageError: There is no such source.
        ProjectBusyError: An engine works on the project.
    """
    source = next((source for source in project.sources() if source.id == source_id), None)
    if source is None:
        raise UsageError(f"There is no source {source_id} in this project any more.")
    recorded = bool(source.info.get("recording"))
    folder = recordings_folder(project, source.camera) if recorded else None
    project.remove_source(source_id, actor=actor)
    if folder is not None:
        shutil.rmtree(folder / source.fingerprint, ignore_errors=True)


def remove_stream(project: Project, camera: str, *, actor: str = "") -> None:
    """Take a live camera out, with everything that was seen and recorded of it.

    Raises:
        UsageError: There is no such live camera.
        ProjectBusyError: An engine works on the project.
    """
    if camera not in stored_streams(project):
        raise UsageError(f"{camera} is no live camera of this project.")
    project.refuse_if_busy()
    for source in project.sources(camera):
        remove_source(project, source.id, actor=actor)
    names = project.camera_names()
    streams = project.setting(STREAMS, {})
    left = {name: known for name, known in streams.items() if names.get(name, name) != camera}
    project.set_setting(STREAMS, left or None)
    project.drop_camera(camera)
