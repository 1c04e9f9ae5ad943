"""Crops of tracklets as pixmaps: read and decoded in a lane, kept as long as memory allows."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap

from app.ports import ProjectLane
from app.snapshot import Snapshot
from app.workspace import Workspace
from reid_core.errors import ReidError
from reid_core.store.project import Project
from reid_core.store.records import Crop

BATCH = 8
"""Tracklets that are read and decoded in one piece of work."""
MAX_WAITING = 96
"""Tracklets that wait at most; what was asked for longest ago has scrolled away and is let go."""
CACHE_BYTES = 64 * 2**20

Size = tuple[int, int]
Key = tuple[str, int, Size]
"""Tracklet, its revision, and the size in physical pixels."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The crops of a tracklet at one size.

    Attributes:
        pixmaps: Best crop first.
        in_time: Ranks in order of time.
        n_bytes: Memory that they take.
    """

    pixmaps: tuple[QPixmap, ...]
    in_time: tuple[int, ...]
    n_bytes: int


_Decoded = tuple[tuple[QImage, ...], tuple[int, ...]]


class Thumbnails(QObject):
    """Hands out crops that are there, and fetches those that are not.

    A painter asks, paints a placeholder for None, and paints again when `ready` names the tracklet. What was
    painted last is fetched first; what waits too long is dropped, and ``ready("")`` then tells everyone to
    ask again for what is still visible.

    Args:
        lane: Reads the crops.
        workspace: Says which revision a tracklet has.
        max_bytes: Memory for finished pixmaps.
    """

    ready = Signal(str)
    """A tracklet's crops are there; an empty name means any of them."""

    def __init__(
        self,
        lane: ProjectLane,
        workspace: Workspace,
        parent: QObject | None = None,
        *,
        max_bytes: int = CACHE_BYTES,
    ) -> None:
        super().__init__(parent)
        self._lane, self._workspace, self._max_bytes = lane, workspace, max_bytes
        self._strips: OrderedDict[Key, Strip] = OrderedDict()
        self._n_bytes = 0
        self._waiting: OrderedDict[Key, None] = OrderedDict()
        self._in_hand: frozenset[Key] = frozenset()
        self._were_dropped = False
        self._path = ""
        workspace.snapshot.connect(self._on_snapshot, now=True)

    @property
    def is_idle(self) -> bool:
        """Whether nothing that was asked for is on its way."""
        return not self._waiting and not self._in_hand

    def pixmap(
        self, tracklet_id: str, rank: int, width_px: int, height_px: int, ratio: float = 1.0
    ) -> QPixmap | None:
        """A tracklet's crop, filling a place; None while it is not there, or if there is none of that rank.

        Args:
            tracklet_id: Which tracklet.
            rank: Which of its crops; 0 is the best.
            width_px: Width of the place, logical pixels.
            height_px: Height of the place, logical pixels.
            ratio: Physical pixels in a logical one.
        """
        strip = self._strip(tracklet_id, width_px, height_px, ratio)
        return strip.pixmaps[rank] if strip is not None and rank < len(strip.pixmaps) else None

    def count(self, tracklet_id: str, width_px: int, height_px: int, ratio: float = 1.0) -> int | None:
        """How many crops the tracklet has; None while that is not known."""
        strip = self._strip(tracklet_id, width_px, height_px, ratio)
        return None if strip is None else len(strip.pixmaps)

    def in_time(self, tracklet_id: str, width_px: int, height_px: int, ratio: float = 1.0) -> tuple[int, ...]:
        """Ranks of the crops in order of time; empty while they are not there."""
        strip = self._strip(tracklet_id, width_px, height_px, ratio)
        return () if strip is None else strip.in_time

    def clear(self) -> None:
        """Forget everything, as for another project."""
        self._strips.clear()
        self._waiting.clear()
        self._in_hand = frozenset()
        self._n_bytes = 0
        self._were_dropped = False

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        path = "" if snapshot is None else snapshot.path
        if path != self._path:
            self._path = path
            self.clear()

    def _strip(self, tracklet_id: str, width_px: int, height_px: int, ratio: float) -> Strip | None:
        key = tracklet_id, self._revision(tracklet_id), (round(width_px * ratio), round(height_px * ratio))
        strip = self._strips.get(key)
        if strip is not None:
            self._strips.move_to_end(key)
            return strip
        if key not in self._in_hand:
            self._waiting[key] = None
            self._waiting.move_to_end(key)
            if len(self._waiting) > MAX_WAITING:
                self._waiting.popitem(last=False)
                self._were_dropped = True
            self._fetch()
        return None

    def _revision(self, tracklet_id: str) -> int:
        snapshot = self._workspace.snapshot.value
        if snapshot is None:
            return 0
        row = snapshot.tracklets.row_of.get(tracklet_id)
        return 0 if row is None else int(snapshot.tracklets.revision[row])

    def _fetch(self) -> None:
        if self._in_hand or not self._waiting:
            return
        keys = [self._waiting.popitem()[0] for _ in range(min(BATCH, len(self._waiting)))]
        batch = self._in_hand = frozenset(keys)

        def keep(decoded: dict[Key, _Decoded]) -> None:
            if self._in_hand is batch:
                self._keep(decoded)

        def fail(error: ReidError) -> None:
            keep({})

        self._lane.ask(
            lambda project: {key: decode_crops(project, key[0], key[2]) for key in keys}, keep, fail
        )

    def _keep(self, decoded: dict[Key, _Decoded]) -> None:
        for key in self._in_hand:
            images, in_time = decoded.get(key, ((), ()))
            n_bytes = sum(image.sizeInBytes() for image in images)
            self._strips[key] = Strip(tuple(QPixmap.fromImage(image) for image in images), in_time, n_bytes)
            self._n_bytes += n_bytes
        finished = sorted({key[0] for key in self._in_hand})
        self._in_hand = frozenset()
        while self._n_bytes > self._max_bytes and len(self._strips) > BATCH:
            self._n_bytes -= self._strips.popitem(last=False)[1].n_bytes
        self._fetch()
        for tracklet_id in finished:
            self.ready.emit(tracklet_id)
        if self._were_dropped and not self._waiting and not self._in_hand:
            self._were_dropped = False
            self.ready.emit("")


def decode_crops(project: Project, tracklet_id: str, size: Size) -> _Decoded:
    """A tracklet's crops as pictures of one size, best first, and their ranks in order of time.

    Nothing where the tracklet or its crops are gone: its place stays a placeholder.
    """
    try:
        crops = project.crops(tracklet_id)
    except ReidError:
        return (), ()
    in_time = tuple(sorted(range(len(crops)), key=lambda rank: crops[rank].pts))
    return tuple(_fitted(crop, QSize(*size)) for crop in crops), in_time


def _fitted(crop: Crop, size: QSize) -> QImage:
    """The part of the crop that fills the size; what does not fit is cut at the feet, never at the head."""
    image = QImage.fromData(crop.png)
    if image.isNull():
        blank = QImage(size, QImage.Format.Format_RGB32)
        blank.fill(Qt.GlobalColor.black)
        return blank
    width = min(image.width(), round(image.height() * size.width() / size.height()))
    height = min(image.height(), round(width * size.height() / size.width()))
    x1, y1, x2, _ = crop.inner
    left = min(max(round((x1 + x2 - width) / 2), 0), image.width() - width)
    top = min(max(round(y1 / 2), 0), image.height() - height)
    part = image.copy(QRect(left, top, max(width, 1), max(height, 1)))
    scaled = part.scaled(
        size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    return scaled.convertToFormat(QImage.Format.Format_RGB32)
