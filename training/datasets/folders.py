"""What the readers of layouts other than Market-1501's share: pictures of a folder, lines of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from training.datasets.market import JUNK_PID, DatasetError, Picture

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})


def find_root(path: Path, *inside: str) -> Path:
    """The first of ``path`` and its direct subfolders that has all of these entries.

    Raises:
        DatasetError: None has them.
    """
    if path.is_dir():
        for folder in (path, *sorted(entry for entry in path.iterdir() if entry.is_dir())):
            if all((folder / name).exists() for name in inside):
                return folder
    raise DatasetError(f"{path} holds no folder with {', '.join(inside)}.")


def pictures_below(folder: Path) -> list[Path]:
    """All picture files of a folder and what lies in it, by name."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if not path.name.startswith("."))


def named_pictures(
    folder: Path, pattern: re.Pattern[str], *, camid: int | None = None
) -> tuple[Picture, ...]:
    """The pictures of a folder, with person and camera read off their names; junk (person -1) is left out.

    Args:
        folder: Searched with what lies in it.
        pattern: With the groups ``pid`` and, unless ``camid`` is given, ``camid``.
        camid: Camera of all of them.

    Raises:
        DatasetError: A name does not fit.
    """
    pictures = []
    for path in pictures_below(folder):
        match = pattern.match(path.name)
        if match is None:
            raise DatasetError(f"{path.name} in {folder} is not named as this data set names its pictures.")
        pid = int(match["pid"])
        if pid != JUNK_PID:
            pictures.append(Picture(path.name, pid, int(match["camid"]) if camid is None else camid, path))
    return tuple(pictures)


def list_lines(path: Path) -> Iterator[tuple[str, int]]:
    """The lines ``NAME NUMBER`` of a list file.

    Raises:
        DatasetError: The file is absent, or a line is different.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read as a list of pictures ({error}).") from error
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, number = line.rpartition(" ")
        if not name or not number.isdigit():
            raise DatasetError(f"{path} has the line {line!r}, not a picture and a number.")
        yield name.strip(), int(number)
