"""Writes an export whole or not at all, and never over what is there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from reid_core.errors import ReidError, UsageError
from reid_core.pipeline.export.document import DOCUMENT, write_json
from reid_core.pipeline.export.mot import write_mot
from reid_core.pipeline.export.tables import Watch, gather, unwatched
from reid_core.pipeline.export.tabular import TABLES, write_csv
from reid_core.store.project import Project

FORMATS = {"mot": write_mot, "csv": write_csv, "json": write_json}


def file_names(project: Project, name: str) -> list[str]:
    """Names of the files that an export in a format of `FORMATS` writes."""
    if name == "mot":
        return [f"{camera.name}.txt" for camera in project.cameras()]
    return list(TABLES) if name == "csv" else [DOCUMENT]


def export(
    project: Project,
    name: str,
    folder: Path,
    *,
    overwrite: bool = False,
    keep: Collection[str] | None = None,
    watch: Watch = unwatched,
) -> list[Path]:
    """Write the project in a format; the files written.

    Everything is written beside the target first and moved there at the end.

    Args:
        project: An open project.
        name: A key of `FORMATS`.
        folder: Where the files go; made when absent.
        overwrite: Replace files of the same names.
        keep: Ids of the tracklets that are written, with what was decided about them; None writes all.
        watch: Called with the number of tracklets written and their total. What it raises (such as
            `CancelledError`) ends the export, and nothing is left behind.

    Raises:
        UsageError: ``folder`` is a file, or holds such files already.
        ReidError: The disk is full or the folder cannot be written; nothing is left behind.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder for the export.")
    new_folders = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".sightline-export-", dir=folder) as temporary:
            FORMATS[name](project, gather(project, keep, watch), Path(temporary))
            made = sorted(Path(temporary).iterdir())
            targets = [folder / path.name for path in made]
            present = [path.name for path in targets if path.exists()]
            if present and not overwrite:
                raise UsageError(
                    f"{folder} holds {', '.join(present)} already. Choose another folder, or add --overwrite."
                )
            for path, target in zip(made, targets, strict=True):
                shutil.move(path, target)
    except BaseException as error:
        for place in new_folders:
            with suppress(OSError):
                place.rmdir()
        if isinstance(error, OSError):
            sentence = f"The export could not be written to {folder}: {error.strerror or error}."
            raise ReidError(sentence) from error
        raise
    return targets
