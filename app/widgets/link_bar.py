"""Starts the linking, and chooses its threshold: what accepting everything would leave."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QSlider, QVBoxLayout

from app.proposals import STEPS
from app.theme.icons import icon
from app.views.links import LinkHead
from app.widgets.forms import button, label, set_state
from app.widgets.verify_bars import bar

VALUE_PX = 56


class LinkBar(QFrame):
    """Passive.

    Attributes:
        link_asked: Link, or stop it.
        slid: The slider's place, 0..1000.
        accept_asked: Accept everything at the threshold.
        verify_asked: Compare everything at the threshold.
    """

    link_asked = Signal()
    slid = Signal(int)
    accept_asked = Signal()
    verify_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("links.bar")
        self.setProperty("plane", "panel")
        self.setProperty("rule", "bottom")
        self._link = button(
            "links.link", "Link across cameras", "waypoints", "Propose who is one person (Ctrl+T)",
            kind="primary", small=True,
        )  # fmt: skip
        self._busy = QProgressBar()
        self._busy.setObjectName("links.busy")
        self._busy.setAccessibleName("Linking")
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setFixedWidth(120)
        self._scale, self._value = label("", "quiet", "links.scale"), label("", "strong", "links.threshold")
        self._value.setFixedWidth(VALUE_PX)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("links.slider")
        self._slider.setAccessibleName("Threshold")
        self._slider.setToolTip("Propose only what is at least this likely")
        self._slider.setRange(0, STEPS)
        self._slider.setPageStep(STEPS // 20)
        self._slider.setSingleStep(STEPS // 100)
        self._preview, self._note = label("", "", "links.preview"), label("", "quiet", "links.note")
        self._preview.setWordWrap(True)
        self._note.setWordWrap(True)
        self._verify = button(
            "links.verify_all",
            "Verify",
            "git-compare",
            "Compare these pairs one by one (Shift+V)",
            small=True,
        )
        self._accept = button(
            "links.accept_all",
            "Accept all",
            "check",
            "Accept all of them; one undo takes it back",
            small=True,
        )
        self._controls = QFrame()
        self._build()
        self._link.clicked.connect(self.link_asked)
        self._slider.valueChanged.connect(self.slid)
        self._verify.clicked.connect(self.verify_asked)
        self._accept.clicked.connect(self.accept_asked)

    @property
    def link_button(self) -> QPushButton:
        """Starts and stops."""
        return self._link

    def show_head(self, head: LinkHead) -> None:
        """What can be done, and what would follow."""
        words = "Stop" if head.is_running else "Link again" if head.is_ready else "Link across cameras"
        is_primary = not head.is_running and (not head.is_ready or head.is_stale)
        self._link.setText(f" {words}")
        self._link.setAccessibleName(words)
        self._link.setIcon(
            icon("square" if head.is_running else "waypoints", "on_fill" if is_primary else "text2")
        )
        self._link.setProperty("kind", "primary" if is_primary else "")
        self._link.style().unpolish(self._link)
        self._link.style().polish(self._link)
        self._busy.setVisible(head.is_running)
        self._controls.setVisible(head.is_ready)
        if not head.is_ready:
            return
        self._scale.setText(head.scale)
        self._value.setText(head.threshold)
        self._slider.blockSignals(True)
        self._slider.setValue(head.place)
        self._slider.blockSignals(False)
        self._preview.setText(head.preview)
        self._note.setText(head.note)
        self._note.setVisible(bool(head.note))
        set_state(self._note, "warn" if head.is_stale else "")
        can = head.n_shown > 0 and not head.is_running
        self._accept.setText(f" Accept {head.n_shown:,}")
        self._accept.setAccessibleName(f"Accept all {head.n_shown:,}")
        self._verify.setText(f" Verify {head.n_shown:,}")
        self._verify.setAccessibleName(f"Verify all {head.n_shown:,}")
        self._accept.setEnabled(can and not head.is_stale)
        self._verify.setEnabled(can)

    def _build(self) -> None:
        head = bar("links.head")
        line = QHBoxLayout(head)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(8)
        line.addWidget(label("Links", "title", "links.title"))
        line.addWidget(label("who may be one person", "quiet", "links.subtitle"))
        line.addStretch(1)
        line.addWidget(self._busy)
        line.addWidget(self._link)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self._scale)
        first.addWidget(self._slider, 1)
        first.addWidget(self._value)
        first.addWidget(self._verify)
        first.addWidget(self._accept)
        inside = QVBoxLayout(self._controls)
        inside.setContentsMargins(12, 8, 12, 8)
        inside.setSpacing(4)
        inside.addLayout(first)
        inside.addWidget(self._preview)
        inside.addWidget(self._note)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addWidget(self._controls)
