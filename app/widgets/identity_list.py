"""The identities: cover, number, name, where and when, and what contradicts itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.theme import tokens as t
from app.theme.icons import icon
from app.theme.theme import theme
from app.views.identities import EMPTY, PersonRow
from app.widgets import paint
from app.widgets.own_keys import OwnKeys
from app.widgets.pictures import Pictures
from app.wording import count_label

PERSON_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""Item role of the `PersonRow` behind a row."""
COVER_W, COVER_H = 20, 40
LEFT_PX = 12
TEXT_PX = LEFT_PX + COVER_W + 12
COUNT_PX = 76
_OWN_KEYS = frozenset(
    (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Enter)
)

Index = QModelIndex | QPersistentModelIndex


LIST_KEYS = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
)
"""They move in this list while it has the focus, not in the results."""


class Persons(Protocol):
    """What the list needs of its model; `app.item_models.identities.IdentitiesModel` is one."""

    def show(self, rows: Sequence[PersonRow]) -> None:
        """Take new rows."""

    def index_of(self, number: int) -> QModelIndex:
        """Where a person stands."""

    def index_of_cover(self, tracklet_id: str) -> QModelIndex:
        """Whose cover is of this tracklet."""


class IdentityList(QWidget):
    """Passive: shows what `IdentitiesPresenter` tells, and says what the user wants.

    Attributes:
        chosen: A person was clicked, or reached with the arrow keys: its number.
        searched: Enter or a double click: its number.
        find_changed: What stands in the find field.
        renamed: Number and new name.
    """

    chosen = Signal(int)
    searched = Signal(int)
    find_changed = Signal(str)
    renamed = Signal(int, str)

    def __init__(self, model: QAbstractItemModel, persons: Persons, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("identities")
        self.setAccessibleName("Identities")
        self._persons = persons
        self.list = _List(model, pictures)
        OwnKeys(self.list, LIST_KEYS)
        self._count, self._find, self._message = QLabel(), QLineEdit(), QLabel(EMPTY)
        self._pictures = pictures
        self._stack = QStackedLayout()
        self._build()
        self.list.clicked.connect(lambda index: self.chosen.emit(index.data(PERSON_ROLE).number))
        self.list.reached.connect(self.chosen)
        self.list.opened.connect(self.searched)
        self._find.textChanged.connect(self.find_changed)
        self._find.returnPressed.connect(self.list.setFocus)
        model.renamed.connect(self.renamed)  # type: ignore[attr-defined]
        pictures.ready.connect(self._on_ready)
        theme().changed.connect(self.list.viewport().update)

    def show_people(self, rows: Sequence[PersonRow], message: str) -> None:
        """These persons, or the message in their place."""
        current = self.current
        self._persons.show(rows)
        self._count.setText(count_label(len(rows), "person", "people") if rows else "")
        self._find.setEnabled(bool(rows) or bool(self._find.text()))
        self._message.setText(message)
        self._stack.setCurrentIndex(1 if message else 0)
        self.show_current(current)

    def show_current(self, number: int) -> None:
        """Mark a person; 0 marks nobody."""
        index = self._persons.index_of(number)
        if index != self.list.currentIndex():
            self.list.setCurrentIndex(index)
        if index.isValid():
            self.list.scrollTo(index)

    @property
    def current(self) -> int:
        """Number of the marked person, or 0."""
        index = self.list.currentIndex()
        return int(index.data(PERSON_ROLE).number) if index.isValid() else 0

    def rename_current(self) -> None:
        """Type another name for the marked person."""
        index = self.list.currentIndex()
        if index.isValid():
            self.list.setFocus()
            self.list.edit(index)

    def focus_find(self) -> None:
        """Put the cursor into the find field."""
        self._find.setFocus()
        self._find.selectAll()

    def _build(self) -> None:
        head = QFrame()
        head.setProperty("plane", "panel")
        head.setProperty("rule", "bottom")
        head.setFixedHeight(t.TOOLBAR_PX)
        line = QHBoxLayout(head)
        line.setContentsMargins(12, 0, 12, 0)
        self._count.setObjectName("identities.count")
        self._count.setProperty("role", "quiet")
        self._find.setObjectName("identities.find")
        self._find.setAccessibleName("Find a person")
        self._find.setToolTip("Find by name or number")
        self._find.setPlaceholderText("Find")
        self._find.setProperty("dense", True)
        self._find.setClearButtonEnabled(True)
        self._find.setMaximumWidth(140)
        self._find.addAction(icon("search", "text3"), QLineEdit.ActionPosition.LeadingPosition)
        line.addWidget(self._count)
        line.addStretch(1)
        line.addWidget(self._find, 1)
        empty = QFrame()
        empty.setProperty("plane", "panel")
        around = QVBoxLayout(empty)
        self._message.setObjectName("identities.message")
        self._message.setProperty("role", "faint")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        around.addWidget(self._message)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addLayout(self._stack, 1)
        for page in (self.list, empty):
            self._stack.addWidget(page)  # in its place: before, it would be shown as a window of its own
        self._stack.setCurrentIndex(1)

    def _on_ready(self, tracklet_id: str) -> None:
        index = self._persons.index_of_cover(tracklet_id) if tracklet_id else QModelIndex()
        if index.isValid():
            self.list.update(index)
        elif not tracklet_id:
            self.list.viewport().update()


class _List(QListView):
    reached = Signal(int)
    opened = Signal(int)

    def __init__(self, model: QAbstractItemModel, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("identities.list")
        self.setAccessibleName("Identities")
        self.setModel(model)
        self._rows = _Delegate(self, pictures)
        self.setItemDelegate(self._rows)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.data(PERSON_ROLE).number))

    def event(self, event: QEvent) -> bool:
        """Keep the arrow keys and Enter from the page while the list has the keyboard."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in _OWN_KEYS
            and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose, Enter searches; letters are the page's."""
        index = self.currentIndex()
        if self.state() == QAbstractItemView.State.EditingState:
            return  # what the name's editor left over
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if index.isValid():
                self.opened.emit(index.data(PERSON_ROLE).number)
        elif event.key() in _OWN_KEYS or event.key() == Qt.Key.Key_F2:
            super().keyPressEvent(event)
            if self.currentIndex() != index:
                self.reached.emit(self.currentIndex().data(PERSON_ROLE).number)
        else:
            event.ignore()


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: _List, pictures: Pictures) -> None:
        super().__init__(view)
        self._view, self._pictures = view, pictures
        self._size = QSize(0, t.ROW_IDENTITY_PX)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._size

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: PersonRow = index.data(PERSON_ROLE)
        rect, state = QRectF(option.rect), option.state
        paint.draw_plane(
            painter,
            rect,
            selected=bool(state & QStyle.StateFlag.State_Selected),
            hovered=bool(state & QStyle.StateFlag.State_MouseOver),
            focused=bool(state & QStyle.StateFlag.State_HasFocus) and self._view.hasFocus(),
        )
        ratio = self._view.devicePixelRatioF()
        cover = self._pictures.pixmap(row.cover, 0, COVER_W, COVER_H, ratio)
        paint.draw_crop(painter, QRectF(LEFT_PX, rect.top() + 6, COVER_W, COVER_H), cover)
        first, second = (QRectF(TEXT_PX, rect.top() + y, rect.width() - TEXT_PX - 12, 18) for y in (7, 27))
        badge = paint.badge_width(row.number)
        paint.draw_badge(painter, QRectF(TEXT_PX, first.top() + 1, badge, paint.BADGE_PX), row.number)
        squares = paint.camera_squares_width(len(row.seen_in))
        right = first.right() - COUNT_PX
        name = QRectF(TEXT_PX + badge + 8, first.top(), right - squares - 12 - TEXT_PX - badge - 8, 18)
        mark = 18 if row.problem else 0
        width = paint.draw_text(painter, name.adjusted(0, 0, -mark, 0), row.name, weight=600)
        if row.problem:
            paint.draw_icon(
                painter, QRectF(name.left() + width + 6, name.top() + 2, 14, 14), "triangle-alert", "warn"
            )
        paint.draw_camera_squares(painter, QRectF(right - squares, first.top(), squares, 18), row.seen_in)
        paint.draw_text(painter, first, row.tracklets, align=paint.RIGHT)
        paint.draw_text(painter, second, row.cameras, "text2", align=paint.RIGHT)
        left = second.adjusted(0, 0, -COUNT_PX, 0)
        if row.problem:
            paint.draw_text(painter, left, row.problem, "warn")
        else:
            paint.draw_text(painter, left, row.when, "text2")
        line = QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1)
        painter.fillRect(line, paint.color(theme().tokens.line))

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setObjectName("identities.name")
        editor.setAccessibleName("Name")
        editor.setProperty("dense", True)
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        row: PersonRow = index.data(PERSON_ROLE)
        left = TEXT_PX + round(paint.badge_width(row.number)) + 4
        rect: QRect = option.rect
        editor.setGeometry(QRect(left, rect.top() + 4, max(rect.width() - left - 12, 80), 24))
