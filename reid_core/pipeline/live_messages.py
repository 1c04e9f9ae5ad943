"""What the thread of a live camera tells the one that writes; pictures take the way of all frames."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.streams.connection import StreamInfo


@dataclass(frozen=True, slots=True)
class LiveBegan:
    """A camera gives pictures; comes before the first of them.

    Attributes:
        run: Number of the run, negative, unique in the job.
        camera: Name of the camera.
        info: What it sends.
        at_s: When the first picture came, seconds since the epoch.
        take: Name of the take, 32 hexadecimal digits.
    """

    run: int
    camera: str
    info: StreamInfo
    at_s: float
    take: str


@dataclass(frozen=True, slots=True)
class LiveSaid:
    """Something that the user should know about a camera.

    Attributes:
        camera: Name of the camera.
        text: One sentence.
        is_failure: Whether it says that the camera could not be connected.
        is_over: Whether the camera is not watched any more; the last message of it.
    """

    camera: str
    text: str
    is_failure: bool = False
    is_over: bool = False
