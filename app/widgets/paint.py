"""Painter functions that delegates and painted widgets share: text, badge, score bar, crops, chip, decision.

All take logical pixels and leave the painter as they found it. Colours come from the theme in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QPainter,
    QPen,
    QPixmap,
    QPolygonF,
    QStaticText,
)

from app.theme import tokens as t
from app.theme.icons import icon_pixmap
from app.theme.theme import theme
from app.wording import VERDICT_ICONS, VERDICT_WORDS, band_word, similarity_label
from reid_core.types import Verdict

Align = Qt.AlignmentFlag
LEFT = Align.AlignLeft | Align.AlignVCenter
RIGHT = Align.AlignRight | Align.AlignVCenter
CENTER = Align.AlignHCenter | Align.AlignVCenter

BADGE_PX = 16
BADGE_HEAD_PX = 20
SCORE_FROM, SCORE_TO = 0.2, 1.0
"""Ends of the score bar's scale."""
EDGE_PX = 3
"""Width of the coloured edge of a selected row."""
_VERDICT_ROLES: dict[Verdict | None, str] = {
    Verdict.SAME: "ok",
    Verdict.DIFFERENT: "bad",
    Verdict.UNSURE: "warn",
    None: "text3",
}
_BAND_ROLES = {"strong": "strong", "possible": "possible", "weak": "weak", "": "possible"}


@lru_cache(maxsize=256)
def color(value: str, alpha: int = 255) -> QColor:
    """The colour of a token; treat it as read-only, it is shared."""
    made = QColor(value)
    made.setAlpha(alpha)
    return made


def font(size_px: int = t.FONT_BODY_PX, weight: int = 400) -> QFont:
    """The window's font in a size (logical pixels) and weight (400, 500, 600, 700), digits tabular."""
    return _font(QGuiApplication.font().family(), size_px, weight)


@lru_cache(maxsize=64)
def _font(family: str, size_px: int, weight: int) -> QFont:
    made = QFont(family)
    made.setPixelSize(size_px)
    made.setWeight(QFont.Weight(weight))
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def text_width(text: str, size_px: int = t.FONT_BODY_PX, weight: int = 400) -> float:
    """How wide a text is, logical pixels."""
    return _laid_out(text, QGuiApplication.font().family(), size_px, weight, 1e6)[1]


def draw_text(
    painter: QPainter,
    rect: QRectF | QRect,
    text: str,
    role: str = "text",
    *,
    size_px: int = t.FONT_BODY_PX,
    weight: int = 400,
    align: Qt.AlignmentFlag = LEFT,
) -> float:
    """One line of text, elided at the right where it does not fit; returns the width that it took.

    Args:
        painter: Where.
        rect: Its place.
        text: What.
        role: A colour role of the tokens, or a ``#RRGGBB`` of the token file.
        size_px: Font size.
        weight: Font weight.
        align: Where in the rectangle.
    """
    place, face = QRectF(rect), font(size_px, weight)
    shown, width, height = _laid_out(text, face.family(), size_px, weight, ceil(place.width() * 2) / 2)
    x = place.left()
    if align is not LEFT:
        x += (place.width() - width) * (
            0.5 if align & Align.AlignHCenter else 1 if align & Align.AlignRight else 0
        )
    painter.setFont(face)
    painter.setPen(color(role if role.startswith("#") else str(getattr(theme().tokens, role))))
    painter.drawStaticText(QPointF(x, place.top() + (place.height() - height) / 2), shown)
    return width


@lru_cache(maxsize=4096)
def _laid_out(
    text: str, family: str, size_px: int, weight: int, room_px: float
) -> tuple[QStaticText, float, float]:
    """What of a text fits, its width and its height: laying out costs more than drawing, so it is kept."""
    face = _font(family, size_px, weight)
    metrics = QFontMetricsF(face)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room_px)
    laid = QStaticText(shown)
    laid.setTextFormat(Qt.TextFormat.PlainText)
    laid.prepare(font=face)
    return laid, min(metrics.horizontalAdvance(shown), room_px), metrics.height()


def draw_icon(painter: QPainter, rect: QRectF | QRect, name: str, role: str = "text2") -> None:
    """A Lucide icon, centred in the rectangle and as large as its shorter side."""
    place = QRectF(rect)
    side = round(min(place.width(), place.height()))
    value = role if role.startswith("#") else str(getattr(theme().tokens, role))
    pixmap = icon_pixmap(name, value, side, painter.device().devicePixelRatioF())
    corner = place.center() - QPointF(side / 2, side / 2)
    painter.drawPixmap(QPointF(round(corner.x()), round(corner.y())), pixmap)


