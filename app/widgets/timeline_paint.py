"""The layers of the timeline: rows with their heads and bars, ruler, playhead, range, overview."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap, QPolygonF, QStaticText

from app.theme import tokens as t
from app.theme.theme import theme
from app.timeline.axis import Axis
from app.timeline.columns import is_dense
from app.timeline.rows import RowPlace
from app.timeline.scene import NO_VIDEO, CameraRow, Styles, TimelineScene
from app.widgets import paint
from app.widgets.timeline_bars import draw_bars
from app.wording import clock_label, minute_label, seconds_label
from reid_core.types import FloatArray

HEAD_PX, RULER_PX, OVERVIEW_PX = 136, 24, 16
TAG_PAD_PX = 6
CHEVRON_PX = 32
"""The part of a row's head that opens and closes it."""
NUMBER_FROM_PX = 14
"""Bars from this width on carry their number."""
SHORT_MS = 3_600_000.0
"""Footage that is shorter has its ends written with seconds."""


@dataclass(frozen=True)
class Look:
    """What is drawn, and how.

    Attributes:
        scene: What there is.
        styles: In which colours.
        places: Where the rows lie.
        axis: What is visible.
        selected: Rows of highlighted tracklets.
        active: Name of the active camera.
        area_px: Height of the area that shows rows.
        scroll_px: How far it is scrolled.
        zero_ms: Time of day at 0 on the common clock.
    """

    scene: TimelineScene
    styles: Styles
    places: tuple[RowPlace, ...]
    axis: Axis
    selected: tuple[int, ...]
    active: str
    area_px: int
    scroll_px: int
    zero_ms: float


def draw_rows(painter: QPainter, look: Look) -> None:
    """Heads, footage, gaps and bars, from the origin down; clipped by the caller."""
    tokens, axis = theme().tokens, look.axis
    width = HEAD_PX + axis.width_px
    painter.fillRect(QRectF(0, 0, width, look.area_px), paint.color(tokens.panel))
    shown = [
        (row, place)
        for row, place in zip(look.scene.rows, look.places, strict=True)
        if place.top_px + place.height_px > look.scroll_px and place.top_px < look.scroll_px + look.area_px
    ]
    for row, place in shown:
        rect = QRectF(0, place.top_px - look.scroll_px, width, place.height_px)
        if row.name == look.active:
            painter.fillRect(rect, paint.color(tokens.sel))
        _draw_head(painter, QRectF(rect.topLeft(), QPointF(HEAD_PX, rect.bottom())), row, place, look.active)
        painter.fillRect(QRectF(0, rect.bottom() - 1, width, 1), paint.color(tokens.line))
    painter.save()
    painter.setClipRect(QRectF(HEAD_PX, 0, axis.width_px, look.area_px))
    painter.translate(HEAD_PX, 0)
    for row, place in shown:
        top = place.top_px - look.scroll_px
        _draw_footage(painter, row, top, place.height_px, axis, is_active=row.name == look.active)
    draw_bars(
        painter,
        look.scene,
        look.styles,
        look.places,
        axis,
        tokens,
        height_px=look.area_px,
        scroll_px=look.scroll_px,
        ratio=painter.device().devicePixelRatioF(),
    )
    for row, place in shown:
        if place.is_open:
            _draw_numbers(painter, row, place, look)
    _draw_selected(painter, look)
    painter.restore()
    painter.fillRect(QRectF(HEAD_PX - 1, 0, 1, look.area_px), paint.color(tokens.line))


def _draw_head(painter: QPainter, rect: QRectF, row: CameraRow, place: RowPlace, active: str) -> None:
    name = "chevron-down" if place.is_open else "chevron-right"
    centre = rect.center().y()
    paint.draw_icon(painter, QRectF(12, centre - 6, 12, 12), name, "text3")
    right = rect.right() - 12
    if row.problem:
        paint.draw_icon(painter, QRectF(right - 12, centre - 6, 12, 12), "triangle-alert", "warn")
        right -= 16
    if row.status:
        place_of = QRectF(rect.left(), rect.top(), right - rect.left(), rect.height())
        width = paint.draw_text(
            painter, place_of, row.status, "text2", size_px=t.FONT_CAPTION_PX, align=paint.RIGHT
        )
        right -= width + 4
    label = QRectF(CHEVRON_PX, rect.top(), right - CHEVRON_PX, rect.height())
    paint.draw_text(painter, label, row.name, weight=600 if row.name == active else 400)


