"""Paints a hit and the head of a group."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.result_list import Group, ResultList
from app.snapshot import short_name
from app.theme import tokens as t
from app.theme.theme import theme
from app.widgets import paint
from app.widgets.pictures import Pictures
from app.wording import VERDICT_ICONS, VERDICT_WORDS, count_label, length_label, similarity_label, span_label
from app.workspace import ResultRow

CROP_PX = 24
"""Width of a crop in the strip; it is twice as high."""
PAD = t.SPACE * 3
LINE_PX = 16
FADED = 0.4
"""Opacity of the crops of a hit that cannot be the person."""


def paint_group(painter: QPainter, rect: QRect, group: Group, *, is_folded: bool, has_focus: bool) -> None:
    """A head: camera, how many tracklets, best similarity."""
    tokens = theme().tokens
    painter.fillRect(rect, paint.color(tokens.header))
    painter.fillRect(QRectF(rect.left(), rect.bottom(), rect.width(), 1), paint.color(tokens.line))
    inner = QRectF(rect).adjusted(PAD, 0, -PAD, 0)
    icon = "chevron-right" if is_folded else "chevron-down"
    paint.draw_icon(painter, QRectF(inner.left() - 2, inner.center().y() - 7, 14, 14), icon)
    inner.setLeft(inner.left() + 20)
    used = paint.draw_text(painter, inner, group.camera, weight=600)
    best = f"best {similarity_label(group.best)}"
    count = inner.adjusted(used + t.SPACE * 2, 0, -paint.text_width(best) - t.SPACE, 0)
    paint.draw_text(painter, count, count_label(len(group.rows), "tracklet"), "text2")
    paint.draw_text(painter, inner, best, "text2", align=paint.RIGHT)
    if has_focus:
        _ring(painter, rect)


def paint_hit(
    painter: QPainter,
    rect: QRect,
    row: ResultRow,
    shown: ResultList,
    pictures: Pictures,
    *,
    n_crops: int,
    step: int | None,
    is_current: bool,
    is_hovered: bool,
    has_focus: bool,
) -> None:
    """A hit: crops, name with badge, time and length, score bar, what was decided.

    Args:
        painter: Where.
        rect: `ROW_RESULT_PX` high.
        row: The hit.
        shown: The list that it is in.
        pictures: Hands out crops.
        n_crops: Places in the strip.
        step: Which moment of the loop the first place plays, or None while the row does not play.
        is_current: It is the row in hand.
        is_hovered: The pointer is over it.
        has_focus: The keyboard is in it.
    """
    tokens, place = theme().tokens, QRectF(rect)
    paint.draw_plane(painter, place, selected=is_current, hovered=is_hovered)
    painter.fillRect(QRectF(place.left(), place.bottom() - 1, place.width(), 1), paint.color(tokens.line))
    strip = QRectF(place.left() + PAD, place.top() + 6, n_crops * (CROP_PX + 1) - 1, CROP_PX * 2)
    _paint_strip(painter, strip, row, pictures, n_crops, step)
    words = QRectF(strip.right() + PAD, place.top() + 6, 0, LINE_PX)
    words.setRight(place.right() - PAD)
    verdict = shown.verdicts.get(row.tracklet)
    paint.draw_decision(painter, words, verdict)
    name = QRectF(words)
    taken = paint.text_width(VERDICT_WORDS[verdict]) + (18 if VERDICT_ICONS[verdict] else 0)
    name.setRight(words.right() - taken - t.SPACE)
    used = paint.draw_text(painter, name, short_name(row.tracklet), weight=600)
    number = shown.numbers.get(row.tracklet)
    if number:
        width = paint.badge_width(number)
        paint.draw_badge(painter, QRectF(name.left() + used + t.SPACE * 2, name.top(), width, 16), number)
    words.translate(0, LINE_PX)
    length = length_label(row.end_ms - row.start_ms)
    text = f"{span_label(row.start_ms, row.end_ms)} · {length}"
    if not shown.is_grouped:
        text = f"{row.camera} · {text}"
    paint.draw_text(painter, words, text, "text2")
    words.translate(0, LINE_PX)
    if row.is_impossible:
        paint.draw_icon(painter, QRectF(words.left(), words.top() + 1, 14, 14), "ban", "warn")
        reason = f"{similarity_label(row.similarity)} · in the same picture at that time"
        paint.draw_text(painter, words.adjusted(18, 0, 0, 0), reason, "text2")
    elif row.reason:
        paint.draw_icon(painter, QRectF(words.left(), words.top() + 1, 14, 14), "clock", "warn")
        reason = f"{similarity_label(row.similarity)} · {row.reason}"
        paint.draw_text(painter, words.adjusted(18, 0, 0, 0), reason, "text2")
    else:
        paint.draw_score_bar(painter, words, row.similarity)
    if has_focus:
        _ring(painter, rect)


def _paint_strip(
    painter: QPainter, strip: QRectF, row: ResultRow, pictures: Pictures, n_crops: int, step: int | None
) -> None:
    ratio = painter.device().devicePixelRatioF()
    size = CROP_PX, CROP_PX * 2
    known = pictures.count(row.tracklet, *size, ratio)
    for n in range(n_crops if known is None else min(known or 1, n_crops)):
        place = QRectF(strip.left() + n * (CROP_PX + 1), strip.top(), *size)
        rank = n
        if n == 0 and step is not None and (in_time := pictures.in_time(row.tracklet, *size, ratio)):
            rank = in_time[step % len(in_time)]
        pixmap = pictures.pixmap(row.tracklet, rank, *size, ratio)
        paint.draw_crop(painter, place, pixmap, opacity=FADED if row.is_impossible or row.reason else 1.0)
    if step is not None and known:
        done = QRectF(strip.left(), strip.bottom() - 2, CROP_PX * (step % known + 1) / known, 2)
        painter.fillRect(done, paint.color(theme().tokens.accent))


def _ring(painter: QPainter, rect: QRect) -> None:
    painter.save()
    pen = QPen(paint.color(theme().tokens.focus), 2)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.drawRect(QRectF(rect).adjusted(1, 1, -1, -1))
    painter.restore()
