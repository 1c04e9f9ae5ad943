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


@dataclass(frozen=True, slots=True)
class StreamChanged(Event):
    """A live camera came, went, or is tried again.

    Attributes:
        camera: Its name.
        address: Where it is, without its password.
        state: ``live`` (pictures come), ``lost`` (none came any more), ``waiting`` (it could not be
            connected) or ``stopped`` (as asked).
        at_utc: When, ISO 8601.
        reason: Why, as a part of a sentence.
        segment: Name of its segment, e.g. ``c1s2``; empty while there is none.
        n_frames: Frames looked at in that segment.
        n_dropped: Frames of it that came too fast to be looked at.
        n_tracklets: Tracklets of that segment.
        gap_ms: How long nothing was seen before it came back; None where nothing was missed.
    """

    camera: str
    address: str
    state: str
    at_utc: str
    reason: str = ""
    segment: str = ""
    n_frames: int = 0
    n_dropped: int = 0
    n_tracklets: int = 0
    gap_ms: float | None = None
