"""Where the C library takes the memory of a picture from, asked in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import ctypes, sys
from app.allocator import give_pictures_back

NAMES = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in NAMES]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Info
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
is_set = give_pictures_back() if sys.argv[1] == "set" else False
libc.free(libc.malloc(20_000_000))  # from now on glibc keeps blocks of that size, if it is left alone
before = libc.mallinfo2().hblks
picture = libc.malloc(900_000)
print(int(is_set), libc.mallinfo2().hblks - before)
"""


def blocks_of_their_own(mode: str) -> list[int]:
    """Whether the allocator was set, and how many blocks a picture takes from the system itself."""
    done = subprocess.run([sys.executable, "-c", PROBE, mode], capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is set")
def test_a_picture_is_a_block_of_its_own_that_goes_back():
    assert blocks_of_their_own("set") == [1, 1]
    assert blocks_of_their_own("left alone") == [0, 0]


def test_elsewhere_nothing_is_changed(monkeypatch):
    from app import allocator

    monkeypatch.setattr(allocator.sys, "platform", "win32")
    assert not allocator.give_pictures_back()
