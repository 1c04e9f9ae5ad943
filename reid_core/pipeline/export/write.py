"""Writes an export whole or not at all, and never over what is there."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from reid_core.errors import ReidError, UsageError
from reid_core.pipeline.export.document import write_json
from reid_core.pipeline.export.mot import write_mot
from reid_core.pipeline.export.tables import gather
from reid_core.pipeline.export.tabular import write_csv
from reid_core.store.project import Project

FORMATS = {"mot": write_mot, "csv": write_csv, "json": write_json}


def export(project: Project, name: str, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write the project in a format; the files written.

    Everything is written beside the target first and moved there at the end.

    Args:
        project: An open project.
        name: A key of `FORMATS`.
        folder: Where the files go; made when absent.
        overwrite: Replace files of the same names.

    Raises:
        UsageError: ``folder`` is a file, or holds such files already.
        ReidError: The disk is full or the folder cannot be written; nothing is left behind.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder for the export.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".sightline-export-", dir=folder) as temporary:
            FORMATS[name](project, gather(project), Path(temporary))
            made = sorted(Path(temporary).iterdir())
            targets = [folder / path.name for path in made]
            present = [path.name for path in targets if path.exists()]
            if present and not overwrite:
                raise UsageError(
                    f"{folder} holds {', '.join(present)} already. Choose another folder, or add --overwrite."
                )
            for path, target in zip(made, targets, strict=True):
                shutil.move(path, target)
    except OSError as error:
        raise ReidError(f"The export could not be written to {folder}: {error.strerror or error}.") from error
    return targets
