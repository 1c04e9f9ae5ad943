"""The page of models: which there are, what each is and may be used for, and what it reaches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QMessageBox,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.theme.icons import icon
from app.theme.tokens import SPACE
from app.views.models import EvaluationState, ModelCard, ModelLine
from app.widgets.comparison_panel import DropRow
from app.widgets.elided import ElidedLabel
from app.widgets.evaluation_panel import EvaluationPanel
from app.widgets.forms import GAP, HEAD_PX, Message, button, head, label
from app.widgets.model_card import ModelCardView
from app.widgets.model_list import ModelList

LIST_PX, LIST_NARROW_PX, NARROW_PX = 400, 320, 1340
WEIGHTS = "Checkpoints (*.pth *.pt *.tar *.safetensors)"
_FORMATS = (
    ("onnx", "ONNX…", "ONNX (*.onnx)", ".onnx"),
    ("openvino", "OpenVINO…", "OpenVINO (*.xml)", ".xml"),
)


class ModelsPage(QWidget):
    """Arranges list, card and evaluation; implements `app.views.models.ModelsView`.

    Args:
        pictures: Gives the picture of a file, for rank lists.
    """

    selected = Signal(str)
    imported = Signal(object)
    """File (`Path`) of a checkpoint."""
    use_asked = Signal()
    drop_asked = Signal(str)
    export_asked = Signal(str, object)
    """``onnx`` or ``openvino``, and the file (`Path`) to write."""
    remove_asked = Signal()

    def __init__(self, pictures: Callable[[Path], QPixmap | None]) -> None:
        super().__init__()
        self.setObjectName("models")
        self.setAccessibleName("Models")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._card = ModelCard()
        self._list = ModelList()
        self._list.chosen.connect(self.selected)
        self.evaluation = EvaluationPanel(pictures)
        self._view = ModelCardView()
        self._stack = QStackedWidget()
        self._build()
        self.show_models((), "")
        self.show_card(self._card)
        self.show_importing("")
        self.show_refusal("")

    # --- building

    def _build(self) -> None:
        self._import = button(
            "models.import", "Import…", "file-down", "Take a public checkpoint in (Ctrl+Shift+M)", small=True
        )
        self._import.clicked.connect(self.ask_import)
        self._busy = Message("models.importing")
        self._refusal = Message("models.refusal", "bad")
        self._left = QFrame()
        self._left.setProperty("plane", "panel")
        self._left.setProperty("rule", "right")
        down = QVBoxLayout(self._left)
        down.setContentsMargins(0, 0, 1, 0)
        down.setSpacing(0)
        down.addWidget(head("models.head", label("Models", "title"), self._import))
        for widget in (self._busy, self._refusal):
            down.addWidget(widget)
        down.addWidget(self._list, 1)
        right = QFrame()
        right.setProperty("plane", "panel")
        beside = QVBoxLayout(right)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self._top())
        beside.addWidget(self._below())
        self._stack.addWidget(self._view)
        self._stack.addWidget(self.evaluation)
        beside.addWidget(self._stack, 1)
        page = QHBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self._left)
        page.addWidget(right, 1)

    def _top(self) -> QFrame:
        self._title = ElidedLabel()
        self._title.setObjectName("models.title")
        self._title.setProperty("role", "title")
        self._tabs = QTabBar()
        self._tabs.setObjectName("models.tabs")
        self._tabs.setAccessibleName("Card or evaluation")
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        for words in ("Card", "Evaluate"):
            self._tabs.addTab(words)
        self._tabs.currentChanged.connect(self._stack.setCurrentIndex)
        self._remove = button("models.remove", "Remove…", "trash", "Delete it from this project", small=True)
        self._remove.clicked.connect(self._ask_remove)
        self._export = QToolButton()
        self._export.setObjectName("models.export")
        self._export.setProperty("dense", True)
        self._export.setText(f"{GAP}Export")
        self._export.setIcon(icon("file-up"))
        self._export.setIconSize(QSize(14, 14))
        self._export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._export.setAccessibleName("Export")
        self._export.setToolTip("Write it as ONNX or OpenVINO; the file is checked before it is kept")
        menu = QMenu(self._export)
        menu.setObjectName("models.export.menu")
        for name, words, *_ in _FORMATS:
            action = QAction(words, menu)
            action.triggered.connect(lambda _=False, name=name: self.ask_export(name))
            menu.addAction(action)
        self._export.setMenu(menu)
        self._use = button("models.use", "Use this model", "check", "", kind="primary", small=True)
        self._use.clicked.connect(self.use_asked)
        made = QFrame()
        made.setProperty("plane", "header")
        made.setProperty("rule", "bottom")
        made.setFixedHeight(HEAD_PX)
        across = QHBoxLayout(made)
        across.setContentsMargins(SPACE * 4, 0, SPACE * 3, 0)
        across.setSpacing(SPACE * 2)
        across.addWidget(self._title)
        across.addWidget(self._tabs)
        across.addStretch(1)
        for widget in (self._remove, self._export, self._use):
            across.addWidget(widget)
        return made

    def _below(self) -> QFrame:
        """What goes on with the model, and vectors of others that could be dropped."""
        self._note = label("", "quiet", "models.note")
        self._note.setWordWrap(True)
        self._drops: list[tuple[str, DropRow]] = []
        self._under = QFrame()
        self._under.setProperty("rule", "bottom")
        self._under_lines = QVBoxLayout(self._under)
        self._under_lines.setContentsMargins(SPACE * 4, SPACE * 2, SPACE * 3, SPACE * 2)
        self._under_lines.setSpacing(SPACE)
        self._under_lines.addWidget(self._note)
        return self._under

    # --- what the presenters say

    def show_models(self, lines: tuple[ModelLine, ...], current: str) -> None:
        """See `ModelsView`."""
        self._list.show_lines(lines, current)

    def show_card(self, card: ModelCard) -> None:
        """See `ModelsView`."""
        self._card = card
        self._title.set_text(card.name or "No model")
        self._view.show_card(card)
        self._use.setVisible("use" in card.can)
        self._use.setEnabled(not card.why_not_use)
        self._use.setToolTip(
            f"Use this model: {card.why_not_use}" if card.why_not_use else "Use this model (Ctrl+U)"
        )
        self._export.setVisible("export" in card.can)
        self._remove.setVisible("remove" in card.can)
        can_evaluate = "evaluate" in card.can
        self._tabs.setTabVisible(1, can_evaluate)
        if not can_evaluate:
            self._tabs.setCurrentIndex(0)
        self._note.setText(card.note)
        self._note.setVisible(bool(card.note))
        self._show_drops(card)
        self._under.setVisible(bool(card.note or card.old_spaces))

    def show_importing(self, text: str) -> None:
        """See `ModelsView`."""
        self._busy.tell("info", text)
        self._import.setEnabled(not text)

    def show_refusal(self, text: str) -> None:
        """See `ModelsView`."""
        self._refusal.tell("bad", text)

    def show_evaluation(self, state: EvaluationState) -> None:
        """See `ModelsView`."""
        self.evaluation.show_state(state)

    def show_tab(self, number: int) -> None:
        """Bring the card (0) or the evaluation (1) to the front."""
        self._tabs.setCurrentIndex(number)

    def repaint_pictures(self) -> None:
        """A picture has come."""
        self.evaluation.repaint_pictures()

    def _show_drops(self, card: ModelCard) -> None:
        if [(key, row.objectName()) for key, row in self._drops] == [
            (key, f"models.old.{n}") for n, (key, _) in enumerate(card.old_spaces)
        ]:
            return
        for _, row in self._drops:
            self._under_lines.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._drops = []
        for n, (key, name) in enumerate(card.old_spaces):
            row = DropRow(f"models.old.{n}", name)
            row.drop.clicked.connect(lambda _=False, key=key: self.drop_asked.emit(key))
            self._under_lines.addWidget(row)
            self._drops.append((key, row))

    # --- dialogs

    def ask_import(self) -> None:
        """Choose a checkpoint."""
        dialog = QFileDialog(self, "Import a checkpoint")
        dialog.setObjectName("models.dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([WEIGHTS, "All files (*)"])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: self.imported.emit(Path(file)))
        dialog.open()

    def ask_export(self, name: str) -> None:
        """Choose where an export goes; the dialog asks before a file is replaced."""
        if "export" not in self._card.can:
            return
        words, filters, suffix = next(entry[1:] for entry in _FORMATS if entry[0] == name)
        dialog = QFileDialog(self, f"Export as {words.rstrip('…')}")
        dialog.setObjectName("models.export.dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(filters)
        dialog.setDefaultSuffix(suffix.lstrip("."))
        dialog.selectFile(f"{self._card.name}{suffix}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: self.export_asked.emit(name, Path(file)))
        dialog.open()

    def _ask_remove(self) -> None:
        answer = QMessageBox.question(
            self,
            f"Remove {self._card.name}",
            f"{self._card.name} is deleted from this project. Vectors that it made stay.",
            QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        if answer == QMessageBox.StandardButton.Discard:
            self.remove_asked.emit()

    # --- window

    def regions(self) -> list[QWidget]:
        """What F6 goes through."""
        return [self._list, self._stack]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._left.setFixedWidth(LIST_NARROW_PX if self.width() < NARROW_PX else LIST_PX)
