"""The first picture of every source, small, for tables: decoded in a thread, kept as pixmaps."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from app.jobs.background import BackgroundThread
from app.snapshot import Snapshot
from app.workspace import Workspace
from reid_core.store.records import Source

Key = tuple[int, str, int, int]
"""Source, its path, and the size in physical pixels."""


class SourcePictures(QObject):
    """Hands out what is there and fetches what is not; `ready` tells when to paint again."""

    ready = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._thread = BackgroundThread(workspace.notice.set, name="source pictures")
        self._pixmaps: dict[Key, QPixmap | None] = {}
        self._path = ""
        workspace.snapshot.connect(self._follow, now=True)

    def pixmap(self, source_id: int, width_px: int, height_px: int, ratio: float) -> QPixmap | None:
        """A source's first picture, fitted into a place of logical pixels; None while it is not there."""
        snapshot = self._workspace.snapshot.value
        facts = next((f for f in snapshot.sources if f.source.id == source_id), None) if snapshot else None
        if snapshot is None or facts is None or facts.is_missing:
            return None
        size = round(width_px * ratio), round(height_px * ratio)
        key = (source_id, facts.source.path, *size)
        if key not in self._pixmaps:
            self._pixmaps[key] = None
            record, project = facts.source, snapshot.path
            self._thread.ask(
                lambda: first_picture(project, record, size),
                lambda image: self._take(key, image, ratio),
                lambda _: None,
            )
        return self._pixmaps[key]

    @property
    def is_idle(self) -> bool:
        """Whether every picture that was asked for is there, or cannot be had."""
        return self._thread.is_idle

    def close(self) -> None:
        """End the thread."""
        self._thread.close()

    def _take(self, key: Key, image: QImage | None, ratio: float) -> None:
        if image is not None and key in self._pixmaps:
            pixmap = QPixmap.fromImage(image)
            pixmap.setDevicePixelRatio(ratio)
            self._pixmaps[key] = pixmap
            self.ready.emit()

    def _follow(self, snapshot: Snapshot | None) -> None:
        path = snapshot.path if snapshot else ""
        if path != self._path:
            self._path = path
            self._pixmaps.clear()


def first_picture(project_path: str, record: Source, size: tuple[int, int]) -> QImage | None:
    """Decode a source's first picture; None where there is none.

    Raises:
        ReidError: The footage cannot be read.
    """
    from app.playback.reading import footage_of
    from reid_core.pipeline.sources import open_recorded
    from reid_core.store.opening import sidecar_of

    footage = footage_of(open_recorded(record, sidecar_of(Path(project_path)) / "cache"))
    try:
        footage.go_to(0)
        found = footage.read()
        if found is None:
            return None
        pixels = footage.scaler.scale(found[1], size)
    finally:
        footage.close()
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB32).copy()
