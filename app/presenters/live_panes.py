"""Which panes follow a camera that sends now, and what they show of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.playback.live import NO_ENGINE, LiveLook, LivePictures, LiveTake, Pictures, lost_label
from app.snapshot import Snapshot, SourceFacts, SourceState
from app.workspace import Page, Workspace
from reid_core.store.records import STREAM

LOST = (SourceState.PARTIAL, SourceState.FAILED)


class LivePanes:
    """Has the newest pictures of live cameras while panes follow them.

    Args:
        workspace: Says whether panes follow what is live, and whether they are in front.
        pictures: Where pictures come from; None gives none.
        changed: Called when something else is to be shown.
    """

    def __init__(
        self, workspace: Workspace, pictures: LivePictures | None, changed: Callable[[], None]
    ) -> None:
        self._workspace, self._pictures, self._changed = workspace, pictures, changed
        self._takes: dict[str, LiveTake] = {}
        self._lost: dict[str, str] = {}
        self._recorded: frozenset[str] = frozenset()
        self._has_engine = True
        self._asked: tuple[str, tuple[int, ...], tuple[int, int]] | None = None

    def follow(self, snapshot: Snapshot | None, cameras: Sequence[str], pane: tuple[int, int]) -> None:
        """These cameras are shown now, in panes of so many device pixels."""
        last = {} if snapshot is None or not self._workspace.is_live.value else _last(snapshot, cameras)
        takes = {camera: facts.source for camera, facts in last.items() if facts.state is SourceState.OPEN}
        self._takes = {
            camera: self._takes[camera]
            if camera in self._takes and self._takes[camera].source.id == source.id
            else LiveTake(source)
            for camera, source in takes.items()
        }
        self._lost = {
            camera: _why_lost(snapshot, facts)
            for camera, facts in last.items()
            if facts.state in LOST and snapshot is not None
        }
        streams = () if snapshot is None else snapshot.streams
        self._recorded = frozenset(stream.camera for stream in streams if stream.is_recorded)
        self._watch("" if snapshot is None else snapshot.path, pane)

    def look(self, camera: str) -> LiveLook | None:
        """What a camera's pane shows in place of footage; None where it shows footage."""
        if camera in self._lost:
            return LiveLook(message=self._lost[camera], is_lost=True)
        take = self._takes.get(camera)
        if take is None or self._pictures is None:
            return None
        if self._has_engine:
            return take.look
        return None if camera in self._recorded else LiveLook(message=NO_ENGINE)

    def close(self) -> None:
        """Watch nothing any more."""
        self._takes.clear()
        self._watch("", (0, 0))

    def _watch(self, project: str, pane: tuple[int, int]) -> None:
        is_seen = self._workspace.page.value is Page.INVESTIGATE
        takes = tuple(take.source.id for take in self._takes.values()) if is_seen else ()
        asked = (project, takes, pane) if takes else ("", (), (0, 0))
        if self._pictures is None or asked == self._asked:
            return
        self._asked, self._has_engine = asked, True
        self._pictures.watch(*asked, self._take)

    def _take(self, pictures: Pictures | None) -> None:
        has_engine = pictures is not None
        is_new = has_engine != self._has_engine
        self._has_engine = has_engine
        for take in self._takes.values():
            is_new |= take.take((pictures or {}).get(take.source.id))
        if is_new:
            self._changed()


def _last(snapshot: Snapshot, cameras: Sequence[str]) -> dict[str, SourceFacts]:
    """The last take of each of these cameras that is a live one."""
    found = {camera: snapshot.sources_of[camera] for camera in cameras}
    return {camera: takes[-1] for camera, takes in found.items() if takes and takes[-1].source.kind == STREAM}


def _why_lost(snapshot: Snapshot, facts: SourceFacts) -> str:
    since = f"Lost since {lost_label(facts, snapshot.span_ms(facts)[1])}"
    return f"{since}\n{facts.reason[:1].upper()}{facts.reason[1:]}" if facts.reason else since
