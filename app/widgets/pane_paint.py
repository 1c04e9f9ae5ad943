"""How one pane is painted: picture, trails, boxes with their labels, head, messages."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen, QPolygonF

from app.playback.picture import Shot
from app.playback.scene import BoxShape, Mark, PaneScene, Standing
from app.theme.icons import icon_pixmap
from app.theme.tokens import (
    BOX_SHADOW_ALPHA,
    DARK,
    FONT_BODY_PX,
    FONT_CAPTION_PX,
    IDENTITY_INK,
    ON_VIDEO,
    ON_VIDEO_QUIET,
    PLATE_ALPHA,
    QUERY_FRAME,
    RADIUS_BADGE,
    RADIUS_CROP,
    VIDEO,
    Tokens,
    has_notch,
    identity_color,
)
from app.widgets.paint import LEFT, color, font, text_width

HEAD_PX, LABEL_PX, PAD_PX = 24, 16, 8
BOX_PX, SHADOW_PX, THIN_PX, FRAME_PX, TRAIL_PX, ACTIVE_PX = 2.0, 4.0, 1.0, 1.5, 2.0, 2.0
DASH = (4.0, 3.0)
DIMMED = 0.4
HOVER_ALPHA = 20
"""A plane of white at 8 %."""


@dataclass(frozen=True, slots=True)
class PaintedBox:
    """A box as it lies on the screen.

    Attributes:
        shape: What was painted.
        camera: Of which pane.
        rect: Where, in the grid's pixels, within the picture.
    """

    shape: BoxShape
    camera: str
    rect: QRectF


@dataclass(frozen=True, slots=True)
class Emphasis:
    """What the pointer and the keyboard are at.

    Attributes:
        hovered: Tracklet id under the pointer, or empty.
        focused: Tracklet id that the keyboard is at, or empty.
        with_boxes: Boxes are painted.
        with_trails: Trails are painted.
    """

    hovered: str = ""
    focused: str = ""
    with_boxes: bool = True
    with_trails: bool = True


def picture_rect(shot: Shot, pane: QRect, ratio: float) -> QRectF:
    """Where a picture lies in a pane: in the middle, in its shape, on whole device pixels."""
    height_px, width_px = shot.pixels.shape[:2]
    scale = min(pane.width() * ratio / width_px, pane.height() * ratio / height_px)
    if abs(width_px * scale - width_px) <= 1.0 and abs(height_px * scale - height_px) <= 1.0:
        scale = 1.0  # made for this size: copied, not scaled
    width, height = round(width_px * scale), round(height_px * scale)
    left = round(pane.x() * ratio + (pane.width() * ratio - width) / 2)
    top = round(pane.y() * ratio + (pane.height() * ratio - height) / 2)
    return QRectF(left / ratio, top / ratio, width / ratio, height / ratio)


def paint_pane(
    painter: QPainter, pane: QRect, scene: PaneScene, tokens: Tokens, emphasis: Emphasis
) -> list[PaintedBox]:
    """Paint one pane; where its boxes are, the topmost last."""
    painter.save()
    painter.setClipRect(pane)
    painted: list[PaintedBox] = []
    if scene.shot is None:
        painter.fillRect(pane, color(VIDEO))
    else:
        ratio = painter.device().devicePixelRatioF()
        place = picture_rect(scene.shot, pane, ratio)
        for bar in _bars(QRectF(pane), place):
            painter.fillRect(bar, color(VIDEO))
        _paint_picture(painter, scene.shot, place)
        if emphasis.with_trails:
            for shape in scene.boxes:
                _paint_trail(painter, shape, scene.shot, place)
        if emphasis.with_boxes:
            painted = [
                PaintedBox(shape, scene.camera, on_screen(shape.xyxy, scene.shot, place))
                for shape in scene.boxes
            ]
            for box in painted:
                paint_box(painter, box, pane, emphasis)
    if scene.message:
        _paint_message(painter, pane, scene)
    _paint_head(painter, pane, scene, tokens)
    painter.restore()
    return painted


def paint_frame(painter: QPainter, pane: QRect, hue: str, inset: float = 0.0) -> None:
    """A 2 px frame inside a pane: the active one, or where the keyboard is."""
    half = ACTIVE_PX / 2 + inset
    painter.setPen(_pen(color(hue), ACTIVE_PX))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(pane).adjusted(half, half, -half, -half))


def paint_drawn(painter: QPainter, rect: QRectF) -> None:
    """The rectangle that is being drawn."""
    painter.setBrush(color(QUERY_FRAME, HOVER_ALPHA))
    painter.setPen(_pen(color(VIDEO, BOX_SHADOW_ALPHA), SHADOW_PX))
    painter.drawRect(rect)
    painter.setPen(_pen(color(QUERY_FRAME), FRAME_PX, DASH))
    painter.drawRect(rect)


def paint_box(painter: QPainter, box: PaintedBox, pane: QRect, emphasis: Emphasis) -> None:
    """A box with its label, as its mark says."""
    mark, rect = box.shape.mark, box.rect
    hue = mark_color(mark)
    painter.setOpacity(DIMMED if mark.is_dimmed else 1.0)
    if emphasis.hovered == mark.tracklet:
        painter.fillRect(rect, color(QUERY_FRAME, HOVER_ALPHA))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    shadow = color(VIDEO, BOX_SHADOW_ALPHA)
    if mark.standing is Standing.DECIDED:
        painter.setPen(_pen(shadow, THIN_PX))  # the middle of the dark line is covered anyway
        painter.drawRect(rect.adjusted(-1.5, -1.5, 1.5, 1.5))
        painter.drawRect(rect.adjusted(1.5, 1.5, -1.5, -1.5))
        painter.setPen(_pen(hue, BOX_PX))
    elif mark.standing is Standing.CANDIDATE:
        painter.setPen(_pen(shadow, SHADOW_PX))
        painter.drawRect(rect)
        painter.setPen(_pen(hue, BOX_PX, DASH))
    else:
        painter.setPen(_pen(shadow, THIN_PX))
        painter.drawRect(rect)
        painter.setPen(_pen(hue, THIN_PX, DASH))
    painter.drawRect(rect)
    if mark.is_query or mark.is_selected:
        painter.setPen(_pen(color(QUERY_FRAME), FRAME_PX))
        painter.drawRect(rect.adjusted(-2, -2, 2, 2))
    if emphasis.focused == mark.tracklet:
        painter.setPen(_pen(color(DARK.focus), BOX_PX))
        painter.drawRect(rect.adjusted(-4, -4, 4, 4))
    _paint_label(painter, mark, rect, pane, hue)
    painter.setOpacity(1.0)


def mark_color(mark: Mark) -> QColor:
    """Colour of a tracklet's box over video, which is the same in both schemes."""
    if mark.number > 0:
        return color(identity_color(mark.number))
    return color(DARK.accent if mark.standing is Standing.CANDIDATE else ON_VIDEO_QUIET)


