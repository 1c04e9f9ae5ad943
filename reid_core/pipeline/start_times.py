"""When cameras began by the wall clock: the common clock then counts from midnight of a day.

Without a start all times count from 0. With one, ``offset_ms`` of a camera is the time of day of its first
frame, so that every list, picture, report and export shows the time of day.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from reid_core.errors import UsageError
from reid_core.store.events import ClockSet, Event
from reid_core.store.project import Project
from reid_core.store.records import STREAMS


def clock_day(project: Project) -> date | None:
    """The day at whose midnight the common clock is 0, or None where it counts from no known time."""
    events = project.active_events(ClockSet.kind)
    days = [
        event.payload.day for event in events if isinstance(event.payload, ClockSet) and event.payload.day
    ]
    return date.fromisoformat(days[-1]) if days else None


def parse_start(text: str, day: date | None) -> datetime:
    """A start as people type it: with the date, or a time of day on a known day.

    Raises:
        UsageError: It is neither; the sentence says how to write it.

    >>> parse_start("2026-11-21 14:02:10.5", None), parse_start("14:02", date(2026, 11, 21))
    (datetime.datetime(2026, 11, 21, 14, 2, 10, 500000), datetime.datetime(2026, 11, 21, 14, 2))
    """
    text = text.strip().replace(",", ".")
    try:
        if day is not None and "-" not in text:
            return datetime.combine(day, time.fromisoformat(text).replace(tzinfo=None))
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or len(text) < len("2026-11-21 14:02"):
        raise UsageError(f"{text!r} is no start: write date and time of day, as in 2026-11-21 14:02:10.")
    return found.replace(tzinfo=None)


def set_start(project: Project, camera: str, start: datetime, *, actor: str = "") -> Event:
    """Say when a camera's first frame was taken; one undoable action.

    The first start of a project moves all cameras with files along: what was synchronised stays so. Later
    ones move their camera only. Live cameras have the time of the computer that watches them.

    Raises:
        UsageError: There is no such camera with files, or the project's clock is that of its live cameras.
    """
    from reid_core.pipeline.takes import EPOCH  # brings decoders along, which the window starts without

    names = project.camera_names()
    live = {names.get(name, name) for name in project.setting(STREAMS, {})}
    cameras = {known.name: known for known in project.cameras() if known.name not in live}
    own = cameras.get(names.get(camera, camera))
    if own is None:
        raise UsageError(f"There is no camera {camera!r} with files.")
    day = clock_day(project)
    if day is None and project.setting(EPOCH) is not None:
        raise UsageError("This project has live cameras: its clock began with their first picture.")
    midnight = datetime.combine(day or start.date(), time())
    offset_ms = (start - midnight) / timedelta(milliseconds=1)
    if day is not None:
        return project.append(ClockSet(own.name, offset_ms, own.drift_ppm), actor=actor)
    moved = tuple(
        ClockSet(other.name, other.offset_ms + offset_ms - own.offset_ms, other.drift_ppm)
        for other in cameras.values()
        if other != own
    )
    return project.append(
        ClockSet(own.name, offset_ms, own.drift_ppm, moved, start.date().isoformat()), actor=actor
    )
