"""The bar below the panes: time, transport buttons, speed, nudging the active camera's clock.

Passive; how it is joined stands in `app.presenters.playback`. `Transport.add_right` takes further controls,
such as the timeline's zoom.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.actions import BY_ID
from app.playback.scene import RATES, TransportState
from app.playback.timecode import rate_text
from app.theme.icons import icon
from app.theme.tokens import CONTROL_SMALL_PX, SPACE
from app.widgets.verify_bars import Sign

HEIGHT_PX = 40
ICON_PX = 16
TIME_PX = 104
MARGIN_PX = 12
LEAST_PX = 480

ENTRY_TIP = "1:02:03.4, 2:03 or +10 seconds; Enter goes there, Esc leaves"
_BUTTONS = (
    ("playback.start", "skip-back"),
    ("playback.frame_back", "step-back"),
    ("playback.play", "play"),
    ("playback.frame_forward", "step-forward"),
    ("playback.end", "skip-forward"),
)
_REPEATED = ("playback.frame_back", "playback.frame_forward")


class Transport(QFrame):
    """What plays, where, and how fast.

    Signals:
        asked: Id of an action (`app.actions`).
        rate_chosen: A speed from the menu.
        time_entered: A time that was typed.
    """

    asked = Signal(str)
    rate_chosen = Signal(float)
    time_entered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transport")
        self.setAccessibleName("Playback")
        self.setProperty("plane", "header")
        self.setProperty("rule", "top")
        self.setFixedHeight(HEIGHT_PX)
        self._state: TransportState | None = None
        line = QHBoxLayout(self)
        line.setContentsMargins(MARGIN_PX, 0, MARGIN_PX, 0)
        line.setSpacing(SPACE)
        line.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        self.setMinimumWidth(LEAST_PX)
        left, self._middle, self._right = (QHBoxLayout() for _ in range(3))
        for box, stretch in ((left, 1), (self._middle, 0), (self._right, 1)):
            box.setSpacing(SPACE)
            line.addLayout(box, stretch)
        self._time, self._entry, self._date = self._make_time()
        left.addWidget(self._time)
        left.addWidget(self._entry)
        left.addWidget(self._date)
        left.addStretch(1)
        self._buttons = {action_id: self._make_button(action_id, name) for action_id, name in _BUTTONS}
        for button in self._buttons.values():
            self._middle.addWidget(button)
        self._middle.addSpacing(8)
        self._rates = self._make_rates()
        self._middle.addWidget(self._rates)
        self._right.addStretch(1)
        self._nudge_icon, self._nudge_label, self._nudges = self._make_nudges()
        for widget in (self._nudge_icon, self._nudge_label, *self._nudges):
            self._right.addWidget(widget)
        self._entry.installEventFilter(self)
        self.show_transport(TransportState("00:00:00.0"))

    def show_transport(self, state: TransportState) -> None:
        """Show this; only what differs is touched, since it comes with every frame."""
        old, self._state = self._state, state
        if old is None or state.time != old.time:
            self._time.setText(state.time)
        if old is not None and (old.date, old.is_enabled, old.is_playing, old.rate, old.camera) == (
            state.date, state.is_enabled, state.is_playing, state.rate, state.camera
        ) and state.problem == old.problem:  # fmt: skip
            return
        self._date.setText(state.date)
        play = self._buttons["playback.play"]
        play.setIcon(icon("pause" if state.is_playing else "play", "text"))
        play.setToolTip(_tip("playback.play", "Pause" if state.is_playing else "Play"))
        play.setAccessibleName("Pause" if state.is_playing else "Play")
        for widget in (*self._buttons.values(), self._rates, self._time):
            widget.setEnabled(state.is_enabled)
        self._rates.setText(rate_text(state.rate))
        for action in self._rates.menu().actions():
            action.setChecked(action.data() == abs(state.rate))
        self._nudge_label.setText(f"{state.camera} nudge" if state.camera else "")
        for button, (way, _) in zip(self._nudges, _NUDGES, strict=True):
            button.setEnabled(state.is_enabled and bool(state.camera))
            button.setToolTip(_nudge_tip(state.camera, way))
        self._show_problem(state.problem)
        self._arrange()

    def ask_time(self) -> None:
        """Let the user type a time in the place of the display."""
        if self._state is None or not self._state.is_enabled:
            return
        self._entry.setText(self._time.text())
        self._time.hide()
        self._entry.show()
        self._entry.selectAll()
        self._entry.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def add_right(self, widget: QWidget) -> None:
        """Put a control at the right end."""
        if self._right.indexOf(self._nudges[-1]) == self._right.count() - 1:
            self._right.addSpacing(12)
        self._right.addWidget(widget)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape and leaving the entry put the display back."""
        if watched is self._entry:
            is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
            if is_escape and event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if (is_escape and event.type() == QEvent.Type.KeyPress) or event.type() == QEvent.Type.FocusOut:
                self._end_entry()
                return is_escape
        return super().eventFilter(watched, event)

    def _make_time(self) -> tuple[QPushButton, QLineEdit, QLabel]:
        shown = QPushButton()
        shown.setObjectName("transport.time")
        shown.setProperty("kind", "flat")
        shown.setProperty("dense", True)
        shown.setProperty("role", "time")
        shown.setFixedWidth(TIME_PX)
        shown.setAccessibleName("Time on the common clock")
        shown.setToolTip(_tip("playback.go_to"))
        shown.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        shown.clicked.connect(self.ask_time)
        entry = QLineEdit()
        entry.setObjectName("transport.entry")
        entry.setProperty("dense", True)
        entry.setFixedWidth(TIME_PX)
        entry.setAccessibleName("Go to time")
        entry.setToolTip(ENTRY_TIP)
        entry.returnPressed.connect(self._enter)
        entry.hide()
        date = QLabel()
        date.setObjectName("transport.date")
        date.setProperty("role", "quiet")
        return shown, entry, date

    def _make_button(self, action_id: str, icon_name: str) -> QToolButton:
        button = _icon_button(f"transport.{action_id.partition('.')[2]}", icon_name)
        button.setAccessibleName(BY_ID[action_id].text)
        button.setToolTip(_tip(action_id))
        button.setAutoRepeat(action_id in _REPEATED)
        button.clicked.connect(partial(self.asked.emit, action_id))
        return button

    def _make_rates(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("transport.rate")
        button.setAccessibleName("Speed")
        button.setToolTip(f"Speed ({_key('playback.slower')} slower, {_key('playback.faster')} faster)")
        button.setProperty("dense", True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        button.setIcon(icon("chevron-down"))
        button.setIconSize(QSize(12, 12))
        button.setFixedSize(64, CONTROL_SMALL_PX)
        menu = QMenu(button)
        menu.setObjectName("transport.rates")
        for rate in RATES:
            action = menu.addAction(rate_text(rate))
            action.setCheckable(True)
            action.setData(rate)
            action.triggered.connect(partial(self.rate_chosen.emit, rate))
        button.setMenu(menu)
        return button

    def _make_nudges(self) -> tuple[QLabel, QLabel, list[QToolButton]]:
        picture = Sign("clock")
        picture.setObjectName("transport.nudge_icon")
        label = QLabel()
        label.setObjectName("transport.nudge_label")
        label.setProperty("role", "quiet")
        buttons = []
        for way, text in _NUDGES:
            button = QToolButton()
            button.setObjectName(f"transport.nudge_{way}")
            button.setText(text)
            button.setAccessibleName(BY_ID[f"playback.nudge_{way}"].text)
            button.setProperty("dense", True)
            button.setFixedHeight(CONTROL_SMALL_PX)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(partial(self._nudge, way))
            buttons.append(button)
        return picture, label, buttons

    def _nudge(self, way: str) -> None:
        with_shift = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.asked.emit(f"playback.nudge_{way}{'_100' if with_shift else ''}")

    def _enter(self) -> None:
        self.time_entered.emit(self._entry.text())
        if self._state is not None and not self._state.problem:
            self._end_entry()

    def _end_entry(self) -> None:
        self._entry.hide()
        self._time.show()
        self._show_problem("")

    def _show_problem(self, problem: str) -> None:
        self._entry.setProperty("state", "bad" if problem else "")
        self._entry.setToolTip(problem or ENTRY_TIP)
        self._entry.style().unpolish(self._entry)
        self._entry.style().polish(self._entry)

    def _arrange(self) -> None:
        """Leave out what does not fit, the least needed first."""
        left = [self._entry if self._entry.isVisible() else self._time]
        room = (self.width() - self._middle.sizeHint().width()) / 2 - MARGIN_PX - 3 * SPACE
        free_left = room - sum(widget.width() for widget in left)
        date_px = self._date.sizeHint().width()
        self._date.setVisible(bool(self._date.text()) and date_px + SPACE <= free_left)
        free = room - self._added_px()
        nudges_px = sum(widget.sizeHint().width() + SPACE for widget in (self._nudge_icon, *self._nudges))
        has_nudges = nudges_px <= free
        for widget in (self._nudge_icon, *self._nudges):
            widget.setVisible(has_nudges)
        label_px = self._nudge_label.sizeHint().width() + SPACE
        self._nudge_label.setVisible(has_nudges and nudges_px + label_px <= free)

    def _added_px(self) -> int:
        """Width of what others have put at the right end."""
        own = {self._nudge_icon, self._nudge_label, *self._nudges}
        items = [self._right.itemAt(n) for n in range(self._right.count())]
        widgets = [widget for item in items if item is not None and (widget := item.widget()) is not None]
        return sum(widget.sizeHint().width() + 12 for widget in widgets if widget not in own)


_NUDGES = (("back", "−1 frame"), ("forward", "+1 frame"))


def _icon_button(name: str, icon_name: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setProperty("kind", "icon")
    button.setFixedSize(28, 28)
    button.setIcon(icon(icon_name, "text"))
    button.setIconSize(QSize(ICON_PX, ICON_PX))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _key(action_id: str) -> str:
    keys = BY_ID[action_id].keys
    return QKeySequence(keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""


def _tip(action_id: str, text: str = "") -> str:
    return f"{text or BY_ID[action_id].text.rstrip('…')} ({_key(action_id)})"


def _nudge_tip(camera: str, way: str) -> str:
    later = "later" if way == "forward" else "earlier"
    key, key_100 = _key(f"playback.nudge_{way}"), _key(f"playback.nudge_{way}_100")
    return f"{camera or 'The camera'} comes one frame {later} ({key}); with Shift 100 ms ({key_100})"
