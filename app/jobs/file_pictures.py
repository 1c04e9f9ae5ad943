"""Small picture files of our own as pixmaps: read in a thread, kept as long as memory allows."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from app.jobs.background import BackgroundThread
from app.workspace import Workspace

BATCH = 24
MAX_PICTURES = 2000
MAX_WAITING = 400


class FilePictures(QObject):
    """Hands out pictures that are there, and fetches those that are not.

    Args:
        workspace: Gets errors as its notice.
    """

    ready = Signal()
    """Some pictures are there that were asked for."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._thread = BackgroundThread(workspace.notice.set, name="pictures of results")
        self._known: OrderedDict[Path, QPixmap] = OrderedDict()
        self._waiting: OrderedDict[Path, None] = OrderedDict()
        self._in_hand: frozenset[Path] = frozenset()

    @property
    def is_idle(self) -> bool:
        """Whether nothing that was asked for is on its way."""
        return not self._waiting and not self._in_hand

    def pixmap(self, path: Path) -> QPixmap | None:
        """The picture of a file; None while it is not there. A file that is none is an empty picture."""
        found = self._known.get(path)
        if found is not None:
            self._known.move_to_end(path)
            return found
        if path not in self._in_hand:
            self._waiting[path] = None
            self._waiting.move_to_end(path)
            if len(self._waiting) > MAX_WAITING:
                self._waiting.popitem(last=False)
            self._fetch()
        return None

    def forget(self) -> None:
        """Read every file anew when it is asked for: results were written again."""
        self._known.clear()

    def close(self) -> None:
        """End the thread."""
        self._thread.close()

    def _fetch(self) -> None:
        if self._in_hand or not self._waiting:
            return
        paths = [self._waiting.popitem()[0] for _ in range(min(BATCH, len(self._waiting)))]
        self._in_hand = frozenset(paths)
        self._thread.ask(lambda: {path: QImage(str(path)) for path in paths}, self._keep)

    def _keep(self, images: dict[Path, QImage]) -> None:
        self._in_hand = frozenset()
        for path, image in images.items():
            self._known[path] = QPixmap.fromImage(image)
        while len(self._known) > MAX_PICTURES:
            self._known.popitem(last=False)
        self._fetch()
        self.ready.emit()
