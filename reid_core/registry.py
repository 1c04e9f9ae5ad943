"""A typed table of named things, for names that a user or a file may write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from reid_core.errors import UsageError

T = TypeVar("T")


class Registry(Generic[T]):
    """Named entries of one type; a name can be taken once.

    Args:
        noun: What an entry is called in messages, e.g. ``network``.
    """

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that enters an object under a name.

        Raises:
            ValueError: The name is taken.
        """

        def enter(entry: T) -> T:
            if name in self._entries:
                raise ValueError(f"the {self._noun} {name!r} exists already")
            self._entries[name] = entry
            return entry

        return enter

    def get(self, name: str) -> T:
        """The entry of that name.

        Raises:
            UsageError: There is none; the message lists the names.
        """
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(sorted(self._entries)) or "none"
            raise UsageError(f"There is no {self._noun} named {name!r}. Known: {known}.") from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        return len(self._entries)
