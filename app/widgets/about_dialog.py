"""What Sightline is, whose work it stands on, and what each model may be used for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QTextEdit, QVBoxLayout, QWidget

from app.theme.theme import theme
from app.theme.tokens import SPACE
from app.widgets.forms import button
from app.widgets.markdown import show_markdown

WIDTH_PX, HEIGHT_PX = 720, 600
WAITING = "Reading the licences"


class AboutDialog(QDialog):
    """Text that can be selected; not modal."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("about")
        self.setAccessibleName("About Sightline")
        self.setWindowTitle("About Sightline")
        self.resize(WIDTH_PX, HEIGHT_PX)
        self._given = ""
        self._text = QTextEdit()
        self._text.setObjectName("about.text")
        self._text.setAccessibleName("Licences")
        self._text.setReadOnly(True)
        self._text.setFrameShape(QFrame.Shape.NoFrame)
        self._text.document().setDocumentMargin(SPACE * 4)
        close = button("about.close", "Close", "", "Close (Esc)")
        close.clicked.connect(self.hide)
        line = QHBoxLayout()
        line.setContentsMargins(SPACE * 4, SPACE * 2, SPACE * 4, SPACE * 3)
        line.addStretch(1)
        line.addWidget(close)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self._text, 1)
        down.addLayout(line)
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        theme().changed.connect(self._restyle)
        self.show_text(WAITING)

    def show_text(self, text: str) -> None:
        """Show Markdown."""
        self._given = text
        show_markdown(self._text, text)

    def _restyle(self) -> None:
        """What is laid out already keeps its colours: lay it out anew."""
        show_markdown(self._text, self._given)

    def open_about(self) -> None:
        """Bring it up."""
        self.show()
        self.raise_()
        self.activateWindow()
