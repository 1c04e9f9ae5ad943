"""The annotate mode of the Investigate page with everything that makes it work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from app.actions import ACTIONS, ANNOTATE, INVESTIGATE
from app.playback.pending import Xyxy
from app.ports import Jobs, ProjectLane
from app.presenters.annotate import AnnotatePresenter
from app.presenters.playback import PlaybackPresenter
from app.presenters.refreshing import RefreshPresenter
from app.snapshot import Snapshot
from app.widgets.annotate_bar import AnnotateBar
from app.widgets.pane_editing import EditGrid
from app.widgets.timeline import Timeline
from app.workspace import Page, Workspace

MENU = (
    *("annotate.split", "annotate.merge", "annotate.swap", ""),
    *("annotate.trim", "annotate.end", "", "annotate.delete_box", "annotate.delete_tracklet"),
)
"""What a right click on a box or a bar offers in the mode."""
OWN_KEYS = {key for action in ACTIONS if action.page == ANNOTATE for key in action.keys}


class Annotate:
    """The bar over the panes, who corrects, and who brings crops and vectors up to date afterwards.

    Args:
        workspace: Shared state.
        panes: Where boxes are corrected.
        timeline: Its bars stand for tracklets too.
        playback: Shows what is on its way.
        reading: Finds places to look at, and what is out of date.
        writing: Records corrections.
        jobs: Brings crops and vectors up to date.
        refresh: Loads the snapshot anew.
    """

    def __init__(
        self,
        workspace: Workspace,
        panes: EditGrid,
        timeline: Timeline,
        playback: PlaybackPresenter,
        reading: ProjectLane,
        writing: ProjectLane,
        jobs: Jobs,
        refresh: Callable[[], None],
    ) -> None:
        self._workspace, self._panes = workspace, panes
        self.bar = AnnotateBar()
        self.presenter = AnnotatePresenter(
            self.bar, panes, workspace, playback.stage, writing, reading, refresh
        )
        self.refreshing = RefreshPresenter(workspace, reading, jobs, self._later)
        for widget in (panes, timeline):
            widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            widget.customContextMenuRequested.connect(partial(self._show_menu, widget))
        self._actions: Mapping[str, QAction] = {}
        self._keys: dict[str, list[QKeySequence]] = {}

    @property
    def is_on(self) -> bool:
        """Whether boxes are corrected just now."""
        return self.presenter.is_on

    def join(self, actions: Mapping[str, QAction], show_page: Callable[[Page], None]) -> None:
        """Let the actions do what they say; entering the mode brings the page to the front."""
        self._actions, presenter = actions, self.presenter
        self.bar.set_actions(actions)
        for action_id in presenter.actions:
            actions[action_id].triggered.connect(lambda _=False, action_id=action_id: presenter.do(action_id))
        actions["annotate.mode"].toggled.connect(lambda is_on: self._switch(is_on, show_page))
        actions["annotate.draw"].toggled.connect(self._panes.set_drawing)
        self._panes.box_changed.connect(
            lambda tracklet, source_id, frame_idx, xyxy: presenter.change_box(
                tracklet, source_id, frame_idx, cast("Xyxy", xyxy)
            )
        )
        self._panes.let_go.connect(lambda: presenter.choose(""))
        self.bar.kind_chosen.connect(presenter.choose_kind)
        self._workspace.snapshot.connect(self._follow, now=True)

    def draw(self, camera: str, frame_idx: int, xyxy: object) -> None:
        """A box was drawn in the mode."""
        shown = self._panes.shown_frame(camera)
        if shown is not None and shown[1] == frame_idx:
            self.presenter.draw_box(camera, shown[0], frame_idx, cast("Xyxy", xyxy))

    def escape(self) -> None:
        """First drawing ends, then the box in hand is let go, then the mode is left."""
        if self._actions["annotate.draw"].isChecked():
            self._actions["annotate.draw"].setChecked(False)
        elif not self.presenter.escape():
            self._actions["annotate.mode"].setChecked(False)

    def show_drawing(self, is_on: bool) -> None:
        """The panes began or ended drawing."""
        self._actions["annotate.draw"].setChecked(is_on)

    def close(self) -> None:
        """Hear of nothing any more."""
        self.presenter.close()
        self.refreshing.close()

    def _switch(self, is_on: bool, show_page: Callable[[Page], None]) -> None:
        """The mode's letters stand in for those of the page while it is on."""
        if is_on:
            show_page(Page.INVESTIGATE)
            self._actions["view.boxes"].setChecked(True)
            clashing = [a.id for a in ACTIONS if a.page == INVESTIGATE and OWN_KEYS & set(a.keys)]
            self._keys = {action_id: self._actions[action_id].shortcuts() for action_id in clashing}
            for action_id in clashing:
                self._actions[action_id].setShortcuts([])
        self._actions["search.draw"].setEnabled(not is_on)
        self.presenter.set_on(is_on)
        if not is_on:
            for action_id, keys in self._keys.items():
                self._actions[action_id].setShortcuts(keys)
            self._keys = {}
        else:
            self._panes.setFocus()

    def _show_menu(self, widget: EditGrid | Timeline, place: QPoint) -> None:
        """What can be done with the tracklet there; outside the mode, entering it."""
        tracklet = widget.tracklet_at(QPointF(place))
        if not tracklet:
            return
        if tracklet not in self._workspace.selected.value:
            self.presenter.choose(tracklet)
        menu = QMenu(widget)
        menu.setObjectName("annotate.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action_id in MENU if self.is_on else ("annotate.mode",):
            if action_id:
                menu.addAction(self._actions[action_id])
            else:
                menu.addSeparator()
        menu.popup(widget.mapToGlobal(place))

    def _follow(self, snapshot: Snapshot | None) -> None:
        mode = self._actions["annotate.mode"]
        if snapshot is None:
            mode.setChecked(False)
        mode.setEnabled(snapshot is not None)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        QTimer.singleShot(round(seconds * 1000), self.bar, call)
