"""The strip at the bottom: the first jobs, a list of all of them that opens upward, load of the computer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.theme.icons import icon
from app.theme.tokens import SPACE, STRIP_PX
from app.views.jobs import N_INLINE, JobLine
from app.widgets.job_row import JobRow

PANEL_WIDTH_PX, PANEL_MAX_PX = 760, 320
ONE_ROW_BELOW_PX = 1400
"""In a narrower window only the first job stands in the strip."""


class JobsStrip(QFrame):
    """Shows jobs; `asked` says what was asked of one."""

    asked = Signal(str, int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("jobs")
        self.setAccessibleName("Jobs")
        self.setProperty("plane", "header")
        self.setProperty("rule", "top")
        self.setFixedHeight(STRIP_PX)
        self._lines: tuple[JobLine, ...] = ()
        self._rows = [JobRow(f"jobs.{n}") for n in range(N_INLINE)]
        self._idle = QLabel("No jobs running")
        self._idle.setObjectName("jobs.idle")
        self._idle.setProperty("role", "quiet")
        self._more = QToolButton()
        self._more.setObjectName("jobs.more")
        self._more.setProperty("kind", "flat")
        self._more.setProperty("dense", True)
        self._more.setIcon(icon("chevron-up"))
        self._more.setIconSize(QSize(12, 12))
        self._more.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.setToolTip("All jobs (Ctrl+J)")
        self._more.clicked.connect(self.toggle_panel)
        self._load = QLabel()
        self._load.setObjectName("jobs.load")
        self._load.setProperty("role", "quiet")
        self._panel: JobsPanel | None = None
        self._log: QPlainTextEdit | None = None
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE * 3, 1, SPACE * 3, 0)
        line.setSpacing(SPACE * 4)
        line.addWidget(self._idle)
        for row in self._rows:
            row.asked.connect(self.asked)
            line.addWidget(row)
        line.addStretch(1)
        line.addWidget(self._more)
        line.addWidget(self._load)
        self.show_jobs((), "No jobs running")

    def show_jobs(self, lines: tuple[JobLine, ...], summary: str) -> None:
        """Show all jobs, those that matter most first, and the words on the button for the rest."""
        self._lines = lines
        is_narrow = self.window().width() < ONE_ROW_BELOW_PX
        inline = [line for line in lines if line.status != "done"][: 1 if is_narrow else N_INLINE]
        for n, row in enumerate(self._rows):
            row.setVisible(n < len(inline))
            if n < len(inline):
                row.show_line(inline[n])
        self._idle.setVisible(not inline)
        self._idle.setText(summary if not inline else "")
        self._more.setVisible(bool(lines))
        self._more.setText(summary if inline else "Show")
        self._more.setAccessibleName(f"All jobs: {summary}")
        if self._panel is not None:
            self._panel.show_jobs(lines)
            if not lines:
                self._panel.hide()

    def show_load(self, text: str, tooltip: str) -> None:
        """Show how busy the computer is."""
        self._load.setText(text)
        self._load.setToolTip(tooltip)

    def toggle_panel(self) -> None:
        """Open or close the list of all jobs."""
        if self._panel is None:
            self._panel = JobsPanel(self.window())
            self._panel.asked.connect(self.asked)
            self.window().installEventFilter(self)
        if self._panel.isVisible() or not self._lines:
            self._panel.hide()
        else:
            self._panel.show_jobs(self._lines)
            self._place_panel()
            self._panel.show()
            self._panel.raise_()
            self._panel.setFocus()

    def show_log(self, name: str, text: str) -> None:
        """Show what a job wrote, in a window of its own."""
        if self._log is None:
            self._log = QPlainTextEdit(self.window())
            self._log.setObjectName("jobs.log")
            self._log.setWindowFlags(Qt.WindowType.Tool)
            self._log.setReadOnly(True)
            self._log.resize(720, 360)
        self._log.setWindowTitle(f"Log of {name}")
        self._log.setAccessibleName(f"Log of {name}")
        self._log.setPlainText(text)
        self._log.show()
        self._log.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self._panel is not None and self._panel.isVisible():
            self._place_panel()
        return super().eventFilter(watched, event)

    def _place_panel(self) -> None:
        assert self._panel is not None
        top = self.mapTo(self.window(), self.rect().topLeft())
        width = min(PANEL_WIDTH_PX, self.width() - 2 * SPACE)
        height = min(self._panel.wanted_height(), PANEL_MAX_PX)
        self._panel.setGeometry(top.x() + self.width() - width - SPACE, top.y() - height, width, height)


class JobsPanel(QFrame):
    """All jobs, one below the other; Esc closes it."""

    asked = Signal(str, int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("jobs.panel")
        self.setAccessibleName("All jobs")
        self.setProperty("plane", "floating")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._rows: list[JobRow] = []
        self._list = QFrame()
        self._list.setProperty("plane", "panel")
        self._down = QVBoxLayout(self._list)
        self._down.setContentsMargins(SPACE * 3, SPACE, SPACE * 3, SPACE)
        self._down.setSpacing(0)
        self._down.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("jobs.panel.list")
        scroll.setAccessibleName("All jobs")
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._list)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(1, 1, 1, 1)
        whole.addWidget(scroll)
        self.hide()

    def wanted_height(self) -> int:
        """Height that shows every job."""
        return len([row for row in self._rows if not row.isHidden()]) * STRIP_PX + 3 * SPACE

    def show_jobs(self, lines: tuple[JobLine, ...]) -> None:
        """Show these jobs."""
        while len(self._rows) < len(lines):
            row = JobRow(f"jobs.panel.{len(self._rows)}", is_column=True)
            row.asked.connect(self.asked)
            self._down.insertWidget(len(self._rows), row)
            self._rows.append(row)
        for n, row in enumerate(self._rows):
            row.setVisible(n < len(lines))
            if n < len(lines):
                row.show_line(lines[n])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)
