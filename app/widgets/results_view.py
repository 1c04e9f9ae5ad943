"""The list of hits: painted rows under heads, keys, hover that plays."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView

from app.result_list import Group, ResultList
from app.theme.theme import theme
from app.theme.tokens import GROUP_PX, ROW_RESULT_PX
from app.widgets import paint
from app.widgets.heard_view import QTableView as HeardView
from app.widgets.own_keys import OwnKeys
from app.widgets.pictures import Pictures
from app.widgets.results_paint import CROP_PX, paint_group, paint_hit
from app.workspace import ResultRow

ENTRY_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""Item role of the `Group` or `ResultRow` behind a row."""
NARROW_PX = 380
"""Below this width rows show three crops, not four."""
LOOP_MS = 3000
KEYBOARD_REASONS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
KEYS = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Backspace,
)
MIN_STEP_MS = 250

Index = QModelIndex | QPersistentModelIndex


class Rows(Protocol):
    """What the list needs of its model besides being one; `app.item_models.results.ResultsModel` is one."""

    shown: ResultList
    entries: list[Group | ResultRow]
    heads: list[int]
    """Rows that are heads, rising."""

    def index_of(self, tracklet_id: str) -> QModelIndex:
        """Where a hit stands."""

    def index_of_head(self, camera: str) -> QModelIndex:
        """Where a head stands."""

    def fold(self, camera: str, is_folded: bool) -> None:
        """Hide or show a group's hits."""

    def is_folded(self, camera: str) -> bool:
        """Whether a group's hits are hidden."""


