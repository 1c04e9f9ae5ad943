"""A value that tells when it changes: how presenters hear of each other, without Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Observed(Generic[T]):
    """One value and those who want to know when it changes; used in the GUI thread only.

    >>> speed = Observed(1.0)
    >>> end = speed.connect(lambda value: print("now", value))
    >>> speed.set(2.0)
    now 2.0
    >>> speed.set(2.0)
    """

    def __init__(self, value: T) -> None:
        self._value = value
        self._listeners: list[Callable[[T], None]] = []

    @property
    def value(self) -> T:
        """What it is now."""
        return self._value

    def set(self, value: T) -> None:
        """Change it; listeners hear of it when it differs (by identity, for things that cannot compare)."""
        if value is self._value or (isinstance(value, int | float | str | tuple) and value == self._value):
            return
        self._value = value
        for listener in tuple(self._listeners):
            listener(value)

    def connect(self, listener: Callable[[T], None], *, now: bool = False) -> Callable[[], None]:
        """Call the listener at every change, and at once where ``now``; calling what is returned ends it."""
        self._listeners.append(listener)
        if now:
            listener(self._value)
        return lambda: self._listeners.remove(listener)
