"""Detections of one track without a gap, collected while the frames stream by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reid_core.tracking.config import TrackingConfig
from reid_core.tracking.pieces import Piece, Rows
from reid_core.tracking.splitting import split
from reid_core.types import FloatArray


@dataclass(frozen=True, slots=True)
class Row:
    """One detection of a run; see `Rows`."""

    frame_idx: int
    t_s: float
    detection_idx: int
    fragment: int
    xyxy: FloatArray
    score: float
    overlap: float
    appearance: FloatArray | None


class Run:
    """An open run.

    Attributes:
        fragment: The fragment that new detections belong to.
        last_step: Number of the last processed frame with a detection.
    """

    def __init__(self, config: TrackingConfig, width: int, fragment: int) -> None:
        self._config, self._width = config, width
        self._rows: list[Row] = []
        self._n_done = 0
        self._ended: set[int] = set()
        self._margin_s = max(
            config.split.change_window_s,
            config.split.overlap_s,
            config.link.fit_s,
            config.link.appearance_s,
        )
        self.fragment = fragment
        self.last_step = 0

    @property
    def last_s(self) -> float:
        """Time of the last detection, seconds."""
        return self._rows[-1].t_s

    @property
    def pending_s(self) -> float:
        """Time of the first detection that is not in a piece yet, seconds."""
        return self._rows[self._n_done].t_s

    @property
    def has_portion(self) -> bool:
        """Whether it has become so long that a portion should be taken."""
        return self.last_s - self.pending_s >= self._config.split.portion_s + self._margin_s

    def append(self, row: Row, step: int) -> None:
        """Take the next detection."""
        self._rows.append(row)
        self.last_step = step

    def take_portion(self) -> list[Piece]:
        """The pieces of all but the newest detections, which are needed to judge those before them."""
        settled_s = self.last_s - self._margin_s
        n_settled = next(n for n, row in enumerate(self._rows) if row.t_s >= settled_s)
        pieces = self._split(n_settled)
        unsettled = {row.fragment for row in self._rows[n_settled:]}
        self._ended = {row.fragment for row in self._rows[self._n_done : n_settled]} - unsettled
        context_s = self._rows[n_settled].t_s - self._margin_s
        n_context = next(n for n, row in enumerate(self._rows) if row.t_s >= context_s)
        del self._rows[:n_context]
        self._n_done = n_settled - n_context
        return pieces

    def take_rest(self) -> list[Piece]:
        """The pieces of all that is left: the run is over."""
        self._ended = {row.fragment for row in self._rows[self._n_done :]}
        return self._split(None)

    def take_ended(self) -> list[int]:
        """Fragments all of whose detections were in the pieces taken last, or before."""
        ended, self._ended = sorted(self._ended), set()
        return ended

    def _split(self, n_settled: int | None) -> list[Piece]:
        return split(
            _table(self._rows), self._config, width=self._width, n_done=self._n_done, n_settled=n_settled
        )


def _table(rows: list[Row]) -> Rows:
    dim = max((len(row.appearance) for row in rows if row.appearance is not None), default=0)
    appearance = np.zeros((len(rows), dim), np.float32)
    for place, row in zip(appearance, rows, strict=True):
        if row.appearance is not None:
            place[:] = row.appearance
    return Rows(
        frame_idx=np.array([row.frame_idx for row in rows], np.int64),
        t_s=np.array([row.t_s for row in rows], np.float64),
        detection_idx=np.array([row.detection_idx for row in rows], np.int64),
        fragment=np.array([row.fragment for row in rows], np.int64),
        xyxy=np.array([row.xyxy for row in rows], np.float32),
        scores=np.array([row.score for row in rows], np.float32),
        overlap=np.array([row.overlap for row in rows], np.float32),
        appearance=appearance,
    )
