"""Chips that narrow the results: cameras, time, similarity, decision; and how many are left."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QEnterEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from app.result_list import Filters
from app.theme.theme import theme
from app.theme.tokens import CONTROL_SMALL_PX, RADIUS_CHIP
from app.widgets import paint
from app.widgets.flow import FlowLayout
from app.widgets.own_keys import OwnKeys
from app.wording import EN_DASH, VERDICT_WORDS, clock_label
from reid_core.types import Verdict

CLOSE_PX = 26
"""Width of the part of a chip that takes its filter away."""
AROUND_MS = {"10 seconds": 10_000.0, "1 minute": 60_000.0, "5 minutes": 300_000.0, "30 minutes": 1_800_000.0}
COUNT_FROM_PX = 400
LEAST_PERCENT, MOST_PERCENT, FIRST_PERCENT = 20, 95, 50
VERDICTS: tuple[Verdict | None, ...] = (None, Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSURE)


class Chip(QAbstractButton):
    """A filter: its name while it is off, its value and an ``x`` while it is on."""

    cleared = Signal()

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self._title, self._value = title, ""
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._is_hovered = False
        OwnKeys(self, (Qt.Key.Key_Down, Qt.Key.Key_Delete, Qt.Key.Key_Backspace))
        theme().changed.connect(self.update)
        self.set_value("")

    def set_value(self, value: str) -> None:
        """Show a value; an empty one switches the chip off."""
        self._value = value
        self.setText(value or f"{self._title}")
        self.setAccessibleName(f"{self._title}: {value or 'all'}")
        self.setToolTip(f"{self._title}: {value} (Del: all)" if value else f"Filter by {self._title.lower()}")
        self.updateGeometry()
        self.update()

    @property
    def is_on(self) -> bool:
        """Whether the filter hides something."""
        return bool(self._value)

    def sizeHint(self) -> QSize:
        return QSize(round(paint.chip_width(self.text(), closable=True)), CONTROL_SMALL_PX)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._is_hovered = True
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._is_hovered = False
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        is_close = self.is_on and event.position().x() >= self.width() - CLOSE_PX
        if is_close and self.rect().contains(event.position().toPoint()):
            self.setDown(False)
            self.cleared.emit()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.click()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.is_on:
            self.cleared.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        place = QRectF(self.rect())
        paint.draw_chip(
            painter, place, self.text(), on=self.is_on, hovered=self._is_hovered, closable=self.is_on
        )
        if not self.is_on:
            mark = QRectF(place.right() - 22, place.center().y() - 6, 12, 12)
            paint.draw_icon(painter, mark, "chevron-down")
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(paint.color(theme().tokens.focus), 2))
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), RADIUS_CHIP, RADIUS_CHIP)
        painter.end()


class FilterChips(QFrame):
    """The line of chips with the count at its end."""

    cameras_changed = Signal(frozenset)
    min_similarity_changed = Signal(object)
    verdicts_changed = Signal(frozenset)
    range_wanted = Signal(float)
    """Only what is this close to the playhead, ms in all."""
    range_cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("results.filters")
        self.setAccessibleName("Filters")
        self.setProperty("plane", "panel")
        self._filters, self._cameras = Filters(), tuple[str, ...]()
        self._camera_chip = Chip("results.filter.cameras", "Cameras")
        self._time_chip = Chip("results.filter.time", "Time")
        self._similarity_chip = Chip("results.filter.similarity", "Similarity")
        self._verdict_chip = Chip("results.filter.decision", "Decision")
        self._count = QLabel()
        self._count.setObjectName("results.count")
        self._count.setProperty("role", "strong")
        self._count.setFixedHeight(CONTROL_SMALL_PX)
        flow = FlowLayout(self)
        flow.setContentsMargins(12, 8, 12, 8)
        for item in (
            self._camera_chip,
            self._time_chip,
            self._similarity_chip,
            self._verdict_chip,
            self._count,
        ):
            flow.addWidget(item)
        self._camera_chip.clicked.connect(self._choose_cameras)
        self._camera_chip.cleared.connect(lambda: self.cameras_changed.emit(frozenset()))
        self._time_chip.clicked.connect(self._choose_time)
        self._time_chip.cleared.connect(self.range_cleared)
        self._similarity_chip.clicked.connect(self._choose_similarity)
        self._similarity_chip.cleared.connect(lambda: self.min_similarity_changed.emit(None))
        self._verdict_chip.clicked.connect(self._choose_verdicts)
        self._verdict_chip.cleared.connect(lambda: self.verdicts_changed.emit(frozenset()))

    def show_filters(self, filters: Filters, cameras: Sequence[str], count: str) -> None:
        """What is on, the cameras to choose from, and ``34 of 120``."""
        self._filters, self._cameras = filters, tuple(cameras)
        self._camera_chip.set_value(_listed([name for name in cameras if name in filters.cameras]))
        self._verdict_chip.set_value(
            _listed([VERDICT_WORDS[verdict] for verdict in VERDICTS if verdict in filters.verdicts])
        )
        least = filters.min_similarity
        self._similarity_chip.set_value("" if least is None else f"≥ {least:.2f}")
        span = filters.range_ms
        self._time_chip.set_value(
            "" if span is None else f"{clock_label(span[0], 0)}{EN_DASH}{clock_label(span[1], 0)}"
        )
        self._count.setText(count)
        self._count.setAccessibleName(f"{count} shown" if count else "")
        self._show_count()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_count()

    def _show_count(self) -> None:
        """Where there is little room, the count does not get a line of its own as long as all is shown."""
        has_room = self.width() >= COUNT_FROM_PX or self._filters.are_on
        self._count.setVisible(bool(self._count.text()) and has_room)

    def _choose_cameras(self) -> None:
        self._choose_of(
            self._camera_chip,
            [(name, name) for name in self._cameras],
            self._filters.cameras,
            self.cameras_changed.emit,
        )

    def _choose_verdicts(self) -> None:
        self._choose_of(
            self._verdict_chip,
            [(VERDICT_WORDS[verdict].capitalize(), verdict) for verdict in VERDICTS],
            self._filters.verdicts,
            self.verdicts_changed.emit,
        )

    def _choose_of(
        self, chip: Chip, choices: Sequence[tuple[str, object]], chosen: frozenset[object], emit: object
    ) -> None:
        menu = self._menu(chip)
        for text, value in choices:
            action = QAction(text, menu)
            action.setCheckable(True)
            action.setChecked(value in chosen)
            action.triggered.connect(lambda _=False, value=value: emit(chosen ^ {value}))  # type: ignore[operator]
            menu.addAction(action)
        self._pop_up(menu, chip)

    def _choose_time(self) -> None:
        menu = self._menu(self._time_chip)
        for text, length_ms in AROUND_MS.items():
            action = QAction(f"Within {text} around the playhead", menu)
            action.triggered.connect(lambda _=False, length_ms=length_ms: self.range_wanted.emit(length_ms))
            menu.addAction(action)
        hint = QAction("Or mark a range in the timeline (I, O)", menu)
        hint.setEnabled(False)
        menu.addAction(hint)
        self._pop_up(menu, self._time_chip)

    def _choose_similarity(self) -> None:
        menu = self._menu(self._similarity_chip)
        panel = QWidget()
        line = QHBoxLayout()
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setObjectName("results.filter.similarity.slider")
        slider.setAccessibleName("Lowest similarity")
        slider.setRange(LEAST_PERCENT, MOST_PERCENT)
        slider.setFixedWidth(200)
        least = self._filters.min_similarity
        slider.setValue(round((least or FIRST_PERCENT / 100) * 100))
        value = QLabel(f"≥ {slider.value() / 100:.2f}")
        value.setProperty("role", "strong")

        def changed(percent: int) -> None:
            value.setText(f"≥ {percent / 100:.2f}")
            self.min_similarity_changed.emit(percent / 100)

        slider.valueChanged.connect(changed)
        line.addWidget(slider)
        line.addWidget(value)
        down = QVBoxLayout(panel)
        down.setContentsMargins(12, 8, 12, 8)
        down.addWidget(QLabel("Lowest similarity"))
        down.addLayout(line)
        action = QWidgetAction(menu)
        action.setDefaultWidget(panel)
        menu.addAction(action)
        if least is None:
            self.min_similarity_changed.emit(slider.value() / 100)
        self._pop_up(menu, self._similarity_chip)
        slider.setFocus()

    def _menu(self, chip: Chip) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName(f"{chip.objectName()}.menu")
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    @staticmethod
    def _pop_up(menu: QMenu, chip: Chip) -> None:
        menu.popup(chip.mapToGlobal(QPoint(0, chip.height() + 2)))


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values[:2]) + (f" and {len(values) - 2} more" if len(values) > 2 else "")
