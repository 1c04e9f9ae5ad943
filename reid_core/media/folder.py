"""A folder of pictures as footage: which pictures, in which order, at which rate."""

from __future__ import annotations

import configparser
import math
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from reid_core.errors import SourceError
from reid_core.media.files import shown
from reid_core.media.limits import MAX_FPS, MAX_SETTINGS_BYTES, PICTURE_SUFFIXES

DEFAULT_FPS = 25.0
"""The rate of pictures of which none is known; FFmpeg assumes the same."""

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class PictureList:
    """The pictures of a folder.

    Attributes:
        paths: The pictures in natural order of their names.
        fps: Pictures per second from ``seqinfo.ini``, or None.
        notices: What the user should know about them.
    """

    paths: tuple[Path, ...]
    fps: float | None
    notices: tuple[str, ...]


def list_pictures(folder: Path) -> PictureList:
    """The pictures directly in a folder, or in the picture folder of a MOTChallenge sequence.

    Pictures are regular files with a known suffix, hidden ones left out; sub-folders are not entered. A
    folder without pictures of its own may be a MOTChallenge sequence, whose ``seqinfo.ini`` names the picture
    folder in it (``img1`` unless it says otherwise). The rate comes from a ``seqinfo.ini`` in the folder or
    beside it.

    Raises:
        SourceError: The folder cannot be read or holds no pictures.
    """
    settings, notices = _read_seqinfo(folder)
    paths = _pictures_in(folder)
    if not paths:
        inner = settings.get("imDir", "img1")
        if "/" not in inner and "\\" not in inner and inner not in (".", "..", ""):
            paths = _pictures_in(folder / inner) if (folder / inner).is_dir() else []
    elif not settings and (folder.absolute().parent / "seqinfo.ini").is_file():
        beside, notices = _read_seqinfo(folder.absolute().parent)
        settings = beside if beside.get("imDir", "img1") == folder.absolute().name else {}
    if not paths:
        suffixes = ", ".join(s[1:] for s in PICTURE_SUFFIXES)
        raise SourceError(
            f"folder {shown(folder)} holds no pictures ({suffixes}); give a folder of pictures or a video"
        )
    fps, problem = _rate(settings)
    promised = settings.get("seqLength", "")
    if promised.isdecimal() and int(promised) != len(paths):
        notices = (*notices, f"seqinfo.ini promises {int(promised)} pictures, the folder holds {len(paths)}")
    return PictureList(tuple(paths), fps, (*notices, *problem))


def natural_key(name: str) -> tuple[list[tuple[int, int | str]], str]:
    """Sort key by which ``f2`` comes before ``f10``, without case; then the exact name decides."""
    parts = _DIGITS.split(name.casefold())
    return [(0, int(part)) if i % 2 else (1, part) for i, part in enumerate(parts)], name


def _pictures_in(folder: Path) -> list[Path]:
    try:
        found = [p for p in folder.iterdir() if _is_picture(p)]
    except OSError as error:
        raise SourceError(f"folder {shown(folder)} cannot be read ({error.strerror}); check it") from None
    return sorted(found, key=lambda p: natural_key(p.name))


def _is_picture(path: Path) -> bool:
    if path.suffix.lower() not in PICTURE_SUFFIXES or path.name.startswith("."):
        return False
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True  # a broken link stands for a picture that is lost: the reader reports it


def _read_seqinfo(folder: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The ``[Sequence]`` section of a folder's ``seqinfo.ini``, empty when there is none, and notices."""
    path = folder / "seqinfo.ini"
    if not path.is_file():
        return {}, ()
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # the keys' case is kept
    try:
        with path.open("rb") as file:
            parser.read_string(file.read(MAX_SETTINGS_BYTES).decode("utf-8-sig"))
        return dict(parser["Sequence"]), ()
    except (OSError, ValueError, KeyError, configparser.Error):
        return {}, ("seqinfo.ini cannot be read and was ignored",)


def _rate(settings: dict[str, str]) -> tuple[float | None, tuple[str, ...]]:
    text = settings.get("frameRate")
    if text is None:
        return None, ()
    try:
        fps = float(text)
    except ValueError:
        fps = math.nan
    if not 0 < fps <= MAX_FPS:
        return None, (
            f"frameRate {text[:20]!r} in seqinfo.ini is no frame rate; {DEFAULT_FPS:g} fps assumed",
        )
    return fps, ()
