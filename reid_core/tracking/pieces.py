"""Pieces of tracks that show one person each, and what is known about their ends."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from reid_core.tracking.config import LinkConfig
from reid_core.types import BoolArray, FloatArray, IntArray

_EDGE = 0.01
"""A box this near to a side of the picture touches it, as a share of the picture's width."""
_STIFFNESS = 0.05
"""Added to the spread of the times when a speed is fitted, s^2: few boxes say little about speed."""
_LEAST_WEIGHT = 1e-3


@dataclass(frozen=True, slots=True)
class Rows:
    """Detections of one person or track, as columns of n rows.

    Attributes:
        frame_idx: ``(n,)`` int64, rising.
        t_s: ``(n,)`` float64, seconds since the source's first frame.
        detection_idx: ``(n,)`` int64.
        fragment: ``(n,)`` int64, the fragment that each was assigned to.
        xyxy: ``(n, 4)`` float32 pixels.
        scores: ``(n,)`` float32 in 0..1.
        overlap: ``(n,)`` float32, the highest IoU with another track's box in the frame.
        appearance: ``(n, D)`` float32 rows of length 1 (zeros: not described); D is 0 where nothing is known.
    """

    frame_idx: IntArray
    t_s: NDArray[np.float64]
    detection_idx: IntArray
    fragment: IntArray
    xyxy: FloatArray
    scores: FloatArray
    overlap: FloatArray
    appearance: FloatArray

    def __len__(self) -> int:
        return len(self.frame_idx)

    def __getitem__(self, part: slice | BoolArray) -> Rows:
        """The chosen rows."""
        return Rows(*(getattr(self, column.name)[part] for column in fields(self)))

    def without_appearance(self) -> Rows:
        """The same rows, with no appearance that would take memory."""
        return replace(self, appearance=np.zeros((len(self), 0), np.float32))

    def weighted_appearance(self) -> FloatArray:
        """``(n, D)`` appearance, less where the person is hidden or the detector unsure."""
        seen = self.scores * (1 - np.minimum(self.overlap, 0.9)) ** 2 + _LEAST_WEIGHT
        weighted: FloatArray = self.appearance * seen[:, None]
        return weighted


def join(parts: list[Rows]) -> Rows:
    """The rows of several parts one after another."""
    return Rows(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Rows)))


@dataclass(frozen=True, slots=True)
class End:
    """Where a piece begins or ends.

    Attributes:
        t_s: When, seconds.
        place: ``(2,)`` float64 pixels: middle of the box's upper side, which stays visible longest.
        speed: ``(2,)`` float64 pixels a second.
        height: Of the person, pixels.
        at_side: Whether the box touches the left or the right side of the picture.
        appearance: ``(D,)`` float32 of length 1, or zeros where nothing is known.
    """

    t_s: float
    place: NDArray[np.float64]
    speed: NDArray[np.float64]
    height: float
    at_side: bool
    appearance: FloatArray


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a run that shows one person.

    Attributes:
        rows: Its detections, at least one.
        head: Its beginning.
        tail: Its end.
        continues: Whether it surely goes on from the piece before it of the same run.
        is_continued: Whether the next piece of the same run surely goes on from it.
    """

    rows: Rows
    head: End
    tail: End
    continues: bool = False
    is_continued: bool = False


def describe_end(rows: Rows, config: LinkConfig, *, last: bool, width: int) -> End:
    """The last (or first) moment of these rows.

    The speed is the slope of a ridge regression of the place over `LinkConfig.fit_s`; the place is the mean
    of that line and of the box itself.
    """
    at = -1 if last else 0
    since_s = rows.t_s - rows.t_s[at]
    fit = np.abs(since_s) <= config.fit_s
    boxes = rows.xyxy[fit].astype(np.float64)
    times = since_s[fit]
    places = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 1]], axis=1)
    off = times - times.mean()
    mean = places.mean(axis=0)
    speed = (off[:, None] * (places - mean)).sum(axis=0) / ((off**2).sum() + _STIFFNESS)
    near = np.abs(since_s) <= config.appearance_s
    appearance = rows[near].weighted_appearance().sum(axis=0)
    return End(
        t_s=float(rows.t_s[at]),
        place=(places[at] + mean - speed * times.mean()) / 2,
        speed=speed,
        height=max(float(np.median(boxes[:, 3] - boxes[:, 1])), 1.0),
        at_side=bool(rows.xyxy[at, 0] <= _EDGE * width or rows.xyxy[at, 2] >= (1 - _EDGE) * width),
        appearance=appearance / max(float(np.linalg.norm(appearance)), 1e-12),
    )
