"""Append-only files beside the database: crop pictures and vectors.

Order of a write: append, fsync, and only then commit the new size in the database. So what lies beyond the
size that the database knows was never committed: the engine cuts it, readers do not look at it.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

HEADER_BYTES = 128
_LAYOUT = struct.Struct("<8sIIII32s16s")
_VERSION = 1
CROPS, VECTORS = b"SLCROPS\x00", b"SLVECTOR"


@dataclass(frozen=True, slots=True)
class SidecarKind:
    """What a sidecar file must be; written as its header (little-endian, 128 bytes).

    Attributes:
        magic: `CROPS` or `VECTORS`.
        project: uuid (hex) of the project that it belongs to.
        dim: Numbers in a row; 0 for pictures.
        item_bytes: Bytes of a number: 2 for float16, 0 for pictures.
        space: Key of the embedding space; empty for pictures.
    """

    magic: bytes
    project: str
    dim: int = 0
    item_bytes: int = 0
    space: str = ""

    @property
    def header(self) -> bytes:
        """The file's first bytes."""
        space = sha256(self.space.encode()).digest() if self.space else b""
        packed = _LAYOUT.pack(
            self.magic, _VERSION, HEADER_BYTES, self.dim, self.item_bytes, space, bytes.fromhex(self.project)
        )
        return packed.ljust(HEADER_BYTES, b"\x00")

    @property
    def row_bytes(self) -> int:
        """Size of a row; 1 for pictures, whose sizes differ."""
        return max(self.dim * self.item_bytes, 1)


def available_bytes(path: Path, kind: SidecarKind) -> int:
    """Usable size of a sidecar file, header included; 0 when it is absent or not what it should be."""
    try:
        with path.open("rb") as file:
            if file.read(HEADER_BYTES) != kind.header:
                return 0
            return os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return 0


class SidecarWriter:
    """Appends to one sidecar file; nothing touches the disk before `flush`.

    Attributes:
        size: Size with all that was appended.
    """

    def __init__(self, path: Path, kind: SidecarKind, committed: int) -> None:
        """Open for appending behind ``committed`` bytes; what lies beyond was never committed and goes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        usable = available_bytes(path, kind)
        # Unbuffered: a write that fails must not lie in a buffer and fail again when the file is closed.
        self._file = path.open("r+b" if usable else "w+b", buffering=0)
        try:
            if not usable:
                self._write(0, kind.header)
            self._committed = max(min(committed, usable), HEADER_BYTES)
            self._file.truncate(self._committed)
            os.fsync(self._file.fileno())
            sync_folder(path.parent)
        except BaseException:
            self._file.close()
            raise
        self._pending: list[bytes] = []
        self.size = self._committed

    def append(self, data: bytes) -> int:
        """Take bytes to be written; returns the offset that they will have."""
        offset = self.size
        self._pending.append(data)
        self.size += len(data)
        return offset

    @property
    def pending(self) -> bool:
        """Whether something was appended since the last commit."""
        return bool(self._pending)

    def flush(self) -> None:
        """Write what was appended, and have it on the disk."""
        self._write(self._committed, b"".join(self._pending))
        os.fsync(self._file.fileno())

    def commit(self) -> None:
        """The database has committed the new size."""
        self._committed = self.size
        self._pending.clear()

    def roll_back(self) -> None:
        """The database has not: forget what was appended. A tail that stays is cut by the next write."""
        self._pending.clear()
        self.size = self._committed

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, offset: int, data: bytes) -> None:
        self._file.seek(offset)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]


def sync_folder(folder: Path) -> None:
    """Make new names in a folder durable, where the system can (Windows cannot open folders)."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
