"""MSMT17: folders ``train`` and ``test`` with lists; Wei et al., "Person Transfer GAN" (CVPR 2018).

A line of a list is ``0000/0000_000_01_0303morning_0008_0.jpg 0``: the picture, whose third number is the
camera, and the person. In version 2, whose faces are masked, the folders are ``mask_train_v2`` and
``mask_test_v2``. Persons count from 0 in each part; here from 1, for 0 means background.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.folders import find_root, list_lines
from training.datasets.market import DatasetError, MarketSet, Picture

_FOLDERS = (("train", "test"), ("mask_train_v2", "mask_test_v2"))


def read_msmt17(path: Path) -> MarketSet:
    """The set; ``train`` holds the train and the validation list, as published figures count it.

    Args:
        path: The folder with the lists, or the one above it.

    Raises:
        DatasetError: Something is missing, or a line or a name is of another form.
    """
    root = find_root(path, "list_train.txt", "list_query.txt", "list_gallery.txt")
    for train, test in _FOLDERS:
        if (root / train).is_dir() and (root / test).is_dir():
            lists = ("list_train.txt", "list_val.txt")
            trained = [p for name in lists if (root / name).exists() for p in _listed(root, name, train)]
            return MarketSet(
                tuple(trained),
                tuple(_listed(root, "list_query.txt", test)),
                tuple(_listed(root, "list_gallery.txt", test)),
            )
    raise DatasetError(f"{root} has neither train and test nor mask_train_v2 and mask_test_v2.")


def _listed(root: Path, list_name: str, folder: str) -> list[Picture]:
    pictures = []
    for name, pid in list_lines(root / list_name):
        file = Path(name).name
        parts = file.split("_")
        if len(parts) < 3 or not parts[2].isdigit():
            raise DatasetError(f"{list_name}: {name} does not name its camera as 0000_000_01_ does.")
        pictures.append(Picture(file, pid + 1, int(parts[2]), root / folder / name))
    return pictures
