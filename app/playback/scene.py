"""What one pane shows: plain data that the presenter makes and the widget paints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.playback.picture import Shot

LAYOUTS = {1: (1, 1), 2: (2, 1), 4: (2, 2), 6: (3, 2), 9: (3, 3)}
"""Columns and rows of each number of panes."""

RATES = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Speeds that can be chosen."""


class Standing(StrEnum):
    """What is known about whom a box shows."""

    DECIDED = "decided"
    CANDIDATE = "candidate"
    UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class Mark:
    """How a tracklet is drawn, wherever its box is.

    Attributes:
        tracklet: Its id.
        standing: Decided solid, proposed dashed, unassigned thin, dashed and grey.
        number: Number of the person, which decides the colour; 0 where there is none.
        label: ``1``, ``1? 0.88``; empty for none.
        is_dimmed: Rejected for the running query.
        is_query: It is searched for.
        is_selected: It is highlighted everywhere.
        tip: What hovering tells.
        spoken: The same for people who do not see it.
    """

    tracklet: str
    standing: Standing
    number: int
    label: str
    is_dimmed: bool = False
    is_query: bool = False
    is_selected: bool = False
    tip: str = ""
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class BoxShape:
    """A box in the frame that is shown.

    Attributes:
        mark: How it is drawn.
        xyxy: Corners in pixels of the frame.
        trail: Foot points of the last seconds, evenly apart in time, oldest first, pixels of the frame.
    """

    mark: Mark
    xyxy: tuple[float, float, float, float]
    trail: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class PaneScene:
    """One pane.

    Attributes:
        camera: Name of its camera; empty for a pane without one.
        shot: The picture, or None.
        boxes: Of exactly that picture.
        is_active: It is the pane that keys act on.
        offset: Clock offset in words, or empty.
        time: Common time of the picture.
        frame: ``frame 179``, or empty.
        note: Something about the picture for its head, such as ``no detections yet``.
        message: Instead of a picture, or over a picture that is not of this moment.
        is_problem: The message is about something that went wrong.
        icon: Over a message about something that went wrong.
        is_live: The picture is what the camera sends now.
    """

    camera: str
    shot: Shot | None = None
    boxes: tuple[BoxShape, ...] = ()
    is_active: bool = False
    offset: str = ""
    time: str = ""
    frame: str = ""
    note: str = ""
    message: str = ""
    is_problem: bool = False
    icon: str = "file-exclamation-point"
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class TransportState:
    """What the transport bar shows.

    Attributes:
        time: Common time of the playhead.
        date: Its date, or empty.
        is_enabled: There is footage.
        is_playing: The clock runs.
        rate: Speed.
        camera: Whose clock the nudge buttons set; empty for none.
        problem: What is wrong with a time that was typed; empty when all is well.
    """

    time: str
    date: str = ""
    is_enabled: bool = False
    is_playing: bool = False
    rate: float = 1.0
    camera: str = ""
    problem: str = ""
