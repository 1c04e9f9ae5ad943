"""Who is looked at: cover, name that can be changed in place, facts, what can be done; note and tags."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.theme.theme import theme
from app.views.people import NOBODY, PersonHead
from app.widgets import paint
from app.widgets.elided import ElidedLabel
from app.widgets.forms import button, icon_button, label
from app.widgets.person_badge import PersonBadge
from app.widgets.pictures import Pictures

HEAD_PX = 72
COVER_W, COVER_H = 28, 56
SHARE_W, SHARE_PX = 72, 4
WAYS = (
    ("why", "Show why", "triangle-alert", "Show the decisions that contradict each other, and the way out"),
    ("search", "Search again", "scan-search", "Search for this person (Ctrl+Return)"),
    ("verify", "Verify", "git-compare", "Compare the tracklets one by one (V)"),
    ("merge", "Merge…", "merge", "Say who is the same person (Ctrl+M)"),
)


class Cover(QWidget):
    """Painted: the person's best crop."""

    def __init__(self, name: str, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Cover")
        self.setFixedSize(COVER_W, COVER_H)
        self._pictures, self._tracklet = pictures, ""
        pictures.ready.connect(lambda name: self.update() if name in ("", self._tracklet) else None)
        theme().changed.connect(self.update)

    def show_cover(self, tracklet: str) -> None:
        """Whose crop."""
        self._tracklet = tracklet
        self.setVisible(bool(tracklet))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._tracklet:
            ratio = self.devicePixelRatioF()
            pixmap = self._pictures.pixmap(self._tracklet, 0, COVER_W, COVER_H, ratio)
            paint.draw_crop(painter, self.rect(), pixmap)
        painter.end()


class ShareBar(QWidget):
    """Painted: the part that was decided by hand."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._share = 0.0
        self.setFixedSize(SHARE_W, SHARE_PX)
        theme().changed.connect(self.update)

    def show_share(self, share: float) -> None:
        """0..1."""
        self._share = share
        self.setAccessibleName(f"{round(share * 100)} percent decided by hand")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), theme().tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        place = QRectF(self.rect())
        painter.setBrush(paint.color(tokens.line2))
        painter.drawRoundedRect(place, 2, 2)
        if self._share > 0:
            painter.setBrush(paint.color(tokens.ok))
            place.setWidth(max(place.width() * self._share, 4))
            painter.drawRoundedRect(place, 2, 2)
        painter.end()


class PersonTitle(QFrame):
    """Passive: the head of the page.

    Attributes:
        renamed: The new name.
        buttons: ``why``, ``search``, ``verify``, ``merge``.
    """

    renamed = Signal(str)

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("people.head")
        self.setProperty("plane", "header")
        self.setProperty("rule", "bottom")
        self.setFixedHeight(HEAD_PX)
        self._cover, self._badge = Cover("people.cover", pictures), PersonBadge("people.badge", 20)
        self._name, self._facts = ElidedLabel(), ElidedLabel()
        self._edit, self._names = QLineEdit(), QStackedLayout()
        self._pencil = icon_button("people.rename", "Rename the person", "pencil", "F2")
        self._share, self._verified = ShareBar("people.share"), label("", "quiet", "people.verified")
        self._problem = QLabel()
        self.buttons: dict[str, QPushButton] = {
            name: button(f"people.{name}", words, picture, tip, small=True)
            for name, words, picture, tip in WAYS
        }
        self._head: PersonHead | None = None
        self._is_editing = False
        self._build()
        self._pencil.clicked.connect(self.rename)
        self._edit.editingFinished.connect(self._finish)
        self._edit.installEventFilter(self)

    def show_head(self, head: PersonHead | None) -> None:
        """Who it is."""
        self._head = head
        if head is None:
            return
        is_person = head.number != NOBODY
        self._cover.show_cover(head.cover)
        self._badge.show_number(head.number)
        self._name.set_text(head.name)
        self._facts.set_text(head.problem or head.facts)
        self._facts.setProperty("role", "" if head.problem else "quiet")
        self._facts.setProperty("state", "warn" if head.problem else "")
        self._facts.style().unpolish(self._facts)
        self._facts.style().polish(self._facts)
        self._verified.setText(head.verified)
        self._share.show_share(head.share)
        for part in (self._pencil, self._share, self._verified, *self.buttons.values()):
            part.setVisible(is_person)
        self.buttons["why"].setVisible(bool(head.problem))
        if not self._is_editing:
            self._names.setCurrentIndex(0)

    def rename(self) -> None:
        """Type another name."""
        if self._head is not None and self._head.number != NOBODY:
            self._edit.setText(self._head.name)
            self._names.setCurrentIndex(1)
            self._is_editing = True
            self._edit.setFocus()
            self._edit.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc leaves the name as it is."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and self._head is not None:
                self._is_editing = False
                self._names.setCurrentIndex(0)
                return True
        return super().eventFilter(watched, event)

    def _finish(self) -> None:
        if self._is_editing:
            self._is_editing = False  # hiding the field finishes it once more
            self._names.setCurrentIndex(0)
            self.renamed.emit(self._edit.text())

    def _build(self) -> None:
        self._name.setObjectName("people.name")
        self._name.setProperty("role", "name")
        self._facts.setObjectName("people.facts")
        self._facts.setProperty("role", "quiet")
        self._edit.setObjectName("people.name.edit")
        self._edit.setAccessibleName("Name")
        self._edit.setProperty("dense", True)
        self._edit.setFixedWidth(240)
        names = QWidget()
        self._names = QStackedLayout(names)
        title = QWidget()
        inside = QHBoxLayout(title)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(4)
        inside.addWidget(self._name)
        inside.addWidget(self._pencil)
        inside.addStretch(1)
        self._names.addWidget(title)
        holder = QWidget()
        around = QHBoxLayout(holder)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self._edit)
        around.addStretch(1)
        self._names.addWidget(holder)
        names.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self._badge)
        first.addWidget(names, 1)
        second.setSpacing(8)
        second.addWidget(self._facts)
        second.addSpacing(4)
        second.addWidget(self._share)
        second.addWidget(self._verified)
        second.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addLayout(first)
        words.addLayout(second)
        words.addStretch(1)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(8)
        line.addWidget(self._cover)
        line.addSpacing(4)
        line.addLayout(words, 1)
        for one in self.buttons.values():
            line.addWidget(one)


class NotePanel(QFrame):
    """Tags and a note about the person; stored when the field is left, or with Ctrl+Return.

    Attributes:
        written: Note and tags, as they were typed.
    """

    written = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("people.notes")
        self.setProperty("plane", "panel")
        self.setProperty("rule", "left")
        self._tags, self._note = QLineEdit(), QPlainTextEdit()
        self._by = ElidedLabel()
        self._tags.setObjectName("people.tags")
        self._tags.setAccessibleName("Tags")
        self._tags.setToolTip("Tags, parted by commas; Enter stores them")
        self._tags.setPlaceholderText("Tags, parted by commas")
        self._note.setObjectName("people.note")
        self._note.setAccessibleName("Note")
        self._note.setToolTip("A note about this person; stored when you leave it")
        self._note.setPlaceholderText("A note about this person")
        self._note.setTabChangesFocus(True)
        self._note.setProperty("kind", "field")
        self._by.setObjectName("people.note.by")
        self._by.setProperty("role", "caption")
        self._head: PersonHead | None = None
        down = QVBoxLayout(self)
        down.setContentsMargins(13, 8, 12, 8)
        down.setSpacing(8)
        down.addWidget(label("Tags and note", "strong", "people.notes.title"))
        down.addWidget(self._tags)
        down.addWidget(self._note, 1)
        down.addWidget(self._by)
        self._tags.editingFinished.connect(self._write)
        self._note.installEventFilter(self)

    def sizeHint(self) -> QSize:
        return QSize(260, 200)

    def show_head(self, head: PersonHead | None) -> None:
        """The person's tags and note; what is being typed about the same person stays."""
        before, self._head = self._head, head
        if head is None:
            return
        is_same = before is not None and before.number == head.number
        if not (is_same and self._tags.hasFocus() and self._tags.isModified()):
            self._tags.setText(head.tags)
        if not (is_same and self._note.hasFocus() and self._note.document().isModified()):
            self._note.setPlainText(head.note)
            self._note.document().setModified(False)
        self._by.set_text(head.note_by)
        self._by.setVisible(bool(head.note_by))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leaving the note stores it."""
        if event.type() == QEvent.Type.FocusOut:
            self._write()
        return super().eventFilter(watched, event)

    def _write(self) -> None:
        self.written.emit(self._note.toPlainText(), self._tags.text())
