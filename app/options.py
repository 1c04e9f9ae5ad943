"""What the command line may say about the window."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.workspace import Page


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How the window opens.

    Attributes:
        project: Project to open, or None.
        page: Page to show, or None for the usual one.
        theme: ``light``, ``dark``, or None to follow the system.
        scale: Size of everything, or None for the system's.
        size: Width and height at scale 1, or None for the last ones.
        screenshot: Picture file to write once the page has settled; then the program ends.
        describe: JSON file to write beside it.
    """

    project: Path | None = None
    page: Page | None = None
    theme: str | None = None
    scale: float | None = None
    size: tuple[int, int] | None = None
    screenshot: Path | None = None
    describe: Path | None = None

    @property
    def is_picture(self) -> bool:
        """Whether the window only opens to be drawn into files."""
        return self.screenshot is not None or self.describe is not None


def parser() -> argparse.ArgumentParser:
    """The parser of the window's options."""
    made = argparse.ArgumentParser(prog="sightline", description="Without a command, the window opens.")
    made.add_argument("file", nargs="?", type=Path, metavar="PROJECT", help="project to open")
    made.add_argument("--project", type=Path, metavar="PROJECT", help="the same")
    made.add_argument("--page", choices=[str(page) for page in Page], help="page to show")
    made.add_argument("--theme", choices=["light", "dark"], help="default: as the system")
    made.add_argument("--scale", type=_scale, help="size of everything: 1, 1.5, 2 (default: the system's)")
    made.add_argument("--size", type=_size, metavar="WxH", help="size of the window, such as 1600x1000")
    made.add_argument("--screenshot", type=Path, metavar="FILE", help="write a picture of the page, and exit")
    made.add_argument(
        "--describe", type=Path, metavar="FILE", help="write what is on the page as JSON, and exit"
    )
    return made


def parse(arguments: Sequence[str]) -> WindowOptions:
    """The options; a mistake ends the program with a message, as argparse does."""
    made = parser()
    found = made.parse_args(arguments)
    project = found.project or found.file
    if project is not None:
        project = project.absolute()
        if not project.exists() and not project.suffix:
            project = project.with_suffix(".sightline")
        if not project.exists():
            made.error(f"there is no project at {project}")
    return WindowOptions(
        project=project,
        page=Page(found.page) if found.page else None,
        theme=found.theme,
        scale=found.scale,
        size=found.size,
        screenshot=found.screenshot,
        describe=found.describe,
    )


def apply_scale(options: WindowOptions) -> None:
    """Tell Qt the scale; before it starts."""
    if options.scale is not None:
        os.environ["QT_SCALE_FACTOR"] = str(options.scale)


def _scale(text: str) -> float:
    value = float(text)
    if not 0.5 <= value <= 4:
        raise argparse.ArgumentTypeError("the scale must be between 0.5 and 4")
    return value


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None:
        raise argparse.ArgumentTypeError("write the size as WIDTHxHEIGHT, such as 1600x1000")
    return int(found[1]), int(found[2])
