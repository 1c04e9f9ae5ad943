"""Boxes from elsewhere, in one form whatever file they came in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from reid_core.errors import UsageError
from reid_core.types import BoolArray, FloatArray, IntArray

Row = tuple[int, int, float, float, float, float, float, bool, int]
"""Frame, person, x1, y1, x2, y2, score, whether it is judged, and the track that it belongs to."""
IMPORTED = "imported="
"""What the cache keys of segments begin with whose tracklets were imported."""


class LabelsError(UsageError):
    """A file of labels cannot be read; the sentence says where and why."""


@dataclass(frozen=True, slots=True)
class Labels:
    """n boxes of one camera by rising frame.

    Attributes:
        frames: ``(n,)`` 0-based frame in the camera.
        persons: ``(n,)`` number of the person, 1 or more; 0 where the file names nobody.
        xyxy: ``(n, 4)`` float32, absolute pixels from 0.
        scores: ``(n,)`` float32 in 0..1.
        tracks: ``(n,)`` number of the track; a person may have several.
        judged: ``(n,)`` bool; False for boxes that are to be ignored when tracks are measured.
        left_out: What the file holds besides people, for the user; may be empty.
        names: What persons are called, by number; may be empty. Who stands here is the same person in every
            camera.
    """

    frames: IntArray
    persons: IntArray
    xyxy: FloatArray
    scores: FloatArray
    judged: BoolArray
    tracks: IntArray
    left_out: str = ""
    names: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def n_persons(self) -> int:
        """How many persons are named."""
        return len(np.unique(self.persons[self.persons > 0]))

    @property
    def n_frames(self) -> int:
        """Frames up to the last that has a box."""
        return int(self.frames[-1]) + 1 if len(self) else 0

    @classmethod
    def of(cls, rows: list[Row]) -> Labels:
        """From rows in any order."""
        ordered = sorted(rows, key=lambda row: row[:2])
        table = np.array([row[:7] for row in ordered], np.float64).reshape(-1, 7)
        return cls(
            frames=table[:, 0].astype(np.int64),
            persons=table[:, 1].astype(np.int64),
            xyxy=table[:, 2:6].astype(np.float32),
            scores=table[:, 6].astype(np.float32),
            judged=np.array([row[7] for row in ordered], np.bool_),
            tracks=np.array([row[8] for row in ordered], np.int64),
        )

    def select(self, rows: BoolArray | IntArray) -> Labels:
        """Some of the boxes, or all in another order."""
        return replace(
            self,
            frames=self.frames[rows],
            persons=self.persons[rows],
            xyxy=self.xyxy[rows],
            scores=self.scores[rows],
            judged=self.judged[rows],
            tracks=self.tracks[rows],
        )

    def refuse_twins(self, name: str) -> None:
        """Raise `LabelsError` where a person is twice in one frame: no measure of tracks is defined then."""
        named = self.persons > 0
        pairs = np.stack([self.frames[named], self.persons[named]], axis=1)
        found, counts = np.unique(pairs, axis=0, return_counts=True)
        if (counts > 1).any():
            frame, person = found[counts > 1][0].tolist()
            raise LabelsError(
                f"{name}: person {person} is twice in frame {frame} (counted from 0). "
                "Give the second box a number of its own."
            )
