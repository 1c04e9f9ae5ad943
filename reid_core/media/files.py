"""Opening a path as a plain file for reading, and nothing else."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from pathlib import Path

from reid_core.errors import SourceError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):[/\\]")
_REASONS = {
    errno.ENOENT: "does not exist; check the name",
    errno.ENOTDIR: "does not exist; check the name",
    errno.EACCES: "may not be read by this user; change its permissions",
    errno.ELOOP: "is a symbolic link that leads back to itself; give the file itself",
    errno.ENAMETOOLONG: "has too long a name; rename it",
}


def shown(path: Path) -> str:
    """The path for a message: quoted, and without characters that a terminal would act on."""
    text = str(path).encode("utf-8", "backslashreplace").decode()
    return "'" + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text) + "'"


def is_folder(path: Path) -> bool:
    """Whether the path is a folder; False for whatever cannot be looked at.

    Raises:
        SourceError: It is the address of a stream.
    """
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        scheme = _SCHEME.match(str(path))
        if scheme is None:
            return False
        # Only the scheme is repeated: the rest may hold a password.
        address = f"an address ({scheme[1].lower()}://...)"
        raise SourceError(f"{address} was given where a file is needed; save the footage as a file") from None


def open_regular(path: Path) -> io.FileIO:
    """Open a regular file for unbuffered reading; it never waits, and never opens a device or a pipe.

    Raises:
        SourceError: The path is absent, unreadable, or something else than a file with content.
    """
    try:
        _check_regular(path, path.stat())
        # O_NONBLOCK: should the file have become a pipe since, opening it must not hang.
        flags = (
            os.O_RDONLY
            | getattr(os, "O_NONBLOCK", 0)
            | getattr(os, "O_BINARY", 0)
            | getattr(os, "O_CLOEXEC", 0)
        )
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise refusal(path, error) from None
    try:
        _check_regular(path, os.fstat(descriptor))
        return os.fdopen(descriptor, "rb", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise


def _check_regular(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise SourceError(f"{shown(path)} is a folder where a file is needed; name a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(
            f"{shown(path)} is a device, pipe or socket, not a file; copy the footage into a file first"
        )
    if status.st_size == 0:
        raise SourceError(f"{shown(path)} is empty (0 bytes); the recording or the copy failed, get it again")


def refusal(path: Path, error: OSError | ValueError) -> SourceError:
    """The error that says why a path cannot be read, and what to do."""
    if isinstance(error, ValueError):
        return SourceError(f"{shown(path)} is no valid file name; check it")
    return SourceError(
        f"{shown(path)} {_REASONS.get(error.errno or 0, f'cannot be read ({error.strerror})')}"
    )
