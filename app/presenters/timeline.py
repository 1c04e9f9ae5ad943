"""What the timeline shows of the shared state, and what a click on it changes there.

How to join it (in the composition root, once)::

    presenter = TimelinePresenter(timeline, workspace, lane)
    timeline.sought.connect(presenter.seek)
    timeline.range_marked.connect(presenter.mark_range)
    timeline.tracklet_chosen.connect(presenter.choose)
    timeline.tracklet_opened.connect(presenter.open)
    timeline.camera_chosen.connect(presenter.activate)
    actions["view.timeline_fit"].triggered.connect(timeline.fit)      # and _in, _out: zoom_in, zoom_out
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.ports import ProjectLane
from app.result_list import decided, query_persons
from app.snapshot import UNASSIGNED, Snapshot
from app.timeline.scene import Styles, TimelineScene, make_scene, make_styles
from app.workspace import Workspace
from reid_core.types import Verdict


class TimelineView(Protocol):
    """What the timeline can show."""

    def show_scene(self, scene: TimelineScene, styles: Styles) -> None:
        """Another state of the project."""

    def show_styles(self, styles: Styles) -> None:
        """Another search."""

    def show_playhead(self, t_ms: float, *, is_playing: bool = False) -> None:
        """Move the playhead."""

    def show_active(self, camera: str) -> None:
        """Open the active camera's row."""

    def show_selected(self, tracklets: tuple[str, ...]) -> None:
        """Outline these bars."""

    def show_range(self, range_ms: tuple[float, float] | None) -> None:
        """Shade the marked stretch."""

    def show_start(self, zero_ms: float) -> None:
        """Time of day at 0 on the common clock, ms."""


class TimelinePresenter:
    """Keeps the timeline in step with the workspace.

    Args:
        view: The timeline.
        workspace: Read and written: playhead, selection, range, active camera.
        lane: Lays the bars out, off the GUI thread.
    """

    def __init__(self, view: TimelineView, workspace: Workspace, lane: ProjectLane) -> None:
        self._view, self._workspace, self._lane = view, workspace, lane
        self._scene = TimelineScene()
        self._disconnect = [
            workspace.snapshot.connect(self._snapshot_changed, now=True),
            workspace.results.connect(lambda _: self._show_styles()),
            workspace.playhead_ms.connect(self._show_playhead, now=True),
            workspace.active_camera.connect(view.show_active, now=True),
            workspace.selected.connect(view.show_selected, now=True),
            workspace.range_ms.connect(view.show_range, now=True),
        ]

    def close(self) -> None:
        """Hear of nothing any more."""
        for disconnect in self._disconnect:
            disconnect()

    # --- what the user does

    def seek(self, t_ms: float) -> None:
        """Move the playhead."""
        self._workspace.playhead_ms.set(t_ms)

    def mark_range(self, start_ms: float, end_ms: float) -> None:
        """Mark a stretch of the common clock."""
        self._workspace.range_ms.set((start_ms, end_ms))

    def choose(self, tracklet: str, is_added: bool = False) -> None:
        """Highlight a tracklet everywhere; added ones join the others, and leave at the second time."""
        selected = self._workspace.selected.value
        if not is_added:
            self._workspace.selected.set((tracklet,))
        elif tracklet in selected:
            self._workspace.selected.set(tuple(name for name in selected if name != tracklet))
        else:
            self._workspace.selected.set((*selected, tracklet))

    def open(self, tracklet: str) -> None:
        """Go to the tracklet's start, in its camera."""
        row = self._scene.tracklets.row_of.get(tracklet)
        if row is not None:
            self.activate(self._scene.rows[int(self._scene.tracklets.camera[row])].name)
            self.seek(float(self._scene.tracklets.start_ms[row]))

    def activate(self, camera: str) -> None:
        """Make a camera the active one."""
        self._workspace.active_camera.set(camera)

    def set_start(self, start: datetime | None) -> None:
        """Wall-clock time of the common clock's 0, or None."""
        midnight = None if start is None else start.replace(hour=0, minute=0, second=0, microsecond=0)
        zero = 0.0 if start is None or midnight is None else (start - midnight).total_seconds() * 1000
        self._view.show_start(zero)

    # --- what changes around it

    def _snapshot_changed(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            self._show_scene(TimelineScene())
        else:
            self._lane.ask(lambda _: make_scene(snapshot), self._show_scene, topic="timeline")

    def _show_scene(self, scene: TimelineScene) -> None:
        self._scene = scene
        self._view.show_scene(scene, self._styles())

    def _show_styles(self) -> None:
        self._view.show_styles(self._styles())

    def _styles(self) -> Styles:
        """Colours as things stand: what was rejected for this query is no proposal any more."""
        results, snapshot = self._workspace.results.value, self._workspace.snapshot.value
        tracklets = self._scene.tracklets
        if results is None or snapshot is None:
            return make_styles(tracklets)
        verdicts = decided(results.query, snapshot)
        hits = [
            (row.tracklet, row.similarity)
            for row in results.rows
            if not row.is_impossible and verdicts.get(row.tracklet) is not Verdict.DIFFERENT
        ]
        return make_styles(tracklets, hits, min(query_persons(results.query, snapshot), default=UNASSIGNED))

    def _show_playhead(self, t_ms: float) -> None:
        self._view.show_playhead(t_ms, is_playing=self._workspace.is_playing.value)