def _draw_footage(
    painter: QPainter, row: CameraRow, top: float, height: float, axis: Axis, *, is_active: bool
) -> None:
    """What was recorded; the active row stays one plane from its head to its end."""
    tokens = theme().tokens

    def place(start: float, end: float) -> QRectF | None:
        left, right = max(axis.x_of(start), -2.0), min(axis.x_of(end), axis.width_px + 2)
        return QRectF(left, top, max(right - left, 1.0), height - 1) if right >= left else None

    for start, end in () if is_active else row.footage:
        if (rect := place(start, end)) is not None:
            painter.fillRect(rect, paint.color(tokens.track))
    for start, end in row.waiting:
        if (rect := place(start, end)) is not None:
            painter.fillRect(
                rect.adjusted(0, 2, 0, -1), QBrush(QColor(tokens.line2), Qt.BrushStyle.BDiagPattern)
            )
    for start, end, _ in row.gaps:
        if (rect := place(start, end)) is not None:
            painter.fillRect(rect.adjusted(0, 1, 0, 0), paint.color(tokens.gap))
            if rect.width() > paint.text_width(NO_VIDEO, t.FONT_CAPTION_PX, 500) + 8:
                paint.draw_text(
                    painter,
                    rect,
                    NO_VIDEO,
                    t.ON_GAP,
                    size_px=t.FONT_CAPTION_PX,
                    weight=500,
                    align=paint.CENTER,
                )


def _draw_numbers(painter: QPainter, row: CameraRow, place: RowPlace, look: Look) -> None:
    axis = look.axis
    face = paint.font(t.FONT_CAPTION_PX, 700)
    painter.setFont(face)
    for n, lane in enumerate(row.lanes):
        if is_dense(lane, axis):
            continue
        near = lane.visible(axis.start_ms, axis.end_ms)
        numbers = look.styles.style[lane.row[near]]
        left = np.maximum((lane.start_ms[near] - axis.start_ms) / axis.ms_per_px, 0.0)
        right = np.minimum((lane.end_ms[near] - axis.start_ms) / axis.ms_per_px, axis.width_px)
        wide = np.flatnonzero((numbers > 0) & (right - left >= NUMBER_FROM_PX))
        top = place.lane_top(n) - look.scroll_px
        _draw_notches(painter, left[wide][numbers[wide] > len(t.IDENTITY_COLORS)].tolist(), top)
        painter.setPen(paint.color(t.IDENTITY_INK))
        for number, x, width in zip(
            numbers[wide].tolist(), left[wide].tolist(), (right - left)[wide].tolist(), strict=True
        ):
            label = _number(number, face.family())
            size = label.size()
            if size.width() <= width - 6:
                painter.drawStaticText(QPointF(x + 5, top + (place.lane_px - size.height()) / 2), label)


@lru_cache(maxsize=512)
def _number(number: int, family: str) -> QStaticText:
    """A number laid out once; the family is part of the key only."""
    text = QStaticText(str(number))
    text.setTextFormat(Qt.TextFormat.PlainText)
    text.prepare(font=paint.font(t.FONT_CAPTION_PX, 700))
    return text


def _draw_notches(painter: QPainter, lefts: list[float], top: float) -> None:
    """The corner that tells the second use of a colour from its first."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paint.color(t.IDENTITY_NOTCH))
    for x in lefts:
        painter.drawPolygon(QPolygonF([QPointF(x, top), QPointF(x + 4, top), QPointF(x, top + 4)]))


def _draw_selected(painter: QPainter, look: Look) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(paint.color(theme().tokens.text), 1.5))
    for tracklet in look.selected:
        rect = bar_rect(look, tracklet)
        if rect is not None:
            painter.drawRect(rect)


def bar_rect(look: Look, tracklet: int) -> QRectF | None:
    """Where a tracklet's bar is on the axis, below the ruler; None where it is not in sight."""
    camera = int(look.scene.tracklets.camera[tracklet])
    place = look.places[camera]
    lane = next((n for n, lane in enumerate(look.scene.rows[camera].lanes) if tracklet in lane.row), 0)
    left = look.axis.x_of(float(look.scene.tracklets.start_ms[tracklet]))
    right = look.axis.x_of(float(look.scene.tracklets.end_ms[tracklet]))
    if right < 0 or left > look.axis.width_px:
        return None
    return QRectF(left, place.lane_top(lane) - look.scroll_px, max(right - left, 3.0), place.lane_px)


def tag_rect(axis: Axis, playhead_ms: float, zero_ms: float) -> QRectF | None:
    """Where the playhead's time stands in the ruler, on the axis; None while it is out of sight."""
    x = axis.x_of(playhead_ms)
    if not -1.0 <= x <= axis.width_px + 1.0:
        return None
    width = paint.text_width(clock_label(playhead_ms + zero_ms), t.FONT_CAPTION_PX, 600) + 2 * TAG_PAD_PX
    left = min(max(x - width / 2, 0.0), max(axis.width_px - width, 0.0))
    return QRectF(left, 3, width, RULER_PX - 6)


