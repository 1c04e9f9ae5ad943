"""Writes an export whole or not at all, and never over what is there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from reid_core.errors import ReidError, UsageError
from reid_core.pipeline.export.formats import FORMATS
from reid_core.pipeline.export.preflight import Preflight, is_there, look
from reid_core.pipeline.export.scope import Options, Scope
from reid_core.pipeline.export.tables import Watch, gather, unwatched
from reid_core.store.project import Project

PREFIX = ".sightline-export-"


def export(
    project: Project,
    key: str,
    folder: Path,
    *,
    overwrite: bool = False,
    scope: Scope | None = None,
    options: Options | None = None,
    watch: Watch = unwatched,
) -> tuple[list[Path], Preflight]:
    """Write the project in a format; what was written at the top of the folder, and what became of it.

    Everything is written into a hidden folder beside the target and renamed at the end: an export is there
    altogether or not at all. What is replaced comes back when the renaming fails.

    Args:
        project: An open project; all that is written is of one moment.
        key: A key of `FORMATS`.
        folder: Where the files go; made when absent.
        overwrite: Replace files and folders of the same names.
        scope: Which part of the project; None for everything.
        options: What was chosen about the format.
        watch: Called with how much is done and how much there is. What it raises (such as
            `CancelledError`) ends the export, and nothing is left behind.

    Raises:
        UsageError: ``folder`` is a file, or holds such files already, or nothing can be exported.
        ReidError: The disk is full or the folder cannot be written; nothing is left behind.
    """
    folder = folder.absolute()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder for the export.")
    try:
        with project.reading():
            tables = gather(project, scope, options, watch)
            found = look(tables, key, folder)
            _refuse(found, folder, overwrite)
            made = _write(folder, lambda place: FORMATS[key].write(tables, place), overwrite)
            return made, found
    except OSError as error:
        sentence = f"The export could not be written to {folder}: {error.strerror or error}."
        raise ReidError(sentence) from error


def _refuse(found: Preflight, folder: Path, overwrite: bool) -> None:
    if found.stop is not None:
        raise UsageError(f"Nothing can be exported: {found.stop.what.lower()}, {found.stop.how}.")
    if found.present and not overwrite:
        raise _occupied(folder, found.present)


def _occupied(folder: Path, names: tuple[str, ...]) -> UsageError:
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return UsageError(f"{folder} holds {shown} already. Choose another folder, or replace with --force.")


def _write(folder: Path, write: Callable[[Path], None], overwrite: bool) -> list[Path]:
    new_folders = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=folder, ignore_cleanup_errors=True) as hidden:
            made, replaced = Path(hidden, "made"), Path(hidden, "replaced")
            made.mkdir()
            replaced.mkdir()
            write(made)
            return _move(made, folder, replaced if overwrite else None)
    except BaseException:
        for place in new_folders:
            with suppress(OSError):
                place.rmdir()
        raise


def _move(made: Path, folder: Path, replaced: Path | None) -> list[Path]:
    """Rename everything into the folder; when one cannot be renamed, all is as it was."""
    moved: list[Path] = []
    try:
        for path in sorted(made.iterdir()):
            target = folder / path.name
            if is_there(target):  # perhaps only since we looked
                if replaced is None:
                    raise _occupied(folder, (path.name,))
                target.rename(replaced / path.name)
            path.rename(target)
            moved.append(target)
    except BaseException:
        for target in moved:
            target.rename(made / target.name)
        for path in replaced.iterdir() if replaced is not None else ():
            path.rename(folder / path.name)
        raise
    return moved
