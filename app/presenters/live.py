"""Following live cameras: while the playhead stands at what came last, it goes along."""

from __future__ import annotations

from collections.abc import Callable

from app.snapshot import Snapshot, SourceState
from app.workspace import Notice, Workspace
from reid_core.store.records import STREAM

LAG_MS = 1500.0
"""What is recorded reaches the disk so much later."""
NEAR_MS = 3000.0
"""A playhead that is no farther behind is taken to be following."""
LIVE = "view.live"


class LiveFollower:
    """Moves the playhead along with the live cameras of a project.

    Args:
        workspace: The playhead is read and written here.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._edge_ms: float | None = None
        self._path = ""
        self._disconnect: Callable[[], None] | None = workspace.snapshot.connect(self._follow, now=True)

    def return_to_live(self) -> None:
        """Go to what came last, and follow from there."""
        if self._edge_ms is None:
            self._workspace.notice.set(Notice("No camera of this project is live.", "info"))
            return
        self._workspace.is_playing.set(False)
        self._go()

    def close(self) -> None:
        """Let go of the workspace."""
        if self._disconnect is not None:
            self._disconnect()
            self._disconnect = None

    def _follow(self, snapshot: Snapshot | None) -> None:
        path = "" if snapshot is None else snapshot.path
        before_ms = self._edge_ms if path == self._path else None
        self._path, self._edge_ms = path, live_edge_ms(snapshot)
        if self._edge_ms is None or before_ms is None or self._edge_ms <= before_ms:
            return
        is_near = self._workspace.playhead_ms.value >= before_ms - NEAR_MS
        if is_near and not self._workspace.is_playing.value:
            self._go()

    def _go(self) -> None:
        assert self._edge_ms is not None
        self._workspace.playhead_ms.set(max(self._edge_ms - LAG_MS, 0.0))


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