def draw_ruler(painter: QPainter, look: Look, playhead_ms: float) -> None:
    """Ticks, their times, and the playhead's time; labels under that one are left out."""
    tokens, axis = theme().tokens, look.axis
    painter.fillRect(QRectF(0, 0, HEAD_PX + axis.width_px, RULER_PX), paint.color(tokens.panel))
    head = QRectF(12, 0, HEAD_PX - 16, RULER_PX)
    paint.draw_text(painter, head, "Common clock", "text3", size_px=t.FONT_CAPTION_PX)
    painter.fillRect(QRectF(HEAD_PX - 1, 0, 1, RULER_PX), paint.color(tokens.line))
    painter.save()
    painter.translate(HEAD_PX, 0)
    painter.setClipRect(QRectF(0, 0, axis.width_px, RULER_PX))
    tag = tag_rect(axis, playhead_ms, look.zero_ms)
    for tick in axis.ticks(look.zero_ms):
        height = RULER_PX - 4 if tick.label else 4
        painter.fillRect(QRectF(round(tick.x_px), RULER_PX - height, 1, height), paint.color(tokens.line2))
        if tick.label:
            place = QRectF(tick.x_px + 4, 0, 88, RULER_PX)
            wide = place.adjusted(0, 0, paint.text_width(tick.label, t.FONT_CAPTION_PX) - 88, 0)
            is_whole = wide.right() <= axis.width_px
            if is_whole and (tag is None or not wide.intersects(tag)):
                paint.draw_text(painter, place, tick.label, "text2", size_px=t.FONT_CAPTION_PX)
    painter.fillRect(QRectF(0, RULER_PX - 1, axis.width_px, 1), paint.color(tokens.line))
    if tag is not None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(paint.color(tokens.text))
        painter.drawRoundedRect(tag, t.RADIUS_BADGE, t.RADIUS_BADGE)
        label = clock_label(playhead_ms + look.zero_ms)
        paint.draw_text(
            painter, tag, label, "panel", size_px=t.FONT_CAPTION_PX, weight=600, align=paint.CENTER
        )
    painter.restore()


def draw_range(painter: QPainter, axis: Axis, range_ms: tuple[float, float], height_px: float) -> None:
    """The marked stretch over ruler and rows, on the axis."""
    left, right = (axis.x_of(moment) for moment in range_ms)
    if right < 0 or left > axis.width_px:
        return
    left, right = max(left, -2.0), min(right, axis.width_px + 2.0)
    accent = theme().tokens.accent
    painter.fillRect(QRectF(left, 0, right - left, height_px), paint.color(accent, 30))
    for x in (left, right - 1):
        painter.fillRect(QRectF(x, 0, 1, height_px), paint.color(accent))
    painter.fillRect(QRectF(left, RULER_PX - 3, right - left, 2), paint.color(accent))


def draw_busyness(painter: QPainter, width_px: float, heights: FloatArray) -> None:
    """How busy the whole footage is: columns of 2 px on the floor of the overview, `OVERVIEW_PX` high."""
    most = float(heights.max()) if len(heights) else 0.0
    bars = [
        QRectF(2 * n, OVERVIEW_PX - 1 - height, 2, height)
        for n, height in enumerate((heights / max(most, 1e-9) * (OVERVIEW_PX - 5)).tolist())
        if height > 0 and 2 * n < width_px
    ]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paint.color(theme().tokens.line2))
    painter.drawRects(bars)


def draw_overview(painter: QPainter, rect: QRectF, look: Look, busyness: QPixmap) -> None:
    """The whole footage, and which part of it is visible.

    Args:
        painter: Where.
        rect: The strip, heads included.
        look: What is shown.
        busyness: What `draw_busyness` drew.
    """
    tokens = theme().tokens
    painter.fillRect(rect, paint.color(tokens.panel))
    painter.fillRect(QRectF(rect.left(), rect.top(), rect.width(), 1), paint.color(tokens.line))
    first, last = look.scene.extent_ms
    write = minute_label if last - first >= SHORT_MS else seconds_label
    text = f"{write(first + look.zero_ms)} – {write(last + look.zero_ms)}"
    label = QRectF(12, rect.top(), HEAD_PX - 16, rect.height())
    paint.draw_text(painter, label, text, "text3", size_px=t.FONT_CAPTION_PX)
    painter.drawPixmap(QPointF(HEAD_PX, rect.top()), busyness)
    whole = overview_axis(look)
    left = max(whole.x_of(look.axis.start_ms), 0.0)
    right = min(whole.x_of(look.axis.end_ms), whole.width_px)
    window = QRectF(HEAD_PX + left + 0.5, rect.top() + 2.5, max(right - left - 1, 4.0), rect.height() - 4)
    painter.setPen(QPen(paint.color(tokens.accent), 1))
    painter.setBrush(paint.color(tokens.accent, 36))
    painter.drawRoundedRect(window, t.RADIUS_CROP, t.RADIUS_CROP)


def overview_axis(look: Look) -> Axis:
    """The overview's axis: everything."""
    return look.axis.fit(look.scene.extent_ms)