def draw_plane(
    painter: QPainter,
    rect: QRectF | QRect,
    *,
    selected: bool = False,
    hovered: bool = False,
    focused: bool = False,
) -> None:
    """The ground of a list row: plane by state, edge of a selected one, ring of the focused one."""
    tokens, place = theme().tokens, QRectF(rect)
    plane = tokens.sel if selected else tokens.hover if hovered else tokens.panel
    painter.fillRect(place, color(plane))
    if selected:
        painter.fillRect(QRectF(place.left(), place.top(), EDGE_PX, place.height()), color(tokens.accent))
    if focused:
        painter.save()
        pen = QPen(color(tokens.focus), 2)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place.adjusted(1, 1, -1, -1))
        painter.restore()


def badge_width(number: int, height: float = BADGE_PX) -> float:
    """How wide a badge with this number is: square up to one digit."""
    return max(height, text_width(str(number), t.FONT_CAPTION_PX, 700) + 8)


def draw_badge(painter: QPainter, rect: QRectF | QRect, number: int, *, suffix: str = "") -> None:
    """An identity's number on its colour, with the notch of a repeated colour.

    Args:
        painter: Where.
        rect: `BADGE_PX` high, `badge_width` wide.
        number: Identity number from 1.
        suffix: Written behind it: ``?`` for a proposal.
    """
    place = QRectF(rect)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color(t.identity_color(number)))
    painter.drawRoundedRect(place, t.RADIUS_BADGE, t.RADIUS_BADGE)
    draw_rim(painter, place, t.RADIUS_BADGE)
    if t.has_notch(number):
        corner = place.topRight()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color(t.IDENTITY_NOTCH))
        painter.drawPolygon(QPolygonF([corner, corner - QPointF(5, 0), corner + QPointF(0, 5)]))
    painter.setFont(font(t.FONT_CAPTION_PX, 700))
    painter.setPen(color(t.IDENTITY_INK))
    painter.drawText(place, CENTER, f"{number}{suffix}")
    painter.restore()


