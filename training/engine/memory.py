"""How the C library treats the memory that a step gives back."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h of glibc


def keep_freed_memory() -> bool:
    """Keep what is freed for the next step, which asks for the same sizes again; whether that was possible.

    glibc returns every block above 32 MB, and the end of its heap, to the system at once. Each step then
    gets its feature maps as fresh pages, and touching these costs up to a quarter of the step
    (docs/adr/0032). The price: the process holds its peak until it ends. So this is for processes
    that do one job and end, not for the window or for code that others import.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    return mallopt is not None and mallopt(_M_MMAP_MAX, 0) == mallopt(_M_TRIM_THRESHOLD, -1) == 1
