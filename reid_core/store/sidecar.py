"""Files beside the database that grow at their end: crop pictures and vectors.

Order of a write: append, fsync, and only then commit the new size in the database. So what lies beyond the
size that the database knows was never committed: the engine cuts it, readers do not look at it.

What was written for a while only (provisional tracklets of live cameras) is given up: once the database has
committed that nothing refers to it, it is overwritten with zeros, and its place is written again.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from reid_core.store.holes import Holes

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
    """Adds to one sidecar file; nothing touches the disk before `flush`.

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
        self._refilled: list[tuple[int, bytes]] = []
        self._given_up: list[tuple[int, int]] = []
        self._holes = Holes()
        self.size = self._committed

    def append(self, data: bytes) -> int:
        """Take bytes to be written, where others were given up or at the end; returns their offset."""
        if (hole := self._holes.take(len(data))) is not None:
            self._refilled.append((hole, data))
            return hole
        offset = self.size
        self._pending.append(data)
        self.size += len(data)
        return offset

    def give_up(self, offset: int, n_bytes: int) -> None:
        """Committed bytes that nothing refers to from the next commit on."""
        self._given_up.append((offset, n_bytes))

    @property
    def pending(self) -> bool:
        """Whether there is something to be written since the last commit."""
        return bool(self._pending or self._refilled)

    def flush(self) -> None:
        """Write what was taken, and have it on the disk."""
        for offset, data in self._refilled:
            self._write(offset, data)
        self._write(self._committed, b"".join(self._pending))
        os.fsync(self._file.fileno())

    def commit(self) -> None:
        """The database has committed the new size, and that what was given up is."""
        self._committed = self.size
        for offset, n_bytes in self._given_up:
            with suppress(OSError):  # no harm to what is kept; the next writes there will say it
                self._write(offset, bytes(n_bytes))
            self._holes.add(offset, n_bytes)
        self._forget_pending()

    def roll_back(self) -> None:
        """The database has not: forget what was taken. A tail that stays is cut by the next write."""
        for offset, data in self._refilled:
            self._holes.add(offset, len(data))
        self._forget_pending()
        self.size = self._committed

    def _forget_pending(self) -> None:
        self._pending.clear()
        self._refilled.clear()
        self._given_up.clear()

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