def _bars(pane: QRectF, place: QRectF) -> list[QRectF]:
    """What the picture leaves free of a pane, up to a pixel more."""
    inner = place.adjusted(1, 1, -1, -1)
    if inner.width() >= pane.width() - 2:
        upper = QRectF(pane.topLeft(), QPointF(pane.right(), inner.top()))
        lower = QRectF(QPointF(pane.left(), inner.bottom()), pane.bottomRight())
        return [bar for bar in (upper, lower) if bar.height() > 1]
    left = QRectF(pane.topLeft(), QPointF(inner.left(), pane.bottom()))
    right = QRectF(QPointF(inner.right(), pane.top()), pane.bottomRight())
    return [left, right]


def _paint_picture(painter: QPainter, shot: Shot, place: QRectF) -> None:
    height, width = shot.pixels.shape[:2]
    image = QImage(shot.pixels.data, width, height, shot.pixels.strides[0], QImage.Format.Format_RGB32)
    ratio = painter.device().devicePixelRatioF()
    is_exact = abs(place.width() * ratio - width) < 0.5 and abs(place.height() * ratio - height) < 0.5
    if is_exact:
        image.setDevicePixelRatio(ratio)
        painter.drawImage(place.topLeft(), image)
    else:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, image)


def on_screen(xyxy: tuple[float, float, float, float], shot: Shot, place: QRectF) -> QRectF:
    """Where a box of the frame lies in the picture at ``place``, on whole pixels."""
    scale_x, scale_y = place.width() / shot.width, place.height() / shot.height
    x1, y1, x2, y2 = xyxy
    rect = QRectF(
        QPointF(round(place.x() + x1 * scale_x), round(place.y() + y1 * scale_y)),
        QPointF(round(place.x() + x2 * scale_x), round(place.y() + y2 * scale_y)),
    )
    return rect.intersected(place)


def _paint_trail(painter: QPainter, shape: BoxShape, shot: Shot, place: QRectF) -> None:
    if len(shape.trail) < 2:
        return
    scale_x, scale_y = place.width() / shot.width, place.height() / shot.height
    left, top = place.x(), place.y()
    points = [QPointF(left + x * scale_x, top + y * scale_y) for x, y in shape.trail]
    pen = QPen(mark_color(shape.mark), TRAIL_PX)
    pen.setCapStyle(Qt.PenCapStyle.SquareCap)
    painter.setOpacity(DIMMED if shape.mark.is_dimmed else 1.0)
    painter.setPen(pen)
    painter.drawPoints(QPolygonF(points))
    painter.setOpacity(1.0)


