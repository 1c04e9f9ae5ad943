"""What painted lists ask for crops."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtGui import QPixmap


class Pictures(Protocol):
    """Crops of tracklets, there or on their way; `app.jobs.thumbnails.Thumbnails` is one."""

    @property
    def ready(self) -> SignalInstance:
        """Names a tracklet whose crops are there now; an empty name means any."""

    def pixmap(
        self, tracklet_id: str, rank: int, width_px: int, height_px: int, ratio: float = 1.0
    ) -> QPixmap | None:
        """A crop that fills a place, or None while it is not there."""

    def count(self, tracklet_id: str, width_px: int, height_px: int, ratio: float = 1.0) -> int | None:
        """How many crops the tracklet has, or None while that is not known."""

    def in_time(self, tracklet_id: str, width_px: int, height_px: int, ratio: float = 1.0) -> tuple[int, ...]:
        """Ranks of the crops in order of time."""
