"""What a model reaches: on what, the figures, two curves, and the queries that it does worst on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.theme.icons import icon
from app.theme.tokens import SPACE
from app.views.models import EvaluationState
from app.widgets.check_list import HEAD_PX
from app.widgets.curve_plot import CurvePlot
from app.widgets.elided import ElidedLabel
from app.widgets.flow import FlowLayout
from app.widgets.forms import GAP, Message, button, label
from app.widgets.forms import HEAD_PX as TOP_PX
from app.widgets.inputs import Select
from app.widgets.rank_lists import RankLists

FOLDER = "folder…"
PLOTS_PX, SOURCE_PX = 200, 240
EMPTY = "The worst queries are listed here once the model is measured."


class EvaluationPanel(QFrame):
    """Emits what is asked for; shows an `EvaluationState`."""

    chosen = Signal(str, str)
    """``project`` or ``folder``, and the folder."""
    start_asked = Signal()

    def __init__(self, pictures: Callable[[Path], QPixmap | None]) -> None:
        super().__init__()
        self.setObjectName("models.evaluation")
        self.setAccessibleName("Evaluation")
        self.setProperty("plane", "panel")
        self._state = EvaluationState()
        self._source = Select()
        self._source.setObjectName("models.evaluation.source")
        self._source.setAccessibleName("Measure on")
        self._source.setToolTip("What the model is measured on")
        self._source.setFixedWidth(SOURCE_PX)
        self._source.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._source.activated.connect(self._choose)
        self._intro = ElidedLabel()
        self._intro.setObjectName("models.evaluation.intro")
        self._intro.setProperty("role", "quiet")
        self._go = button("models.evaluation.start", "Evaluate", "gauge", "", kind="primary", small=True)
        self._go.clicked.connect(self.start_asked)
        top = QFrame()
        top.setProperty("rule", "bottom")
        top.setFixedHeight(TOP_PX)
        across = QHBoxLayout(top)
        across.setContentsMargins(SPACE * 4, 0, SPACE * 3, 0)
        across.setSpacing(SPACE * 2)
        across.addWidget(label("Measure on", "quiet"))
        across.addWidget(self._source)
        across.addWidget(self._intro, 1)
        across.addWidget(self._go)
        self._message = Message("models.evaluation.message")
        self._figures = Figures("models.figures")
        plots = QSplitter(Qt.Orientation.Horizontal)
        plots.setObjectName("models.plots")
        plots.setHandleWidth(1)
        plots.setChildrenCollapsible(False)
        self._cmc = CurvePlot("models.cmc", "CMC", x_title="rank", y_range=(0.0, 1.0))
        self._roc = CurvePlot(
            "models.roc", "ROC", x_title="false positive rate", is_log=True, y_range=(0.0, 1.0)
        )
        plots.addWidget(self._cmc)
        plots.addWidget(self._roc)
        self._lists = RankLists("models.worst", pictures)
        lists = QFrame()
        lists.setProperty("plane", "panel")
        below = QVBoxLayout(lists)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        head = QFrame()
        head.setProperty("plane", "header")
        head.setProperty("rule", "bottom")
        head.setFixedHeight(HEAD_PX)
        beside = QHBoxLayout(head)
        beside.setContentsMargins(SPACE * 4, 0, SPACE * 4, 0)
        beside.addWidget(label("Worst queries first", "strong", "models.worst.head"))
        beside.addStretch(1)
        below.addWidget(head)
        below.addWidget(self._lists, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setObjectName("models.evaluation.split")
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        split.addWidget(plots)
        split.addWidget(lists)
        split.setStretchFactor(1, 1)
        split.setSizes([PLOTS_PX, 2 * PLOTS_PX])
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(top)
        down.addWidget(self._message)
        down.addWidget(self._figures)
        down.addWidget(split, 1)
        self.show_state(self._state)

    def show_state(self, state: EvaluationState) -> None:
        """Show this."""
        self._state = state
        self._show_source(state)
        self._source.setEnabled(not state.is_busy)
        self._intro.set_text(state.intro)
        words = "Stop" if state.is_busy else "Evaluate again" if state.figures else "Evaluate"
        self._go.setText(GAP + words)
        self._go.setAccessibleName(words)
        self._go.setIcon(icon("square" if state.is_busy else "gauge", "on_fill"))
        self._go.setEnabled(state.can_start)
        self._go.setToolTip(f"Evaluate: {state.why_not}" if state.why_not else f"{words} (Ctrl+Return)")
        self._message.tell(state.level, state.message)
        self._figures.show_figures(state.figures)
        n_ranks = max((each.x[-1] for each in state.cmc if each.x), default=1.0)
        self._cmc.show_series(state.cmc, n_ranks, "Share of queries found among the first places")
        self._roc.show_series(state.roc, 1.0, "Same people accepted over different people accepted")
        self._lists.show_queries(state.queries, ("Found",), state.pictures, EMPTY)

    def repaint_pictures(self) -> None:
        """A picture has come."""
        self._lists.repaint_pictures()

    def _show_source(self, state: EvaluationState) -> None:
        name = state.folder.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
        entries = [("project", "This project's decisions")]
        entries += [("folder", name)] if state.folder else []
        entries.append((FOLDER, "A folder of pictures…"))
        known = [(self._source.itemData(n), self._source.itemText(n)) for n in range(self._source.count())]
        if known != entries:
            self._source.clear()
            for value, words in entries:
                self._source.addItem(words, value)
        self._source.setCurrentIndex(max(self._source.findData(state.source), 0))
        self._source.setToolTip(state.folder if state.source == "folder" else "Everybody who was accepted")

    def _choose(self) -> None:
        value = str(self._source.currentData())
        if value != FOLDER:
            self.chosen.emit(value, "")
            return
        dialog = QFileDialog(self, "Folder in Market-1501's layout")
        dialog.setObjectName("models.evaluation.dialog")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self.chosen.emit("folder", folder))
        dialog.open()
        self._show_source(self._state)


class Figures(QFrame):
    """Numbers under their names."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("rule", "bottom")
        self._flow = FlowLayout(self, SPACE * 6)
        self._flow.setContentsMargins(SPACE * 4, SPACE * 2, SPACE * 4, SPACE * 2)
        self._cells: list[tuple[QWidget, QLabel, QLabel]] = []

    def show_figures(self, figures: tuple[tuple[str, str], ...]) -> None:
        """Show these; hidden without any."""
        self.setVisible(bool(figures))
        while len(self._cells) < len(figures):
            cell = QWidget()
            value = label("", "name", f"{self.objectName()}.{len(self._cells)}")
            name = label("", "caption")
            down = QVBoxLayout(cell)
            down.setContentsMargins(0, 0, 0, 0)
            down.setSpacing(0)
            down.addWidget(value)
            down.addWidget(name)
            self._flow.addWidget(cell)
            self._cells.append((cell, value, name))
        for n, (cell, value, name) in enumerate(self._cells):
            cell.setVisible(n < len(figures))
            if n < len(figures):
                name.setText(figures[n][0])
                value.setText(figures[n][1])
                value.setAccessibleName(f"{figures[n][0]} {figures[n][1]}")
