"""The C library's memory, set so that pictures go back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Numbers of ``mallopt(3)``."""
_PICTURE_BYTES = 256 * 1024
_SLACK_BYTES = 1024 * 1024


def give_pictures_back() -> bool:
    """Take large blocks from the system one by one, and return them when freed; True where that is set.

    The decoders' threads take and free pictures of half a megabyte all the time. glibc would soon keep such
    blocks in each thread's own heap, where small ones settle between them, and the window would grow for
    hours though it holds no more. Elsewhere nothing is changed.
    """
    if sys.platform != "linux":
        return False
    with suppress(OSError, AttributeError):  # musl has no mallopt
        mallopt = ctypes.CDLL(None).mallopt
        return bool(mallopt(_M_MMAP_THRESHOLD, _PICTURE_BYTES) and mallopt(_M_TRIM_THRESHOLD, _SLACK_BYTES))
    return False
