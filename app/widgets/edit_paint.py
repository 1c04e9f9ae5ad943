"""How the box in hand is painted, and the plate that says why it was not changed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen

from app.theme.tokens import (
    BOX_SHADOW_ALPHA,
    DARK,
    FONT_BODY_PX,
    ON_VIDEO,
    PLATE_ALPHA,
    QUERY_FRAME,
    RADIUS_BADGE,
    VIDEO,
)
from app.widgets.box_grip import handle_rects
from app.widgets.paint import color, font
from app.widgets.pane_paint import HEAD_PX

PLATE_PAD_PX, PLATE_GAP_PX, EDGE_PX = 8, 8, 3
WIDEST_PLATE_PX = 360


def paint_in_hand(painter: QPainter, rect: QRectF, *, is_changed: bool) -> None:
    """The handles of a box; where it will be, while it is moved."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if is_changed:
        painter.setPen(QPen(color(VIDEO, BOX_SHADOW_ALPHA), 4.0))
        painter.drawRect(rect)
        painter.setPen(QPen(color(QUERY_FRAME), 2.0))
        painter.drawRect(rect)
    painter.setPen(QPen(color(VIDEO), 1.0))
    painter.setBrush(color(QUERY_FRAME))
    for _, handle in handle_rects(rect):
        painter.drawRect(handle)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_refusal(painter: QPainter, pane: QRect, rect: QRectF | None, text: str) -> None:
    """A sentence on a plate: under the box or over it; without a box, in the middle."""
    face = font(FONT_BODY_PX, 500)
    widest = min(WIDEST_PLATE_PX, pane.width() - 2 * PLATE_GAP_PX - 2 * PLATE_PAD_PX - EDGE_PX)
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
    words = QFontMetrics(face).boundingRect(QRect(0, 0, max(widest, 40), 400), int(flags), text)
    width, height = words.width() + 2 * PLATE_PAD_PX + EDGE_PX + 1, words.height() + 2 * PLATE_PAD_PX
    room = QRectF(pane).adjusted(PLATE_GAP_PX, HEAD_PX + PLATE_GAP_PX, -PLATE_GAP_PX, -PLATE_GAP_PX)
    corner = room.center() - QPointF(width / 2, height / 2) if rect is None else rect.bottomLeft()
    if rect is not None:
        corner += QPointF(0, PLATE_GAP_PX)
        if corner.y() + height > room.bottom():
            corner.setY(rect.top() - height - PLATE_GAP_PX)
    left = max(min(corner.x(), room.right() - width), room.left())
    top = max(min(corner.y(), room.bottom() - height), room.top())
    plate = QRectF(round(left), round(top), width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color(VIDEO, PLATE_ALPHA))
    painter.drawRoundedRect(plate, RADIUS_BADGE, RADIUS_BADGE)
    painter.setBrush(color(DARK.warn))
    painter.drawRect(QRectF(plate.topLeft(), plate.bottomLeft() + QPointF(EDGE_PX, 0)))
    painter.setPen(color(ON_VIDEO))
    painter.setFont(face)
    inner = plate.adjusted(PLATE_PAD_PX + EDGE_PX, PLATE_PAD_PX, -PLATE_PAD_PX, -PLATE_PAD_PX)
    painter.drawText(inner, int(flags), text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
