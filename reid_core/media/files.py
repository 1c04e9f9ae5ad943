"""Opening a path as a plain file for reading, and nothing else."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from pathlib import Path

from reid_core.errors import SourceError

_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:/")
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
        raise _refusal(path, error) from None
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


def _refusal(path: Path, error: OSError | ValueError) -> SourceError:
    if _URL.match(str(path)) and not os.path.lexists(path):
        scheme = str(path).split(":", 1)[0].lower()  # only the scheme: the rest may hold a password
        return SourceError(
            f"an address ({scheme}://...) was given where a file is needed; save the footage as a file"
        )
    if isinstance(error, ValueError):
        return SourceError(f"{shown(path)} is no valid file name; check it")
    return SourceError(
        f"{shown(path)} {_REASONS.get(error.errno or 0, f'cannot be read ({error.strerror})')}"
    )
