"""The bars of all lanes as one picture: each lane is computed column by column and filled in whole rows.

Thousands of bars cost no more than the pixels they cover, which keeps zooming within a frame.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from app.theme import tokens as t
from app.theme.tokens import Tokens
from app.timeline.axis import Axis
from app.timeline.columns import Columns, column_edges, sample
from app.timeline.rows import RowPlace
from app.timeline.scene import Styles, TimelineScene
from reid_core.types import IntArray

Pixels = NDArray[np.uint32]
DENSITY_PX = 2
"""Width of a density strip's columns."""
HOLLOW = 0.28
"""How much of its colour fills a proposed bar."""


def draw_bars(
    painter: QPainter,
    scene: TimelineScene,
    styles: Styles,
    places: tuple[RowPlace, ...],
    axis: Axis,
    tokens: Tokens,
    *,
    height_px: int,
    scroll_px: int,
    ratio: float,
) -> None:
    """Every visible bar, from the origin on.

    Args:
        painter: Where; one pixel of it is one of the display.
        scene: What there is.
        styles: In which colours.
        places: Where the rows lie.
        axis: What is visible.
        tokens: The scheme.
        height_px: Height of the area that shows rows, logical pixels.
        scroll_px: How far it is scrolled down.
        ratio: Physical pixels in a logical one.
    """
    width, height = round(axis.width_px * ratio), round(height_px * ratio)
    pixels: Pixels = np.zeros((max(height, 1), max(width, 1)), np.uint32)
    fill, edge = palettes(tokens)
    edges, step = column_edges(axis, max(width, 1)), max(round(DENSITY_PX * ratio), 1)
    for row, place in zip(scene.rows, places, strict=True):
        if place.top_px + place.height_px <= scroll_px or place.top_px >= scroll_px + height_px:
            continue
        for n, lane in enumerate(row.lanes):
            top = round((place.lane_top(n) - scroll_px) * ratio)
            bottom = top + round(place.lane_px * ratio)
            block = pixels[max(top, 0) : min(bottom, height)]
            if not len(lane) or not len(block):
                continue
            lane_styles = styles.of_lane(lane)
            columns = sample(lane, axis, edges, lane_styles.latest, step=step)
            kinds = lane_styles.kind[columns.piece]
            _fill(block, max(0, -top), bottom - top, columns, kinds, fill, edge)
    image = QImage(
        pixels.data,
        pixels.shape[1],
        pixels.shape[0],
        pixels.shape[1] * 4,
        QImage.Format.Format_ARGB32_Premultiplied,  # every pixel is opaque or clear
    )
    image.setDevicePixelRatio(ratio)
    painter.drawImage(QPointF(0, 0), image)


def _fill(
    block: Pixels, skipped: int, height: int, columns: Columns, kinds: IntArray, fill: Pixels, edge: Pixels
) -> None:
    """Paint a lane into its rows of the picture; ``skipped`` rows of it lie above the picture."""
    there = columns.piece >= 0
    rim = edge[kinds] * there
    if columns.is_dense:
        level = np.ceil(columns.fill * height).astype(np.int64)
        above = height - skipped - np.arange(len(block))[:, None]  # rows to the lane's floor
        np.multiply(rim[None, :], above <= level[None, :], out=block, casting="unsafe")
        return
    block[...] = np.where(columns.is_edge, rim, fill[kinds] * there)
    for y in {0, height - 1}:
        if 0 <= y - skipped < len(block):
            block[y - skipped] = rim


@lru_cache(maxsize=4)
def palettes(tokens: Tokens) -> tuple[Pixels, Pixels]:
    """Fill and edge of each kind: nobody's, then decided and proposed in every colour, then unknown."""
    ground, ink = QColor(tokens.track), QColor(t.IDENTITY_INK)
    is_light = tokens.name == "light"
    solid = [QColor(tokens.weak), *(QColor(value) for value in t.IDENTITY_COLORS)]
    hollow = [*(QColor(value) for value in t.IDENTITY_COLORS), QColor(tokens.accent)]
    rim = t.IDENTITY_RIM_ALPHA / 255
    fill = [*solid, *(_mix(ground, one, HOLLOW) for one in hollow)]
    edge = [
        solid[0],
        *(_mix(one, ink, rim) if is_light else one for one in solid[1:]),
        *(_mix(one, ink, rim) if is_light else one for one in hollow[:-1]),
        hollow[-1],
    ]
    return (
        np.array([one.rgba() for one in fill], np.uint32),
        np.array([one.rgba() for one in edge], np.uint32),
    )


def _mix(under: QColor, over: QColor, part: float) -> QColor:
    def channel(a: float, b: float) -> float:
        return a + (b - a) * part

    return QColor.fromRgbF(
        channel(under.redF(), over.redF()),
        channel(under.greenF(), over.greenF()),
        channel(under.blueF(), over.blueF()),
    )
