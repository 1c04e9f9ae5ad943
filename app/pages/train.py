"""The page on which models are trained: the form at the left, the run in hand at the right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMessageBox, QSplitter, QVBoxLayout, QWidget

from app.theme.tokens import SPACE
from app.views.training import Check, Choices, ComparisonState, CurveSet, RunHead, TrainForm
from app.widgets.check_list import HEAD_PX
from app.widgets.comparison_panel import ComparisonPanel
from app.widgets.curve_plot import CurvePlot
from app.widgets.elided import ElidedLabel
from app.widgets.forms import label
from app.widgets.rank_lists import RankLists
from app.widgets.run_head import LOG_PX, LogLine, RunHeadPanel
from app.widgets.train_form import TrainFormPanel

FORM_PX, FORM_NARROW_PX = 400, 336
COMPARISON_PX, COMPARISON_NARROW_PX = 320, 280
NARROW_PX = 1340
PLOTS_PX = 236
NO_LISTS = "Queries that changed most are listed here once both models are compared."


class TrainPage(QWidget):
    """Arranges its parts; implements the views of `app.views.training`.

    Args:
        pictures: Gives the picture of a file, for rank lists.

    Attributes:
        form: The left side.
        head: The run in hand.
        comparison: The table with the button that makes the run the active model.
        log: The last lines.
    """

    def __init__(self, pictures: Callable[[Path], QPixmap | None]) -> None:
        super().__init__()
        self.setObjectName("train")
        self.setAccessibleName("Train")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.form = TrainFormPanel()
        self.head, self.log, self.comparison = RunHeadPanel(), LogLine(), ComparisonPanel()
        self._loss = CurvePlot("train.loss", "Loss", from_zero=True)
        self._validation = CurvePlot("train.validation", "Validation")
        self._rate = CurvePlot("train.speed", "Speed", from_zero=True)
        self._lists = RankLists("train.lists", pictures)
        self._lines: tuple[str, ...] = ()
        self._last = ""
        self._build()
        self.show_comparison(ComparisonState())

    def _build(self) -> None:
        plots = QSplitter(Qt.Orientation.Horizontal)
        plots.setObjectName("train.plots")
        for plot, share in ((self._loss, 5), (self._validation, 5), (self._rate, 3)):
            plots.addWidget(plot)
            plots.setStretchFactor(plots.count() - 1, share)
        plots.setHandleWidth(1)
        plots.setChildrenCollapsible(False)
        self._lists_title = ElidedLabel()
        self._lists_title.setObjectName("train.lists.title")
        self._lists_title.setProperty("role", "quiet")
        head = QFrame()
        head.setProperty("plane", "header")
        head.setProperty("rule", "bottom")
        head.setFixedHeight(HEAD_PX)
        across = QHBoxLayout(head)
        across.setContentsMargins(SPACE * 4, 0, SPACE * 3, 0)
        across.setSpacing(SPACE * 2)
        across.addWidget(label("Queries that changed most", "strong", "train.lists.head"))
        across.addWidget(self._lists_title)
        across.addStretch(1)
        lists = QFrame()
        lists.setProperty("plane", "panel")
        down = QVBoxLayout(lists)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addWidget(self._lists, 1)
        lower = QWidget()
        beside = QHBoxLayout(lower)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self.comparison)
        beside.addWidget(lists, 1)
        upper = QWidget()
        above = QVBoxLayout(upper)
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(0)
        above.addWidget(plots, 1)
        above.addWidget(self.log)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setObjectName("train.split")
        self._split.setHandleWidth(1)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(upper)
        self._split.addWidget(lower)
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([PLOTS_PX + SPACE * 9, 2 * PLOTS_PX])
        self.log.opened.connect(self._make_room)
        right = QWidget()
        stack = QVBoxLayout(right)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(0)
        stack.addWidget(self.head)
        stack.addWidget(self._split, 1)
        page = QHBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self.form)
        page.addWidget(right, 1)

    # --- what the presenters say

    def show_check(self, check: Check) -> None:
        """See `TrainFormView`."""
        self.form.show_check(check)

    def show_form(self, form: TrainForm) -> None:
        """See `TrainFormView`."""
        self.form.show_form(form)

    def show_runs(self, runs: Choices, current: str, others: Choices, compared: tuple[str, ...]) -> None:
        """See `RunsView`."""
        self.head.show_runs(runs, current, others, compared)
        if not runs:
            self.show_curves(CurveSet())
            self.show_log(())

    def show_head(self, head: RunHead) -> None:
        """See `RunsView`."""
        self.head.show_head(head)
        self._last = head.last_line
        self.log.show_lines(self._lines, self._last)

    def show_curves(self, curves: CurveSet) -> None:
        """See `RunsView`."""
        n = float(curves.n_epochs)
        self._loss.show_series(curves.loss, n, "The loss of each batch")
        self._validation.show_series(
            curves.validation, n, curves.note or "mAP and rank-1 on people who are held out"
        )
        self._rate.show_series(curves.rate, n, "Pictures a second")

    def show_log(self, lines: tuple[str, ...]) -> None:
        """See `RunsView`."""
        self._lines = lines
        self.log.show_lines(lines, self._last)

    def open_log(self) -> None:
        """See `RunsView`."""
        self.log.open_log()

    def show_comparison(self, state: ComparisonState) -> None:
        """See `ComparisonView`."""
        self.comparison.show_state(state)
        self._lists.show_queries(state.queries, ("Active", state.new), state.folder, NO_LISTS)
        self._lists_title.set_text(
            "a tick is the same person, a cross somebody else" if state.queries else ""
        )

    def repaint_pictures(self) -> None:
        """A picture has come."""
        self._lists.repaint_pictures()

    # --- questions

    def ask_remove(self, name: str) -> bool:
        """Whether a run's folder shall really be deleted."""
        answer = QMessageBox.question(
            self,
            f"Remove {name}",
            f"{name} with its checkpoints and curves is deleted. Models that were taken from it stay.",
            QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return answer == QMessageBox.StandardButton.Discard

    # --- window

    def save_layout(self) -> QByteArray:
        """Sizes of the parts, to be kept."""
        return self._split.saveState()

    def restore_layout(self, state: QByteArray | None) -> None:
        """Sizes of the parts as they were, or as they are meant."""
        if state is not None:
            self._split.restoreState(state)
        else:
            self._split.setSizes([PLOTS_PX + SPACE * 9, max(self.height() - PLOTS_PX, PLOTS_PX)])

    def _make_room(self, is_open: bool) -> None:
        """The log takes its room from what is below, not from the plots."""
        upper, lower = self._split.sizes()
        by = min(LOG_PX, max(lower - LOG_PX, 0)) if is_open else -min(LOG_PX, max(upper - PLOTS_PX, 0))
        self._split.setSizes([upper + by, lower - by])

    def regions(self) -> list[QWidget]:
        """What F6 goes through."""
        return [self.form, self.head, self.comparison, self._lists]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < NARROW_PX
        self.form.setFixedWidth(FORM_NARROW_PX if is_narrow else FORM_PX)
        self.comparison.setFixedWidth(COMPARISON_NARROW_PX if is_narrow else COMPARISON_PX)
        self._rate.setVisible(not is_narrow)
