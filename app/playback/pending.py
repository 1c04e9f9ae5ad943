"""Corrections that are on their way into the project: seen at once, and let go when the snapshot has them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.playback.picture import Shot

Xyxy = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PendingBox:
    """A box as it will be.

    Attributes:
        tracklet: Whose it is; empty for a new tracklet.
        source_id: Source of its frame.
        frame_idx: Rank of the frame.
        xyxy: Where it will be, pixels; None where it will be gone.
        event_id: The event that recorded it, once there is one.
    """

    tracklet: str
    source_id: int
    frame_idx: int
    xyxy: Xyxy | None
    event_id: int | None = None


class PendingBoxes:
    """What to show in place of the snapshot's boxes."""

    def __init__(self) -> None:
        self._held: dict[int, PendingBox] = {}
        self._n_made = 0

    def put(self, box: PendingBox) -> int:
        """Show this from now on; returns what to name it by."""
        self._n_made += 1
        self._held[self._n_made] = box
        return self._n_made

    def recorded(self, number: int, event_id: int) -> None:
        """It is event ``event_id``: shown until a snapshot knows that event."""
        if number in self._held:
            self._held[number] = replace(self._held[number], event_id=event_id)

    def drop(self, number: int) -> None:
        """It was refused."""
        self._held.pop(number, None)

    def clear(self) -> None:
        """Another project."""
        self._held.clear()

    def of(self, shot: Shot, log_head: int) -> tuple[PendingBox, ...]:
        """What lies in the picture and a snapshot with that many events does not know yet, oldest first."""
        self._held = {
            number: box
            for number, box in self._held.items()
            if box.event_id is None or box.event_id > log_head
        }
        return tuple(
            box
            for box in self._held.values()
            if (box.source_id, box.frame_idx) == (shot.source_id, shot.frame_idx)
        )
