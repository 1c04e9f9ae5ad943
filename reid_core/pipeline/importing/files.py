"""The bytes of a file of labels, also out of the archive that CVAT exports; size and names are distrusted."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from reid_core.errors import SourceError
from reid_core.media.files import open_regular
from reid_core.pipeline.importing.labels import LabelsError

MAX_BYTES = 512 * 2**20
ZIP_START = b"PK\x03\x04"


def read_bytes(path: Path, members: Sequence[str]) -> bytes:
    """The content of a file, or of the first of ``members`` in an archive.

    Raises:
        LabelsError: It is absent, unreadable, larger than 512 MiB, or an archive without such a member.
    """
    try:
        with open_regular(path) as file:
            data = file.read(MAX_BYTES + 1)
    except (SourceError, OSError) as error:
        raise LabelsError(f"The labels cannot be read: {error}.") from error
    if len(data) > MAX_BYTES:
        raise LabelsError(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB. Import it in parts.")
    return _unpacked(path, members) if data.startswith(ZIP_START) else data


def _unpacked(path: Path, members: Sequence[str]) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            member = next((name for name in members if name in names), None)
            if member is None:
                raise LabelsError(f"{path.name} is an archive without {' or '.join(members)}.")
            with archive.open(member) as file:
                data = file.read(MAX_BYTES + 1)  # counted here: the size in the archive's table may lie
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise LabelsError(f"{path.name} is a damaged or encrypted archive. Unpack it first.") from error
    if len(data) > MAX_BYTES:
        raise LabelsError(f"{member} in {path.name} is larger than {MAX_BYTES // 2**20} MiB.")
    return data
