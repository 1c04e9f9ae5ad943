"""Vehicles: VeRi-776 (Liu et al., ECCV 2016) and VehicleID (Liu et al., CVPR 2016)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from training.datasets.folders import find_root, list_lines, named_pictures
from training.datasets.market import DatasetError, MarketSet, Picture

_VERI_NAME = re.compile(r"(?P<pid>-?\d+)_c(?P<camid>\d+)")
VEHICLE_ID_SIZES = (800, 1600, 2400, 3200, 6000, 13164)
"""Vehicles in the test lists; the first three are called small, medium and large."""


def read_veri(path: Path) -> MarketSet:
    """VeRi: folders ``image_train``, ``image_query`` and ``image_test`` of ``0001_c001_00016450_0.jpg``.

    Raises:
        DatasetError: A folder is missing, or a name is of another form.
    """
    root = find_root(path, "image_train", "image_query", "image_test")
    train, query, gallery = (
        named_pictures(root / name, _VERI_NAME) for name in ("image_train", "image_query", "image_test")
    )
    return MarketSet(train, query, gallery)


def read_vehicle_id(path: Path, n_vehicles: int = 800, seed: int = 0) -> MarketSet:
    """VehicleID: a folder ``image`` and lists of ``NAME VEHICLE`` in ``train_test_split``.

    One random picture of each test vehicle is the gallery, the others are queries; average over draws. There
    are no cameras: every picture is its own, so that nothing counts as junk.

    Args:
        path: The folder that holds both, or the one above it.
        n_vehicles: Which test list: 800, 1600 or 2400.
        seed: Of the draw.

    Raises:
        DatasetError: A folder or list is missing, or a line is of another form.
    """
    root = find_root(path, "image", "train_test_split")
    lists = root / "train_test_split"
    test = _listed(root / "image", lists / f"test_list_{n_vehicles}.txt")
    order = np.random.default_rng(seed).permutation(len(test))
    first = {test[row].pid: int(row) for row in reversed(order)}
    chosen = set(first.values())
    return MarketSet(
        tuple(_listed(root / "image", lists / "train_list.txt")),
        tuple(picture for row, picture in enumerate(test) if row not in chosen),
        tuple(test[row] for row in sorted(chosen)),
    )


def _listed(images: Path, path: Path) -> list[Picture]:
    pictures = []
    for name, vehicle in list_lines(path):
        if not name.isdigit():
            raise DatasetError(f"{path} has the picture {name!r}, which is no number.")
        pictures.append(Picture(f"{name}.jpg", vehicle, int(name), images / f"{name}.jpg"))
    return pictures
