"""Partial and occluded test sets: queries that show part of a person, galleries of whole persons.

Partial-REID (Zheng et al., ICCV 2015), Partial-iLIDS (He et al., CVPR 2018), Occluded-REID (Zhuo et al., ICME
2018). They have no cameras: queries get 0 and the gallery 1, for otherwise the rule about the same camera
would delete true matches. Both FastReID's and the authors' folders are known.
"""

from __future__ import annotations

import re
from pathlib import Path

from training.datasets.folders import named_pictures
from training.datasets.market import DatasetError, MarketSet

_NAME = re.compile(r"0*(?P<pid>\d+)(?:[_.-].*)")
_PAIRS = (
    ("partial_body_images", "whole_body_images"),
    ("occluded_body_images", "whole_body_images"),
    ("query", "gallery"),
    ("Probe", "Gallery"),
)
"""Folders of queries and gallery, the usual one first."""


def read_partial(path: Path) -> MarketSet:
    """A test set without training part.

    Args:
        path: The folder that holds the two folders, or the one above it.

    Raises:
        DatasetError: There are no such folders, or a picture's name does not start with a person.
    """
    folders = [path, *(sorted(e for e in path.iterdir() if e.is_dir()) if path.is_dir() else [])]
    for query, gallery in _PAIRS:
        for folder in folders:
            if (folder / query).is_dir() and (folder / gallery).is_dir():
                return MarketSet(
                    (),
                    named_pictures(folder / query, _NAME, camid=0),
                    named_pictures(folder / gallery, _NAME, camid=1),
                )
    known = "; ".join(f"{query} and {gallery}" for query, gallery in _PAIRS)
    raise DatasetError(f"{path} holds no pair of folders of a partial test set ({known}).")
