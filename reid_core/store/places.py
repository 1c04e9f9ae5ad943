"""What the place where a project lies means for it: network folders."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from reid_core.store.records import STREAM, Source

NETWORK = (
    "nfs",
    "nfs4",
    "cifs",
    "smb",
    "smb2",
    "smb3",
    "smbfs",
    "afpfs",
    "webdav",
    "davfs",
    "fuse.sshfs",
    "9p",
    "afs",
)
"""File systems on which SQLite's log is unsafe from more than one computer (sqlite.org/wal.html)."""


def network_warning(path: Path, mounts: list[tuple[str, str]] | None = None) -> str | None:
    """A sentence when the project lies on a network file system, else None.

    Args:
        path: The project file.
        mounts: ``(mount point, file system)`` pairs; default: this computer's.
    """
    if mounts is None:
        mounts = _mounts()
    resolved = path.resolve()
    holding = [(point, kind) for point, kind in mounts if resolved.is_relative_to(point)]
    if not holding:
        return None
    point, kind = max(holding, key=lambda mount: len(Path(mount[0]).parts))
    if kind.lower() not in NETWORK:
        return None
    return (
        f"{path} lies in a network folder ({kind} at {point}). Use it from one computer at a time only, or "
        f"copy it to a local disk: a database is damaged when two computers write to it over a network."
    )


def _mounts() -> list[tuple[str, str]]:
    psutil = import_module("psutil")  # it comes without type hints
    try:
        return [(part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)]
    except (OSError, psutil.Error):
        return []


def is_missing(source: Source) -> bool:
    """Whether the file or folder of a source is not where it was; a live camera's take has none to miss."""
    return source.kind != STREAM and not Path(source.path).exists()
