"""Where rows and lanes lie, top to bottom, and what is under a point."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.timeline.axis import Axis
from app.timeline.lanes import N_LANES
from app.timeline.scene import TimelineScene

ROW_PX, OPEN_ROW_PX = 24, 48
LANE_PX, OPEN_LANE_PX = 6, 14
PAD_PX, LANE_GAP_PX = 2, 1
GRAB_PX = 3
"""Bars are found so far beside them, so that thin ones can be hit."""


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where a camera's row lies, in pixels below the ruler with nothing scrolled.

    Attributes:
        top_px: Its top.
        is_open: High, with numbers in the bars.
    """

    top_px: int
    is_open: bool

    @property
    def height_px(self) -> int:
        """Its height."""
        return OPEN_ROW_PX if self.is_open else ROW_PX

    @property
    def lane_px(self) -> int:
        """Height of a lane."""
        return OPEN_LANE_PX if self.is_open else LANE_PX

    def lane_top(self, lane: int) -> int:
        """Top of a lane."""
        return self.top_px + PAD_PX + lane * (self.lane_px + LANE_GAP_PX)

    def lane_at(self, y_px: float) -> int:
        """The lane nearest to a height."""
        n = int((y_px - self.top_px - PAD_PX) // (self.lane_px + LANE_GAP_PX))
        return min(max(n, 0), N_LANES - 1)


def place_rows(names: Collection[str], opened: Collection[str]) -> tuple[RowPlace, ...]:
    """The rows under each other."""
    places, top = [], 0
    for name in names:
        place = RowPlace(top, name in opened)
        places.append(place)
        top += place.height_px
    return tuple(places)


def row_at(places: tuple[RowPlace, ...], y_px: float) -> int | None:
    """The row at a height, or None below the last."""
    for n, place in enumerate(places):
        if place.top_px <= y_px < place.top_px + place.height_px:
            return n
    return None


def bar_at(
    scene: TimelineScene, places: tuple[RowPlace, ...], axis: Axis, x_px: float, y_px: float
) -> int | None:
    """Row in `Tracklets` of the bar at a point, or None."""
    n = row_at(places, y_px)
    if n is None:
        return None
    lane = scene.rows[n].lanes[places[n].lane_at(y_px)]
    return lane.at(axis.time_at(x_px), GRAB_PX * axis.ms_per_px)
