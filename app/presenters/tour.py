"""Goes from one place that is worth a look to the next, while tracklets are corrected."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from app.ports import ProjectLane
from app.snapshot import Snapshot
from app.wording import count_label
from app.workspace import Notice, Workspace
from reid_core.errors import ReidError
from reid_core.pipeline.targets import Target, TargetKind, find_targets

NAMES = {
    TargetKind.START: "start",
    TargetKind.END: "end",
    TargetKind.GAP: "gap",
    TargetKind.CROSSING: "crossing",
    TargetKind.LOW_SCORE: "low score",
    TargetKind.UNDECIDED: "undecided tracklet",
}
"""What one place of a kind is called."""
SAME_MS = 0.5


class Tour:
    """The places of one kind, camera by camera in the order of the panes, each in order of time.

    Args:
        workspace: Where the user is; written when they go on.
        lane: Finds the places.
        changed: Called when `place` says something else.
    """

    def __init__(self, workspace: Workspace, lane: ProjectLane, changed: Callable[[], None]) -> None:
        self._workspace, self._lane, self._changed = workspace, lane, changed
        self._kind = TargetKind.START
        self._found: list[Target] = []
        self._found_at: tuple[str, int, int, TargetKind] | None = None
        self._at: int | None = None
        self._is_looking = False

    @property
    def kind(self) -> TargetKind:
        """What is looked for."""
        return self._kind

    @property
    def place(self) -> str:
        """``3 of 12``, or empty while nothing was looked for."""
        if self._is_looking:
            return "looking"
        return "" if self._at is None else f"{self._at + 1:,} of {len(self._found):,}"

    def choose(self, kind: TargetKind) -> None:
        """Look for something else from now on."""
        self._kind, self._at = kind, None
        self._changed()

    def forget(self) -> None:
        """The project was closed."""
        self._found, self._found_at, self._at, self._is_looking = [], None, None, False

    def go(self, by: int) -> None:
        """To the next place (1) or the one before (-1), seen from where the user is."""
        snapshot = self._workspace.snapshot.value
        if snapshot is None:
            return
        key = (snapshot.path, snapshot.log_head, len(snapshot.tracklets), self._kind)
        if key == self._found_at:
            self._step(snapshot, by)
            return
        kind = self._kind

        def found(targets: list[Target]) -> None:
            self._is_looking = False
            last = None if self._at is None else self._found[self._at]
            self._found, self._found_at = targets, key
            self._at = targets.index(last) if last in targets and kind == self._kind else None
            if kind == self._kind:
                self._step(snapshot, by)
            self._changed()

        def failed(error: ReidError) -> None:
            self._is_looking = False
            self._workspace.notice.set(Notice(str(error), "bad"))
            self._changed()

        self._is_looking = True
        self._changed()
        self._lane.ask(lambda project: find_targets(project, kind), found, failed, topic="places to look at")

    def _step(self, snapshot: Snapshot, by: int) -> None:
        cameras = {camera.name: row for row, camera in enumerate(snapshot.cameras)}
        here = (cameras.get(self._workspace.active_camera.value, 0), self._workspace.playhead_ms.value)
        following = self._beside(cameras, here, by)
        name = NAMES[self._kind]
        if following is None:
            where = "after" if by > 0 else "before"
            count = f"{count_label(len(self._found), name)} in all" if self._found else "there is none"
            self._workspace.notice.set(Notice(f"No {name} {where} this one: {count}."))
            return
        self._at, target = following, self._found[following]
        self._workspace.is_playing.set(False)
        self._workspace.active_camera.set(target.camera)
        self._workspace.playhead_ms.set(target.at_ms)
        self._workspace.selected.set(target.tracklets)
        self._changed()

    def _beside(self, cameras: dict[str, int], here: tuple[int, float], by: int) -> int | None:
        """The place beside the last one while the user is still there; else beside the moment shown."""
        if self._at is not None and _is_at(self._found[self._at], cameras, here):
            place = self._at + by
            return place if 0 <= place < len(self._found) else None

        def key(target: Target) -> tuple[int, float]:
            return cameras[target.camera], target.at_ms

        if by > 0:
            place = bisect_right(self._found, (here[0], here[1] + SAME_MS), key=key)
        else:
            place = bisect_left(self._found, (here[0], here[1] - SAME_MS), key=key) - 1
        return place if 0 <= place < len(self._found) else None


def _is_at(target: Target, cameras: dict[str, int], here: tuple[int, float]) -> bool:
    return cameras.get(target.camera) == here[0] and abs(target.at_ms - here[1]) <= SAME_MS