class ResultsView(HeardView):
    """Up and Down move from hit to hit, Left and Right fold a group, Enter goes there."""

    selected = Signal(str)
    """The user took a hit in hand."""
    go_to = Signal(str)
    """The user wants every pane at a hit's moment."""
    go_back = Signal()
    """The user wants the moment from before."""

    def __init__(self, model: QAbstractItemModel, rows: Rows, pictures: Pictures) -> None:
        super().__init__()
        self._rows, self._pictures = rows, pictures
        self._playing, self._step, self._current = "", 0, ""
        self._is_by_keyboard = False
        self.setObjectName("results.list")
        self.setAccessibleName("Results")
        self.setModel(model)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # so that scrolling moves it
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        OwnKeys(self, KEYS)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._tick)
        self.clicked.connect(self._on_clicked)
        self.doubleClicked.connect(self._on_double_clicked)
        model.modelReset.connect(self._on_reset)
        pictures.ready.connect(self._on_ready)
        theme().changed.connect(self.viewport().update)

    # --- the row in hand

    def show_current(self, tracklet_id: str) -> None:
        """Mark the row in hand and bring it into view, with the head of its group if there is room."""
        is_other, self._current = tracklet_id != self._current, tracklet_id
        row = self._rows.shown.row_of.get(tracklet_id)
        if is_other and row is not None and self._is_hidden(tracklet_id):
            self._rows.fold(row.camera, False)  # the model is reset, and that marks the row
            return
        index = self._rows.index_of(tracklet_id)
        if not index.isValid() or (index == self.currentIndex() and not is_other):
            return
        self.setCurrentIndex(index)
        self.scrollTo(index)
        self.viewport().update()

    @property
    def current(self) -> str:
        """Tracklet of the row in hand, or empty."""
        return self._current

    def _on_reset(self) -> None:
        self._stop_playing()
        self.updateGeometries()
        if self._current in self._rows.shown.row_of and not self._is_hidden(self._current):
            self.show_current(self._current)

    def _is_hidden(self, tracklet_id: str) -> bool:
        return not self._rows.index_of(tracklet_id).isValid()

    def _entry(self, index: Index) -> Group | ResultRow | None:
        found: Group | ResultRow | None = index.data(ENTRY_ROLE) if index.isValid() else None
        return found

    def _on_clicked(self, index: QModelIndex) -> None:
        entry = self._entry(index)
        if isinstance(entry, Group):
            self._rows.fold(entry.camera, not self._rows.is_folded(entry.camera))
        elif entry is not None:
            self.selected.emit(entry.tracklet)

    def _on_double_clicked(self, index: QModelIndex) -> None:
        entry = self._entry(index)
        if isinstance(entry, ResultRow):
            self.go_to.emit(entry.tracklet)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The list's own keys; the others bubble up."""
        self._is_by_keyboard = True
        entry = self._entry(self.currentIndex())
        camera = "" if entry is None else entry.camera
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Up:
                self.step(1 if event.key() == Qt.Key.Key_Down else -1)
            case Qt.Key.Key_PageDown | Qt.Key.Key_PageUp:
                n = max(1, self.viewport().height() // ROW_RESULT_PX - 1)
                self.step(n if event.key() == Qt.Key.Key_PageDown else -n)
            case Qt.Key.Key_Home | Qt.Key.Key_End:
                n = len(self._rows.shown.ids)
                self.step(n if event.key() == Qt.Key.Key_End else -n)
            case Qt.Key.Key_Left | Qt.Key.Key_Right if entry is not None and self._rows.shown.is_grouped:
                self._rows.fold(camera, event.key() == Qt.Key.Key_Left)
                head = self._rows.index_of_head(camera)
                if event.key() == Qt.Key.Key_Left and head.isValid():
                    self.setCurrentIndex(head)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if isinstance(entry, ResultRow):
                self.go_to.emit(entry.tracklet)
            case Qt.Key.Key_Backspace:
                self.go_back.emit()
            case _:
                event.ignore()

    def step(self, by: int) -> None:
        """Take the hit so many below (or above) in hand; at the ends, the last (first)."""
        ids = self._rows.shown.ids
        if not ids:
            return
        entry = self._entry(self.currentIndex())
        if isinstance(entry, Group):
            place = self._rows.shown.place_of[entry.rows[0].tracklet] - (by > 0)
        else:
            place = self._rows.shown.place_of.get(self._current, -1 if by > 0 else len(ids))
        self.selected.emit(ids[min(max(place + by, 0), len(ids) - 1)])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._is_by_keyboard = False
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._is_by_keyboard = event.reason() in KEYBOARD_REASONS
        super().focusInEvent(event)

    # --- hover plays

    def viewportEvent(self, event: QEvent) -> bool:
        """Follow the pointer: the row under it plays its crops."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            self._play(event.position().toPoint())
        elif event.type() in (QEvent.Type.Leave, QEvent.Type.Wheel):
            self._stop_playing()
        return super().viewportEvent(event)

    @property
    def playing(self) -> tuple[str, int]:
        """The tracklet whose crops play, and which step of the loop is shown."""
        return self._playing, self._step

    def _play(self, position: QPoint) -> None:
        entry = self._entry(self.indexAt(position))
        name = entry.tracklet if isinstance(entry, ResultRow) else ""
        if name == self._playing:
            return
        self._stop_playing()
        self._playing = name
        if name:
            self._clock.start(MIN_STEP_MS)

    def _stop_playing(self) -> None:
        name, self._playing, self._step = self._playing, "", 0
        self._clock.stop()
        if name:
            self._repaint(name)

    def _tick(self) -> None:
        n = self._pictures.count(self._playing, CROP_PX, CROP_PX * 2, self.devicePixelRatioF())
        if n:
            self._clock.setInterval(max(MIN_STEP_MS, LOOP_MS // n))
            self._step = (self._step + 1) % n
        self._repaint(self._playing)

    # --- where rows are

    def _top(self, row: int) -> int:
        """Where a row begins, from the top of the first one."""
        return row * ROW_RESULT_PX - bisect_left(self._rows.heads, row) * (ROW_RESULT_PX - GROUP_PX)

    def _row_at(self, y: int) -> int:
        """The row at a distance from the top of the first one; may lie behind the last."""
        return bisect_right(range(len(self._rows.entries)), y, key=self._top) - 1

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        top, below = self._top(index.row()), self._top(index.row() + 1)
        return QRect(0, top - self.verticalOffset(), self.viewport().width(), below - top)

    def indexAt(self, point: QPoint) -> QModelIndex:
        y = point.y() + self.verticalOffset()
        if not 0 <= y < self._top(len(self._rows.entries)):
            return QModelIndex()
        return self.model().index(self._row_at(y), 0)

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        if not index.isValid():
            return
        bar, top, below = self.verticalScrollBar(), self._top(index.row()), self._top(index.row() + 1)
        if top < bar.value():
            has_head = index.row() - 1 in self._rows.heads
            bar.setValue(top - (GROUP_PX if has_head else 0))
        elif below > bar.value() + self.viewport().height():
            bar.setValue(below - self.viewport().height())

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        return self.currentIndex()  # keys are dealt with one by one

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        self.selectionModel().select(self.indexAt(rect.center()), command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())

    def updateGeometries(self) -> None:
        super().updateGeometries()
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setPageStep(height)
        bar.setSingleStep(ROW_RESULT_PX // 3)
        bar.setRange(0, max(self._top(len(self._rows.entries)) - height, 0))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().scroll(0, dy)  # what is painted already moves, only the rest is painted

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometries()

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        self.viewport().update()

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        area = event.rect()
        painter.fillRect(area, paint.color(theme().tokens.panel))
        offset, rows = self.verticalOffset(), self._rows
        first = max(self._row_at(area.top() + offset), 0)
        at = self.currentIndex().row() if self.hasFocus() and self._is_by_keyboard else -1
        for row in range(first, len(rows.entries)):
            top, below = self._top(row) - offset, self._top(row + 1) - offset
            if top > area.bottom():
                break
            rect = QRect(0, top, self.viewport().width(), below - top)
            entry = rows.entries[row]
            if isinstance(entry, Group):
                is_folded = rows.is_folded(entry.camera)
                paint_group(painter, rect, entry, is_folded=is_folded, has_focus=row == at)
                continue
            is_playing = entry.tracklet == self._playing
            paint_hit(
                painter,
                rect,
                entry,
                rows.shown,
                self._pictures,
                n_crops=self.n_crops(),
                step=self._step if is_playing else None,
                is_current=entry.tracklet == self._current,
                is_hovered=is_playing,
                has_focus=row == at,
            )
        painter.end()

    def n_crops(self) -> int:
        """Crops in a row's strip."""
        return 3 if self.viewport().width() < NARROW_PX else 4

    def _on_ready(self, tracklet_id: str) -> None:
        if tracklet_id:
            self._repaint(tracklet_id)
        else:
            self.viewport().update()

    def _repaint(self, tracklet_id: str) -> None:
        index = self._rows.index_of(tracklet_id)
        if index.isValid():
            self.update(index)
