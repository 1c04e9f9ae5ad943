"""The first bytes of a project file, read without SQLite: whose it is, which version, whether it is whole.

Offsets are those of the SQLite file format (sqlite.org/fileformat2.html, sections 1.3 and 4.1). The newest
first page may still lie in the write-ahead log, so that is looked through as well.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from reid_core.errors import ProjectUnreadableError
from reid_core.store.failures import damaged

APPLICATION_ID = 0x53474C54
"""``SGLT``, at byte 68 of every project file."""
MAGIC = b"SQLite format 3\x00"
HEADER_BYTES = 100
_WAL_HEADER_BYTES, _WAL_FRAME_BYTES = 32, 24
_WAL_MAGICS = (0x377F0682, 0x377F0683)


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says.

    Attributes:
        page_bytes: Page size.
        n_pages: Pages of the file as of its last checkpoint; 0 when the header does not know.
        user_version: Schema version, the write-ahead log included.
        application_id: Whose file it is, the write-ahead log included.
    """

    page_bytes: int
    n_pages: int
    user_version: int
    application_id: int


def wal_path(path: Path) -> Path:
    """The write-ahead log beside a project file."""
    return path.with_name(path.name + "-wal")


def has_wal(path: Path) -> bool:
    """Whether a write-ahead log with content lies beside the file."""
    try:
        return wal_path(path).stat().st_size > 0
    except FileNotFoundError:
        return False


def check_header(path: Path, newest_version: int) -> Header:
    """Refuse what is not a whole project file of a version that we know; nothing is changed or locked.

    Raises:
        ProjectUnreadableError: absent, empty, foreign, newer or truncated, with what to do.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            data = file.read(HEADER_BYTES)
        newest = _newest_first_page(wal_path(path)) if has_wal(path) else None
    except FileNotFoundError:
        raise ProjectUnreadableError(
            f"There is no project at {path}. Check the path, or make one with: "
            f"sightline ingest {path} --camera NAME=FILE"
        ) from None
    except IsADirectoryError:
        raise ProjectUnreadableError(f"{path} is a folder. Name the .sightline file itself.") from None
    except OSError as error:
        raise ProjectUnreadableError(
            f"The project {path} cannot be read: {error.strerror or error}. "
            f"Check its permissions and its disk."
        ) from error
    if size == 0:
        raise ProjectUnreadableError(
            f"{path} is empty (0 bytes), so it holds no project. Put back a copy from a backup, or delete it "
            f"and ingest the footage again."
        )
    if data[:16] != MAGIC[: len(data)] or size < 16:
        raise ProjectUnreadableError(f"{path} is no Sightline project. Name a .sightline file.")
    if len(data) < HEADER_BYTES:
        raise damaged(path, f"it ends after {size} bytes")
    header = _parse(data)
    if newest is not None:
        known = _parse(newest)
        header = Header(header.page_bytes, header.n_pages, known.user_version, known.application_id)
    _check(path, header, size, newest_version)
    return header


def _parse(data: bytes) -> Header:
    (page_bytes,) = struct.unpack_from(">H", data, 16)
    change, n_pages = struct.unpack_from(">II", data, 24)
    (user_version,) = struct.unpack_from(">i", data, 60)
    (application_id,) = struct.unpack_from(">I", data, 68)
    (valid_for,) = struct.unpack_from(">I", data, 92)
    return Header(
        page_bytes=65536 if page_bytes == 1 else page_bytes,
        n_pages=n_pages if change == valid_for else 0,
        user_version=user_version,
        application_id=application_id,
    )


def _check(path: Path, header: Header, size: int, newest_version: int) -> None:
    if header.application_id != APPLICATION_ID:
        raise ProjectUnreadableError(
            f"{path} is a database of another program, not a Sightline project. Name a .sightline file."
        )
    if header.user_version > newest_version:
        raise ProjectUnreadableError(
            f"{path} was written by a newer Sightline (format {header.user_version}; this one knows up to "
            f"{newest_version}). Update Sightline, then open it again."
        )
    if header.user_version < 1:
        raise damaged(path, f"its format number is {header.user_version}")
    page = header.page_bytes
    if page < 512 or page & (page - 1):
        raise damaged(path, f"its page size is {page}")
    # With a log beside it the file may rightly be shorter: the pages are still in the log.
    if not has_wal(path) and (size % page or size < header.n_pages * page):
        raise damaged(path, f"it is cut off: {size} bytes are left of {header.n_pages * page}")


def _newest_first_page(wal: Path) -> bytes | None:
    """The header in the last committed copy of page 1 in a write-ahead log, or None when it holds none."""
    with wal.open("rb") as file:
        head = file.read(_WAL_HEADER_BYTES)
        if len(head) < _WAL_HEADER_BYTES:
            return None
        magic, _, page_bytes, _, salt1, salt2 = struct.unpack(">6I", head[:24])
        if magic not in _WAL_MAGICS or page_bytes < 512:
            return None
        committed: bytes | None = None
        pending: bytes | None = None
        while len(frame := file.read(_WAL_FRAME_BYTES)) == _WAL_FRAME_BYTES:
            page, n_pages_after, *salts = struct.unpack(">4I", frame[:16])
            if salts != [salt1, salt2]:
                break  # frames of an earlier round of the log
            if page == 1:
                data = file.read(HEADER_BYTES)
                if len(data) < HEADER_BYTES:
                    break
                pending = data
                file.seek(page_bytes - HEADER_BYTES, 1)
            else:
                file.seek(page_bytes, 1)
            if n_pages_after:  # this frame commits
                committed = pending or committed
        return committed
