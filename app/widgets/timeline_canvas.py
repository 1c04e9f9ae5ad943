"""What the timeline shows: its state, its zoom, its painting. `Timeline` adds what the user does with it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QScrollBar, QWidget

from app.theme.theme import theme
from app.timeline.axis import Axis
from app.timeline.columns import overview
from app.timeline.rows import place_rows
from app.timeline.scene import Styles, TimelineScene, describe_bar, describe_view, make_styles
from app.widgets import paint
from app.widgets import timeline_paint as layers
from app.widgets.timeline_paint import HEAD_PX, OVERVIEW_PX, RULER_PX, Look

ZOOM_STEP = 1.25
SCROLL_BAR_PX = 8
EMPTY = "Add footage, and its cameras appear here"


class TimelineCanvas(QWidget):
    """Draws what it is given. The bars are kept as a picture; the playhead is drawn over it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("timeline")
        self.setAccessibleName("Timeline")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setMinimumHeight(120)
        self._look = Look(
            TimelineScene(), make_styles(TimelineScene().tracklets), (), Axis(), (), "", 1, 0, 0.0
        )
        self._playhead_ms = 0.0
        self._range_ms: tuple[float, float] | None = None
        self._pinned: set[str] = set()
        self._selected: tuple[str, ...] = ()
        self._is_fitted = True
        self._layer: QPixmap | None = None
        self._busyness: QPixmap | None = None
        self._is_held = False
        self._has_keyboard_focus = False
        self._bar = QScrollBar(Qt.Orientation.Vertical, self)
        self._bar.setObjectName("timeline.scroll")
        self._bar.setAccessibleName("Cameras")
        self._bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._bar.setSingleStep(24)
        self._bar.valueChanged.connect(lambda value: self._set_look(scroll_px=value))
        theme().changed.connect(self._restyle)

    # --- what is shown

    def show_scene(self, scene: TimelineScene, styles: Styles) -> None:
        """Another state of the project; what is visible stays, unless everything was."""
        was = self._look.scene.extent_ms
        self._busyness = None
        self._look = replace(self._look, scene=scene, styles=styles, selected=())
        self._layer = None
        self._arrange()
        if self._is_fitted or was == (0.0, 0.0):
            self.fit()
        self.show_selected(self._selected)
        self._describe()

    def show_styles(self, styles: Styles) -> None:
        """Another search, or decision."""
        self._set_look(styles=styles)

    def show_playhead(self, t_ms: float, *, is_playing: bool = False) -> None:
        """Move the playhead; while playing, the visible window goes with it."""
        old, self._playhead_ms = self._playhead_ms, t_ms
        axis = self._look.axis
        if is_playing and not self._is_held and self._look.scene.rows:
            x, was = axis.x_of(t_ms), axis.x_of(old)
            if (x > axis.width_px >= was) or (x < 0 <= was):
                part = 0.1 if x > axis.width_px else 0.9
                self._set_axis(axis.centred(t_ms, self._look.scene.extent_ms, part))
                return
        self._update_playhead(old)
        self._update_playhead(t_ms)

    def show_active(self, camera: str) -> None:
        """The active camera's row opens and comes into sight."""
        self._look = replace(self._look, active=camera)
        self._arrange()
        self._bring_into_sight(camera)

    def show_selected(self, tracklets: tuple[str, ...]) -> None:
        """Outline these bars."""
        self._selected = tracklets
        row_of = self._look.scene.tracklets.row_of
        self._set_look(selected=tuple(row_of[name] for name in tracklets if name in row_of))
        self._describe()

    def show_range(self, range_ms: tuple[float, float] | None) -> None:
        """Shade the marked stretch."""
        self._range_ms = range_ms
        self.update()

    def show_start(self, zero_ms: float) -> None:
        """Time of day at 0 on the common clock, ms."""
        self._set_look(zero_ms=zero_ms)

    # --- zooming

    @property
    def axis(self) -> Axis:
        """What is visible."""
        return self._look.axis

    def fit(self) -> None:
        """Show everything."""
        self._set_axis(self._look.axis.fit(self._look.scene.extent_ms))
        self._is_fitted = True

    def zoom_in(self) -> None:
        """Closer, about the playhead where it is in sight."""
        self._zoom(ZOOM_STEP**2, self._anchor_px())

    def zoom_out(self) -> None:
        """Farther, about the playhead where it is in sight."""
        self._zoom(ZOOM_STEP**-2, self._anchor_px())

    def show_time(self, from_ms: float, to_ms: float) -> None:
        """Move the visible window so that a stretch is in sight."""
        axis = self._look.axis
        if from_ms < axis.start_ms or min(to_ms, from_ms + axis.width_px * axis.ms_per_px) > axis.end_ms:
            middle = (from_ms + min(to_ms, from_ms + axis.width_px * axis.ms_per_px)) / 2
            self._set_axis(axis.centred(middle, self._look.scene.extent_ms))

    def toggle_row(self, camera: str) -> None:
        """Keep a camera's row open, or let it close again."""
        self._pinned ^= {camera}
        self._arrange()

    def _anchor_px(self) -> float:
        axis = self._look.axis
        x = axis.x_of(self._playhead_ms)
        return x if 0 <= x <= axis.width_px else axis.width_px / 2

    def _zoom(self, factor: float, about_px: float) -> None:
        extent = self._look.scene.extent_ms
        axis = self._look.axis.zoom(factor, about_px, extent)
        self._set_axis(axis)
        self._is_fitted = axis.ms_per_px >= axis.fit(extent).ms_per_px * (1 - 1e-9)

    def _set_axis(self, axis: Axis) -> None:
        self._is_fitted = False
        self._set_look(axis=axis)
        self._describe()

    # --- keeping things together

    def _set_look(self, **changes: object) -> None:
        self._look = replace(self._look, **changes)  # type: ignore[arg-type]
        self._layer = None
        self.update()

    def _restyle(self) -> None:
        self._layer = self._busyness = None
        self.update()

    def _arrange(self) -> None:
        """Rows and scroll bar after a change of rows or size."""
        look = self._look
        opened = self._pinned | {look.active}
        places = place_rows([row.name for row in look.scene.rows], opened)
        area = max(self.height() - RULER_PX - OVERVIEW_PX, 1)
        content = places[-1].top_px + places[-1].height_px if places else 0
        is_scrolled = content > area
        width = self.width() - HEAD_PX - (SCROLL_BAR_PX if is_scrolled else 0)
        self._bar.setVisible(is_scrolled)
        self._bar.setGeometry(QRect(self.width() - SCROLL_BAR_PX, RULER_PX, SCROLL_BAR_PX, area))
        self._bar.setPageStep(area)
        self._bar.setRange(0, max(content - area, 0))
        if width != look.axis.width_px:
            self._busyness = None
        self._set_look(
            places=places, axis=look.axis.resized(width), area_px=area, scroll_px=self._bar.value()
        )

    def _bring_into_sight(self, camera: str) -> None:
        for row, place in zip(self._look.scene.rows, self._look.places, strict=True):
            if row.name == camera:
                lowest = place.top_px + place.height_px - self._look.area_px
                self._bar.setValue(min(max(self._bar.value(), lowest), place.top_px))

    def _describe(self) -> None:
        look = self._look
        text = describe_view(
            look.scene, look.axis.start_ms, look.axis.end_ms, self._playhead_ms, look.zero_ms
        )
        for row in look.selected[:1]:
            text += f" Selected: {describe_bar(look.scene, look.styles, row, look.zero_ms)}."
        self.setAccessibleDescription(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        was_fitted = self._is_fitted
        self._arrange()
        if was_fitted:
            self.fit()

    def sizeHint(self) -> QSize:
        return QSize(800, 232)

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        look, tokens = self._look, theme().tokens
        painter = QPainter(self)
        if not look.scene.rows:
            painter.fillRect(self.rect(), paint.color(tokens.panel))
            paint.draw_text(painter, self.rect(), EMPTY, "text3", align=paint.CENTER)
            self._draw_focus(painter)
            return
        if self._layer is None or self._layer.devicePixelRatioF() != self.devicePixelRatioF():
            self._busyness = self._busyness if self._layer is None else None
            self._layer = self._paint_layer()
        painter.drawPixmap(0, RULER_PX, self._layer)
        if event.rect().top() < RULER_PX:
            layers.draw_ruler(painter, look, self._playhead_ms)
        if look.axis.width_px + HEAD_PX < self.width():
            painter.fillRect(
                QRectF(HEAD_PX + look.axis.width_px, 0, SCROLL_BAR_PX, self.height()),
                paint.color(tokens.panel),
            )
        painter.save()
        painter.setClipRect(QRectF(HEAD_PX, 0, look.axis.width_px, self.height() - OVERVIEW_PX))
        if self._range_ms is not None:
            painter.translate(HEAD_PX, 0)
            layers.draw_range(painter, look.axis, self._range_ms, self.height() - OVERVIEW_PX)
            painter.translate(-HEAD_PX, 0)
        x = HEAD_PX + look.axis.x_of(self._playhead_ms)
        line = QRectF(x - 0.75, RULER_PX - 3, 1.5, self.height() - OVERVIEW_PX - RULER_PX + 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(line, paint.color(tokens.text))
        painter.restore()
        self._draw_focus(painter)

    def _paint_layer(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        size = QSize(self.width(), self.height() - RULER_PX)
        layer = QPixmap(QSize(round(size.width() * ratio), round(size.height() * ratio)))
        layer.setDevicePixelRatio(ratio)
        layer.fill(paint.color(theme().tokens.panel))
        painter = QPainter(layer)
        layers.draw_rows(painter, self._look)
        if self._busyness is None:
            self._busyness = self._paint_busyness(ratio)
        strip = QRectF(0, size.height() - OVERVIEW_PX, size.width(), OVERVIEW_PX)
        layers.draw_overview(painter, strip, self._look, self._busyness)
        painter.end()
        return layer

    def _paint_busyness(self, ratio: float) -> QPixmap:
        whole = layers.overview_axis(self._look)
        lanes = (lane for row in self._look.scene.rows for lane in row.lanes)
        heights = overview(lanes, whole.start_ms, whole.end_ms, max(int(whole.width_px / 2), 1))
        pixmap = QPixmap(QSize(max(round(whole.width_px * ratio), 1), round(OVERVIEW_PX * ratio)))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        layers.draw_busyness(painter, whole.width_px, heights)
        painter.end()
        return pixmap

    def _draw_focus(self, painter: QPainter) -> None:
        if self.hasFocus() and self._has_keyboard_focus:
            painter.setPen(QPen(paint.color(theme().tokens.focus), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _update_playhead(self, t_ms: float) -> None:
        x = HEAD_PX + self._look.axis.x_of(t_ms)
        self.update(QRect(int(x) - 2, RULER_PX - 3, 5, self.height() - RULER_PX + 3))
        self.update(QRect(HEAD_PX, 0, self.width() - HEAD_PX, RULER_PX))
