"""Parts of the Verify page: the running count, the adjustments, and what stands there when it is empty."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.theme import tokens as t
from app.theme.icons import icon
from app.theme.theme import theme
from app.views.verify import Look, VerifyHead
from app.widgets.elided import ElidedLabel
from app.widgets.forms import button, icon_button, label
from app.widgets.person_badge import PersonBadge

ZOOM_STEP = 1.1
VALUE_PX, TEXT_PX = 44, 440
COUNTS = (("same", "check", "ok", "accepted"), ("different", "x", "bad", "rejected"),
          ("unsure", "circle-question-mark", "warn", "unsure"))  # fmt: skip


def bar(name: str, rule: str = "bottom", height_px: int = t.TOOLBAR_PX) -> QFrame:
    """A line of controls on the plane of heads."""
    made = QFrame()
    made.setObjectName(name)
    made.setProperty("plane", "header")
    made.setProperty("rule", rule)
    if height_px:
        made.setFixedHeight(height_px)
    return made


class Sign(QLabel):
    """An icon that is no button, in the colour of a token."""

    def __init__(self, name: str, role: str = "text2", size_px: int = 14) -> None:
        super().__init__()
        self._name, self._role, self._size = name, role, size_px
        self.setFixedSize(size_px, size_px)
        theme().changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        self.setPixmap(icon(self._name, self._role).pixmap(self._size, self._size))


class HeadBar(QFrame):
    """Whose results, the running count, undo."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("verify.head")
        self.setProperty("plane", "header")
        self.setProperty("rule", "bottom")
        self.setFixedHeight(t.TOOLBAR_PX)
        self.undo = button("verify.undo", "Undo", "undo-2", "Undo (Ctrl+Z)", small=True)
        self._title, self._count = ElidedLabel(), label("", "strong", "verify.count")
        self._badge, self._progress = PersonBadge("verify.person"), QProgressBar()
        self._title.setObjectName("verify.title")
        self._progress.setObjectName("verify.progress")
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(120)
        self._counts: list[tuple[Sign, QLabel]] = []
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(8)
        line.addWidget(label("Verify", "title", "verify.name"))
        line.addSpacing(4)
        line.addWidget(self._badge)
        line.addWidget(self._title)
        line.addSpacing(8)
        line.addWidget(self._count)
        line.addWidget(self._progress)
        for name, picture, role, _ in COUNTS:
            sign, text = Sign(picture, role), label("", "", f"verify.{name}")
            text.setProperty("state", role)
            self._counts.append((sign, text))
            line.addSpacing(4)
            line.addWidget(sign)
            line.addWidget(text)
        line.addStretch(1)
        line.addWidget(self.undo)

    def show_head(self, head: VerifyHead) -> None:
        """Show this."""
        self._title.set_text(head.title)
        self._badge.show_number(head.number)
        self._count.setText(head.count)
        self._count.setVisible(bool(head.count))
        self._progress.setVisible(bool(head.count))
        self._progress.setValue(round(head.done * 1000))
        self._progress.setAccessibleName(f"{round(head.done * 100)} percent decided")
        numbers = (head.n_same, head.n_different, head.n_unsure)
        for (sign, text), n, (*_, word) in zip(self._counts, numbers, COUNTS, strict=True):
            text.setText(f"{n:,} {word}")
            sign.setVisible(bool(head.count))
            text.setVisible(bool(head.count))


