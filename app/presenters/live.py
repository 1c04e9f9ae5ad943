"""Following live cameras: while the playhead stands at what came last, it goes along."""

from __future__ import annotations

from collections.abc import Callable

from app.snapshot import Snapshot, SourceState
from app.workspace import Notice, Page, Workspace
from reid_core.store.records import STREAM

LAG_MS = 1500.0
"""What is recorded reaches the disk so much later."""
NEAR_MS = 3000.0
"""A playhead that is no farther from the end when the first live picture comes is taken to be following."""
AT_END_MS = 500.0
"""Who goes so near to what came last follows from there."""
LIVE = "view.live"


class LiveFollower:
    """Moves the playhead along with the live cameras of a project, and keeps `Workspace.is_live`.

    Whoever moves the playhead or lets time run stands still, or plays, from then on; at what came last it
    follows again.

    Args:
        workspace: The playhead is read and written here.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._edge_ms: float | None = None
        self._end_ms = 0.0
        self._path = ""
        self._is_going = False
        self._disconnect: list[Callable[[], None]] = [
            workspace.snapshot.connect(self._follow, now=True),
            workspace.playhead_ms.connect(self._moved),
            workspace.is_playing.connect(self._played),
        ]

    def return_to_live(self) -> None:
        """Go to what came last, and follow from there."""
        snapshot = self._workspace.snapshot.value
        if self._edge_ms is None:
            self._workspace.notice.set(Notice("No camera of this project is live.", "info"))
            if snapshot is None or not snapshot.streams:
                return
        self._workspace.is_playing.set(False)
        self._workspace.is_live.set(True)
        self._go()

    def close(self) -> None:
        """Let go of the workspace."""
        for disconnect in self._disconnect:
            disconnect()
        self._disconnect.clear()

    def _follow(self, snapshot: Snapshot | None) -> None:
        path = "" if snapshot is None else snapshot.path
        is_new, before_ms = path != self._path, self._edge_ms
        self._path, self._edge_ms = path, live_edge_ms(snapshot)
        if is_new:
            self._end_ms = 0.0
            self._workspace.is_live.set(False)
        elif self._edge_ms is not None and before_ms is None:  # the first camera has come
            is_near = self._workspace.playhead_ms.value >= self._end_ms - NEAR_MS
            has_asked = self._workspace.page.value is Page.SOURCES  # Watch stands there
            if (is_near or has_asked) and not self._workspace.is_playing.value:
                self._workspace.is_live.set(True)
        self._end_ms = 0.0 if snapshot is None else snapshot.extent_ms[1]
        if self._workspace.is_live.value and self._edge_ms is not None:
            self._go()

    def _moved(self, t_ms: float) -> None:
        """Somebody moved the playhead."""
        if not self._is_going:
            is_at_end = self._edge_ms is not None and t_ms >= self._edge_ms - AT_END_MS
            self._workspace.is_live.set(is_at_end and not self._workspace.is_playing.value)

    def _played(self, is_playing: bool) -> None:
        """Time runs, or stands: at the end of what came it follows again."""
        if is_playing:
            self._workspace.is_live.set(False)
        elif not self._workspace.is_live.value:
            self._moved(self._workspace.playhead_ms.value)

    def _go(self) -> None:
        end_ms = self._end_ms if self._edge_ms is None else self._edge_ms - LAG_MS
        self._is_going = True
        self._workspace.playhead_ms.set(max(end_ms, 0.0))
        self._is_going = False


def live_edge_ms(snapshot: Snapshot | None) -> float | None:
    """End of what came last of a camera that is live, on the common clock; None where none is."""
    if snapshot is None:
        return None
    ends = [
        snapshot.span_ms(facts)[1]
        for facts in snapshot.sources
        if facts.source.kind == STREAM and facts.state is SourceState.OPEN
    ]
    return max(ends, default=None)
