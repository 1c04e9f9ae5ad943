"""The rail at the left edge: one item a page."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QVBoxLayout, QWidget

from app.theme.icons import icon_pixmap
from app.theme.theme import theme
from app.theme.tokens import FONT_CAPTION_PX, RAIL_ITEM_PX, RAIL_NARROW_PX, RAIL_PX

NARROW_WINDOW_PX = 1400
"""Windows narrower than this show icons only."""

_ICON_PX = 20
_EDGE_PX = 3


class RailItem(QAbstractButton):
    """An icon over a word; the active one has a plane and an edge."""

    def __init__(self, name: str, text: str, icon_name: str, key: str) -> None:
        super().__init__()
        self.setObjectName(f"rail.{name}")
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(f"{text} ({key})" if key else text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._icon = icon_name
        self.is_narrow = False

    def sizeHint(self) -> QSize:
        return QSize(RAIL_NARROW_PX if self.is_narrow else RAIL_PX, RAIL_ITEM_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        painter = QPainter(self)
        if self.isChecked() or self.underMouse():
            painter.fillRect(self.rect(), QColor(tokens.pressed if self.isChecked() else tokens.hover))
        if self.isChecked():
            painter.fillRect(QRect(0, 0, _EDGE_PX, self.height()), QColor(tokens.accent))
        color = tokens.text if self.isChecked() else tokens.text2
        if not self.isEnabled():
            color = tokens.text3
        top = (self.height() - _ICON_PX) // 2 if self.is_narrow else 8
        pixmap = icon_pixmap(self._icon, color, _ICON_PX, self.devicePixelRatioF())
        painter.setOpacity(1.0 if self.isEnabled() else 0.5)
        painter.drawPixmap((self.width() - _ICON_PX) // 2, top, pixmap)
        if not self.is_narrow:
            font = self.font()
            font.setPixelSize(FONT_CAPTION_PX)
            painter.setFont(font)
            painter.setPen(QColor(color))
            painter.drawText(QRect(0, 31, self.width(), 16), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.hasFocus():
            painter.setOpacity(1.0)
            painter.setPen(QColor(tokens.focus))
            painter.drawRect(self.rect().adjusted(1, 1, -2, -2))


class Rail(QFrame):
    """The pages, top to bottom, and the sheet of keys below.

    Attributes:
        chosen: Emitted with a page's name when its item is pressed.
        keys_asked: Emitted when the sheet of keys is asked for.
    """

    chosen = Signal(str)
    keys_asked = Signal()

    def __init__(self, entries: list[tuple[str, str, str, str]]) -> None:
        """Entries are ``(name, text, icon, key)``."""
        super().__init__()
        self.setObjectName("rail")
        self.setAccessibleName("Pages")
        self.setProperty("plane", "header")
        self.setProperty("rule", "right")
        self._items: dict[str, RailItem] = {}
        group = QButtonGroup(self)
        group.setExclusive(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(0)
        for name, text, icon_name, key in entries:
            item = RailItem(name, text, icon_name, key)
            item.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
            group.addButton(item)
            layout.addWidget(item)
            self._items[name] = item
        layout.addStretch(1)
        keys = RailItem("keys", "Keys", "keyboard", "F1")
        keys.setCheckable(False)
        keys.clicked.connect(self.keys_asked)
        layout.addWidget(keys)
        self._items["keys"] = keys
        self.set_narrow(False)

    def set_narrow(self, is_narrow: bool) -> None:
        """Icons only, or with words."""
        self.setFixedWidth(RAIL_NARROW_PX if is_narrow else RAIL_PX)
        for item in self._items.values():
            item.is_narrow = is_narrow
            item.updateGeometry()
            item.update()

    def show_page(self, name: str) -> None:
        """Mark the page in front."""
        self._items[name].setChecked(True)

    def set_enabled(self, name: str, is_enabled: bool, why_not: str = "") -> None:
        """Whether a page can be opened; if not, its tooltip says why."""
        item = self._items[name]
        item.setEnabled(is_enabled)
        if not is_enabled:
            item.setToolTip(f"{item.text()}: {why_not}")

    def widget_of(self, name: str) -> QWidget:
        """The item of a page."""
        return self._items[name]
