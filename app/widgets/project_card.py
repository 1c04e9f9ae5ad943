"""Recent projects: cards with five pictures, and rows for the older ones."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from app.theme import tokens as t
from app.theme.theme import theme
from app.views.start import Card
from app.widgets.paint import RIGHT, color, draw_crop, draw_icon, draw_text

COVERS_PX, WORDS_PX = 144, 88
N_COVERS = 5
_PAD = t.SPACE * 3


class _Pressable(QAbstractButton):
    """A painted button that shows its focus when it came by the keyboard."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.shows_focus = False
        theme().changed.connect(self.update)

    def focusInEvent(self, event: QFocusEvent) -> None:
        reasons = Qt.FocusReason
        self.shows_focus = event.reason() in (
            reasons.TabFocusReason,
            reasons.BacktabFocusReason,
            reasons.ShortcutFocusReason,
        )
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.shows_focus = False
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class ProjectButton(_Pressable):
    """What cards and rows share: pressed it opens, Del or its menu takes it off the list."""

    opened = Signal(str)
    removed = Signal(str)

    def __init__(self, card: Card, name: str) -> None:
        super().__init__(name)
        self.card = card
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda: self.opened.emit(self.card.path))
        self.show_card(card)

    def show_card(self, card: Card) -> None:
        """Show another project, or more of it."""
        self.card = card
        parts = (card.name, card.when, card.counts, card.decisions, card.state)
        self.setAccessibleName(", ".join(part for part in parts if part))
        note = "" if card.is_there else "\nThe file is not there. Del takes it off this list."
        self.setToolTip(f"{card.path}{note}")
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        open_ = QAction("Open", menu)
        open_.setEnabled(self.card.is_there)
        open_.triggered.connect(lambda: self.opened.emit(self.card.path))
        remove = QAction("Remove from this list", menu)
        remove.triggered.connect(lambda: self.removed.emit(self.card.path))
        menu.addActions([open_, remove])
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.removed.emit(self.card.path)
        else:
            super().keyPressEvent(event)

    def _draw_state(self, painter: QPainter, place: QRect, align_right: bool = False) -> None:
        card = self.card
        if not card.state:
            return
        if align_right:
            width = int(draw_text(painter, place, card.state, card.role, align=RIGHT))
            left = place.right() - width - 20
        else:
            left = place.left()
            draw_text(painter, place.adjusted(20, 0, 0, 0), card.state, card.role)
        if card.icon:
            draw_icon(painter, QRect(left, place.center().y() - 7, 14, 14), card.icon, card.role)

    def _draw_focus(self, painter: QPainter, radius: int) -> None:
        if self.shows_focus:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(color(theme().tokens.focus), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)


class ProjectCard(ProjectButton):
    """Five pictures over four lines of words."""

    def __init__(self, card: Card, number: int) -> None:
        self._covers: tuple[QPixmap, ...] = ()
        self._images: tuple[object, ...] = ()
        super().__init__(card, f"start.card.{number}")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(COVERS_PX + WORDS_PX)

    def show_card(self, card: Card) -> None:
        """See `ProjectButton.show_card`; the pictures stay until others come."""
        if card.covers is not self._images:
            self._images = card.covers
            self._covers = tuple(QPixmap.fromImage(image) for image in card.covers)
        super().show_card(card)

    def sizeHint(self) -> QSize:
        return QSize(320, COVERS_PX + WORDS_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens, card = QPainter(self), theme().tokens, self.card
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color(tokens.line2 if self.underMouse() else tokens.line), 1))
        painter.setBrush(color(tokens.hover if self.underMouse() else tokens.panel))
        painter.drawRoundedRect(frame, t.RADIUS_CARD, t.RADIUS_CARD)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        self._draw_covers(painter)
        words = QRect(_PAD, COVERS_PX + t.SPACE * 2, self.width() - 2 * _PAD, 24)
        when_px = int(draw_text(painter, words, card.when, "text3", align=RIGHT))
        name_role = "text" if card.is_there else "text3"
        name = words.adjusted(0, 0, -when_px - _PAD, 0)
        draw_text(painter, name, card.name, name_role, size_px=t.FONT_TITLE_PX, weight=600)
        draw_text(painter, words.translated(0, 24), card.counts, "text2")
        last = words.translated(0, 48)
        decisions_px = int(draw_text(painter, last, card.decisions, "text3", align=RIGHT))
        self._draw_state(painter, last.adjusted(0, 0, -decisions_px - _PAD, 0))
        self._draw_focus(painter, t.RADIUS_CARD)

    def _draw_covers(self, painter: QPainter) -> None:
        left, inner = 1, self.width() - 2 - (N_COVERS - 1)
        for n in range(N_COVERS):
            width = inner * (n + 1) // N_COVERS - inner * n // N_COVERS
            place = QRect(left, 1, width, COVERS_PX - 1)
            if n < len(self._covers):
                draw_crop(painter, place, self._covers[n], opacity=1.0 if self.card.is_there else 0.4)
            else:
                painter.fillRect(place, color(theme().tokens.track))
            left += width + 1


