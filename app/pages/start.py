"""The first page: recent projects, new ones, this computer."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.theme.icons import icon
from app.theme.theme import theme
from app.theme.tokens import ROW_FACT_PX, SPACE
from app.views.start import Card, ComputerFact
from app.widgets.elided import ElidedLabel
from app.widgets.forms import button, icon_button, label
from app.widgets.project_card import ActionRow, DropArea, ProjectButton, ProjectCard, ProjectRow

LEFT_PX = 320
N_COLUMNS, N_CARDS = 3, 6
EMPTY = "No projects yet"


class StartPage(QFrame):
    """Arranges the parts; implements `app.views.start.StartView`."""

    new_asked = Signal()
    open_asked = Signal()
    footage_asked = Signal()
    project_chosen = Signal(str)
    forgotten = Signal(str)
    filtered = Signal(str)
    recovery_asked = Signal()
    recovery_dismissed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("start")
        self.setAccessibleName("Start")
        self.setProperty("plane", "window")
        self._buttons: list[ProjectButton] = []
        self._facts: list[tuple[QLabel, ElidedLabel, QLabel]] = []
        self._shown: tuple[ComputerFact, ...] = ()
        across = QHBoxLayout()
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(SPACE * 10)
        across.addWidget(self._left())
        across.addWidget(self._right(), 1)
        down = QVBoxLayout(self)
        down.setContentsMargins(SPACE * 10, SPACE * 6, SPACE * 10, 0)
        down.setSpacing(SPACE * 6)
        down.addWidget(self._recovery_bar())
        down.addLayout(across, 1)
        self.show_recovery("", "")
        theme().changed.connect(self._restyle)

    # --- building

    def _recovery_bar(self) -> QFrame:
        self._bar = QFrame()
        self._bar.setObjectName("start.recovery")
        self._bar.setProperty("state", "info")
        self._bar.setFixedHeight(36)
        self._bar_icon = QLabel()
        self._bar_name = label("", "strong", "start.recovery.name")
        self._bar_text = ElidedLabel()
        self._bar_text.setObjectName("start.recovery.text")
        open_ = button("start.recovery.open", "Open", "arrow-right", "Open the project", small=True)
        close = icon_button("start.recovery.close", "Close this message", "x")
        open_.clicked.connect(self.recovery_asked)
        close.clicked.connect(self.recovery_dismissed)
        line = QHBoxLayout(self._bar)
        line.setContentsMargins(SPACE * 3, 0, SPACE * 2, 0)
        line.setSpacing(SPACE * 2)
        for widget in (self._bar_icon, self._bar_name, self._bar_text):
            line.addWidget(widget)
        line.addStretch(1)
        line.addWidget(open_)
        line.addWidget(close)
        return self._bar

    def _left(self) -> QWidget:
        left = QWidget()
        left.setFixedWidth(LEFT_PX)
        down = QVBoxLayout(left)
        down.setContentsMargins(0, 0, 0, SPACE * 6)
        down.setSpacing(SPACE * 2)
        down.addWidget(label("Sightline", "display", "start.title"))
        down.addWidget(label("Find a person again, in every camera.", "quiet", "start.subtitle"))
        down.addSpacing(SPACE * 3)
        for name, text, icon_name, key, signal in (
            ("start.new", "New project", "plus", "Ctrl+N", self.new_asked),
            ("start.open", "Open project", "folder-open", "Ctrl+O", self.open_asked),
            ("start.add", "Add footage", "film", "Ctrl+Shift+A", self.footage_asked),
        ):
            row = ActionRow(name, text, icon_name, key)
            row.clicked.connect(signal)
            down.addWidget(row)
        down.addSpacing(SPACE * 3)
        area = DropArea()
        area.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        area.setMaximumHeight(272)
        down.addWidget(area, 1)
        down.addSpacing(SPACE * 3)
        self._computer = QWidget()
        self._computer_grid = QGridLayout(self._computer)
        self._computer_grid.setContentsMargins(0, 0, 0, 0)
        self._computer_grid.setSpacing(0)
        self._computer_grid.setColumnStretch(1, 1)
        down.addWidget(label("This computer", "strong", "start.computer"))
        down.addWidget(self._computer)
        down.addStretch(0)
        return left

    def _right(self) -> QWidget:
        right = QWidget()
        down = QVBoxLayout(right)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(SPACE * 4)
        head = QHBoxLayout()
        self._find = QLineEdit()
        self._find.setObjectName("start.find")
        self._find.setAccessibleName("Find a project")
        self._find.setToolTip("Show only projects whose name holds this")
        self._find.setPlaceholderText("Find a project")
        self._find.setClearButtonEnabled(True)
        self._find.setFixedWidth(240)
        self._find.addAction(icon("search", "text3"), QLineEdit.ActionPosition.LeadingPosition)
        self._find.textChanged.connect(self.filtered)
        head.addWidget(label("Recent projects", "title"))
        head.addStretch(1)
        head.addWidget(self._find)
        down.addLayout(head)
        self._empty = label(EMPTY, "faint", "start.empty")
        down.addWidget(self._empty)
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACE * 4)
        self._older = label("Older", "quiet", "start.older")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        body = QFrame()
        body.setProperty("plane", "window")
        inner = QVBoxLayout(body)
        inner.setContentsMargins(0, 0, SPACE, SPACE * 6)
        inner.setSpacing(SPACE * 3)
        inner.addLayout(self._grid)
        inner.addWidget(self._older)
        inner.addLayout(self._rows)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("start.projects")
        scroll.setAccessibleName("Recent projects")
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        down.addWidget(scroll, 1)
        return right

    # --- what the presenter says

    def show_cards(self, cards: tuple[Card, ...]) -> None:
        """See `StartView`."""
        if [button_.card.path for button_ in self._buttons] != [card.path for card in cards]:
            self._rebuild(cards)
        for button_, card in zip(self._buttons, cards, strict=True):
            if button_.card != card:
                button_.show_card(card)
        self._empty.setVisible(not cards)
        self._empty.setText("No project of that name" if self._find.text() else EMPTY)
        self._older.setVisible(len(cards) > N_CARDS)

    def show_computer(self, facts: tuple[ComputerFact, ...]) -> None:
        """See `StartView`."""
        self._shown = facts
        while len(self._facts) < len(facts):
            row = len(self._facts)
            parts = (QLabel(), ElidedLabel(mode=Qt.TextElideMode.ElideMiddle), QLabel())
            parts[0].setProperty("role", "quiet")
            parts[0].setFixedSize(80, ROW_FACT_PX)
            parts[1].setObjectName(f"start.computer.{row}")
            parts[1].setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            for column, part in enumerate(parts):
                self._computer_grid.addWidget(part, row, column)
            self._facts.append(parts)
        for (name, value, mark), fact in zip(self._facts, facts, strict=False):
            name.setText(fact.label)
            value.set_text(fact.value)
            pair = ("check", "ok") if fact.is_fine else ("triangle-alert", "warn")
            mark.setPixmap(icon(*pair).pixmap(QSize(14, 14)))
            mark.setAccessibleName("fine" if fact.is_fine else fact.advice)
            mark.setToolTip(fact.advice)

    def show_recovery(self, name: str, text: str) -> None:
        """See `StartView`."""
        self._bar.setVisible(bool(name))
        self._restyle()
        self._bar_name.setText(name)
        self._bar_text.set_text(text)
        self._bar.setAccessibleName(f"{name} {text}")

    def _rebuild(self, cards: tuple[Card, ...]) -> None:
        for button_ in self._buttons:
            button_.hide()
            button_.deleteLater()
        self._buttons = []
        for n, card in enumerate(cards):
            made = ProjectCard(card, n) if n < N_CARDS else ProjectRow(card, n)
            made.opened.connect(self.project_chosen)
            made.removed.connect(self.forgotten)
            if n < N_CARDS:
                self._grid.addWidget(made, n // N_COLUMNS, n % N_COLUMNS)
            else:
                self._rows.addWidget(made)
            self._buttons.append(made)
        for column in range(N_COLUMNS):
            self._grid.setColumnStretch(column, 1)

    def _restyle(self) -> None:
        """Labels keep the pixels of their icons: give them those of the scheme in use."""
        self._bar_icon.setPixmap(icon("rotate-ccw", "accent").pixmap(QSize(16, 16)))
        self.show_computer(self._shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        margin = SPACE * 10 if self.width() >= 1400 else SPACE * 6
        layout = self.layout()
        assert layout is not None
        layout.setContentsMargins(margin, SPACE * 6, margin, 0)
