"""Live cameras in the panes: the newest picture of each, as the engine that watches them gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.playback.boxes import TRAIL_MS
from app.playback.picture import Shot
from app.snapshot import SourceFacts
from app.wording import clock_label
from reid_core.store.records import Source
from reid_core.streams.live_viewer import LiveShown

Pictures = Mapping[int, LiveShown]
"""The newest picture of each take that has one, by number of the take."""
Trail = tuple[tuple[float, float, float], ...]
"""Time in the take, and foot point in pixels of the frame; oldest first."""
NO_ENGINE = "No live picture: the camera is not watched now. Press Watch on Sources."
CONNECTING = "Waiting for the camera's next picture"


class LivePictures(Protocol):
    """Gives the newest pictures of the takes that are watched, some times a second."""

    def watch(
        self,
        project: str,
        takes: tuple[int, ...],
        pane: tuple[int, int],
        then: Callable[[Pictures | None], None],
    ) -> None:
        """Give pictures of these takes from now on, and of no others; without takes none.

        Args:
            project: Path of the project.
            takes: Numbers of its takes.
            pane: Size of a pane, device pixels.
            then: Gets the newest picture of each take that has one, or None while no engine answers.
        """
        ...


@dataclass(frozen=True, slots=True)
class LiveBoxShape:
    """Somebody in a live picture.

    Attributes:
        tracklet: Id of the provisional tracklet, which the store may not know yet.
        xyxy: Corners in pixels of the frame.
        trail: Foot points of the last seconds, pixels of the frame.
    """

    tracklet: str
    xyxy: tuple[float, float, float, float]
    trail: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class LiveLook:
    """What a pane that follows its camera shows.

    Attributes:
        shot: The newest picture, or None.
        boxes: Of exactly that picture.
        message: Why there is none.
        is_lost: The camera was lost.
    """

    shot: Shot | None = None
    boxes: tuple[LiveBoxShape, ...] = ()
    message: str = ""
    is_lost: bool = False


class LiveTake:
    """One take that is watched: makes looks of its pictures, with trails.

    Args:
        source: The take.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._shown: LiveShown | None = None
        self._trails: dict[str, Trail] = {}
        self._look = LiveLook(message=CONNECTING)

    def take(self, shown: LiveShown | None) -> bool:
        """Take the newest picture; whether it is another than before."""
        if shown is self._shown or shown is None:
            return False
        self._shown = shown
        self._trails = {
            name: (
                *(point for point in self._trails.get(name, ()) if 0 <= shown.t_ms - point[0] <= TRAIL_MS),
                (shown.t_ms, (x1 + x2) / 2, y2),
            )
            for name, x1, _, x2, y2 in shown.boxes
        }
        start_ms = self.source.start_ms + shown.t_ms
        frame_ms = 1000.0 / max(self.source.fps, 1.0)
        shot = Shot(
            shown.source_id,
            shown.frame_idx,
            start_ms,
            start_ms + frame_ms,
            shown.pixels,
            shown.width,
            shown.height,
        )
        self._look = LiveLook(shot, tuple(self._shape(*box) for box in shown.boxes))
        return True

    @property
    def look(self) -> LiveLook:
        """The newest picture with who is in it."""
        return self._look

    def _shape(self, name: str, x1: float, y1: float, x2: float, y2: float) -> LiveBoxShape:
        return LiveBoxShape(name, (x1, y1, x2, y2), tuple((x, y) for _, x, y in self._trails[name]))


def lost_label(facts: SourceFacts, end_ms: float) -> str:
    """Since when a camera is lost: by the wall clock where the take knows it, else on the common clock.

    Args:
        facts: Its last take.
        end_ms: The take's end on the common clock.
    """
    try:
        began = datetime.fromisoformat(str(facts.source.info["started_utc"])).astimezone()
    except (KeyError, ValueError):
        return clock_label(end_ms)
    since = began + timedelta(milliseconds=facts.source.duration_ms)
    is_today = since.date() == datetime.now(since.tzinfo).date()
    return f"{since:%H:%M:%S}" if is_today else f"{since:%Y-%m-%d %H:%M:%S}"