class AdjustBar(QFrame):
    """Whether both views are linked; zoom, brightness, contrast of the active one, and back to none of it.

    Attributes:
        linked: Switched on or off.
        zoomed: To which zoom.
        lightened: Brightness, -100..100.
        contrasted: Contrast, -100..100.
        reset: As the pictures are.
    """

    linked = Signal(bool)
    zoomed = Signal(float)
    lightened = Signal(int)
    contrasted = Signal(int)
    reset = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("verify.adjust")
        self.setProperty("plane", "header")
        self.setProperty("rule", "bottom")
        self.setFixedHeight(t.TOOLBAR_PX)
        self._linked = QToolButton()
        self._linked.setObjectName("verify.linked")
        self._linked.setText(" Linked views")
        self._linked.setAccessibleName("Linked views")
        self._linked.setToolTip("Zoom, shift, brightness and contrast are the same on both sides (Shift+L)")
        self._linked.setCheckable(True)
        self._linked.setIcon(icon("link"))
        self._linked.setIconSize(QSize(14, 14))
        self._linked.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._linked.setProperty("kind", "flat")
        self._linked.setProperty("dense", True)
        self._linked.clicked.connect(self.linked)
        self._sliders: dict[str, tuple[QSlider, QLabel]] = {}
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(8)
        line.addWidget(self._linked)
        line.addStretch(1)
        self._add(line, "zoom", "Zoom", "zoom-in", (-14, 18), "Zoom (+ and −, or the wheel)")
        self._add(line, "brightness", "Brightness", "sun", (-100, 100), "Brightness")
        self._add(line, "contrast", "Contrast", "contrast", (-100, 100), "Contrast")
        back = icon_button("verify.reset", "Look at the pictures as they are", "rotate-ccw", "0")
        back.clicked.connect(self.reset)
        line.addWidget(back)
        self._sliders["zoom"][0].valueChanged.connect(lambda n: self.zoomed.emit(ZOOM_STEP**n))
        self._sliders["brightness"][0].valueChanged.connect(self.lightened)
        self._sliders["contrast"][0].valueChanged.connect(self.contrasted)

    def show_linked(self, is_linked: bool) -> None:
        """Whether both views are linked."""
        self._linked.setChecked(is_linked)

    def show_look(self, look: Look) -> None:
        """Where the sliders stand."""
        zoom = round(math.log(look.zoom) / math.log(ZOOM_STEP))
        shown = {
            "zoom": (zoom, "whole" if look.is_whole else f"{round(look.zoom * 100)} %"),
            "brightness": (look.brightness, f"{look.brightness:+d}" if look.brightness else "0"),
            "contrast": (look.contrast, f"{look.contrast:+d}" if look.contrast else "0"),
        }
        for name, (value, words) in shown.items():
            slider, text = self._sliders[name]
            slider.blockSignals(True)
            slider.setValue(value)
            slider.blockSignals(False)
            text.setText(words.replace("-", "−"))

    def _add(
        self, line: QHBoxLayout, name: str, words: str, picture: str, ends: tuple[int, int], tip: str
    ) -> None:
        sign, slider, value = Sign(picture), QSlider(Qt.Orientation.Horizontal), label("", "quiet")
        sign.setToolTip(tip)
        slider.setObjectName(f"verify.{name}")
        slider.setAccessibleName(words)
        slider.setToolTip(tip)
        slider.setRange(*ends)
        slider.setMinimumWidth(56)
        slider.setMaximumWidth(140)
        value.setObjectName(f"verify.{name}.value")
        value.setFixedWidth(VALUE_PX)
        self._sliders[name] = (slider, value)
        line.addWidget(sign)
        line.addWidget(slider, 2)
        line.addWidget(value)


class EmptyPanel(QFrame):
    """A title, a sentence and buttons in the middle of a free plane.

    Args:
        name: Object name.
        choices: ``(name, words, icon, tooltip)`` of its buttons.

    Attributes:
        buttons: The buttons by their names.
    """

    def __init__(self, name: str, choices: tuple[tuple[str, str, str, str], ...] = ()) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("plane", "panel")
        self.buttons: dict[str, QPushButton] = {}
        self._title, self._text = label("", "title", f"{name}.title"), label("", "quiet", f"{name}.text")
        self._text.setWordWrap(True)
        self._text.setFixedWidth(TEXT_PX)
        across = QHBoxLayout()
        across.setSpacing(8)
        for part, words, picture, tip in choices:
            made = button(f"{name}.{part}", words, picture, tip)
            self.buttons[part] = made
            across.addWidget(made)
        across.addStretch(1)
        column = QWidget()
        inside = QVBoxLayout(column)
        inside.setContentsMargins(24, 0, 24, 0)
        inside.setSpacing(8)
        inside.addWidget(self._title)
        inside.addWidget(self._text)
        inside.addSpacing(8)
        inside.addLayout(across)
        down = QVBoxLayout(self)
        down.addStretch(2)
        down.addWidget(column, 0, Qt.AlignmentFlag.AlignHCenter)
        down.addStretch(3)

    def tell(self, title: str, text: str) -> None:
        """What it says."""
        self._title.setText(title)
        self._text.setText(text)
        self._text.setFixedHeight(max(self._text.heightForWidth(TEXT_PX), 0))  # centred, it gets one line
