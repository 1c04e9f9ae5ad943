"""Single frames of two cameras, decoded exactly in a thread; implements `app.views.clock.Pictures`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage

from app.jobs.background import BackgroundThread
from app.views.clock import Failed, Shown
from app.workspace import Workspace
from reid_core.errors import SourceError
from reid_core.store.opening import sidecar_of
from reid_core.store.records import Source

if TYPE_CHECKING:
    from app.playback.footage import Footage

PLACE_PX = (960, 720)
"""Pictures fit into this; a pane of the tool is smaller at scale 2."""


class ClockPictures:
    """Keeps the footage of both panes open; waiting requests of a pane are replaced by newer ones.

    Args:
        workspace: Knows the project.
        place_px: Pictures fit into this.
        name: Of the thread, for logs.
    """

    def __init__(
        self, workspace: Workspace, place_px: tuple[int, int] = PLACE_PX, name: str = "clock pictures"
    ) -> None:
        self._workspace, self._place_px = workspace, place_px
        self._open: dict[int, tuple[tuple[int, str], Footage]] = {}
        self._thread = BackgroundThread(workspace.notice.set, name=name, finish=self._close_all)

    def show_rank(
        self, pane: int, source: Source, rank: int, then: Callable[[Shown], None], failed: Failed
    ) -> None:
        """The frame of a rank."""
        self._ask(pane, source, lambda footage: rank, then, failed)

    def show_time(
        self, pane: int, source: Source, t_ms: float, then: Callable[[Shown], None], failed: Failed
    ) -> None:
        """The frame that is shown at a time since the source's first frame."""
        self._ask(pane, source, lambda footage: rank_at(footage, t_ms), then, failed)

    @property
    def is_idle(self) -> bool:
        """Whether every picture that was asked for is there."""
        return self._thread.is_idle

    def close(self) -> None:
        """Close the footage and end the thread."""
        self._thread.close()

    def _ask(
        self,
        pane: int,
        source: Source,
        choose: Callable[[Footage], int],
        then: Callable[[Shown], None],
        failed: Failed,
    ) -> None:
        snapshot = self._workspace.snapshot.value
        if snapshot is not None:
            project = snapshot.path
            self._thread.ask(
                lambda: self._decode(project, pane, source, choose), then, failed, topic=f"pane {pane}"
            )

    def _decode(self, project: str, pane: int, source: Source, choose: Callable[[Footage], int]) -> Shown:
        footage = self._footage(project, pane, source)
        n_frames = len(footage.times_ms)
        rank = min(max(choose(footage), 0), n_frames - 1)
        footage.go_to(rank)
        found = footage.read()
        while found is not None and found[0] < rank:
            found = footage.read()
        if found is None:
            raise SourceError(f"Frame {rank} of {Path(source.path).name} cannot be decoded.")
        pixels = footage.scaler.scale(found[1], self._place_px)
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB32).copy()
        return Shown(found[0], float(footage.times_ms[found[0]]), n_frames, image)

    def _footage(self, project: str, pane: int, source: Source) -> Footage:
        from app.playback.reading import footage_of
        from reid_core.pipeline.sources import open_recorded

        key = (source.id, f"{project}\n{source.path}")
        known = self._open.get(pane)
        if known is not None and known[0] == key:
            return known[1]
        if known is not None:
            del self._open[pane]
            known[1].close()
        footage = footage_of(open_recorded(source, sidecar_of(Path(project)) / "cache"))
        self._open[pane] = (key, footage)
        return footage

    def _close_all(self) -> None:
        for _, footage in self._open.values():
            footage.close()
        self._open.clear()


def rank_at(footage: Footage, t_ms: float) -> int:
    """Rank of the frame that is shown at a time since the first."""
    return int(np.searchsorted(footage.times_ms, t_ms + 0.5, side="right")) - 1
