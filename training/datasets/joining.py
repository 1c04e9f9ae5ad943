"""Two sets trained on together: a project's own people, and people of other cameras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from training.datasets.market import DISTRACTOR_PID, MarketSet, Picture


def join(own: MarketSet, more: Sequence[Picture]) -> MarketSet:
    """A set whose training part has further people, seen by further cameras.

    Persons and cameras are numbered by each set for itself, so those of ``more`` are counted on from the
    highest of ``own``: nobody and no camera is taken for another. Queries and gallery stay ``own``'s.

    Args:
        own: Its three parts.
        more: Pictures to train on.
    """
    known = (*own.train, *own.query, *own.gallery)
    first_pid = max((picture.pid for picture in known), default=0)
    first_camid = max((picture.camid for picture in known), default=0)
    further = (
        replace(
            picture,
            pid=picture.pid if picture.pid == DISTRACTOR_PID else first_pid + picture.pid,
            camid=first_camid + picture.camid,
        )
        for picture in more
    )
    return replace(own, train=(*own.train, *further))
