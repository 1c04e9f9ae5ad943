"""Which gallery images count for a query: the junk rule, discarded images, and the drawn galleries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from reid_core.types import IntArray

DISCARDED_PID = -1
"""Images of this identity are removed when a data set is read; identity 0 (background) stays a distractor."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Who is on each image and which camera took it, as columns of n rows.

    Attributes:
        pids: ``(n,)`` int64 identities.
        cams: ``(n,)`` int64 cameras.
    """

    pids: IntArray
    cams: IntArray

    def __post_init__(self) -> None:
        if self.pids.ndim != 1 or self.pids.shape != self.cams.shape:
            raise ValueError(
                f"identities {self.pids.shape} and cameras {self.cams.shape} do not fit together"
            )

    def __len__(self) -> int:
        return len(self.pids)

    def select(self, rows: ArrayLike) -> Labels:
        """The given rows (a mask or indices), in that order."""
        chosen = np.asarray(rows)
        return Labels(self.pids[chosen], self.cams[chosen])

    @classmethod
    def of(cls, pids: ArrayLike, cams: ArrayLike) -> Labels:
        """From any sequences of numbers."""
        return cls(np.asarray(pids, np.int64), np.asarray(cams, np.int64))


class Matches(NamedTuple):
    """The gallery rows that a query treats specially, ascending; all others are negatives.

    Attributes:
        hits: Same identity, another camera.
        junk: Same identity, same camera: neither right nor wrong, left out of the ranking.
    """

    hits: IntArray
    junk: IntArray


class Gallery:
    """Gallery labels, grouped by identity for fast look-up."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        order = np.argsort(labels.pids, kind="stable")
        pids, starts = np.unique(labels.pids[order], return_index=True)
        self._rows = dict(zip(pids.tolist(), np.split(order, starts[1:]), strict=True)) if len(pids) else {}

    def __len__(self) -> int:
        return len(self.labels)

    def matches(self, pid: int, cam: int) -> Matches:
        """The hits and the junk of a query of this identity and camera."""
        rows = self._rows.get(pid, np.zeros(0, np.int64))
        is_junk = self.labels.cams[rows] == cam
        return Matches(rows[~is_junk], rows[is_junk])


def draw_single_shot(gallery: Labels, rng: np.random.Generator) -> IntArray:
    """One random image of each identity: the gallery of CUHK03's classic protocol, repeated over 10 draws.

    Returns:
        Rows of the gallery, ascending by identity.
    """
    order = rng.permutation(len(gallery))
    _, first = np.unique(gallery.pids[order], return_index=True)
    drawn: IntArray = order[first]
    return drawn


def draw_vehicle_id(images: Labels, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """VehicleID's protocol: one random image of each identity is the gallery, the rest are queries.

    Repeat over 10 draws and average. Cameras there are image numbers, so that nothing is junk.

    Returns:
        Query rows and gallery rows.
    """
    gallery = draw_single_shot(images, rng)
    return np.setdiff1d(np.arange(len(images)), gallery), gallery
