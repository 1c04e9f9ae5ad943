"""Values on the command line: what they look like and what is wrong with them."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

from reid_core.errors import UsageError
from reid_core.streams.address import GivenAddress, hide_password, is_address, parse_address

SUFFIX = ".sightline"
CAMERA_NAME = re.compile(r"[^\x00-\x1f/\\=,:*?\"<>|]{1,64}")


@dataclass(frozen=True, slots=True)
class CameraArgument:
    """``--camera NAME=FILE[,FILE...]``: a camera and its files or image folders, in order; or its address."""

    name: str
    paths: tuple[Path, ...]
    stream: GivenAddress | None = None


def camera(text: str) -> CameraArgument:
    """Parse ``NAME=FILE[,FILE...]`` or ``NAME=ADDRESS``; a comma of an existing file's name is kept."""
    hide_password(text)
    name, sign, rest = text.partition("=")
    if not sign or not rest:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write --camera NAME=FILE, NAME=FILE,FILE or NAME=ADDRESS"
        )
    if not is_address(rest):
        return CameraArgument(camera_name(name), _paths(rest))
    try:
        return CameraArgument(camera_name(name), (), parse_address(rest))
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def camera_name(text: str) -> str:
    """A camera's name: any language, without the characters that file names and options need."""
    name = text.strip()
    if not CAMERA_NAME.fullmatch(name) or name in (".", ".."):
        raise argparse.ArgumentTypeError(
            f'{text!r} is no camera name: use 1 to 64 characters without / \\ = , : * ? " < > |'
        )
    return name


def _paths(text: str) -> tuple[Path, ...]:
    if Path(text).exists():
        return (Path(text),)
    parts = text.split(",")
    if not all(parts):
        raise argparse.ArgumentTypeError(f"{text!r}: a file name is empty; remove the extra comma")
    return tuple(Path(part) for part in parts)


def camera_number(text: str) -> tuple[str, float]:
    """Parse ``NAME=NUMBER``."""
    name, _, number = text.partition("=")
    try:
        return camera_name(name), float(number)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME=NUMBER, for example hall=-1500") from None


def box(text: str) -> tuple[float, float, float, float]:
    """Parse ``x1,y1,x2,y2`` in pixels."""
    try:
        x1, y1, x2, y2 = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write x1,y1,x2,y2 in pixels") from None
    if not (x2 > x1 and y2 > y1):
        raise argparse.ArgumentTypeError(f"{text!r}: x2 must be right of x1, and y2 below y1")
    return x1, y1, x2, y2


def positive(text: str) -> int:
    """Parse a whole number of at least 1."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return number


def rank(text: str) -> int:
    """Parse a whole number of at least 0."""
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number < 2**31:
        raise argparse.ArgumentTypeError(f"{text!r} is no frame: write a whole number from 0")
    return number


def project_path(text: str) -> Path:
    """The project file; ``.sightline`` is added where the name has no such ending."""
    path = Path(text)
    if path.suffix != SUFFIX:
        path = path.with_name(path.name + SUFFIX)
    return path


def existing_project(path: Path) -> Path:
    """The project file, or a `UsageError` that says how to make one."""
    if not path.exists():
        raise UsageError(
            f"There is no project {path}. Make one with: sightline ingest {path} --camera NAME=FILE"
        )
    return path
