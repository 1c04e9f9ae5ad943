"""Data sets in the layout of Market-1501: a folder or a tar with train, query and gallery pictures.

The three parts are folders named ``bounding_box_train``, ``query`` and ``bounding_box_test``, at the top or
one level down; a picture is named ``PPPP_cC...`` with its person and camera (Zheng et al., "Scalable Person
Re-identification", ICCV 2015). Any number of people and cameras; jpg, jpeg, png, bmp.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from reid_core.errors import ReidError
from reid_core.types import ImageArray

JUNK_PID = -1
"""Person of pictures that are left out when a set is read: neither a match nor a distractor."""
DISTRACTOR_PID = 0
"""Person of background pictures: never a match, but they stay in the gallery."""

_NAME = re.compile(r"(?P<pid>-?\d+)_c(?P<camid>\d+)")
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})


class DatasetError(ReidError):
    """A data set is absent, is laid out otherwise, or holds a picture that cannot be read."""


class Split(StrEnum):
    """The parts of a set, by the name of their folder."""

    TRAIN = "bounding_box_train"
    QUERY = "query"
    GALLERY = "bounding_box_test"


@dataclass(frozen=True, slots=True)
class Picture:
    """One labelled picture and where its bytes are.

    Attributes:
        name: File name, e.g. ``0002_c1s1_000451_03.jpg``.
        pid: Person, 1 or more; `DISTRACTOR_PID` for background.
        camid: Camera, as numbered in the name.
        path: The picture file, or the tar that holds it.
        offset: Where its bytes begin in the tar; None for a file.
        n_bytes: How many they are; 0 for a file.
    """

    name: str
    pid: int
    camid: int
    path: Path
    offset: int | None = None
    n_bytes: int = 0


@dataclass(frozen=True, slots=True)
class MarketSet:
    """The pictures of one set, each part sorted by name."""

    train: tuple[Picture, ...]
    query: tuple[Picture, ...]
    gallery: tuple[Picture, ...]


def read_market(path: Path) -> MarketSet:
    """List a set without reading its pictures; junk (person -1) is left out, as evaluation asks for.

    Args:
        path: Folder or uncompressed tar.

    Raises:
        DatasetError: Nothing is there, no part was found, or a picture's name says no person and camera.
    """
    parts: dict[Split, list[Picture]] = {split: [] for split in Split}
    for folder, picture in _list_tar(path) if path.is_file() else _list_folder(path):
        if picture.pid != JUNK_PID:
            parts[Split(folder)].append(picture)
    if not any(parts.values()):
        raise DatasetError(
            f"{path} holds no pictures in {', '.join(Split)}: give a folder or tar in Market-1501's layout."
        )
    ordered = {split: tuple(sorted(pictures, key=lambda p: p.name)) for split, pictures in parts.items()}
    return MarketSet(ordered[Split.TRAIN], ordered[Split.QUERY], ordered[Split.GALLERY])


def load_picture(picture: Picture) -> ImageArray:
    """Decode a picture to RGB uint8 ``(H, W, 3)``. Safe from several threads and processes.

    Raises:
        DatasetError: The bytes are gone or are no picture.
    """
    return decode(read_bytes(picture), picture)


def read_bytes(picture: Picture) -> bytes:
    """The bytes of a picture's file.

    Raises:
        DatasetError: They are gone.
    """
    try:
        with picture.path.open("rb") as file:
            if picture.offset is not None:
                file.seek(picture.offset)
            return file.read(picture.n_bytes or -1)
    except OSError as error:
        raise DatasetError(f"{picture.path} cannot be read ({error.strerror}).") from error


def decode(data: bytes, picture: Picture) -> ImageArray:
    """RGB uint8 ``(H, W, 3)`` of a picture's bytes.

    Raises:
        DatasetError: They are no picture.
    """
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data else None
    if image is None:
        raise DatasetError(f"{picture.name} in {picture.path} is no picture: replace or remove it.")
    return np.asarray(image, np.uint8)


def with_pid_offset(pictures: Iterable[Picture], offset: int) -> tuple[Picture, ...]:
    """The same pictures with every person's number raised, so that two sets can be joined."""
    return tuple(replace(picture, pid=picture.pid + offset) for picture in pictures)


def relabel(pictures: Iterable[Picture]) -> dict[int, int]:
    """Class of each person: 0, 1, ... in the order of the persons' numbers."""
    return {pid: label for label, pid in enumerate(sorted({picture.pid for picture in pictures}))}


def _parse(name: str, container: Path) -> tuple[int, int]:
    match = _NAME.match(name)
    if match is None:
        raise DatasetError(f"{name} in {container} does not start with person and camera, as 0002_c1 does.")
    return int(match["pid"]), int(match["camid"])


def _is_picture(path: PurePosixPath) -> bool:
    """A picture in one of the three parts, at the top or one level down."""
    in_part = path.parent.name in set(Split) and len(path.parts) <= 3
    return in_part and path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")


def _list_folder(root: Path) -> Iterator[tuple[str, Picture]]:
    if not root.is_dir():
        raise DatasetError(f"{root} is neither a folder nor a tar file.")
    for split in Split:
        for path in (*root.glob(f"{split}/*"), *root.glob(f"*/{split}/*")):
            if _is_picture(PurePosixPath(path.relative_to(root).as_posix())):
                pid, camid = _parse(path.name, root)
                yield split, Picture(path.name, pid, camid, path)


def _list_tar(container: Path) -> Iterator[tuple[str, Picture]]:
    try:
        with tarfile.open(container, "r:") as tar:
            for member in tar:
                path = PurePosixPath(member.name.removeprefix("./"))
                if member.isfile() and _is_picture(path):
                    pid, camid = _parse(path.name, container)
                    picture = Picture(path.name, pid, camid, container, member.offset_data, member.size)
                    yield path.parent.name, picture
    except tarfile.TarError as error:
        raise DatasetError(
            f"{container} is not an uncompressed tar: unpack it, or repack it plainly."
        ) from error
