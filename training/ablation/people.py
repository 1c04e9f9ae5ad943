"""Who is trained on and who is asked for: all are CUHK03's training people, so no test set is used up."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from training.datasets.market import MarketSet, Picture, read_market

SET = Path("reid/cuhk03/cuhk03-market-layout.tar")
N_TRAINING_IDS, N_TESTED_IDS = 300, 200
N_A_VIEW = 2
"""Pictures a camera of a training person: few, so that the whole grid is small."""


def read_people(data: Path) -> MarketSet:
    """300 people to learn from, 200 others as queries and gallery.

    Args:
        data: Folder of the research data.

    Raises:
        DatasetError: The set is not there.
    """
    return split_people(read_market(data / SET).train)


def split_people(pictures: Sequence[Picture]) -> MarketSet:
    """The people in turn to both sides, by their numbers; a query is a view's first picture of several."""
    pids = sorted({picture.pid for picture in pictures})
    trained, tested = set(pids[::2][:N_TRAINING_IDS]), set(pids[1::2][:N_TESTED_IDS])
    train: list[Picture] = []
    query: list[Picture] = []
    gallery: list[Picture] = []
    ordered = sorted(pictures, key=lambda p: (p.pid, p.camid, p.name))
    for (pid, _), found in groupby(ordered, key=lambda p: (p.pid, p.camid)):
        view = list(found)
        if pid in trained:
            train += view[:N_A_VIEW]
        elif pid in tested:
            n_queries = 1 if len(view) > 1 else 0
            query += view[:n_queries]
            gallery += view[n_queries:]
    return MarketSet(tuple(train), tuple(query), tuple(gallery))