def _paint_label(painter: QPainter, mark: Mark, rect: QRectF, pane: QRect, hue: QColor) -> None:
    parts: list[tuple[str, QColor, QColor]] = []
    if mark.label:
        parts.append((mark.label, hue, color(IDENTITY_INK)))
    if mark.is_query:
        parts.append(("Query", color(VIDEO, PLATE_ALPHA), color(ON_VIDEO)))
    if not parts:
        return
    widths = [max(round(text_width(text, FONT_CAPTION_PX, 700)) + 8, LABEL_PX) for text, _, _ in parts]
    total = sum(widths) + 2 * (len(parts) - 1)
    left = min(max(rect.left() - 1, pane.left()), max(pane.right() - total, pane.left()))
    edge = 3.0 if mark.is_query or mark.is_selected else 1.0
    top = rect.top() - edge - LABEL_PX
    if top < pane.top() + HEAD_PX:
        top = rect.bottom() - LABEL_PX + 1  # no room above: at the foot of the box
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font(FONT_CAPTION_PX, 700))
    for (text, plane, ink), width in zip(parts, widths, strict=True):
        label = QRectF(round(left), round(top), width, LABEL_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(plane)
        painter.drawRoundedRect(label, RADIUS_CROP, RADIUS_CROP)
        if text == mark.label and mark.number and has_notch(mark.number):
            painter.setBrush(color(QUERY_FRAME))
            corner = label.topRight()
            painter.drawPolygon(QPolygonF([corner, corner - QPointF(5, 0), corner + QPointF(0, 5)]))
        painter.setPen(ink)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)
        left += width + 2
    painter.restore()


def _paint_head(painter: QPainter, pane: QRect, scene: PaneScene, tokens: Tokens) -> None:
    head = QRect(pane.x(), pane.y(), pane.width(), HEAD_PX)
    painter.fillRect(head, color(VIDEO, PLATE_ALPHA))
    right = _paint_facts(painter, head, scene)
    left = head.left() + PAD_PX
    tags = [("Live", DARK.ok)] if scene.is_live else []
    tags += [("Active", DARK.accent)] if scene.is_active else []
    widths = [round(text_width(text, FONT_CAPTION_PX, 600)) + 8 for text, _ in tags]
    room = right - left - sum(width + 8 for width in widths) - PAD_PX
    face = font(FONT_BODY_PX, 600)
    name = QFontMetrics(face).elidedText(scene.camera, Qt.TextElideMode.ElideRight, max(room, 24))
    painter.setFont(face)
    painter.setPen(color(ON_VIDEO))
    painter.drawText(head.adjusted(PAD_PX, 0, 0, 0), LEFT, name)
    left += round(text_width(name, FONT_BODY_PX, 600)) + 8
    for (text, plane), width in zip(tags if room > 0 else (), widths, strict=False):
        tag = QRectF(left, head.y() + 4, width, LABEL_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color(plane))
        painter.drawRoundedRect(tag, RADIUS_BADGE, RADIUS_BADGE)
        painter.setFont(font(FONT_CAPTION_PX, 600))
        painter.setPen(color(IDENTITY_INK))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)
        left += width + 4


def _paint_facts(painter: QPainter, head: QRect, scene: PaneScene) -> int:
    """Note, offset, time and frame from the right; those that do not fit are left out. Where they begin."""
    right = head.right() + 1 - PAD_PX
    facts = (
        (scene.frame, FONT_CAPTION_PX, 400, ON_VIDEO_QUIET, 220),
        (scene.time, FONT_BODY_PX, 600, ON_VIDEO, 0),
        (scene.offset, FONT_CAPTION_PX, 400, ON_VIDEO_QUIET, 280),
        (scene.note, FONT_CAPTION_PX, 400, DARK.warn, 360),
    )
    for text, size_px, weight, ink, from_px in facts:
        if not text or head.width() < from_px:
            continue
        width = round(text_width(text, size_px, weight)) + 1
        painter.setFont(font(size_px, weight))
        painter.setPen(color(ink))
        painter.drawText(QRect(right - width, head.y(), width, head.height()), LEFT, text)
        right -= width + PAD_PX
    return right


def _paint_message(painter: QPainter, pane: QRect, scene: PaneScene) -> None:
    room = pane.adjusted(24, HEAD_PX + 8, -24, -8)
    metrics = QFontMetrics(painter.font())
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    text = metrics.boundingRect(room, int(flags), scene.message)
    if scene.is_problem and text.height() + 28 <= room.height():
        pixmap = icon_pixmap(scene.icon, ON_VIDEO_QUIET, 20, painter.device().devicePixelRatioF())
        painter.drawPixmap(QPointF(room.center().x() - 10, text.top() - 14), pixmap)
        room.translate(0, 14)
    painter.setPen(QColor(ON_VIDEO if scene.is_problem else ON_VIDEO_QUIET))
    painter.drawText(room, int(flags), scene.message)


def _pen(hue: QColor, width: float, dashes: tuple[float, ...] = ()) -> QPen:
    pen = QPen(hue, width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dashes:
        pen.setDashPattern([length * 2 / max(width, 1.0) for length in dashes] if width < 2 else list(dashes))
    return pen
