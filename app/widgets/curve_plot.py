"""A plot of a few lines over a head with its legend; drawn by pyqtgraph in the colours of the theme."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from app.theme.theme import theme
from app.theme.tokens import FONT_CAPTION_PX, SPACE, series_color
from app.views.training import Series
from app.widgets.forms import label
from app.widgets.paint import color, draw_text, font, text_width

HEAD_PX = 32
MIN_PX = 120
_DASH_PX, _GAP_PX = 16, 6


class Legend(QWidget):
    """The names and last values of lines; what has no room is left out, the first ones stay."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._series: tuple[Series, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEAD_PX - 2)
        theme().changed.connect(self.update)

    def show_series(self, series: tuple[Series, ...]) -> None:
        """Name these lines."""
        self._series = series
        self.setAccessibleName(", ".join(f"{each.name} {each.last}".strip() for each in series) or "no lines")
        self.setToolTip("\n".join(f"{each.name}  {each.last}" for each in series))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(40, HEAD_PX - 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        widths = [
            _DASH_PX + _GAP_PX + text_width(each.name) + _GAP_PX + text_width(each.last, weight=600)
            for each in self._series
        ]
        n_shown, room = 0, float(self.width() - SPACE * 3)
        while n_shown < len(widths) and room >= widths[n_shown]:
            room -= widths[n_shown] + SPACE * 4
            n_shown += 1
        left = self.width() - sum(widths[:n_shown]) - SPACE * 4 * max(n_shown - 1, 0) - SPACE * 3
        for each, width in zip(self._series[:n_shown], widths, strict=False):
            pen = QPen(color(series_color(theme().tokens, each.color)), 2)
            if each.is_dashed:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            middle = self.height() / 2
            painter.drawLine(QPointF(left, middle), QPointF(left + _DASH_PX, middle))
            words = left + _DASH_PX + _GAP_PX
            taken = draw_text(painter, QRectF(words, 0, width, self.height()), each.name, "text2")
            last = QRectF(words + taken + _GAP_PX, 0, width, self.height())
            draw_text(painter, last, each.last, weight=600)
            left += width + SPACE * 4
        painter.end()


class CurvePlot(QFrame):
    """Lines over epochs, or over anything else.

    The plot itself is made when it is first seen: pyqtgraph takes a while to load.

    Args:
        name: Object name.
        title: What it shows.
        x_title: Of the axis, for the tooltip; ``epoch``.
        is_log: Whether the x axis is logarithmic.
        y_range: Fixed ends of the y axis, or None to fit the lines.
        from_zero: Whether the y axis begins at 0.
    """

    def __init__(
        self,
        name: str,
        title: str,
        *,
        x_title: str = "epoch",
        is_log: bool = False,
        y_range: tuple[float, float] | None = None,
        from_zero: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setProperty("plane", "panel")
        self.setMinimumHeight(MIN_PX)
        self._is_log, self._y_range, self._from_zero = is_log, y_range, from_zero
        self.setToolTip(f"{title} over {x_title}")
        self._series: tuple[Series, ...] = ()
        self._x_max = 1.0
        self._plot: Any = None
        self._title = label(title, "strong", f"{name}.title")
        self._legend = Legend(f"{name}.legend")
        self._note = label("", "faint", f"{name}.note")
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setWordWrap(True)
        top = QHBoxLayout()
        top.setContentsMargins(SPACE * 4, 0, 0, 0)
        top.setSpacing(SPACE * 2)
        top.addWidget(self._title)
        top.addWidget(self._legend, 1)
        head = QWidget()
        head.setFixedHeight(HEAD_PX)
        head.setLayout(top)
        self._place = QWidget()
        self._stack = QStackedLayout(self._place)
        self._stack.addWidget(self._note)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addWidget(self._place, 1)
        theme().changed.connect(self._restyle)

    def show_series(self, series: tuple[Series, ...], x_max: float, note: str = "") -> None:
        """Draw these lines; without any, say why."""
        is_same = (series, x_max) == (self._series, self._x_max)
        self._note.setText("" if series else note)
        self._series, self._x_max = series, x_max
        self._legend.show_series(series)
        if self._plot is not None:
            self._stack.setCurrentWidget(self._plot if series else self._note)
            if not is_same:
                self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._plot is None:
            self._make()

    def _make(self) -> None:
        import pyqtgraph as pg

        plot = self._plot = pg.PlotWidget()
        plot.setObjectName(f"{self.objectName()}.plot")
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        plot.setFrameShape(QFrame.Shape.NoFrame)
        plot.getPlotItem().layout.setContentsMargins(SPACE * 2, SPACE, SPACE * 4, SPACE)
        if self._is_log:
            plot.setLogMode(x=True, y=False)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setStyle(tickLength=0, tickTextOffset=SPACE + 2)
            axis.enableAutoSIPrefix(False)
        plot.getAxis("left").setWidth(SPACE * 10)
        self._stack.addWidget(plot)
        self._stack.setCurrentWidget(plot if self._series else self._note)
        self._restyle()

    def _restyle(self) -> None:
        if self._plot is None:
            return
        tokens = theme().tokens
        self._plot.setBackground(tokens.panel)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setTickFont(font(FONT_CAPTION_PX))
            axis.setPen(color(tokens.line))
            axis.setTextPen(color(tokens.text2))
        self._draw()

    def _draw(self) -> None:
        import pyqtgraph as pg

        tokens, plot = theme().tokens, self._plot
        plot.clear()
        plot.showGrid(x=False, y=True, alpha=0.35 if tokens.name == "dark" else 0.25)
        for each in reversed(self._series):
            line = series_color(tokens, each.color)
            style = Qt.PenStyle.DashLine if each.is_dashed else Qt.PenStyle.SolidLine
            pen = pg.mkPen(line, width=1.5 if each.is_dashed else 2, style=style)
            plot.plot(list(each.x), list(each.y), pen=pen, antialias=True)
            if each.x and not each.is_dashed:
                last = pg.ScatterPlotItem(
                    [_at(each.x[-1], is_log=self._is_log)], [each.y[-1]], size=7, pen=None, brush=line
                )
                plot.addItem(last)
        self._fit()

    def _fit(self) -> None:
        if not self._series:
            return
        if not self._is_log:
            self._plot.setXRange(0, self._x_max, padding=0.01)
        else:
            least = min(each.x[0] for each in self._series if each.x)
            self._plot.setXRange(_at(least, is_log=True), _at(self._x_max, is_log=True), padding=0.01)
        if self._y_range is not None:
            self._plot.setYRange(*self._y_range, padding=0.02)
            return
        values = [value for each in self._series for value in each.y]
        low, high = min(values), max(values)
        low = min(low, 0.0) if self._from_zero else low
        room = (high - low) * 0.06 or max(abs(high), 1.0) * 0.06
        self._plot.setYRange(max(low - room, 0.0) if low >= 0 else low - room, high + room, padding=0)


def _at(x: float, *, is_log: bool) -> float:
    from math import log10

    return log10(x) if is_log else x