class ProjectRow(ProjectButton):
    """An older project on one line."""

    def __init__(self, card: Card, number: int) -> None:
        super().__init__(card, f"start.row.{number}")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(t.ROW_TABLE_PX)

    def sizeHint(self) -> QSize:
        return QSize(640, t.ROW_TABLE_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens, card = QPainter(self), theme().tokens, self.card
        if self.underMouse():
            painter.fillRect(self.rect(), color(tokens.hover))
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), color(tokens.line))
        place = QRect(0, 0, self.width(), self.height() - 1)
        draw_icon(painter, QRect(4, place.center().y() - 7, 14, 14), "file-play", "text2")
        fifth = (self.width() - 32) // 5
        role = "text" if card.is_there else "text3"
        draw_text(painter, QRect(32, 0, fifth - _PAD, place.height()), card.name, role, weight=500)
        draw_text(painter, QRect(32 + fifth, 0, 2 * fifth - _PAD, place.height()), card.counts, "text2")
        draw_text(painter, QRect(32 + 3 * fifth, 0, fifth - _PAD, place.height()), card.when, "text2")
        self._draw_state(painter, QRect(32 + 4 * fifth, 0, fifth - 4, place.height()), align_right=True)
        self._draw_focus(painter, 0)


class ActionRow(_Pressable):
    """A large button: icon, words, key."""

    def __init__(self, name: str, text: str, icon_name: str, key: str) -> None:
        super().__init__(name)
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(f"{text} ({key})")
        self.setFixedHeight(48)
        self._icon, self._key = icon_name, key

    def sizeHint(self) -> QSize:
        return QSize(320, 48)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), theme().tokens
        plane = tokens.pressed if self.isDown() else tokens.hover if self.underMouse() else tokens.panel
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color(tokens.focus if self.shows_focus else tokens.line), 1))
        painter.setBrush(color(plane))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, t.RADIUS_CONTROL, t.RADIUS_CONTROL)
        draw_icon(painter, QRect(_PAD, 14, 20, 20), self._icon, "text2")
        words = QRect(44, 0, self.width() - 44 - _PAD, self.height())
        draw_text(painter, words, self.text(), size_px=t.FONT_BUTTON_PX, weight=500)
        draw_text(painter, words, self._key, "text3", size_px=t.FONT_CAPTION_PX, align=RIGHT)


class DropArea(QWidget):
    """Says what may be dropped; the window takes it wherever it falls."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("start.drop")
        self.setAccessibleName("Drop footage here")
        self.setMinimumHeight(160)
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), theme().tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(color(tokens.line2), 1)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.setBrush(color(tokens.panel))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, t.RADIUS_CARD, t.RADIUS_CARD)
        top = self.height() // 2 - 64
        center = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
        draw_icon(painter, QRect(0, top, self.width(), 28), "folder-plus", "text2")
        line = QRect(8, top + 40, self.width() - 16, 24)
        draw_text(painter, line, "Drop footage here", size_px=t.FONT_TITLE_PX, weight=600, align=center)
        for n, words in enumerate(
            (
                "Video files or a folder make a new project,",
                "or join the one that is open.",
                "A .sightline file opens.",
            )
        ):
            draw_text(painter, line.translated(0, 28 + 18 * n), words, "text2", align=center)
