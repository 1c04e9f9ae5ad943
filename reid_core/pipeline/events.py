"""The events that are particular to footage jobs."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.progress import Event


@dataclass(frozen=True, slots=True)
class SourceFinished(Event):
    """What came of one source.

    Attributes:
        camera: Its camera.
        path: The file or folder.
        state: ``done``, ``partial`` (good frames kept, then it broke) or ``failed`` (nothing could be read).
        reason: Why it is not done, for the user.
        n_frames: Frames stored.
        n_tracklets: Tracklets stored.
    """

    camera: str
    path: str
    state: str
    reason: str = ""
    n_frames: int = 0
    n_tracklets: int = 0
