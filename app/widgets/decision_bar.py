"""Accept, Reject, Unsure, Skip, Previous: one button and one key each; and a warning above them."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from app.theme.theme import theme
from app.theme.tokens import CONTROL_PX, FONT_CAPTION_PX, RADIUS_BADGE, RADIUS_CONTROL, SPACE
from app.widgets import paint

PAD_PX, ICON_PX, KEY_PX = 6, 14, 16


class DecisionButton(QAbstractButton):
    """Icon, word and key; painted, so that it can do with less where there is little room."""

    def __init__(
        self, name: str, word: str, key: str, icon: str, height_px: int, *, is_primary: bool
    ) -> None:
        super().__init__()
        self.word, self.key, self._icon_name, self._is_primary = word, key, icon, is_primary
        self.has_word = self.has_key = True
        self._is_hovered = False
        self.setObjectName(name)
        self.setText(word)
        self.setAccessibleName(f"{word}, key {key}")
        self.setFixedHeight(height_px)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme().changed.connect(self.update)

    def wanted_px(self, *, has_word: bool, has_key: bool) -> int:
        """Width with these parts."""
        word = SPACE + paint.text_width(self.word, weight=500) if has_word else 0
        return round(2 * PAD_PX + ICON_PX + word + (SPACE + KEY_PX if has_key else 0) + 2)

    def show_parts(self, *, has_word: bool, has_key: bool) -> None:
        """Leave the word or the key out."""
        self.has_word, self.has_key = has_word, has_key
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.wanted_px(has_word=self.has_word, has_key=self.has_key), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.wanted_px(has_word=False, has_key=False), self.height())

    def enterEvent(self, event: QEnterEvent) -> None:
        self._is_hovered = True
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._is_hovered = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme().tokens
        is_filled = self._is_primary and self.isEnabled()
        plane = tokens.raised
        if is_filled:
            plane = tokens.fill
        elif self.isEnabled() and self.isDown():
            plane = tokens.pressed
        elif self.isEnabled() and self._is_hovered:
            plane = tokens.hover
        rim = tokens.focus if self.hasFocus() or (is_filled and self._is_hovered) else tokens.line2
        painter.setPen(QPen(paint.color(plane if is_filled and rim == tokens.line2 else rim), 1))
        painter.setBrush(paint.color(plane) if self.isEnabled() else Qt.BrushStyle.NoBrush)
        place = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(place, RADIUS_CONTROL, RADIUS_CONTROL)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), RADIUS_CONTROL, RADIUS_CONTROL)
        self._paint_parts(painter, "on_fill" if is_filled else "text" if self.isEnabled() else "text3")
        painter.end()

    def _paint_parts(self, painter: QPainter, role: str) -> None:
        used = self.wanted_px(has_word=self.has_word, has_key=self.has_key)
        left = (self.width() - used) / 2 + PAD_PX + 1
        middle = self.height() / 2
        paint.draw_icon(painter, QRectF(left, middle - ICON_PX / 2, ICON_PX, ICON_PX), self._icon_name, role)
        left += ICON_PX
        if self.has_word:
            line = QRectF(left + SPACE, 0, self.width() - left - SPACE, self.height())
            left += SPACE + paint.draw_text(painter, line, self.word, role, weight=500)
        if self.has_key:
            key = QRectF(left + SPACE, middle - KEY_PX / 2, KEY_PX, KEY_PX)
            shade = paint.color(str(getattr(theme().tokens, role)), 120)
            painter.setPen(QPen(shade, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(key.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_BADGE, RADIUS_BADGE)
            paint.draw_text(painter, key, self.key, role, size_px=FONT_CAPTION_PX, align=paint.CENTER)


class DecisionBar(QFrame):
    """The buttons of a decision, always in this order.

    Args:
        height_px: 28 in the results, 40 where two are compared.
        name: Object name; its buttons' names begin with it.
    """

    accepted = Signal()
    rejected = Signal()
    unsure = Signal()
    skipped = Signal()
    previous = Signal()
    confirmed = Signal()
    """What was warned of is to be done anyway."""
    cancelled = Signal()
    """What was warned of is not to be done."""

    def __init__(self, height_px: int = CONTROL_PX, name: str = "decisions") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Decision")
        self.setProperty("plane", "header")
        self.setProperty("rule", "top")
        self._buttons: list[DecisionButton] = []
        self._line = QHBoxLayout()
        self._line.setContentsMargins(8, 8, 8, 8)
        self._line.setSpacing(SPACE)
        for part, word, key, icon, signal in (
            ("accept", "Accept", "A", "check", self.accepted),
            ("reject", "Reject", "D", "x", self.rejected),
            ("unsure", "Unsure", "W", "circle-question-mark", self.unsure),
            ("skip", "Skip", "S", "arrow-down", self.skipped),
            ("previous", "Previous", "Q", "arrow-up", self.previous),
        ):
            is_primary = part == "accept"
            button = DecisionButton(f"{name}.{part}", word, key, icon, height_px, is_primary=is_primary)
            button.clicked.connect(signal)
            self._buttons.append(button)
            self._line.addWidget(button, 1)
        self._warning, self._text = QFrame(), QLabel()
        self._anyway = self._choice(f"{name}.anyway", "Accept anyway", self.confirmed)
        self._cancel = self._choice(f"{name}.cancel", "Cancel", self.cancelled)
        self._make_warning()
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self._warning)
        down.addLayout(self._line)
        self.set_enabled(False)

    def set_enabled(self, is_enabled: bool) -> None:
        """Whether there is a row in hand to decide about."""
        for button in self._buttons:
            button.setEnabled(is_enabled)
            words = f"{button.word} ({button.key})"
            button.setToolTip(words if is_enabled else f"{words}: choose a result first")

    def show_warning(self, text: str, button: str = "Accept anyway") -> None:
        """Ask before something impossible is stored; an empty text takes the question away."""
        had_focus = self._cancel.hasFocus() or self._anyway.hasFocus()
        self._warning.setVisible(bool(text))
        self._text.setText(text)
        self._anyway.setText(button)
        self._anyway.setAccessibleName(button)
        if text:
            self._cancel.setFocus()
        elif had_focus:
            self._buttons[0].setFocus()

    def minimumSizeHint(self) -> QSize:
        buttons = sum(button.minimumSizeHint().width() + SPACE for button in self._buttons)
        return QSize(buttons + 12, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - 16 - SPACE * (len(self._buttons) - 1)
        for has_last_word, has_key in ((True, True), (False, True), (True, False), (False, False)):
            parts = [(has_last_word or button is not self._buttons[-1], has_key) for button in self._buttons]
            wanted = sum(
                button.wanted_px(has_word=word, has_key=key)
                for button, (word, key) in zip(self._buttons, parts, strict=True)
            )
            if wanted <= room:
                break
        for number, (button, (word, key)) in enumerate(zip(self._buttons, parts, strict=True)):
            button.show_parts(has_word=word, has_key=key)
            self._line.setStretch(number, button.wanted_px(has_word=word, has_key=key))

    def _make_warning(self) -> None:
        self._warning.setObjectName(f"{self.objectName()}.warning")
        self._warning.setProperty("state", "warn")
        self._text.setObjectName(f"{self.objectName()}.warning.text")
        self._text.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE)
        buttons.addStretch(1)
        buttons.addWidget(self._anyway)
        buttons.addWidget(self._cancel)
        down = QVBoxLayout(self._warning)
        down.setContentsMargins(12, 8, 12, 8)
        down.addWidget(self._text)
        down.addLayout(buttons)
        self._warning.setVisible(False)

    @staticmethod
    def _choice(name: str, text: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(text)
        button.setProperty("dense", True)
        button.clicked.connect(signal)
        return button
