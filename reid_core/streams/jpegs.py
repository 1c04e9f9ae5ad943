"""JPEG pictures out of a stream of bytes, whatever stands between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

MAX_JPEG_BYTES = 32 * 2**20
"""Longer pictures are given up: nothing that a camera sends comes near."""
_START = b"\xff\xd8\xff"
_ALONE = frozenset([0x01, *range(0xD0, 0xD9)])
_END, _SCAN = 0xD9, 0xDA


def split_jpegs(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Whole pictures, in order; part headers, garbage and broken pictures between them are left out.

    A picture is followed from marker to marker (ITU-T T.81, B.1), so that the small preview inside of one is
    not taken for the next, nor its end for the end.

    Args:
        read: Gives up to so many bytes, none at the end.
    """
    buffer = bytearray()
    while data := read(65536):
        buffer += data
        while (found := _take(buffer)) is not None:
            yield found


def _take(buffer: bytearray) -> bytes | None:
    """Cut the first whole picture off the buffer; None when more bytes are needed."""
    while True:
        start = buffer.find(_START)
        if start < 0:
            del buffer[:-2]
            return None
        end = _end_of(buffer, start)
        if end is None:
            if len(buffer) - start <= MAX_JPEG_BYTES:
                del buffer[:start]
                return None
            end = -1
        if end < 0:  # no picture: look for the next start behind this one
            del buffer[: start + 2]
            continue
        found = bytes(buffer[start:end])
        del buffer[:end]
        return found


def _end_of(buffer: bytearray, start: int) -> int | None:
    """Behind the end of the picture at ``start``; None when it is not there yet, -1 when it is no picture."""
    at = start + 2
    while True:
        if at + 4 > len(buffer):
            return _may_end(buffer, at)
        if buffer[at] != 0xFF:
            return -1
        marker = buffer[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == _END:
            return at + 2
        elif marker in _ALONE:
            if marker == 0xD8:
                return -1
            at += 2
        else:
            at += 2 + int.from_bytes(buffer[at + 2 : at + 4], "big")
            if marker == _SCAN:
                following = _behind_scan(buffer, at)
                if following is None:
                    return None
                at = following


def _may_end(buffer: bytearray, at: int) -> int | None:
    return at + 2 if buffer[at : at + 2] == b"\xff\xd9" else None


def _behind_scan(buffer: bytearray, at: int) -> int | None:
    """The marker that ends the entropy-coded data from ``at`` on; None when it is not there yet."""
    while True:
        at = buffer.find(b"\xff", at)
        if at < 0 or at + 1 >= len(buffer):
            return None
        if buffer[at + 1] == 0 or 0xD0 <= buffer[at + 1] <= 0xD7:
            at += 2
        elif buffer[at + 1] == 0xFF:
            at += 1
        else:
            return at
