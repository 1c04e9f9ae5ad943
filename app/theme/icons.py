"""Icons of the Lucide set (ISC licence), tinted from the palette."""

from __future__ import annotations

from functools import cache

import lucide
from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.theme.theme import theme

STROKE = 1.75


@cache
def svg(name: str, color: str) -> bytes:
    """The icon as SVG text with its strokes in a colour.

    Args:
        name: Lucide's name, such as ``scan-search``.
        color: ``#RRGGBB``.

    Raises:
        ValueError: Lucide has no such icon.
    """
    return _outline(name).replace("currentColor", color).encode()


@cache
def _outline(name: str) -> str:
    """The icon in no colour yet; each is read from the package's database once."""
    if name not in lucide_names():
        raise ValueError(f"there is no icon called {name!r}")
    text: str = lucide.lucide_icon(name, stroke="currentColor", stroke_width=str(STROKE))
    return text


@cache
def lucide_names() -> frozenset[str]:
    """Every name of the set."""
    return frozenset(lucide.get_icon_list())


@cache
def icon_pixmap(name: str, color: str, size_px: int, ratio: float) -> QPixmap:
    """The icon drawn for a display with this pixel ratio."""
    pixmap = QPixmap(QSize(round(size_px * ratio), round(size_px * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg(name, color))).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def icon(name: str, role: str = "text2") -> QIcon:
    """An icon in the colour of a token; it follows when the scheme changes.

    Args:
        name: Lucide's name.
        role: A colour role of `Tokens`.
    """
    return QIcon(_TintedIcon(name, role))


class _TintedIcon(QIconEngine):
    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name, self._role = name, role

    def clone(self) -> QIconEngine:
        return _TintedIcon(self._name, self._role)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return icon_pixmap(self._name, self._color(mode), min(size.width(), size.height()), 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        side = min(size.width(), size.height())  # logical pixels, since Qt 6.8
        return icon_pixmap(self._name, self._color(mode), side, scale)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatioF()
        side = min(rect.width(), rect.height())
        place = QRect(0, 0, side, side)
        place.moveCenter(rect.center())
        painter.drawPixmap(place, icon_pixmap(self._name, self._color(mode), side, ratio))

    def _color(self, mode: QIcon.Mode) -> str:
        tokens = theme().tokens
        return tokens.text3 if mode == QIcon.Mode.Disabled else str(getattr(tokens, self._role))
