"""Places inside a file that nothing refers to any more, and that may be written again."""

from __future__ import annotations

from bisect import bisect_left, insort


class Holes:
    """Spans of bytes; those that touch are one.

    >>> holes = Holes()
    >>> holes.add(100, 20)
    >>> holes.add(120, 30)
    >>> holes.take(40), holes.n_bytes, holes.take(11)
    (100, 10, None)
    """

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []  # (offset, n_bytes), by offset

    @property
    def n_bytes(self) -> int:
        """Bytes of all spans."""
        return sum(n_bytes for _, n_bytes in self._spans)

    def add(self, offset: int, n_bytes: int) -> None:
        """A span is free; it must not overlap another."""
        if n_bytes <= 0:
            return
        place = bisect_left(self._spans, (offset, 0))
        if place < len(self._spans) and self._spans[place][0] == offset + n_bytes:
            n_bytes += self._spans.pop(place)[1]
        if place > 0 and sum(self._spans[place - 1]) == offset:
            offset, before = self._spans.pop(place - 1)
            n_bytes += before
        insort(self._spans, (offset, n_bytes))

    def take(self, n_bytes: int) -> int | None:
        """The offset of so many bytes out of the smallest span that has them; None where none has."""
        fits = [(span[1], place) for place, span in enumerate(self._spans) if span[1] >= n_bytes]
        if not fits or n_bytes <= 0:
            return None
        offset, size = self._spans.pop(min(fits)[1])
        self.add(offset + n_bytes, size - n_bytes)
        return offset