def draw_rim(painter: QPainter, rect: QRectF, radius: float = 0.0) -> None:
    """The inner dark line that identity shapes need on light planes; nothing in the dark scheme."""
    if theme().tokens.name != "light":
        return
    painter.setPen(QPen(color(t.IDENTITY_INK, t.IDENTITY_RIM_ALPHA), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inner = rect.adjusted(0.5, 0.5, -0.5, -0.5)
    if radius:
        painter.drawRoundedRect(inner, radius, radius)
    else:
        painter.drawRect(inner)


def draw_score_bar(
    painter: QPainter,
    rect: QRectF | QRect,
    similarity: float,
    *,
    bands: tuple[float, float] | None = None,
    note: str = "",
) -> None:
    """The bar from 0.20 to 1.00, then the number, then the band word.

    Args:
        painter: Where.
        rect: One text line high; the bar takes what number and word leave, at most 112 px.
        similarity: -1..1.
        bands: Where possible and strong begin; without a calibration there are no ticks and no word.
        note: Written in place of the word, such as ``p 0.94``.
    """
    tokens, place = theme().tokens, QRectF(rect)
    word = note or band_word(similarity, bands)
    number_px = text_width("0.00", weight=600)
    word_px = text_width("possible") + t.SPACE * 2 if word else 0.0
    bar_px = max(24.0, min(112.0, place.width() - number_px - word_px - t.SPACE * 2))
    bar = QRectF(place.left(), place.center().y() - 3, bar_px, 6)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color(tokens.line2))
    painter.drawRoundedRect(bar, t.RADIUS_CROP, t.RADIUS_CROP)
    painter.setBrush(color(getattr(tokens, _BAND_ROLES[band_word(similarity, bands)])))
    painter.drawRoundedRect(QRectF(bar.topLeft(), QSizeF(bar_px * _score_part(similarity), 6)), 2, 2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    for limit in bands or ():
        x = float(round(bar.left() + bar_px * _score_part(limit)))
        painter.fillRect(QRectF(x, bar.top() - 2, 1, 10), color(tokens.text3))
    painter.restore()
    number_left = bar.right() + t.SPACE * 2
    line = QRectF(number_left, place.top(), place.right() - number_left, place.height())
    draw_text(painter, line, similarity_label(similarity), weight=600)
    if word:
        draw_text(painter, line.adjusted(number_px + t.SPACE * 2, 0, 0, 0), word, "text2")


def _score_part(similarity: float) -> float:
    return min(max((similarity - SCORE_FROM) / (SCORE_TO - SCORE_FROM), 0.0), 1.0)


def draw_crop(
    painter: QPainter, rect: QRectF | QRect, pixmap: QPixmap | None, *, opacity: float = 1.0
) -> None:
    """A crop that covers its place (the middle is shown), or a grey placeholder until it is there."""
    tokens, place = theme().tokens, QRectF(rect)
    if pixmap is None or pixmap.isNull():
        painter.fillRect(place, color(tokens.pressed if tokens.name == "dark" else tokens.line))
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.fillRect(place, color(t.VIDEO))
    painter.setOpacity(painter.opacity() * opacity)
    width, height = float(pixmap.width()), float(pixmap.height())
    scale = max(place.width() / width, place.height() / height)
    part = QSizeF(place.width() / scale, place.height() / scale)
    source = QRectF(QPointF((width - part.width()) / 2, (height - part.height()) / 2), part)
    painter.drawPixmap(place, pixmap, source)
    painter.restore()


def draw_crop_strip(
    painter: QPainter, rect: QRectF | QRect, pixmaps: Sequence[QPixmap | None], *, opacity: float = 1.0
) -> None:
    """Crops side by side with 1 px gaps, each 1:2 and as high as the rectangle."""
    place = QRectF(rect)
    width = round(place.height() / 2)
    for n, pixmap in enumerate(pixmaps):
        left = place.left() + n * (width + 1)
        draw_crop(painter, QRectF(left, place.top(), width, place.height()), pixmap, opacity=opacity)


def crop_strip_width(n_crops: int, height_px: int) -> int:
    """How wide a strip of that many crops is."""
    return max(0, n_crops * (height_px // 2 + 1) - 1)


def draw_decision(painter: QPainter, rect: QRectF | QRect, verdict: Verdict | None) -> None:
    """The verdict's icon and word in its colour, at the right of the rectangle."""
    place, role, word = QRectF(rect), _VERDICT_ROLES[verdict], VERDICT_WORDS[verdict]
    width = min(text_width(word), place.width())
    draw_text(painter, place, word, role, align=RIGHT)
    if VERDICT_ICONS[verdict]:
        left = place.right() - width - t.SPACE - 14
        draw_icon(painter, QRectF(left, place.center().y() - 7, 14, 14), VERDICT_ICONS[verdict], role)


def chip_width(text: str, *, closable: bool = False) -> float:
    """How wide a chip with this text is."""
    return text_width(text) + t.SPACE * 5 + (14 if closable else 0)


def draw_chip(
    painter: QPainter,
    rect: QRectF | QRect,
    text: str,
    *,
    on: bool = False,
    hovered: bool = False,
    closable: bool = False,
) -> None:
    """A filter chip, `CONTROL_SMALL_PX` high and `chip_width` wide; a closable one shows an ``x``."""
    tokens, place = theme().tokens, QRectF(rect)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color(tokens.accent if on else tokens.line2), 1))
    painter.setBrush(color(tokens.sel if on else tokens.hover if hovered else tokens.raised))
    painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), t.RADIUS_CHIP, t.RADIUS_CHIP)
    painter.restore()
    inner = place.adjusted(t.SPACE * 2 + 2, 0, -t.SPACE * 2 - 2, 0)
    if closable:
        draw_icon(painter, QRectF(inner.right() - 12, place.center().y() - 6, 12, 12), "x", "text2")
        inner.setRight(inner.right() - 14)
    draw_text(painter, inner, text)


def draw_camera_squares(painter: QPainter, rect: QRectF | QRect, seen: Sequence[bool]) -> None:
    """One little square a camera, from the right: filled where the person was seen."""
    tokens, place = theme().tokens, QRectF(rect)
    left, top = place.right() - camera_squares_width(len(seen)), round(place.center().y() - 4)
    painter.save()
    painter.setPen(QPen(color(tokens.edge), 1))
    for n, is_seen in enumerate(seen):
        square = QRectF(left + n * 10 + 0.5, top + 0.5, 7, 7)
        painter.setBrush(color(tokens.text2) if is_seen else Qt.BrushStyle.NoBrush)
        painter.drawRect(square)
    painter.restore()


def camera_squares_width(n_cameras: int) -> int:
    """How wide the squares of that many cameras are."""
    return max(0, n_cameras * 10 - 2)
