"""A sequence whose entries are made when they are looked at: lists of a hundred thousand show a dozen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, overload

T = TypeVar("T")


class Lazy(Sequence[T], Generic[T]):
    """So many entries, each made anew whenever it is asked for.

    Args:
        n: How many.
        make: Makes the entry of a place.

    >>> squares = Lazy(4, lambda n: n * n)
    >>> squares[3], list(squares[1:3]), len(squares)
    (9, [1, 4], 4)
    """

    def __init__(self, n: int, make: Callable[[int], T]) -> None:
        self._n, self._make = n, make

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...

    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self._make(n) for n in range(*place.indices(self._n))]
        if not -self._n <= place < self._n:
            raise IndexError(place)
        return self._make(place % self._n)
