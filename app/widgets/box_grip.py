"""A box in hand: where its handles are, and what it becomes when one of them is dragged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt

HANDLE_PX, REACH_PX = 8.0, 12.0
"""Side of a handle, and of what counts as hitting it."""
ROOMY_PX = 36.0
"""Sides that are shorter have handles at their corners only."""
LEAST_BOX_PX = 4.0
"""A box is not made smaller than this, in pixels of the frame."""

Xyxy = tuple[float, float, float, float]


class Handle(Enum):
    """Where a box is taken: which of its sides go with the hand, as ``(left, top, right, bottom)``."""

    MOVE = (1, 1, 1, 1)
    TOP_LEFT = (1, 1, 0, 0)
    TOP = (0, 1, 0, 0)
    TOP_RIGHT = (0, 1, 1, 0)
    RIGHT = (0, 0, 1, 0)
    BOTTOM_RIGHT = (0, 0, 1, 1)
    BOTTOM = (0, 0, 0, 1)
    BOTTOM_LEFT = (1, 0, 0, 1)
    LEFT = (1, 0, 0, 0)


CURSORS = {
    Handle.MOVE: Qt.CursorShape.SizeAllCursor,
    Handle.TOP: Qt.CursorShape.SizeVerCursor,
    Handle.BOTTOM: Qt.CursorShape.SizeVerCursor,
    Handle.LEFT: Qt.CursorShape.SizeHorCursor,
    Handle.RIGHT: Qt.CursorShape.SizeHorCursor,
    Handle.TOP_LEFT: Qt.CursorShape.SizeFDiagCursor,
    Handle.BOTTOM_RIGHT: Qt.CursorShape.SizeFDiagCursor,
    Handle.TOP_RIGHT: Qt.CursorShape.SizeBDiagCursor,
    Handle.BOTTOM_LEFT: Qt.CursorShape.SizeBDiagCursor,
}


@dataclass(frozen=True, slots=True)
class Grip:
    """A box that was taken with the mouse.

    Attributes:
        handle: Where.
        press: Where the mouse was then.
        xyxy: The box then, pixels of the frame.
        is_moving: The mouse has gone far enough to mean it.
    """

    handle: Handle
    press: QPointF
    xyxy: Xyxy
    is_moving: bool = False


def handle_rects(rect: QRectF) -> list[tuple[Handle, QRectF]]:
    """The handles of a box on the screen."""
    middle = rect.center()
    found = [
        (Handle.TOP_LEFT, rect.topLeft()),
        (Handle.TOP_RIGHT, rect.topRight()),
        (Handle.BOTTOM_RIGHT, rect.bottomRight()),
        (Handle.BOTTOM_LEFT, rect.bottomLeft()),
    ]
    if rect.width() >= ROOMY_PX:
        found += [
            (Handle.TOP, QPointF(middle.x(), rect.top())),
            (Handle.BOTTOM, QPointF(middle.x(), rect.bottom())),
        ]
    if rect.height() >= ROOMY_PX:
        found += [
            (Handle.LEFT, QPointF(rect.left(), middle.y())),
            (Handle.RIGHT, QPointF(rect.right(), middle.y())),
        ]
    return [(handle, _around(point, HANDLE_PX)) for handle, point in found]


def handle_at(rect: QRectF, position: QPointF) -> Handle | None:
    """What of a box is under the mouse; None beside it."""
    for handle, place in handle_rects(rect):
        if _around(place.center(), REACH_PX).contains(position):
            return handle
    return Handle.MOVE if rect.contains(position) else None


def dragged(xyxy: Xyxy, handle: Handle, dx: float, dy: float, width: float, height: float) -> Xyxy:
    """A box after a drag, within the picture: a moved one keeps its size, a resized one never turns over.

    Args:
        xyxy: The box before.
        handle: Where it was taken.
        dx: To the right, pixels of the frame.
        dy: Down.
        width: Of the picture.
        height: Of the picture.
    """
    x1, x2 = _moved(xyxy[0], xyxy[2], dx, width, (handle.value[0], handle.value[2]))
    y1, y2 = _moved(xyxy[1], xyxy[3], dy, height, (handle.value[1], handle.value[3]))
    return x1, y1, x2, y2


def _moved(low: float, high: float, by: float, end: float, sides: tuple[int, int]) -> tuple[float, float]:
    if sides == (1, 1):
        by = min(max(by, min(-low, 0.0)), max(end - high, 0.0))
        return low + by, high + by
    if sides[0]:
        low = min(max(low + by, 0.0), high - LEAST_BOX_PX)
    if sides[1]:
        high = max(min(high + by, end), low + LEAST_BOX_PX)
    return low, high


def _around(point: QPointF, side: float) -> QRectF:
    return QRectF(point - QPointF(side / 2, side / 2), QSizeF(side, side))
