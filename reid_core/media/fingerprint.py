"""The fingerprint of footage: by it a moved file is found again and cached work is recognised."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from reid_core.errors import SourceError
from reid_core.media.files import is_folder, open_regular
from reid_core.media.folder import list_pictures

_END_BYTES = 2**20
_SAMPLE_BYTES = 2**16
_N_SAMPLES = 14


def fingerprint(path: Path) -> str:
    """Fingerprint of a video file or of a folder of pictures, the same wherever it lies.

    A file: SHA-256 over its size, its first and last 1 MiB and 14 pieces of 64 KiB evenly spread between
    them, at most 3 MiB in all, so that 100 GB take no longer than 10 MB. Two recordings of equal size that
    differ in none of these pieces would be taken for one. A folder: SHA-256 over the names and sizes of its
    pictures in order, and over the fingerprints of at most 16 pictures evenly spread.

    Returns:
        40 hexadecimal digits.

    Raises:
        SourceError: There is no such file or folder, or it is neither.
    """
    path = Path(path)
    if is_folder(path):
        return _of_folder(path)
    with open_regular(path) as file:
        return _of_file(file, path.stat().st_size)


def _of_file(file: io.FileIO, size: int) -> str:
    digest = hashlib.sha256(f"sightline video 1 {size}\n".encode())
    for offset, length in _pieces(size):
        file.seek(offset)
        digest.update(_read_all(file, length))
    return digest.hexdigest()[:40]


def _pieces(size: int) -> list[tuple[int, int]]:
    """``(offset, length)`` of the pieces that are hashed; the whole file when it is small."""
    if size <= 2 * _END_BYTES + _N_SAMPLES * _SAMPLE_BYTES:
        return [(0, size)]
    gap = (size - 2 * _END_BYTES) // (_N_SAMPLES + 1)
    samples = [(_END_BYTES + gap * (i + 1), _SAMPLE_BYTES) for i in range(_N_SAMPLES)]
    return [(0, _END_BYTES), *samples, (size - _END_BYTES, _END_BYTES)]


def _read_all(file: io.FileIO, length: int) -> bytes:
    """``length`` bytes, or fewer at the end of the file; one unbuffered read may return less."""
    parts = []
    while length > 0 and (part := file.read(length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _of_folder(folder: Path) -> str:
    pictures = list_pictures(folder).paths
    digest = hashlib.sha256(b"sightline pictures 1\n")
    for picture in pictures:
        digest.update(f"{picture.name}\0{_size_of(picture)}\n".encode(errors="surrogateescape"))
    for i in sorted({round(i * (len(pictures) - 1) / 15) for i in range(16)}):
        digest.update(_of_picture(pictures[i]).encode())
    return digest.hexdigest()[:40]


def _size_of(picture: Path) -> int:
    try:
        return picture.stat().st_size
    except OSError:
        return -1


def _of_picture(picture: Path) -> str:
    """A picture's fingerprint, or a mark for one that cannot be read."""
    try:
        return fingerprint(picture)
    except SourceError:
        return "unreadable"
