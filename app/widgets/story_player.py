"""The story's picture with its bar: play, clip before and after, moment, one view or every clip."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from app.theme.icons import icon
from app.theme.tokens import TOOLBAR_PX
from app.views.people import StoryState
from app.views.verify import Look, Still
from app.widgets.compare_picture import ComparePicture
from app.widgets.elided import ElidedLabel
from app.widgets.forms import button, icon_button, label
from app.widgets.inputs import Check


class StoryPicture(QFrame):
    """Passive: the picture, and the bar under it.

    Attributes:
        play_asked: Play, or stand still.
        stepped: So many clips on.
    """

    play_asked = Signal()
    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("people.player")
        self.setProperty("plane", "panel")
        self.picture = ComparePicture("people.picture")
        self.picture.setToolTip("Double click: the person or the whole frame")
        self.picture.setMinimumHeight(96)
        self._look = Look(is_whole=True)
        self.picture.show_look(self._look)
        self._play = icon_button("people.play", "Play the story", "play", "P")
        self._back = icon_button("people.clip_back", "Clip before", "skip-back", "[")
        self._forward = icon_button("people.clip_forward", "Clip after", "skip-forward", "]")
        self._caption, self._problem = ElidedLabel(), ElidedLabel()
        self._caption.setObjectName("people.caption")
        self._problem.setObjectName("people.problem")
        self._problem.setProperty("state", "warn")
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 12, 6)
        bar.setSpacing(4)
        for one in (self._back, self._play, self._forward):
            bar.addWidget(one)
        bar.addSpacing(8)
        bar.addWidget(self._caption)
        bar.addSpacing(8)
        bar.addWidget(self._problem)
        bar.addStretch(1)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self.picture, 1)
        down.addLayout(bar)
        self._play.clicked.connect(self.play_asked)
        self._back.clicked.connect(lambda: self.stepped.emit(-1))
        self._forward.clicked.connect(lambda: self.stepped.emit(1))
        self.picture.whole_asked.connect(self._toggle)
        self.picture.zoomed.connect(self._zoom)

    def show_state(self, state: StoryState) -> None:
        """Where the story stands."""
        self._play.setIcon(icon("pause" if state.is_playing else "play"))
        self._play.setAccessibleName("Stand still" if state.is_playing else "Play the story")
        self._caption.set_text(state.caption)
        self._problem.set_text(state.problem)
        self._problem.setVisible(bool(state.problem))
        self.picture.show_message(state.problem)

    def show_still(self, still: Still | None) -> None:
        """The picture."""
        self.picture.show_still(still)

    def _toggle(self) -> None:
        self._look = Look(is_whole=not self._look.is_whole)
        self.picture.show_look(self._look)

    def _zoom(self, factor: float) -> None:
        zoom = 1.0 if self._look.is_whole else min(max(self._look.zoom * factor, 0.25), 6.0)
        self._look = Look(is_whole=self._look.is_whole and factor < 1, zoom=zoom)
        self.picture.show_look(self._look)


class StoryHead(QFrame):
    """The line over the story.

    Attributes:
        play: The button that plays all.
        best_chosen: One view at a time, or every clip.
    """

    best_chosen = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("people.story.head")
        self.setProperty("plane", "header")
        self.setProperty("rule", "bottom")
        self.setFixedHeight(TOOLBAR_PX)
        self._total = label("", "quiet", "people.story.total")
        self._best = Check("One view at a time")
        self._best.setObjectName("people.story.best")
        self._best.setAccessibleName("One view at a time")
        self._best.setToolTip("Where several cameras see the person at once, follow one of them")
        self.play = button("people.story.play", "Play all", "play", "Play the whole story (P)", small=True)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(8)
        line.addWidget(label("Story", "strong", "people.story.title"))
        line.addWidget(self._total)
        line.addStretch(1)
        line.addWidget(self._best)
        line.addWidget(self.play)
        self._best.clicked.connect(self.best_chosen)
        self._best.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_story(self, total: str, *, is_best: bool, is_playing: bool) -> None:
        """How long it is."""
        self._total.setText(total)
        self._best.setChecked(is_best)
        self.show_playing(is_playing=is_playing)

    def show_playing(self, *, is_playing: bool) -> None:
        """Whether it plays."""
        self.play.setText(" Pause" if is_playing else " Play all")
        self.play.setAccessibleName("Pause" if is_playing else "Play all")
        self.play.setIcon(icon("pause" if is_playing else "play"))
