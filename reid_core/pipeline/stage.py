"""Bounded queues and threads that stop together: what joins the parts of a job.

Producer errors re-raise in the consumer; closing a `Crew` stops and joins every thread of it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")


class Stopped(Exception):  # noqa: N818 - a signal between threads, not an error
    """Raised in a thread that waits on a channel when the job is being stopped."""


class Channel(Generic[T]):
    """A queue between threads that holds at most ``capacity`` items (0: no limit) and can be stopped.

    After `stop`, every waiting and later `put` raises `Stopped`, and so does `get` at once.
    """

    def __init__(self, capacity: int = 0) -> None:
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._stopped = False
        self._changed = threading.Condition()

    def put(self, item: T) -> None:
        """Append an item; waits while the channel is full."""
        with self._changed:
            while not self._stopped and 0 < self._capacity <= len(self._items):
                self._changed.wait()
            if self._stopped:
                raise Stopped
            self._items.append(item)
            self._changed.notify_all()

    def get(self, timeout_s: float) -> T | None:
        """The oldest item, or None when none came within ``timeout_s`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or bool(self._items), timeout_s)
            if self._stopped:
                raise Stopped
            if not self._items:
                return None
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def stop(self) -> None:
        """Drop what is queued and wake everyone with `Stopped`."""
        with self._changed:
            self._stopped = True
            self._items.clear()
            self._changed.notify_all()


class Crew:
    """Threads and channels that live and end together; a thread's first error is kept for the consumer."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._channels: list[Channel[object]] = []
        self._error: BaseException | None = None

    def channel(self, capacity: int = 0) -> Channel[T]:
        """A new channel that stops with this crew."""
        channel: Channel[T] = Channel(capacity)
        self._channels.append(channel)  # type: ignore[arg-type]
        return channel

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Run ``work`` in a thread of its own; an error in it stops the whole crew."""

        def run() -> None:
            try:
                work()
            except Stopped:
                pass
            except BaseException as error:
                self._error = self._error or error
                self.stop()

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """Ask every thread to end; those that wait on a channel wake up."""
        for channel in self._channels:
            channel.stop()

    def raise_error(self) -> None:
        """Raise the first error that ended a thread, if there was one."""
        if self._error is not None:
            raise self._error

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        for thread in self._threads:
            thread.join()
