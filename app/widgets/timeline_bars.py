"""The bars of all lanes as one picture: each lane is computed column by column and filled in whole rows.

Thousands of bars cost no more than the pixels they cover, which keeps zooming within a frame.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from app.theme import tokens as t
from app.theme.tokens import Tokens
from app.timeline.axis import Axis
from app.timeline.columns import Columns, sample
from app.timeline.lanes import Lane
from app.timeline.rows import RowPlace
from app.timeline.scene import PROPOSED_UNKNOWN, Styles, TimelineScene
from reid_core.types import IntArray

Pixels = NDArray[np.uint32]
HOLLOW = 0.28
"""How much of its colour fills a proposed bar."""
_N = len(t.IDENTITY_COLORS)
_UNKNOWN = 2 * _N + 1


def bars_image(
    scene: TimelineScene,
    styles: Styles,
    places: tuple[RowPlace, ...],
    axis: Axis,
    tokens: Tokens,
    *,
    height_px: int,
    scroll_px: int,
    ratio: float,
) -> QImage:
    """Every visible bar on a transparent ground.

    Args:
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
    rank = np.sign(styles.style) % 3  # 0 nobody's, 1 decided, 2 proposed
    rank = np.where(rank == 0, 0, 3 - rank)
    fill, edge = palettes(tokens)
    for row, place in zip(scene.rows, places, strict=True):
        if place.top_px + place.height_px <= scroll_px or place.top_px >= scroll_px + height_px:
            continue
        for n, lane in enumerate(row.lanes):
            top = round((place.lane_top(n) - scroll_px) * ratio)
            bottom = top + round(place.lane_px * ratio)
            block = pixels[max(top, 0) : min(bottom, height)]
            if not len(lane) or not len(block):
                continue
            columns = sample(lane, axis, width, rank)
            _fill(block, max(0, -top), bottom - top, columns, _kinds(lane, columns, styles), fill, edge)
    image = QImage(
        pixels.data, pixels.shape[1], pixels.shape[0], pixels.shape[1] * 4, QImage.Format.Format_ARGB32
    ).copy()
    image.setDevicePixelRatio(ratio)
    return image


def _kinds(lane: Lane, columns: Columns, styles: Styles) -> IntArray:
    """Palette entry of each column."""
    style = styles.style[lane.row[columns.piece]]
    decided = (style - 1) % _N + 1
    proposed = (-style - 1) % _N + 1 + _N
    kinds = np.where(style > 0, decided, np.where(style < 0, proposed, 0))
    return np.where(style == PROPOSED_UNKNOWN, _UNKNOWN, kinds)


def _fill(
    block: Pixels, skipped: int, height: int, columns: Columns, kinds: IntArray, fill: Pixels, edge: Pixels
) -> None:
    """Paint a lane into its rows of the picture; ``skipped`` rows of it lie above the picture."""
    there = columns.piece >= 0
    inner = np.where(there, fill[kinds], 0).astype(np.uint32)
    if columns.is_dense:
        inner = np.where(there, edge[kinds] if _is_hollow(kinds) else fill[kinds], 0).astype(np.uint32)
        level = np.where(there, np.maximum(np.ceil(columns.fill * height), 1), 0)
        below = height - 1 - (np.arange(len(block)) + skipped)[:, None] < level[None, :]
        block[...] = np.where(below, inner[None, :], block)
        return
    rim = np.where(there, edge[kinds], 0).astype(np.uint32)
    block[...] = np.where(there[None, :], np.where(columns.is_edge, rim, inner)[None, :], block)
    for y in {0, height - 1}:
        if 0 <= y - skipped < len(block):
            block[y - skipped] = np.where(there, rim, block[y - skipped])


def _is_hollow(kinds: IntArray) -> bool:
    return bool((kinds > _N).any())


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
